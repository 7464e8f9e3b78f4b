import type { Hex32 } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import { generateChallenge, type PresentationRequest, presentationRequest } from "./request.ts";

/** What an off-chain verifier asks for; the challenge is added by the book. */
export type RequestTerms = Omit<PresentationRequest, "challenge">;

/** More outstanding requests than this are somebody's flood. */
const DEFAULT_CAPACITY = 100_000;

/**
 * An off-chain verifier's outstanding requests: each challenge is random, answers the request it was made for, and
 * serves once. Several processes of one verifier need a shared store with the same rules instead.
 *
 * @example
 * const request = book.issue(terms, now);
 * // … the agent answers …
 * verifyPresentation({ request: book.take(challenge, now), presentation, context, key, facts, clock: now });
 */
export class ChallengeBook {
  readonly #capacity: number;
  readonly #open = new Map<Hex32, PresentationRequest>();

  /** @param capacity The most requests that wait at a time. */
  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /**
   * A request with a fresh challenge.
   *
   * @param now Seconds since 1970.
   * @throws {ProofError} CHALLENGE_BOOK_FULL, and what {@link presentationRequest} throws
   */
  issue(terms: RequestTerms, now: bigint): PresentationRequest {
    const request = presentationRequest({ ...terms, challenge: generateChallenge() });
    if (this.#open.size >= this.#capacity) this.#dropExpired(now);
    if (this.#open.size >= this.#capacity) {
      throw new ProofError("CHALLENGE_BOOK_FULL", "too many requests are waiting for an answer", {
        details: { capacity: this.#capacity },
      });
    }
    this.#open.set(request.challenge, request);
    return request;
  }

  /**
   * The request of a challenge, which is spent from now on, whatever becomes of the presentation.
   *
   * @throws {ProofError} CHALLENGE_UNKNOWN if it was never issued or is spent; REQUEST_EXPIRED
   */
  take(challenge: Hex32, now: bigint): PresentationRequest {
    const request = this.#open.get(challenge);
    if (request === undefined) {
      throw new ProofError(
        "CHALLENGE_UNKNOWN",
        "no such challenge is open: it was answered before or never given",
      );
    }
    this.#open.delete(challenge);
    if (now > request.expiresAt) {
      throw new ProofError("REQUEST_EXPIRED", "the request has expired", { details: { now } });
    }
    return request;
  }

  #dropExpired(now: bigint): void {
    for (const [challenge, { expiresAt }] of this.#open) {
      if (now > expiresAt) this.#open.delete(challenge);
    }
  }
}
