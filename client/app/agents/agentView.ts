import {
  accumulatorWitness,
  decodeSnapshot,
  encodeSnapshot,
  isRevoked,
  type Kept,
  syncAccumulator,
} from "../../accumulator/index.ts";
import {
  accumulatorSource,
  type FoundGrant,
  findGrant,
  type Registry,
  readFinalized,
  readHead,
} from "../../chain/index.ts";
import { isDkmsError } from "../../core/index.ts";
import { keyIdOf } from "../../keys/index.ts";
import { proverLeaf } from "../../policy/index.ts";
import {
  type AgentWitness,
  type CanonicalInputs,
  type CanonicalOptions,
  canonicalInputs,
  GRACE_SECONDS,
  type InputsAround,
} from "../../proof/index.ts";
import { AppError } from "../errors.ts";
import { type AgentRecord, grantOf } from "./record.ts";

export type AgentViewOptions = {
  readonly registry: Registry;
  readonly record: AgentRecord;
  /** F of protocol §7.1, in seconds. */
  readonly finalityDelay: bigint;
  /** What {@link AgentView.cache} gave. */
  readonly cache?: Uint8Array;
};

/** Where the agent stands, as of the last sync. */
export type AgentStatus = {
  readonly generation: number;
  readonly index: number;
  /** True once no reorganisation can move its leaf any more. */
  readonly settled: boolean;
  readonly revoked: boolean;
  /** Time of the newest block seen, in seconds since 1970. */
  readonly time: bigint;
};

/** The user agrees to prove under the newest checkpoint, hiding among at least so many agents (protocol §7.1). */
export type LatestConsent = { readonly consentToHideAmong: number };

type Located = FoundGrant & { readonly settled: boolean };

/** Canonical roots of every window lie within this time before what is final (protocol §7.1). */
const KEPT_SECONDS = 7200n;

/** From this `maxRevocationAge` on, a proof made before the last step of the grid serves whatever was revoked since. */
const HOUR = 3600n;

/** What one agent knows of the chain: where its leaf lies, and both accumulators around it. */
export class AgentView {
  readonly #options: AgentViewOptions;
  #kept: Kept | undefined;
  #grant: Located | undefined;
  #syncing: Promise<void> | undefined;
  #syncedAt = Number.NEGATIVE_INFINITY;

  /** @throws {AccumulatorError} ACCUMULATOR_CACHE_MALFORMED */
  constructor(options: AgentViewOptions) {
    this.#options = options;
    if (options.cache !== undefined) {
      const snapshot = decodeSnapshot(options.cache);
      this.#kept = { head: snapshot, anchor: snapshot };
    }
  }

  /** Reads what is new, unless the last reading is younger; readings under way are shared. */
  async sync(maxAgeSeconds = 0): Promise<void> {
    if (Date.now() - this.#syncedAt < 1000 * maxAgeSeconds) return;
    this.#syncing ??= this.#read().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
  }

  status(): AgentStatus {
    const { kept, grant } = this.#known();
    const { state, at } = kept.head;
    const { generation, index, settled } = grant;
    return { generation, index, settled, revoked: isRevoked(state, index), time: at.time };
  }

  /** What is kept of the accumulators, as bytes. */
  cache(): Uint8Array {
    return encodeSnapshot(this.#known().kept.anchor);
  }

  /** The canonical inputs of now and of a moment ago, for verifiers with this `maxRevocationAge`. */
  inputsAround(window: bigint): InputsAround {
    const options = this.#canonicalOptions(window);
    const now = canonicalInputs(options);
    return { now, before: inputsBefore(options, now) };
  }

  /** The inputs under the newest checkpoint. */
  latestInputs(window: bigint, latest: LatestConsent): CanonicalInputs {
    return canonicalInputs({ ...this.#canonicalOptions(window), latest });
  }

  /** The agent's witness under the roots of `inputs`. */
  witness(inputs: CanonicalInputs): AgentWitness {
    const { kept, grant } = this.#known();
    const { record } = this.#options;
    const { index } = grant;
    const leaf = proverLeaf({ policy: record.policy, ...grantOf(record), index });
    const witness = accumulatorWitness(kept.head.state, { index, leaf, ...inputs });
    return { ...witness, expiry: record.expiry };
  }

  #canonicalOptions(window: bigint): CanonicalOptions {
    const { kept, grant } = this.#known();
    const { at, state } = kept.head;
    const { finalityDelay, record } = this.#options;
    return {
      ...{ now: at.time, finalityDelay, window },
      checkpoints: state.checkpoints,
      revocationRoots: state.roots,
      leaf: { generation: grant.generation, index: grant.index, expiry: record.expiry },
    };
  }

  async #read(): Promise<void> {
    const { registry, finalityDelay } = this.#options;
    const { time } = await readHead(registry);
    const { generation, index } = await this.#locate();
    const options = { generation, indices: [index], since: time - finalityDelay - KEPT_SECONDS };
    this.#kept = await syncAccumulator(accumulatorSource(registry), this.#kept, options);
    this.#syncedAt = Date.now();
  }

  /** Looks again until the grant is final: a reorganisation can give its index to another agent. */
  async #locate(): Promise<Located> {
    if (this.#grant?.settled === true) return this.#grant;
    const { registry, record } = this.#options;
    const { policy, since } = record;
    const final = await readFinalized(registry);
    const { number: until } = await readHead(registry);
    const { commitment } = grantOf(record);
    const query = { policy, agent: keyIdOf(record.key), commitment, since, until };
    const found = await findGrant(registry, query);
    if (found === undefined) {
      throw new AppError("AGENT_NOT_PROVISIONED", "the registry has no grant of PROVE for this agent yet", {
        details: { policy },
      });
    }
    this.#grant = { ...found, settled: found.block <= final.number };
    return this.#grant;
  }

  #known(): { readonly kept: Kept; readonly grant: Located } {
    const [kept, grant] = [this.#kept, this.#grant];
    if (kept === undefined || grant === undefined) {
      throw new AppError("AGENT_NOT_PROVISIONED", "nothing is known of the agent's grant: sync first");
    }
    return { kept, grant };
  }
}

/**
 * What a proof made before the last step of the grid shows. For a window below an hour it must have the same revocation
 * root: a former one can be out of the verifier's window already.
 */
function inputsBefore(options: CanonicalOptions, now: CanonicalInputs): CanonicalInputs | undefined {
  try {
    const before = canonicalInputs({ ...options, now: options.now - BigInt(GRACE_SECONDS) });
    return options.window >= HOUR || before.revokedRoot === now.revokedRoot ? before : undefined;
  } catch (error) {
    if (isDkmsError(error)) return undefined;
    throw error;
  }
}
