import type { Registry } from "../../chain/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  type AgentCredential,
  AuthorizationKeeper,
  type CanonicalInputs,
  finalityDelay,
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
} from "../../proof/index.ts";
import { AppError } from "../errors.ts";
import { type AgentStatus, AgentView, type LatestConsent } from "./agentView.ts";
import { type AgentRecord, policySecretsOf } from "./record.ts";

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
  readonly #view: AgentView;
  /** By the shortest window that they serve. */
  readonly #keepers = new Map<bigint, AuthorizationKeeper>();
  /** What each base proof was made with. */
  readonly #inputsOf = new WeakMap<PreparedAuthorization, CanonicalInputs>();
  #background = false;

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
    this.#view = new AgentView({
      ...{ registry, record },
      finalityDelay: options.finalityDelay ?? finalityDelay(registry.location.chainId),
      ...(cache === undefined ? {} : { cache }),
    });
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
    await this.#view.sync();
    return this.#view.status();
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
    return this.#view.cache();
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
    await this.#view.sync(window < SHORTEST_PACED_WINDOW ? 0 : (this.#options.pace ?? DEFAULT_PACE) / 2);
    return this.#view.inputsAround(window);
  }

  async #prepareLatest(window: bigint, latest: LatestConsent): Promise<PreparedAuthorization> {
    await this.#view.sync();
    return this.#prove(this.#view.latestInputs(window, latest));
  }

  async #prove(inputs: CanonicalInputs, signal?: AbortSignal): Promise<PreparedAuthorization> {
    const { prover, onProgress } = this.#options;
    const witness = this.#view.witness(inputs);
    const authorization = await prepare({
      ...{ credential: this.#credential, witness, inputs, key: this.#key, prover },
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#inputsOf.set(authorization, inputs);
    return authorization;
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
