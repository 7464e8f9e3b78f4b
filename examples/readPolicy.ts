import { checkOperation, executeOperation } from "../client/chain/index.ts";
import {
  createPolicy,
  describeOperation,
  draftPolicy,
  generateLinkSecret,
  isDkmsError,
  keyIdOf,
  makeRootKit,
  readHead,
  readPolicyState,
} from "../client/index.ts";
import { approve, buildRevoke, nextNonce } from "../client/policy/index.ts";
import type { World } from "./world.ts";

/** Rebuilds a policy from its logs, builds an operation by hand, shows it, and asks before anybody signs. */
export async function readPolicy({ registry, sender, newDevice }: World) {
  const signer = newDevice();
  const rootKit = await makeRootKit();
  const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
  await createPolicy({ registry, signer, sender, record, rootSet: rootKit.rootSet });

  // Checked against what the registry stores, so a node that leaves out a log is found out.
  const state = await readPolicyState(registry, record.policy);
  if (state === undefined) throw new Error("there is no such policy");
  const phone = keyIdOf(record.key);
  const { time: now } = await readHead(registry);
  const context = { policy: record.policy, epoch: 1, proposer: phone, nonce: nextNonce(state, phone), now };

  // An ADMIN cannot be removed at once: the registry says so for nothing, before anybody signs or pays.
  const mistake = buildRevoke({ ...context, revocations: [{ agent: phone, authorizations: ["ADMIN"] }] });
  const refusal = await checkOperation(registry, mistake, [record.key]).catch((error: unknown) => error);
  if (!isDkmsError(refusal, "AGENT_POLICY_GOVERNANCE_NEEDED")) throw refusal;

  const operation = buildRevoke({ ...context, revocations: [{ agent: phone, authorizations: ["PROVE"] }] });
  const sentence = describeOperation(operation, {
    nameOf: (agent) => (agent === phone ? "phone" : undefined),
  });
  const approvals = [await approve(signer, registry.location, operation)];
  const { events } = await executeOperation(registry, sender, { operation, acceptances: [], approvals });
  return { sentence, events };
}
