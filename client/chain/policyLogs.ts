import { hex32 } from "../core/index.ts";
import { agentKey, keyId, keyKind } from "../keys/index.ts";
import {
  type Abandonment,
  authorizationsFromBits,
  expiry,
  ownerCommitment,
  type PolicyEvent,
  type PolicySettings,
  type ProposedPower,
  policyId,
  secretCommitment,
  settingsFromFields,
} from "../policy/index.ts";
import type { Decoded } from "./decoded.ts";
import { policySettings, RECOVERY_DECODERS, word } from "./recoveryLogs.ts";

type Decode = (log: Decoded) => PolicyEvent;

const policy = (log: Decoded) => policyId(log.bigint("policy"));
const agent = (log: Decoded) => keyId(log.text("agent"));
const change = (log: Decoded) => hex32(log.text("change"));
const leafPlace = (log: Decoded) => ({ generation: log.number("generation"), index: log.number("index") });

/** How each event about a policy is read. */
export const POLICY_DECODERS: Readonly<Record<PolicyEvent["type"], Decode>> = {
  PolicyCreated: (log) => ({
    type: "PolicyCreated",
    policy: policy(log),
    creator: keyId(log.text("creator")),
    ownerCommitment: ownerCommitment(log.bigint("ownerCommitment")),
  }),
  AgentAdded: (log) => ({
    type: "AgentAdded",
    policy: policy(log),
    agent: agent(log),
    key: agentKey(log.number("kind"), log.text("key")),
    epoch: log.number("epoch"),
  }),
  AgentAuthorizationsChanged: (log) => ({
    type: "AgentAuthorizationsChanged",
    policy: policy(log),
    agent: agent(log),
    before: authorizationsFromBits(log.number("before")),
    afterwards: authorizationsFromBits(log.number("afterwards")),
  }),
  AgentProvisioned: (log) => ({
    type: "AgentProvisioned",
    policy: policy(log),
    agent: agent(log),
    ...leafPlace(log),
    commitment: secretCommitment(log.bigint("commitment")),
    expiry: expiry(log.bigint("expiry")),
  }),
  AgentRevoked: (log) => ({
    type: "AgentRevoked",
    policy: policy(log),
    agent: agent(log),
    ...leafPlace(log),
  }),
  OperationExecuted: (log) => ({
    type: "OperationExecuted",
    policy: policy(log),
    proposer: keyId(log.text("proposer")),
    lane: log.bigint("lane"),
    nonce: log.bigint("nonce"),
  }),
  PolicySettingsChanged: (log) => ({
    type: "PolicySettingsChanged",
    policy: policy(log),
    settings: policySettings(log.struct("settings")),
  }),
  ChangeScheduled: (log) => ({
    type: "ChangeScheduled",
    policy: policy(log),
    change: change(log),
    proposer: keyId(log.text("proposer")),
    earliest: log.bigint("earliest"),
    latest: log.bigint("latest"),
    ...changeEffect(log),
  }),
  ChangeApproved: (log) => ({
    type: "ChangeApproved",
    policy: policy(log),
    change: change(log),
    approver: keyId(log.text("approver")),
    majority: log.boolean("majority"),
  }),
  ChangeWithdrawn: (log) => ({
    type: "ChangeWithdrawn",
    policy: policy(log),
    change: change(log),
    approver: keyId(log.text("approver")),
  }),
  ChangeVetoed: (log) => ({
    type: "ChangeVetoed",
    policy: policy(log),
    change: change(log),
    agent: agent(log),
  }),
  ChangeLapsed: (log) => ({ type: "ChangeLapsed", policy: policy(log), change: change(log) }),
  ChangeExecuted: (log) => ({ type: "ChangeExecuted", policy: policy(log), change: change(log) }),
  GrantsStopped: (log) => ({ type: "GrantsStopped", policy: policy(log), agent: agent(log) }),
  GrantsResumed: (log) => ({
    type: "GrantsResumed",
    policy: policy(log),
    stopper: keyId(log.text("stopper")),
  }),
  ApprovalsVoided: (log) => ({
    type: "ApprovalsVoided",
    policy: policy(log),
    agent: agent(log),
    counter: log.number("counter"),
  }),
  AgentSurvived: (log) => ({
    type: "AgentSurvived",
    policy: policy(log),
    agent: agent(log),
    epoch: log.number("epoch"),
  }),
  EpochEnded: (log) => ({ type: "EpochEnded", policy: policy(log), epoch: log.number("epoch") }),
  ProverEnded: (log) => ({ type: "ProverEnded", policy: policy(log), ...leafPlace(log) }),
  PolicyAbandoned: (log) => ({
    type: "PolicyAbandoned",
    policy: policy(log),
    successor: word(log.text("successor")),
  }),
  ...RECOVERY_DECODERS,
};

/** What a governance change does, of its event or its view. */
export function changeEffect(from: Decoded): {
  readonly agents: readonly ProposedPower[];
  readonly settings: Partial<PolicySettings>;
  readonly abandon?: Abandonment;
} {
  const successor = word(from.text("successor"));
  const abandon = { abandon: successor === undefined ? {} : { successor } };
  return {
    agents: from.structs("agents").map(proposedPower),
    settings: settingsFromFields(from.number("fields"), policySettings(from.struct("settings"))),
    ...(from.boolean("abandon") ? abandon : {}),
  };
}

function proposedPower(struct: Decoded): ProposedPower {
  const material = struct.text("key");
  return {
    agent: agent(struct),
    kind: keyKind(struct.number("kind")),
    authorizations: authorizationsFromBits(struct.number("authorizations")),
    ...(material === "0x" ? {} : { key: agentKey(struct.number("kind"), material) }),
  };
}
