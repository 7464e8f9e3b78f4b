import { Wallet } from "ethers";
import { hex20, hex32 } from "../../../client/core/index.ts";
import { agentSecretsFrom, keyIdOf, policySecretsFrom, secp256k1Key } from "../../../client/keys/index.ts";
import {
  buildAnchorBackup,
  buildAuthorize,
  buildCancelRecovery,
  buildCreatePolicy,
  buildEmergencyRotate,
  buildGovernanceChange,
  buildLiftStop,
  buildPermitAnchor,
  buildRenew,
  buildRenounce,
  buildRevoke,
  buildStop,
  buildTrusteeChange,
  buildVeto,
  buildVoidApprovals,
  buildWithdraw,
  commitToAgentSecrets,
  commitToPolicySecrets,
  creatorOf,
  makeRootSet,
  NO_EXPIRY,
  type Operation,
  policyAddress,
  type RegistryLocation,
  rootCommitment,
  safeSettings,
  type TrusteeSettings,
} from "../../../client/policy/index.ts";

export const NOW = 1_767_225_600n; // 2026-01-01 00:00 UTC

export const LOCATION: RegistryLocation = {
  chainId: 31337n,
  registry: hex20("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
};

/** A wallet with a fixed key, its agent key and id, and a commitment. */
export function agent(seed: number) {
  const wallet = new Wallet(`0x${seed.toString(16).padStart(64, "0")}`);
  const key = secp256k1Key(wallet.address);
  const secrets = agentSecretsFrom({ secret: BigInt(seed), blinding: BigInt(seed) + 1n });
  return { wallet, key, id: keyIdOf(key), commitment: commitToAgentSecrets(secrets) };
}

export const OWNER = commitToPolicySecrets(policySecretsFrom({ secret: 5n, salt: 6n }));
export const PHONE = agent(1);
export const LAPTOP = agent(2);
export const SERVER = agent(3);
export const POLICY = policyAddress(OWNER, creatorOf(LOCATION, PHONE.id));
export const CONTEXT = { policy: POLICY, epoch: 1, proposer: PHONE.id, nonce: 0n, now: NOW };
/** A root set of one key that nobody uses otherwise. */
export const ROOT = agent(900);
export const ROOT_SET = makeRootSet({ keys: [ROOT.key], salt: hex32(`0x${"5a".repeat(32)}`) });
export const SETTINGS = safeSettings({ admins: 1, rootCommitment: rootCommitment(ROOT_SET) });

const { proposer, ...own } = CONTEXT;
const statement = { policy: POLICY, epoch: 1, agent: PHONE.id, now: NOW };
const change = hex32(`0x${"c4".repeat(32)}`);
const next = rootCommitment({ ...ROOT_SET, salt: hex32(`0x${"5b".repeat(32)}`) });

/** Five trustees, three of whom recover; two of two may revoke; nobody stands for a grant. */
export const TRUSTEES: TrusteeSettings = {
  root: hex32(`0x${"7e".repeat(32)}`),
  quorums: {
    RECOVERY_SHARE: { count: 5, quorum: 3 },
    REVOKE_AUTHZ: { count: 2, quorum: 2 },
    PROVISION_AUTHZ: { count: 0, quorum: 0 },
    ADMIN_AUTHZ: { count: 5, quorum: 3 },
  },
  ...{ delay: 14 * 86_400, window: 7 * 86_400, shareSet: hex32(`0x${"5e".repeat(32)}`) },
};

/** One operation of each kind, with all that it can hold. */
export const OPERATIONS = {
  CreatePolicy: buildCreatePolicy({
    ...{ location: LOCATION, ownerCommitment: OWNER, settings: SETTINGS, now: NOW },
    creator: { key: PHONE.key, grant: { commitment: PHONE.commitment, expiry: NO_EXPIRY } },
  }),
  Authorize: buildAuthorize({
    ...CONTEXT,
    changes: [
      {
        key: LAPTOP.key,
        authorizations: ["PROVE"],
        grant: { commitment: LAPTOP.commitment, expiry: NO_EXPIRY },
      },
    ],
  }),
  Revoke: buildRevoke({ ...CONTEXT, revocations: [{ agent: LAPTOP.id, authorizations: ["PROVE"] }] }),
  Renounce: buildRenounce({ ...own, agent: proposer, authorizations: ["PROVE", "PROVE_GRANT"] }),
  Renew: buildRenew({
    ...own,
    agent: proposer,
    grant: { commitment: LAPTOP.commitment, expiry: NO_EXPIRY },
  }),
  GovernanceChange: buildGovernanceChange({
    ...CONTEXT,
    agents: [{ key: LAPTOP.key, authorizations: ["PROVE_GRANT", "ADMIN"] }],
    settings: { adminQuorum: 2, delay: 86_400 },
  }),
  Veto: buildVeto({ ...statement, change }),
  Withdraw: buildWithdraw({ ...statement, change }),
  Stop: buildStop(statement),
  LiftStop: buildLiftStop({ policy: POLICY, epoch: 1, now: NOW, stopper: LAPTOP.id }),
  VoidApprovals: buildVoidApprovals(statement),
  EmergencyRotate: buildEmergencyRotate({
    ...statement,
    agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }],
    settings: { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false, rootCommitment: next },
    survivors: [PHONE.id],
  }),
  TrusteeChange: buildTrusteeChange({ ...CONTEXT, trustees: TRUSTEES }),
  PermitAnchor: buildPermitAnchor({ ...CONTEXT, agent: LAPTOP.id, permitted: true }),
  AnchorBackup: buildAnchorBackup({ ...statement, sequence: 7n, backup: change }),
  CancelRecovery: buildCancelRecovery({ policy: POLICY, epoch: 1, now: NOW, recovery: 3n, proposal: change }),
} as const satisfies Record<Operation["action"], Operation>;

/** The end of a policy. */
export const ABANDONMENT = buildGovernanceChange({ ...CONTEXT, abandon: { successor: change } });
