import { type Hex32, hex32 } from "../core/index.ts";
import { agentKey, keyId } from "../keys/index.ts";
import {
  type AgentPower,
  ALL_CAPABILITIES,
  authorizationsFromBits,
  capabilitiesFromBits,
  capabilityBits,
  NO_HASH,
  type PolicyRecoveryEvent,
  type PolicySettings,
  policyId,
  type RotatedSettings,
  type TrusteeCapabilities,
  type TrusteeSettings,
  trusteeQuorumsFrom,
} from "../policy/index.ts";
import type { Decoded } from "./decoded.ts";

const policy = (log: Decoded) => policyId(log.bigint("policy"));
const agent = (log: Decoded) => keyId(log.text("agent"));
const trustee = (log: Decoded) => keyId(log.text("trustee"));
const course = (log: Decoded) => ({
  policy: policy(log),
  recovery: log.bigint("recovery"),
  proposal: hex32(log.text("proposal")),
});

/** How each event about trustees, recoveries and anchors is read. */
export const RECOVERY_DECODERS: Readonly<
  Record<PolicyRecoveryEvent["type"], (log: Decoded) => PolicyRecoveryEvent>
> = {
  TrusteesProposed: (log) => ({
    type: "TrusteesProposed",
    policy: policy(log),
    change: hex32(log.text("change")),
    trustees: trusteeSettings(log.struct("trustees")),
  }),
  TrusteesChanged: (log) => ({
    type: "TrusteesChanged",
    policy: policy(log),
    number: log.number("number"),
    settings: hex32(log.text("settings")),
  }),
  TrusteeRevealed: (log) => ({
    type: "TrusteeRevealed",
    policy: policy(log),
    number: log.number("number"),
    trustee: trustee(log),
    capabilities: knownCapabilities(log.number("capabilities")),
  }),
  TrusteesRevoked: (log) => ({
    type: "TrusteesRevoked",
    policy: policy(log),
    number: log.number("number"),
    nonce: log.bigint("nonce"),
  }),
  RecoveryProposed: (log) => ({
    type: "RecoveryProposed",
    ...course(log),
    trustee: trustee(log),
    ...recoveryEffect(log),
    lapses: log.bigint("lapses"),
  }),
  RecoveryVoted: (log) => ({
    type: "RecoveryVoted",
    ...course(log),
    trustee: trustee(log),
    proposal: word(log.text("proposal")),
  }),
  RecoveryStarted: (log) => ({
    type: "RecoveryStarted",
    ...course(log),
    earliest: log.bigint("earliest"),
    latest: log.bigint("latest"),
  }),
  RecoveryStopped: (log) => ({ type: "RecoveryStopped", ...course(log) }),
  RecoveryCancelled: (log) => ({ type: "RecoveryCancelled", ...course(log) }),
  RecoveryExecuted: (log) => ({ type: "RecoveryExecuted", ...course(log) }),
  BackupAnchored: (log) => ({
    type: "BackupAnchored",
    policy: policy(log),
    agent: agent(log),
    sequence: log.bigint("sequence"),
    backup: hex32(log.text("backup")),
  }),
  AnchorPermitted: (log) => ({
    type: "AnchorPermitted",
    policy: policy(log),
    agent: agent(log),
    permitted: log.boolean("permitted"),
  }),
};

/** The settings of a struct. */
export function policySettings(struct: Decoded): PolicySettings {
  return {
    grantQuorum: struct.number("grantQuorum"),
    adminQuorum: struct.number("adminQuorum"),
    contractKeysCount: struct.boolean("contractKeysCount"),
    delay: struct.number("delay"),
    window: struct.number("window"),
    rootCommitment: hex32(struct.text("rootCommitment")),
  };
}

/** What a recovery does, of its event or its view. */
export function recoveryEffect(from: Decoded): {
  readonly agents: readonly AgentPower[];
  readonly settings: RotatedSettings;
} {
  const { delay: _, window: __, ...settings } = policySettings(from.struct("settings"));
  const agents = from.structs("agents").map((struct) => ({
    key: agentKey(struct.number("kind"), struct.text("key")),
    authorizations: authorizationsFromBits(struct.number("authorizations")),
  }));
  return { agents, settings };
}

/**
 * The capabilities that there are. A leaf may say more: the registry does not look, and it is worth nothing. Who hides such a
 * trustee must not blind those who read on.
 */
export function knownCapabilities(bits: number): TrusteeCapabilities {
  return capabilitiesFromBits(bits & capabilityBits(ALL_CAPABILITIES));
}

/** Undefined for zero, which stands for none. */
export function word(value: string): Hex32 | undefined {
  const parsed = hex32(value);
  return parsed === NO_HASH ? undefined : parsed;
}

function trusteeSettings(struct: Decoded): TrusteeSettings {
  return {
    root: hex32(struct.text("root")),
    quorums: trusteeQuorumsFrom(struct.number),
    delay: struct.number("delay"),
    window: struct.number("window"),
    shareSet: hex32(struct.text("shareSet")),
  };
}
