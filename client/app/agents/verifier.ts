import { type Registry, rootsReader } from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  ChallengeBook,
  OFF_CHAIN,
  type Presentation,
  type PresentationContext,
  type RequestMessage,
  type RequestTerms,
  type RootsReader,
  type Verified,
  type VerifyingKey,
  verifyingKey,
  verifyPresentation,
} from "../../proof/index.ts";

export type OffChainVerifierOptions = {
  readonly registry: Registry;
  /** Who this verifier is to its agents: `webAudience(origin)` or `didAudience(did)`. */
  readonly audience: Hex32;
  /** What is asked of every agent, but for `expiresAt`. */
  readonly terms: Omit<RequestTerms, "expiresAt">;
  /** Seconds in which to answer a request; 300 by default. */
  readonly validFor?: bigint;
  /** The pinned key by default. */
  readonly key?: VerifyingKey;
  /** Another source of roots, as one that reads them on a schedule (protocol §7.4). */
  readonly roots?: RootsReader;
  /** Seconds since 1970; the machine's clock by default. */
  readonly clock?: () => bigint;
  /** How far the newest block may be behind the clock, in seconds; 60 by default. */
  readonly maxHeadAge?: bigint;
};

const DEFAULT_VALID_FOR = 300n;

/**
 * A verifier off-chain: gives out requests, and judges each answer once by the newest block.
 *
 * @example
 * const verifier = new OffChainVerifier({ registry, audience: webAudience("https://shop.example"), terms });
 * const message = verifier.request();
 * const { owner } = await verifier.verify(message.request.challenge, presentation);
 */
export class OffChainVerifier {
  readonly #options: OffChainVerifierOptions;
  readonly #book = new ChallengeBook();
  readonly #context: PresentationContext;
  readonly #key: VerifyingKey;
  readonly #roots: RootsReader;

  constructor(options: OffChainVerifierOptions) {
    const { registry, audience } = options;
    this.#options = options;
    this.#context = { ...registry.location, verifier: OFF_CHAIN, audience };
    this.#key = options.key ?? verifyingKey(AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH);
    this.#roots = options.roots ?? rootsReader(registry);
  }

  /**
   * A request with a fresh challenge, to be sent to one agent.
   *
   * @throws {ProofError} CHALLENGE_BOOK_FULL, and what a malformed request throws
   */
  request(): RequestMessage {
    const { terms, validFor = DEFAULT_VALID_FOR } = this.#options;
    const now = this.#now();
    const { chainId, registry, verifier } = this.#context;
    return {
      chainId,
      registry,
      verifier,
      request: this.#book.issue({ ...terms, expiresAt: now + validFor }, now),
    };
  }

  /**
   * Verifies the answer to a request, all of protocol §6.5. The challenge is spent, whatever comes of it.
   *
   * @param challenge Of the request that is answered, by the verifier's own session, not by the agent's word.
   * @throws {ProofError} CHALLENGE_UNKNOWN, REQUEST_EXPIRED, and those of `verifyPresentation`
   * @throws {ChainError} those of the node
   */
  async verify(challenge: Hex32, presentation: Presentation): Promise<Verified> {
    const request = this.#book.take(challenge, this.#now());
    const { maxHeadAge } = this.#options;
    const facts = await this.#roots.readRoots(presentation.provisionedRoot, presentation.revokedRoot);
    return verifyPresentation({
      ...{ presentation, request, context: this.#context, key: this.#key, facts, clock: this.#now() },
      ...(maxHeadAge === undefined ? {} : { maxHeadAge }),
    });
  }

  #now(): bigint {
    return this.#options.clock?.() ?? BigInt(Math.floor(Date.now() / 1000));
  }
}
