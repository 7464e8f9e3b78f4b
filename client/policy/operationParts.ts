import type { AgentKey, KeyId } from "../keys/index.ts";
import type { Authorizations } from "./authorizations.ts";
import type { PolicyId } from "./identifiers.ts";
import type { PolicySettings } from "./settings.ts";

/** What keeps an operation from being executed twice, or in another order (requirement A3). */
export type Replay = {
  /** The approver whose nonce is used. */
  readonly proposer: KeyId;
  /** Nonces are counted per policy, proposer and lane. */
  readonly lane: bigint;
  /** The next one of the lane. */
  readonly nonce: bigint;
  /** Last second at which it may be executed. */
  readonly deadline: bigint;
};

/** What an agent is to hold of PROVE_GRANT, PROVE_REVOKE and ADMIN afterwards; its PROVE is left as it is. */
export type AgentPower = {
  readonly key: AgentKey;
  /** Without PROVE; none takes all power away. */
  readonly authorizations: Authorizations;
};

/** What the operations of one agent that need no nonce have in common: each can be executed once. */
export type Statement = {
  readonly policy: PolicyId;
  readonly epoch: number;
  /** Last second at which it may be executed. */
  readonly deadline: bigint;
};

/** What a rotation sets: delay and window stay as they are. */
export type RotatedSettings = Omit<PolicySettings, "delay" | "window">;
