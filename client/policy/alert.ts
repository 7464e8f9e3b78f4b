import type { Hex32 } from "../core/index.ts";
import type { KeyId } from "../keys/index.ts";

/** What happened in a policy that its owner has to hear of. */
export type AlertCode =
  | "AGENT_PROVES"
  | "AGENT_PROVES_NO_MORE"
  | "CHANGE_ENDED"
  | "CHANGE_GAINED_MAJORITY"
  | "CHANGE_SCHEDULED"
  | "EPOCH_BEGAN"
  | "GRANTS_RESUMED"
  | "GRANTS_STOPPED"
  | "POLICY_ENDED"
  | "POWER_CHANGED"
  | "RECOVERY_ENDED"
  | "RECOVERY_PROPOSED"
  | "RECOVERY_STARTED"
  | "RECOVERY_VOTES"
  | "SETTINGS_CHANGED"
  | "TRUSTEES_CHANGED";

/** One thing that happened. */
export type Alert = {
  readonly code: AlertCode;
  /** A plain sentence. */
  readonly text: string;
  readonly change?: Hex32;
  readonly agent?: KeyId;
  readonly proposal?: Hex32;
  /** When what it tells of can take effect, in seconds since 1970: there is no time after that. */
  readonly deadline?: bigint;
};
