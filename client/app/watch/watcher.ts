import { type Registry, readFinalized, readHead } from "../../chain/index.ts";
import type { Hex32 } from "../../core/index.ts";
import {
  type DescribeOptions,
  describeChange,
  describeRunning,
  type PolicyId,
  type PolicyState,
  policyAlerts,
} from "../../policy/index.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { statesSince } from "./history.ts";
import { type Outlet, outletOf, type WatchReport, type WatchSink } from "./outlet.ts";

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
  /**
   * The block up to which all has been told, by a watcher before this one: everything since is told at the first look, block by block.
   * Without it a watcher tells what waits when it begins, and nothing of what took effect before.
   */
  readonly since?: number | undefined;
  /**
   * Told up to which block every sink has taken everything: keep it for `since`. It is a final one, so that some of what comes after
   * it may be told again, and nothing is left out.
   */
  readonly onSeen?: (block: number) => Promise<void> | void;
  /** Told of looks that failed, and of sinks that did. The watcher goes on. */
  readonly onFailed?: (error: unknown) => void;
};

const MINUTE_MS = 60_000;
const DAY = 86_400n;

/** What a watcher that begins compares with, and what it has to tell of the time before. */
type Beginning = { readonly known: PolicyState; readonly reports: readonly WatchReport[] };

/**
 * Watches a policy, and reports every change and recovery with its deadline, once. A watcher that was restarted tells everything
 * since, if it is given `since`: keep what `onSeen` tells. Else what waits already counts as new, and what took effect while there
 * was no watcher is not told.
 *
 * A watcher sees what its node shows: use a node of your own, or several watchers with different ones.
 *
 * @example
 * const sinks = [webhookSink({ url }), logSink(console.warn)];
 * const watcher = new PolicyWatcher({ registry, policy, sinks, since: await read(), onSeen: write });
 * watcher.start();
 */
export class PolicyWatcher {
  readonly #options: Required<Omit<PolicyWatcherOptions, "nameOf" | "since" | "onSeen">> &
    Pick<PolicyWatcherOptions, "nameOf" | "since" | "onSeen">;
  readonly #outlets: readonly Outlet[];
  readonly #reminded = new Set<string>();
  #known: PolicyState | undefined;
  /** A final block of which all is known, and the last one that was told. */
  #seen: number | undefined;
  #marked: number | undefined;
  /** One that is slow is not overtaken by the next. */
  #marking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  /** Another one for each start, so that a run which was stopped in the middle of a look does not go on beside the next. */
  #run: object | undefined;

  constructor(options: PolicyWatcherOptions) {
    this.#options = { every: MINUTE_MS, remindBefore: DAY, onFailed: () => undefined, ...options };
    this.#outlets = options.sinks.map((sink) => outletOf(sink, (error) => this.#failed(error)));
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
    const begun = this.#known === undefined ? await this.#begin() : undefined;
    // Before the policy is read: it knows of all that is in this block then.
    const seen = await this.#finalBlock();
    const state = await stateOf(registry, policy);
    const { time } = await readHead(registry);
    const known = this.#known ?? begun?.known ?? quiet(state);
    const news = [...policyAlerts(known, state, time, this.#naming()), ...this.#reminders(state, time)];
    const reports = [...(begun?.reports ?? []), ...news.map((one) => ({ ...one, policy, time }))];
    for (const outlet of this.#outlets) outlet.put(reports);
    this.#known = state;
    this.#seen = seen ?? this.#seen;
  }

  /** Block by block, as a thief could grant and revoke again while nobody looked. */
  async #begin(): Promise<Beginning | undefined> {
    const { registry, policy, since } = this.#options;
    if (since === undefined) return undefined;
    let known: PolicyState | undefined;
    const reports: WatchReport[] = [];
    for await (const { state, time } of statesSince(registry, policy, since)) {
      const news = known === undefined ? [] : policyAlerts(known, state, time, this.#naming());
      reports.push(...news.map((one) => ({ ...one, policy, time })));
      known = state;
    }
    return known && { known, reports };
  }

  async #finalBlock(): Promise<number | undefined> {
    const { registry, onSeen } = this.#options;
    if (onSeen === undefined) return undefined;
    try {
      return (await readFinalized(registry)).number;
    } catch (error) {
      // Where nothing is final all the rest is watched still.
      this.#failed(error);
      return undefined;
    }
  }

  #naming(): Pick<DescribeOptions, "nameOf"> {
    const { nameOf } = this.#options;
    return nameOf === undefined ? {} : { nameOf };
  }

  /** What takes effect soon, each once. */
  #reminders(state: PolicyState, now: bigint): readonly Omit<WatchReport, "policy" | "time">[] {
    const { remindBefore } = this.#options;
    const naming = this.#naming();
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
    await Promise.all(this.#outlets.map((outlet) => outlet.deliver()));
    await this.#mark();
  }

  /** Not while somebody has something to take still: after a restart it is told again then. */
  async #mark(): Promise<void> {
    const [seen, { onSeen }] = [this.#seen, this.#options];
    const isTaken = this.#outlets.every((outlet) => outlet.isEmpty());
    if (this.#marking || seen === undefined || seen === this.#marked || !isTaken) return;
    this.#marking = true;
    try {
      await onSeen?.(seen);
      this.#marked = seen;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#marking = false;
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
