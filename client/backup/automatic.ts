import type { Wallet } from "../wallet/index.ts";
import { BackupError } from "./errors.ts";

/** Port to time; both in milliseconds. */
export interface BackupClock {
  now(): number;
  /** Calls back after a while; the result prevents it. */
  after(delay: number, callback: () => void): () => void;
}

/** Port to where it is kept which state of the wallet has a backup; outside the wallet, whose state it would change. */
export interface BackupMark {
  load(): Promise<string | undefined>;
  save(state: string): Promise<void>;
}

export type AutomaticBackupOptions = {
  readonly wallet: Pick<Wallet, "onChange" | "state">;
  /** Makes, stores and anchors one backup. What it keeps in the wallet itself goes to `ignored` segments. */
  readonly backup: (signal: AbortSignal) => Promise<void>;
  /** Segments whose changes call for no backup. */
  readonly ignored?: readonly string[];
  /** How long nothing must have changed. Default: 5 s. */
  readonly quiet?: number;
  /** How long a change waits at most. Default: a minute. */
  readonly longest?: number;
  /** How long after a failure to try again, doubled each time up to an hour. Default: 10 s. */
  readonly retry?: number;
  readonly failed?: (error: unknown) => void;
  /** With it, changes are found that a program that stopped did not back up, or that another one made: see `look`. */
  readonly mark?: BackupMark;
  readonly clock?: BackupClock;
};

const HOUR = 3_600_000;

const systemClock: BackupClock = {
  now: () => performance.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};

/**
 * Backs a wallet up after changes: one backup for many that follow one another, one at a time, again after a failure,
 * and never a change forgotten.
 *
 * @example const automatic = new AutomaticBackup({ wallet, backup: (signal) => backUp(wallet, signal) });
 */
export class AutomaticBackup {
  readonly #options: Required<Omit<AutomaticBackupOptions, "mark">>;
  readonly #mark: BackupMark | undefined;
  readonly #stop = new AbortController();
  readonly #unsubscribe: () => void;
  /** When the oldest change that is not backed up was made. */
  #changedAt: number | undefined;
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor({ mark, ...options }: AutomaticBackupOptions) {
    this.#mark = mark;
    this.#options = {
      ...{
        ignored: [],
        quiet: 5_000,
        longest: 60_000,
        retry: 10_000,
        failed: () => undefined,
        clock: systemClock,
      },
      ...options,
    };
    this.#unsubscribe = options.wallet.onChange(({ segment }) => {
      if (segment === undefined || !this.#options.ignored.includes(segment)) this.#changed();
    });
    this.look().catch(this.#options.failed);
  }

  /** True while something has changed that no backup has yet. */
  get isDue(): boolean {
    return this.#changedAt !== undefined || this.#running !== undefined;
  }

  /**
   * Looks for changes that were made elsewhere, if there is a `mark`: by another process, or before this one began, which
   * is when it looks by itself. A backup of them is then made as of any others.
   *
   * @throws whatever the mark and `Wallet.state` throw
   */
  async look(): Promise<void> {
    const done = await this.#mark?.load();
    if (this.#mark === undefined || this.#stop.signal.aborted) return;
    if ((await this.#state()) !== done && !this.isDue) this.#changed();
  }

  /**
   * Backs up at once what has changed: before a program ends, say.
   *
   * @throws {BackupError} BACKUP_STOPPED; and whatever `backup` throws
   */
  async flush(): Promise<void> {
    if (this.#stop.signal.aborted) throw new BackupError("BACKUP_STOPPED", "backups have been stopped");
    await this.#running?.catch(() => undefined);
    if (this.#changedAt !== undefined) await this.#run();
  }

  /** Ends it, and a backup that is being made. */
  stop(): void {
    this.#unsubscribe();
    this.#cancelTimer?.();
    this.#stop.abort();
  }

  #changed(): void {
    const now = this.#options.clock.now();
    this.#changedAt ??= now;
    if (this.#running !== undefined || this.#failures > 0) return;
    const { quiet, longest } = this.#options;
    this.#schedule(Math.max(0, Math.min(quiet, this.#changedAt + longest - now)));
  }

  #schedule(delay: number): void {
    this.#cancelTimer?.();
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer = this.#options.clock.after(delay, () => {
      this.#run().catch(this.#options.failed);
    });
  }

  async #run(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#running !== undefined) return await this.#running;
    const since = this.#changedAt;
    this.#changedAt = undefined;
    const running = this.#backUp();
    this.#running = running;
    try {
      await running;
      this.#failures = 0;
      this.#running = undefined;
      if (this.#changedAt !== undefined) this.#changed();
    } catch (error) {
      this.#running = undefined;
      this.#changedAt = since;
      this.#failures += 1;
      this.#schedule(Math.min(this.#options.retry * 2 ** (this.#failures - 1), HOUR));
      throw error;
    }
  }
  async #backUp(): Promise<void> {
    // Before the backup: what changes while it is made is found again.
    const state = this.#mark === undefined ? "" : await this.#state();
    await this.#options.backup(this.#stop.signal);
    await this.#mark?.save(state);
  }

  async #state(): Promise<string> {
    return await this.#options.wallet.state(this.#options.ignored);
  }
}
