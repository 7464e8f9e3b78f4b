import {
  accumulatorWitness,
  decodeSnapshot,
  encodeSnapshot,
  isRevoked,
  type Kept,
  syncAccumulator,
} from "../accumulator/index.ts";
import {
  accumulatorSource,
  type FoundGrant,
  findGrant,
  type Registry,
  readFinalized,
  readHead,
} from "../chain/index.ts";
import { isDkmsError } from "../core/index.ts";
import { keyIdOf } from "../keys/index.ts";
import { proverLeaf } from "../policy/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  type AgentCredential,
  AuthorizationKeeper,
  type CanonicalInputs,
  type CanonicalOptions,
  canonicalInputs,
  finalityDelay,
  GRACE_SECONDS,
  type InputsAround,
  type PreparedAuthorization,
  type PrepareStage,
  type Presentation,
  type PresentationContext,
  type PresentationRequest,
  type Prover,
  prepare,
  present,
  type VerifyingKey,
  verifyingKey,
} from "../proof/index.ts";
import { AppError } from "./errors.ts";
import { type AgentRecord, grantOf, policySecretsOf } from "./record.ts";

export type ProvingAgentOptions = {
  readonly registry: Registry;
  /** With the policy secrets. */
  readonly record: AgentRecord;
  readonly prover: Prover;
  /** What {@link ProvingAgent.cache} gave in a former run; saves most of the first sync. */
  readonly cache?: Uint8Array;
  /** The pinned key by default. */
  readonly key?: VerifyingKey;
  /** F of protocol §7.1, in seconds, for a chain that none is pinned for. */
  readonly finalityDelay?: bigint;
  /** Seconds between looks at the chain; 60 by default. */
  readonly pace?: number;
  readonly onProgress?: (stage: PrepareStage) => void;
  /** Told when work in the background fails; it is tried again. */
  readonly onError?: (error: unknown) => void;
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

export type ShowOptions = {
  readonly request: PresentationRequest;
  /** Its audience is taken from the authenticated channel, never from the request. */
  readonly context: PresentationContext;
  /** The user agrees that all audiences of a shared scope can link him. */
  readonly sharedScopeConsent?: boolean;
  readonly latest?: LatestConsent;
};

/** A presentation, and what to tell the user about it. */
export type Shown = {
  readonly presentation: Presentation;
  /** Leaves that the agent hides among, revoked and sybil ones too; with `latest` those since the canonical checkpoint. */
  readonly anonymitySet: number;
  /** True if the agent's own expiry shows, which tells it apart from agents that expire at another time. */
  readonly expiryShows: boolean;
};

type Located = FoundGrant & { readonly settled: boolean };

/** Canonical roots of every window lie within this time before what is final (protocol §7.1). */
const KEPT_SECONDS = 7200n;
const DEFAULT_PACE = 60;
/** For a shorter `maxRevocationAge` only the newest revocation root will do. */
const SHORTEST_PACED_WINDOW = 300n;
const HOUR = 3600n;

/**
 * An agent that proves: keeps both accumulators, keeps itself prepared, and presents. Whoever answers its reads learns
 * that some agent of its block of leaves is there, not which (protocol §7.2).
 *
 * @example
 * const agent = new ProvingAgent({ registry, record, prover });
 * const { presentation } = await agent.present({ request, context });
 * agent.stop();
 */
export class ProvingAgent {
  readonly #options: ProvingAgentOptions;
  readonly #credential: AgentCredential;
  readonly #key: VerifyingKey;
  readonly #delay: bigint;
  /** By the shortest window that they serve. */
  readonly #keepers = new Map<bigint, AuthorizationKeeper>();
  /** What each base proof was made with. */
  readonly #inputsOf = new WeakMap<PreparedAuthorization, CanonicalInputs>();
  #background = false;
  #kept: Kept | undefined;
  #grant: Located | undefined;
  #syncing: Promise<void> | undefined;
  #syncedAt = Number.NEGATIVE_INFINITY;

  /**
   * @throws {AppError} AGENT_RECORD_INCOMPLETE, REGISTRY_MISMATCH
   * @throws {AccumulatorError} ACCUMULATOR_CACHE_MALFORMED
   * @throws {ProofError} FINALITY_DELAY_UNKNOWN
   */
  constructor(options: ProvingAgentOptions) {
    const { registry, record, cache } = options;
    assertSameRegistry(registry, record.location);
    this.#options = options;
    this.#credential = { agent: record.secrets, policy: policySecretsOf(record), creator: record.creator };
    this.#key = options.key ?? verifyingKey(AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH);
    this.#delay = options.finalityDelay ?? finalityDelay(registry.location.chainId);
    if (cache !== undefined) {
      const snapshot = decodeSnapshot(cache);
      this.#kept = { head: snapshot, anchor: snapshot };
    }
  }

  get registry(): Registry {
    return this.#options.registry;
  }

  get verifyingKey(): VerifyingKey {
    return this.#key;
  }

  /**
   * Brings what is kept up to the newest block. Presenting does so by itself where what is kept is too old.
   *
   * @throws {AppError} AGENT_NOT_PROVISIONED if the registry has no grant for the record yet
   * @throws {AccumulatorError} those of `syncAccumulator`; {ChainError} those of the node
   */
  async sync(): Promise<AgentStatus> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
    const { kept, grant } = this.#known();
    const { state, at } = kept.head;
    return {
      generation: grant.generation,
      index: grant.index,
      settled: grant.settled,
      revoked: isRevoked(state, grant.index),
      time: at.time,
    };
  }

  /**
   * Makes the base proof ahead of time, for verifiers with this `maxRevocationAge`, in seconds; an hour by default.
   *
   * @throws {ProofError} those of `canonicalInputs` and `prepare`, and as {@link ProvingAgent.sync}
   */
  async prepare(window: bigint = HOUR): Promise<PreparedAuthorization> {
    return this.#keeper(window).get();
  }

  /** From now on stays prepared in the background for every window that was asked for, and asked for later. */
  start(): void {
    this.#background = true;
    for (const keeper of this.#keepers.values()) keeper.start();
  }

  /** Ends all work and erases what is prepared. */
  stop(): void {
    for (const keeper of this.#keepers.values()) keeper.stop();
    this.#keepers.clear();
    this.#background = false;
  }

  /**
   * Presents to one verifier. Takes about 15 ms where the agent is prepared, and a second more where it is not.
   *
   * @throws {AppError} REGISTRY_MISMATCH if the verifier looks at another registry; AGENT_NOT_PROVISIONED
   * @throws {ProofError} AGENT_NOT_YET_CANONICAL with the time from which it can, and among how few it would hide with
   * `latest` before that; AGENT_REVOKED, AGENT_EXPIRED, SHARED_SCOPE_NEEDS_CONSENT, and others of `prepare` and `present`
   */
  async present({ request, context, sharedScopeConsent, latest }: ShowOptions): Promise<Shown> {
    assertSameRegistry(this.#options.registry, context);
    const window = request.maxRevocationAge;
    const authorization =
      latest === undefined ? await this.prepare(window) : await this.#prepareLatest(window, latest);
    const presentation = present({
      ...{ authorization, credential: this.#credential, request, context, key: this.#key },
      ...(sharedScopeConsent === undefined ? {} : { sharedScopeConsent }),
    });
    const inputs = this.#inputsOf.get(authorization);
    return {
      presentation,
      anonymitySet: inputs?.anonymitySet ?? 0,
      expiryShows: inputs?.expiryShows ?? true,
    };
  }

  /** What is kept of the accumulators, as bytes for `cache` of a later run; it tells roughly which agent this is. */
  cache(): Uint8Array {
    return encodeSnapshot(this.#known().kept.anchor);
  }

  #keeper(window: bigint): AuthorizationKeeper {
    const shortest = windowClass(window);
    const known = this.#keepers.get(shortest);
    if (known !== undefined) return known;
    const { pace, onError } = this.#options;
    const keeper = new AuthorizationKeeper({
      inputs: () => this.#inputs(shortest),
      prepare: (inputs, signal) => this.#prove(inputs, signal),
      ...(pace === undefined ? {} : { pace }),
      ...(onError === undefined ? {} : { onError }),
    });
    this.#keepers.set(shortest, keeper);
    if (this.#background) keeper.start();
    return keeper;
  }

  async #inputs(window: bigint): Promise<InputsAround> {
    // Half the pace, so that every look in the background finds news; the moment of presenting then shows less.
    const maxAge = window < SHORTEST_PACED_WINDOW ? 0 : (this.#options.pace ?? DEFAULT_PACE) / 2;
    if (Date.now() - this.#syncedAt > 1000 * maxAge) await this.sync();
    const options = this.#canonicalOptions(window);
    const now = canonicalInputs(options);
    return { now, before: inputsBefore(options, now) };
  }

  async #prepareLatest(window: bigint, latest: LatestConsent): Promise<PreparedAuthorization> {
    await this.sync();
    return this.#prove(canonicalInputs({ ...this.#canonicalOptions(window), latest }));
  }

  #canonicalOptions(window: bigint): CanonicalOptions {
    const { kept, grant } = this.#known();
    const { at, state } = kept.head;
    return {
      now: at.time,
      finalityDelay: this.#delay,
      checkpoints: state.checkpoints,
      revocationRoots: state.roots,
      leaf: { generation: grant.generation, index: grant.index, expiry: this.#options.record.expiry },
      window,
    };
  }

  async #prove(inputs: CanonicalInputs, signal?: AbortSignal): Promise<PreparedAuthorization> {
    const { kept, grant } = this.#known();
    const { record, prover, onProgress } = this.#options;
    const { policy, expiry } = record;
    const leaf = proverLeaf({ policy, ...grantOf(record), index: grant.index });
    const witness = accumulatorWitness(kept.head.state, { index: grant.index, leaf, ...inputs });
    const authorization = await prepare({
      ...{ credential: this.#credential, witness: { ...witness, expiry }, inputs, key: this.#key, prover },
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#inputsOf.set(authorization, inputs);
    return authorization;
  }

  async #sync(): Promise<void> {
    const { registry } = this.#options;
    const { time } = await readHead(registry);
    const { generation, index } = await this.#locate();
    const options = { generation, indices: [index], since: time - this.#delay - KEPT_SECONDS };
    this.#kept = await syncAccumulator(accumulatorSource(registry), this.#kept, options);
    this.#syncedAt = Date.now();
  }

  /** Looks again until the grant is final: a reorganisation can give its index to another agent. */
  async #locate(): Promise<Located> {
    if (this.#grant?.settled === true) return this.#grant;
    const { registry, record } = this.#options;
    const { policy, key, since } = record;
    const final = await readFinalized(registry);
    const head = await readHead(registry);
    const { commitment } = grantOf(record);
    const found = await findGrant(registry, {
      policy,
      agent: keyIdOf(key),
      commitment,
      since,
      until: head.number,
    });
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

/** @throws {AppError} REGISTRY_MISMATCH */
export function assertSameRegistry(
  { location }: Registry,
  other: { readonly chainId: bigint; readonly registry: string },
): void {
  if (location.chainId !== other.chainId || location.registry !== other.registry) {
    throw new AppError("REGISTRY_MISMATCH", "this is for another registry or chain", {
      details: { chainId: other.chainId, registry: other.registry },
    });
  }
}

/** The shortest window for which the same revocation root is canonical (protocol §7.1). */
function windowClass(window: bigint): bigint {
  if (window >= HOUR) return HOUR;
  return window >= SHORTEST_PACED_WINDOW ? SHORTEST_PACED_WINDOW : 0n;
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
