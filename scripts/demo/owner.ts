import type { Wallet } from "ethers";
import {
  type AgentRecord,
  answerInvitation,
  authorizeAgents,
  createPolicy,
  draftPolicy,
  inviteAgent,
  makeRootKit,
  policySecretsOf,
  withPolicySecrets,
} from "../../client/app/index.ts";
import type { Receipt } from "../../client/chain/index.ts";
import { generateLinkSecret } from "../../client/keys/index.ts";
import type { Authorizations, Expiry } from "../../client/policy/index.ts";
import { type Chain, newDevice } from "./chain.ts";

/** A device and what it keeps of its part in the policy. */
export type Member = { readonly signer: Wallet; readonly record: AgentRecord };

/** Makes a policy from an owner's first device. */
export async function openPolicy(chain: Chain): Promise<Member & { readonly receipt: Receipt }> {
  const signer = newDevice();
  const { registry, relayer: sender } = chain;
  const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
  const { rootSet } = await makeRootKit();
  const receipt = await createPolicy({ registry, signer, sender, record, rootSet });
  if (receipt === undefined) throw new Error("the policy exists already");
  return { signer, record, receipt };
}

/** What a new device is to be allowed. */
export type Joining = { readonly authorizations: Authorizations; readonly expiry?: Expiry };

/** Lets new devices in by one operation; they make their own keys and secrets, and consent. */
export async function addDevices(
  chain: Chain,
  owner: Member,
  joining: readonly Joining[],
): Promise<{ readonly devices: readonly Member[]; readonly receipt: Receipt }> {
  const { registry, relayer: sender } = chain;
  const joined = [];
  for (const options of joining) {
    const invitation = await inviteAgent({ registry, record: owner.record, ...options });
    const signer = newDevice();
    joined.push({ signer, invitation, ...(await answerInvitation(signer, invitation, await chain.now())) });
  }
  const receipt = await authorizeAgents(
    { registry, signer: owner.signer, sender, policy: owner.record.policy },
    joined,
  );
  const secrets = policySecretsOf(owner.record);
  const devices = joined.map(({ signer, record }) => ({
    signer,
    record: withPolicySecrets(record, secrets),
  }));
  return { devices, receipt };
}
