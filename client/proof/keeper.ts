import { isDkmsError } from "../core/index.ts";
import type { PreparedAuthorization } from "./authorization.ts";
import { type CanonicalInputs, sameInputs } from "./canonical.ts";
import { ProofError } from "./errors.ts";

/** The canonical inputs of now and of {@link GRACE_SECONDS} ago, by the chain's clock; by {@link canonicalInputs}. */
export type InputsAround = {
  readonly now: CanonicalInputs;
  /** None if the agent could not prove then. */
  readonly before: CanonicalInputs | undefined;
};

export type KeeperOptions = {
  /** Reads the chain (or what is kept of it). */
  readonly inputs: () => Promise<InputsAround>;
  /** Makes the base proof; see {@link prepare}. */
  readonly prepare: (inputs: CanonicalInputs, signal: AbortSignal) => Promise<PreparedAuthorization>;
  /** Seconds between looks at the chain, at which a new proof may be begun. */
  readonly pace?: number;
  /** Seconds without {@link AuthorizationKeeper.get} after which nothing is prepared ahead any more. */
  readonly idleAfter?: number;
  /** Told when preparing in the background fails; the next look tries again. */
  readonly onError?: (error: unknown) => void;
};

type Kept = { readonly authorization: PreparedAuthorization; readonly inputs: CanonicalInputs };

/** For so long after a grid step the former base proof still serves (protocol §7.1). */
export const GRACE_SECONDS = 300;

const DEFAULT_PACE = 60;
const DEFAULT_IDLE = 3600;

/**
 * Keeps one agent's authorization prepared: looks at the chain at a steady pace and proves anew when the canonical
 * inputs have changed, one proof at a time, so that presenting takes no proof and no read of the chain gives its
 * moment away. Idle, it stops preparing ahead and prepares on demand.
 *
 * @example
 * const keeper = new AuthorizationKeeper({ inputs, prepare });
 * keeper.start();
 * const authorization = await keeper.get();
 */
export class AuthorizationKeeper {
  readonly #options: KeeperOptions;
  readonly #stopping = new AbortController();
  #kept: Kept | undefined;
  #preparing: Promise<PreparedAuthorization> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastUse = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Begins to look after the authorization; without it, everything is prepared on demand. */
  start(): void {
    if (this.#timer !== undefined || this.#stopping.signal.aborted) return;
    this.#lastUse = Date.now();
    this.#timer = setInterval(() => void this.#look(), 1000 * (this.#options.pace ?? DEFAULT_PACE));
    void this.#look();
  }

  /** Ends all work and erases the authorization. */
  stop(): void {
    clearInterval(this.#timer);
    this.#stopping.abort();
    this.#forget();
  }

  /**
   * An authorization that proves what other agents prove at this time; the former one for a short while after a step
   * of the grid, during which the next is made.
   *
   * @throws {ProofError} KEEPER_STOPPED, and what the options' functions throw
   */
  async get(): Promise<PreparedAuthorization> {
    this.#assertRunning();
    this.#lastUse = Date.now();
    const { now, before } = await this.#readInputs();
    if (this.#kept !== undefined) {
      if (sameInputs(this.#kept.inputs, now)) return this.#kept.authorization;
      if (before !== undefined && sameInputs(this.#kept.inputs, before)) {
        this.#refresh(now).catch((error: unknown) => this.#report(error));
        return this.#kept.authorization;
      }
    }
    return this.#refresh(now);
  }

  async #look(): Promise<void> {
    const idle = 1000 * (this.#options.idleAfter ?? DEFAULT_IDLE);
    if (this.#preparing !== undefined || Date.now() - this.#lastUse > idle) return;
    try {
      const { now } = await this.#readInputs();
      if (this.#kept === undefined || !sameInputs(this.#kept.inputs, now)) await this.#refresh(now);
    } catch (error) {
      this.#report(error);
    }
  }

  async #readInputs(): Promise<InputsAround> {
    try {
      return await this.#options.inputs();
    } catch (error) {
      if (isDkmsError(error, "AGENT_EXPIRED")) this.#forget();
      throw error;
    }
  }

  /** Waits for the proof under way, and begins another only if that one is not for these inputs. */
  async #refresh(inputs: CanonicalInputs): Promise<PreparedAuthorization> {
    while (this.#preparing !== undefined) await this.#preparing.catch(() => undefined);
    this.#assertRunning();
    if (this.#kept !== undefined && sameInputs(this.#kept.inputs, inputs)) return this.#kept.authorization;
    this.#preparing = this.#prepare(inputs);
    try {
      return await this.#preparing;
    } finally {
      this.#preparing = undefined;
    }
  }

  async #prepare(inputs: CanonicalInputs): Promise<PreparedAuthorization> {
    try {
      const authorization = await this.#options.prepare(inputs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) authorization.erase();
      this.#assertRunning();
      this.#forget();
      this.#kept = { authorization, inputs };
      return authorization;
    } catch (error) {
      if (isDkmsError(error, "AGENT_REVOKED")) this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#kept?.authorization.erase();
    this.#kept = undefined;
  }

  #report(error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#options.onError?.(error);
  }

  #assertRunning(): void {
    if (this.#stopping.signal.aborted) throw new ProofError("KEEPER_STOPPED", "the keeper was stopped");
  }
}
