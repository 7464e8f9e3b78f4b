import {
  answerInvitation,
  authorizeAgents,
  createPolicy,
  draftPolicy,
  expiryAfter,
  generateLinkSecret,
  inviteAgent,
  keyIdOf,
  makeRootKit,
  parseAnswer,
  parseInvitation,
  policySecretsOf,
  readAgents,
  readHead,
  revokeAgents,
  serializeAnswer,
  serializeInvitation,
  withPolicySecrets,
} from "../client/index.ts";
import type { World } from "./world.ts";

/** A phone lets a laptop in for a month, and later takes its rights away. */
export async function devices({ registry, sender, newDevice }: World) {
  const phone = newDevice();
  const rootKit = await makeRootKit();
  const record = await draftPolicy({ registry, signer: phone, linkSecret: generateLinkSecret() });
  await createPolicy({ registry, signer: phone, sender, record, rootSet: rootKit.rootSet });
  const { time: now } = await readHead(registry);
  const { policy } = record;

  // Phone: what the laptop is to be allowed. Shown as a QR code, it holds no secret.
  const expiry = expiryAfter({ now, seconds: 30n * 86_400n });
  const invitation = await inviteAgent({ registry, record, authorizations: ["PROVE"], expiry });
  const code = serializeInvitation(invitation);

  // Laptop: makes a key and secrets of its own, saves the record, then answers.
  const laptop = newDevice();
  const joining = await answerInvitation(laptop, parseInvitation(code), now);
  const answer = serializeAnswer(joining.answer);

  // Phone: grants what it offered and the laptop accepted, and hands it the policy secrets over an encrypted channel.
  await authorizeAgents({ registry, signer: phone, sender, policy }, [
    { invitation, answer: parseAnswer(answer) },
  ]);
  const laptopRecord = withPolicySecrets(joining.record, policySecretsOf(record));

  // Phone: the laptop is lost. From this block on it proves no more to a verifier that wants the current state.
  const agent = keyIdOf(laptopRecord.key);
  await revokeAgents({ registry, signer: phone, sender, policy }, [{ agent, authorizations: ["PROVE"] }]);
  return readAgents(registry, policy);
}
