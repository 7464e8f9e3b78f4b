import type { Alert } from "./alert.ts";
import type { DescribeOptions } from "./describe.ts";
import { type PolicyState, type RecoveryState, votersOf } from "./state.ts";
import { recoveryParts, trusteeParts } from "./trusteeWords.ts";
import { duration, listed, type Name, naming, shortId, utc } from "./words.ts";

/** What happened to trustees and recoveries between two readings. */
export function recoveryAlerts(
  before: PolicyState,
  after: PolicyState,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf">,
): readonly Alert[] {
  return [
    ...trustees(before, after),
    ...proposals(before.recovery, after.recovery, naming(options.nameOf)),
    ...course(before.recovery, after, now, options),
  ];
}

function trustees(before: PolicyState, after: PolicyState): readonly Alert[] {
  if (after.trustees.number === before.trustees.number) return [];
  const parts = trusteeParts(after.trustees.settings).join("; ");
  return [{ code: "TRUSTEES_CHANGED", text: `The trustees of the policy changed: ${parts}.` }];
}

function proposals(before: RecoveryState, after: RecoveryState, name: Name): readonly Alert[] {
  return [...after.proposals.values()].flatMap((proposal): readonly Alert[] => {
    const { id } = proposal;
    const voters = votersOf(after, id);
    const what = `${recoveryParts(proposal, name).join("; ")}`;
    if (!before.proposals.has(id)) {
      const text = `A trustee, ${name(proposal.trustee)}, proposes a recovery: ${what}. It takes votes until ${utc(proposal.lapses)}.`;
      return [{ code: "RECOVERY_PROPOSED", proposal: id, text }];
    }
    if (voters.join() === votersOf(before, id).join()) return [];
    const by = voters.length === 0 ? "nobody" : listed(voters.map(name));
    return [
      { code: "RECOVERY_VOTES", proposal: id, text: `The recovery ${shortId(id)} has the votes of ${by}.` },
    ];
  });
}

function course(
  before: RecoveryState,
  after: PolicyState,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf">,
): readonly Alert[] {
  const { running, executed } = after.recovery;
  const alerts: Alert[] = [];
  const was = before.running;
  const executedSince = executed !== undefined && executed.epoch !== before.executed?.epoch;
  // Below the quorum it only stops, and keeps its number.
  const endedSince =
    was !== undefined && after.recovery.number !== before.number && executed?.proposal !== was.proposal;
  if (was !== undefined && (running?.proposal !== was.proposal || running.earliest !== was.earliest)) {
    const how = executed?.proposal === was.proposal && executed !== before.executed ? "took effect" : "ended";
    const { proposal } = was;
    alerts.push({
      ...{ code: "RECOVERY_ENDED", proposal, text: `The recovery ${shortId(proposal)} ${how}.` },
    });
  }
  // What began below two looks and stopped again for lack of votes keeps its number.
  const begun =
    running !== undefined && (was?.proposal !== running.proposal || was.earliest !== running.earliest);
  if (after.recovery.starts > before.starts && !begun && after.recovery.number === before.number) {
    const text = "A recovery began since the last look, and stopped for lack of votes: it can begin again.";
    alerts.push({ code: "RECOVERY_ENDED", text });
  }
  // Each that ends takes a number: what began and ended between two looks was not seen running.
  const told = [executedSince, endedSince].filter(Boolean).length;
  const unseen = after.recovery.number - before.number - BigInt(told);
  if (unseen > 0n) {
    const text =
      unseen === 1n
        ? "A recovery began and ended since the last look: it was cancelled, refused, or lapsed."
        : `${unseen} recoveries began and ended since the last look: they were cancelled, refused, or lapsed.`;
    alerts.push({ code: "RECOVERY_ENDED", text });
  }
  if (running !== undefined && (was?.proposal !== running.proposal || was.earliest !== running.earliest)) {
    const { proposal, earliest: deadline } = running;
    const text = `TRUSTEES TAKE THE POLICY OVER: ${describeRunning(after, now, options)}`;
    alerts.push({ code: "RECOVERY_STARTED", proposal, deadline, text });
  }
  return alerts;
}

/**
 * What runs, when it takes effect, and who stands behind it, in words.
 *
 * @param now Time of the chain's head block, in seconds.
 */
export function describeRunning(
  { recovery }: Pick<PolicyState, "recovery">,
  now: bigint,
  options: Pick<DescribeOptions, "nameOf"> = {},
): string {
  const name = naming(options.nameOf);
  const { running, proposals } = recovery;
  if (running === undefined) return "no recovery runs.";
  const { proposal, earliest, latest } = running;
  const known = proposals.get(proposal);
  const parts = known === undefined ? [shortId(proposal)] : recoveryParts(known, name);
  const when =
    now > latest
      ? "its time has passed, and anyone can clear it"
      : now >= earliest
        ? `anyone can execute it now, until ${utc(latest)}`
        : `it can be executed in ${duration(Number(earliest - now))}, from ${utc(earliest)} to ${utc(latest)}`;
  const voters = listed(votersOf(recovery, proposal).map(name));
  return `${parts.join("; ")}; voted for by ${voters}; ${when}.`;
}
