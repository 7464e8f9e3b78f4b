import type { AgentPower, RotatedSettings } from "./operationParts.ts";
import { isNobody, NO_HASH, type TrusteeSettings } from "./trusteeSettings.ts";
import { duration, type Name, power, settingParts } from "./words.ts";

/** The settings of trustees, each in words. */
export function trusteeParts(settings: TrusteeSettings): readonly string[] {
  if (isNobody(settings)) return ["there are no trustees any more: nobody can give the policy back"];
  const { quorums, delay, window, shareSet } = settings;
  const parts = (
    [
      ["ADMIN_AUTHZ", "together give the policy to whom they choose"],
      ["REVOKE_AUTHZ", "together stop agents from proving"],
      ["PROVISION_AUTHZ", "together stand for one of those who let somebody prove"],
      ["RECOVERY_SHARE", "together restore the recovery secret"],
    ] as const
  ).flatMap(([capability, deed]) => {
    const { count, quorum } = quorums[capability];
    return count === 0 ? [] : [`${quorum} of ${count} trustees ${deed}`];
  });
  const times = `a recovery waits ${duration(delay)}, and can then be executed for ${duration(window)}`;
  return [...parts, times, ...(shareSet === NO_HASH ? [] : [`their shares are those of ${shareSet}`])];
}

/** Who holds power after a recovery. */
export function recoveryParts(
  { agents, settings }: { readonly agents: readonly AgentPower[]; readonly settings: RotatedSettings },
  name: Name,
): readonly string[] {
  return [
    ...agents.map((agent) => power(agent, name)),
    ...settingParts(settings),
    "nobody else holds power, and nobody proves",
  ];
}
