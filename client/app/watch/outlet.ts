import type { Alert, AlertCode, PolicyId } from "../../policy/index.ts";

/** What a watcher tells: something that happened, or that something which waits is about to take effect. */
export type WatchReport = Omit<Alert, "code"> & {
  readonly code: AlertCode | "CHANGE_DUE_SOON" | "RECOVERY_DUE_SOON" | "REPORTS_DROPPED";
  readonly policy: PolicyId;
  /** Time of the block at which it was seen, in seconds since 1970. */
  readonly time: bigint;
};

/**
 * Where reports go. One that throws is given the same report again at the next look, so that none is lost; while one takes its
 * time, the others get theirs. Of what it does not take, 1,000 reports are kept: how many more there were it is told afterwards.
 */
export type WatchSink = (report: WatchReport) => Promise<void> | void;

/** A sink, and what it has not taken yet. */
export type Outlet = {
  readonly put: (reports: readonly WatchReport[]) => void;
  /** Gives the sink what waits, until it fails; one delivery at a time. */
  readonly deliver: () => Promise<void>;
  readonly isEmpty: () => boolean;
};

const MAX_WAITING = 1000;

/** @param onFailed Told of what the sink throws. */
export function outletOf(sink: WatchSink, onFailed: (error: unknown) => void): Outlet {
  const waiting: WatchReport[] = [];
  let dropped = 0;
  let lastDropped: WatchReport | undefined;
  let delivery: Promise<void> | undefined;

  async function empty(): Promise<void> {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await sink(next);
        waiting.shift();
      }
      if (lastDropped === undefined || dropped === 0) return;
      const told = dropped;
      await sink(dropping(told, lastDropped));
      dropped -= told;
    } catch (error) {
      onFailed(error);
    }
  }

  return {
    put: (reports) => {
      // Those that came first stay: the one in front may be on its way.
      // What one look tells is there anyway: only what a sink did not take is bounded.
      const room = waiting.length === 0 ? reports.length : Math.max(0, MAX_WAITING - waiting.length);
      const kept = reports.slice(0, room);
      waiting.push(...kept);
      if (kept.length === reports.length) return;
      dropped += reports.length - kept.length;
      lastDropped = reports.at(-1);
    },
    deliver: () => {
      delivery ??= empty().finally(() => {
        delivery = undefined;
      });
      return delivery;
    },
    isEmpty: () => waiting.length === 0 && dropped === 0,
  };
}

function dropping(count: number, { policy, time }: WatchReport): WatchReport {
  const text = `${count} reports were dropped, as nobody took them for too long: look at the policy itself.`;
  return { code: "REPORTS_DROPPED", text, policy, time };
}
