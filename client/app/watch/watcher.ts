import { type Registry, readHead } from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import {
  type Alert,
  type AlertCode,
  type DescribeOptions,
  describeChange,
  describeRunning,
  type PolicyId,
  type PolicyState,
  policyAlerts,
} from "../../policy/index.ts";
import { stateOf } from "../trustees/changeTrustees.ts";

/** What a watcher tells: something that happened, or that something which waits is about to take effect. */
export type WatchReport = Omit<Alert, "code"> & {
  readonly code: AlertCode | "CHANGE_DUE_SOON" | "RECOVERY_DUE_SOON";
  readonly policy: PolicyId;
  /** Time of the block at which it was seen, in seconds since 1970. */
  readonly time: bigint;
};

/**
 * Where reports go. One that throws is given the same report again at the next look, so that none is lost; while one takes its
 * time, the others get theirs.
 */
export type WatchSink = (report: WatchReport) => Promise<void> | void;

export type PolicyWatcherOptions = {
  readonly registry: Registry;
  readonly policy: PolicyId;
  /** Each gets every report, in order. */
  readonly sinks: readonly WatchSink[];
  /** Milliseconds between two looks; a minute by default. Far shorter than the shortest delay, an hour. */
  readonly every?: number;
  /** How long before something takes effect it is told once more, in seconds; a day by default. */
  readonly remindBefore?: bigint;
  readonly nameOf?: DescribeOptions["nameOf"];
  /** Told of looks that failed, and of sinks that did. The watcher goes on. */
  readonly onFailed?: (error: unknown) => void;
};

/** A sink, and what it has not taken yet. */
type Outlet = {
  readonly sink: WatchSink;
  readonly queue: WatchReport[];
  delivery: Promise<void> | undefined;
};

const MINUTE_MS = 60_000;
const DAY = 86_400n;

/**
 * Watches a policy, and reports every change and recovery with its deadline, once. What waits already when it begins counts as
 * new: a watcher that was restarted tells it again rather than not at all.
 *
 * A watcher sees what its node shows: use a node of your own, or several watchers with different ones.
 *
 * @example
 * const watcher = new PolicyWatcher({ registry, policy, sinks: [webhookSink({ url }), logSink(console.warn)] });
 * watcher.start();
 */
export class PolicyWatcher {
  readonly #options: Required<Omit<PolicyWatcherOptions, "nameOf">> & Pick<PolicyWatcherOptions, "nameOf">;
  readonly #outlets: readonly Outlet[];
  readonly #reminded = new Set<string>();
  #known: PolicyState | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  /** Another one for each start, so that a run which was stopped in the middle of a look does not go on beside the next. */
  #run: object | undefined;

  constructor(options: PolicyWatcherOptions) {
    this.#options = { every: MINUTE_MS, remindBefore: DAY, onFailed: () => undefined, ...options };
    this.#outlets = options.sinks.map((sink) => ({ sink, queue: [], delivery: undefined }));
  }

  /** Looks now, and then from time to time. */
  start(): void {
    if (this.#run !== undefined) return;
    const run = {};
    this.#run = run;
    const again = async (): Promise<void> => {
      await this.#see().catch((error: unknown) => this.#failed(error));
      // A sink that hangs must not end the watch.
      void this.#deliver();
      if (this.#run === run) this.#timer = setTimeout(again, this.#options.every);
    };
    void again();
  }

  /** Ends after the look that is under way. */
  stop(): void {
    this.#run = undefined;
    clearTimeout(this.#timer);
  }

  /**
   * Looks once, and delivers what there is to tell.
   *
   * @throws {AppError} POLICY_MISSING; {ChainError} as `readPolicyState`; what was to be told before is kept
   */
  async look(): Promise<void> {
    try {
      await this.#see();
    } finally {
      await this.#deliver();
    }
  }

  async #see(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { registry, policy } = this.#options;
    const state = await stateOf(registry, policy);
    const { time } = await readHead(registry);
    const reports = [...this.#news(state, time), ...this.#reminders(state, time)];
    for (const { queue } of this.#outlets) queue.push(...reports.map((one) => ({ ...one, policy, time })));
    this.#known = state;
  }

  #news(state: PolicyState, now: bigint): readonly Alert[] {
    const { nameOf } = this.#options;
    return policyAlerts(this.#known ?? quiet(state), state, now, nameOf === undefined ? {} : { nameOf });
  }

  /** What takes effect soon, each once. */
  #reminders(state: PolicyState, now: bigint): readonly Omit<WatchReport, "policy" | "time">[] {
    const { remindBefore, nameOf } = this.#options;
    const naming = nameOf === undefined ? {} : { nameOf };
    const due = (id: Hex32, deadline: bigint) => {
      const mark = `${id}/${deadline}`;
      const is = now < deadline && deadline - now <= remindBefore && !this.#reminded.has(mark);
      if (is) this.#reminded.add(mark);
      return is;
    };
    const changes = [...state.pendingChanges.values()].filter(({ id, earliest }) => due(id, earliest));
    const { running } = state.recovery;
    const recovery = running !== undefined && due(running.proposal, running.earliest) ? [running] : [];
    return [
      ...changes.map((change) => ({
        ...{ code: "CHANGE_DUE_SOON" as const, change: change.id, deadline: change.earliest },
        text: `A change of power takes effect soon: ${describeChange(change, now, { ...naming, settings: state.settings })}`,
      })),
      ...recovery.map(({ proposal, earliest }) => ({
        ...{ code: "RECOVERY_DUE_SOON" as const, proposal, deadline: earliest },
        text: `Trustees take the policy over soon: ${describeRunning(state, now, naming)}`,
      })),
    ];
  }

  async #deliver(): Promise<void> {
    await Promise.all(
      this.#outlets.map((outlet) => {
        outlet.delivery ??= this.#empty(outlet).finally(() => {
          outlet.delivery = undefined;
        });
        return outlet.delivery;
      }),
    );
  }

  async #empty({ sink, queue }: Outlet): Promise<void> {
    try {
      for (let next = queue[0]; next !== undefined; next = queue[0]) {
        await sink(next);
        queue.shift();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    try {
      this.#options.onFailed(error);
    } catch {
      // Who is told of failures is not to end the watch by failing.
    }
  }
}

/** The same policy with nothing under way: what a watcher that begins compares with. */
function quiet(state: PolicyState): PolicyState {
  const recovery = { ...state.recovery, running: undefined, proposals: new Map(), votes: new Map() };
  return { ...state, pendingChanges: new Map(), recovery };
}
