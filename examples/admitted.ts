import {
  type Admission,
  type AgentRecord,
  answerInvitation,
  inviteAgent,
  type KeyId,
  type Occasion,
  type PolicySigner,
  type Registry,
  readHead,
} from "../client/index.ts";
import type { Authorizations } from "../client/policy/index.ts";

/** An invitation and its answer, where both devices are at hand. See examples/devices.ts for what travels between them. */
export async function admitted(
  { registry, record }: { readonly registry: Registry; readonly record: AgentRecord },
  device: PolicySigner,
  authorizations: Authorizations,
  more: { readonly agent?: KeyId; readonly occasion?: Occasion } = {},
): Promise<Admission & { readonly record: AgentRecord }> {
  const invitation = await inviteAgent({ registry, record, authorizations, ...more });
  const { time } = await readHead(registry);
  return { invitation, ...(await answerInvitation(device, invitation, time)) };
}
