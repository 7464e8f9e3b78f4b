import { type HDNodeWallet, Wallet } from "ethers";
import {
  executeOperation,
  type Receipt,
  type Registry,
  readHead,
  type TransactionSender,
} from "../../../client/chain/index.ts";
import {
  type AgentKey,
  generateAgentSecrets,
  type KeyId,
  keyIdOf,
  policySecretsFrom,
  secp256k1Key,
} from "../../../client/keys/index.ts";
import {
  acceptancesFor,
  approve,
  buildCreatePolicy,
  buildRevoke,
  commitToAgentSecrets,
  commitToPolicySecrets,
  NO_EXPIRY,
  NO_ROOT_KEYS,
  type PolicyId,
  type ProveGrant,
  safeSettings,
} from "../../../client/policy/index.ts";

/** A fresh agent with a fresh commitment. */
export type TestAgent = {
  readonly wallet: HDNodeWallet;
  readonly key: AgentKey;
  readonly id: KeyId;
  readonly grant: ProveGrant;
};

/** A policy and the only agent in it. */
export type TestPolicy = { readonly phone: TestAgent; readonly policy: PolicyId; readonly receipt: Receipt };

export function newAgent(): TestAgent {
  const wallet = Wallet.createRandom();
  const key = secp256k1Key(wallet.address);
  const commitment = commitToAgentSecrets(generateAgentSecrets());
  return { wallet, key, id: keyIdOf(key), grant: { commitment, expiry: NO_EXPIRY } };
}

/** Creates a policy of a new owner through a relayer. */
export async function createTestPolicy(
  registry: Registry,
  relayer: TransactionSender,
  checkpoint = true,
): Promise<TestPolicy> {
  const { location } = registry;
  const phone = newAgent();
  const { time: now } = await readHead(registry);
  const { commitment } = newAgent().grant;
  const ownerCommitment = commitToPolicySecrets(policySecretsFrom({ secret: commitment, salt: 1n }));
  const settings = safeSettings({ admins: 1, rootCommitment: NO_ROOT_KEYS });
  const creator = { location, ownerCommitment, creator: phone };
  const operation = buildCreatePolicy({ ...creator, settings, now, checkpoint });
  const approvals = [await approve(phone.wallet, location, operation)];
  const acceptances = acceptancesFor(operation.agents, new Map(), [phone.key]);
  const receipt = await executeOperation(registry, relayer, { operation, acceptances, approvals });
  return { phone, policy: operation.policy, receipt };
}

/** Takes PROVE from the only agent of a policy, with its own approval. */
export async function revokeTestPolicy(
  registry: Registry,
  relayer: TransactionSender,
  { phone, policy }: TestPolicy,
): Promise<Receipt> {
  const { time: now } = await readHead(registry);
  const operation = buildRevoke({
    ...{ policy, epoch: 1, proposer: phone.id, nonce: 0n, now },
    revocations: [{ agent: phone.id, authorizations: ["PROVE"] }],
  });
  const approvals = [await approve(phone.wallet, registry.location, operation)];
  return executeOperation(registry, relayer, { operation, acceptances: [], approvals });
}
