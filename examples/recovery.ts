import {
  appoint,
  authorizeAgents,
  consentToRecovery,
  consentToTrust,
  createPolicy,
  draftPolicy,
  draftTrustees,
  executeChange,
  executeRecovery,
  gatherCancellation,
  generateLinkSecret,
  keyIdOf,
  makeRootKit,
  offerTrusteeship,
  PolicyWatcher,
  parseAppointment,
  parseRecoveryRequest,
  proposeChange,
  proposeRecovery,
  proposeTrustees,
  readPolicyState,
  recoveryRequestWords,
  requestRecovery,
  revokeAgents,
  serializeAppointment,
  serializeRecoveryRequest,
  signAsTrustee,
  submitWithTrustees,
  type TrusteeActor,
  verifyAppointment,
  voteRecovery,
} from "../client/index.ts";
import { admitted } from "./admitted.ts";
import { refusal } from "./refusal.ts";
import type { World } from "./world.ts";

const DAY = 86_400;
const POWER = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] as const;

/**
 * Every device is lost, the laptop to a thief, and the paper with the root key as well. Three of five trustees give the owner her
 * policy back, while the thief tries everything that a key of an ADMIN can do.
 */
export async function recovery({ registry, sender, newDevice, wait }: World) {
  // At home: a phone and a laptop are ADMIN.
  const [phone, laptop] = [newDevice(), newDevice()];
  const record = await draftPolicy({ registry, signer: phone, linkSecret: generateLinkSecret() });
  const { policy } = record;
  const { rootSet } = await makeRootKit();
  const agents = [await admitted({ registry, record }, laptop, ["PROVE", ...POWER])];
  await createPolicy({ registry, signer: phone, sender, record, rootSet, agents });
  const owner = { registry, signer: phone, sender, policy };
  const relay = { registry, sender, policy };

  // Five friends consent, each on a device of her own. The policy stores the hash of who they are, nothing else.
  const friends = Array.from({ length: 5 }, newDevice);
  const capabilities = ["ADMIN_AUTHZ"] as const;
  const offer = await offerTrusteeship({ registry, policy, capabilities });
  const consents = await Promise.all(friends.map((friend) => consentToTrust(friend, offer)));
  const set = await draftTrustees(registry, { policy, consents, delay: 14 * DAY });
  const { change } = await proposeTrustees(owner, set.settings);

  // Each gets her part, and checks that the set is what it says: nobody can hide further trustees in it.
  const trustees = await Promise.all(
    friends.map(async (signer, i): Promise<TrusteeActor> => {
      const part = serializeAppointment(appoint(set, keyIdOf(consents[i]?.key ?? record.key)));
      const appointment = parseAppointment(part);
      await verifyAppointment(registry, appointment);
      return { registry, signer, sender, appointment };
    }),
  );
  await wait(2 * DAY);
  await executeChange(relay, change);
  const [ada, ben, cleo, dan, eve] = trustees as [
    ...[TrusteeActor, TrusteeActor, TrusteeActor, TrusteeActor, TrusteeActor],
  ];

  // All is lost. Somewhere a watcher of the owner's looks at the policy; it holds no key.
  const reports: string[] = [];
  const watcher = new PolicyWatcher({ registry, policy, sinks: [({ code }) => void reports.push(code)] });
  await watcher.look();

  // A new phone. What it asks for travels as text; on the phone, the owner and Ada read twelve words to each other.
  const newPhone = newDevice();
  const paper = await makeRootKit();
  const consent = await consentToRecovery(newPhone, { registry, policy, authorizations: POWER });
  const asked = requestRecovery({ registry, policy, consents: [consent], nextRootSet: paper.rootSet });
  const heard = parseRecoveryRequest(serializeRecoveryRequest(asked));
  const words = recoveryRequestWords(heard).join(" ");

  // The thief has the laptop's key. He schedules trustees of his own, and the phone's removal, before anybody looks.
  const thief = { ...owner, signer: laptop };
  const coup = await proposeChange(thief, { power: [{ agent: record.key, lose: ["ADMIN"] }] });
  const { proposal } = await proposeRecovery(ada, heard);
  // Who votes gives the request as well: what a node says that the proposal is, is not believed.
  await voteRecovery(ada, proposal, heard);
  await voteRecovery(ben, proposal, heard);
  await watcher.look();

  // With Cleo's vote the quorum is reached: from now on nothing can be granted or scheduled, and what waited has ended.
  await voteRecovery(cleo, proposal, heard);
  await watcher.look();

  const refusals: string[] = [];
  const attempt = async (act: () => Promise<unknown>) => refusals.push(await refusal(act));
  await wait(2 * DAY);
  await attempt(() => executeChange(relay, coup.change));
  await attempt(() => proposeChange(thief, { power: [{ agent: record.key, lose: ["ADMIN"] }] }));
  await attempt(() => proposeTrustees(thief, { ...set.settings, delay: 30 * DAY }));
  const accomplice = await admitted({ registry, record }, newDevice(), ["PROVE"]);
  await attempt(() => authorizeAgents(thief, [accomplice]));
  await attempt(() => executeRecovery(relay));
  // He bribes Dan and Eve. Two of five can cancel, but only together with most ADMINs, and he is one of two.
  const cancellation = await gatherCancellation(thief);
  const bribed = [
    await signAsTrustee(dan, cancellation.operation),
    await signAsTrustee(eve, cancellation.operation),
  ];
  await attempt(() => submitWithTrustees(relay, cancellation, bribed));
  // What he can do is end the phone's PROVE, which the recovery ends anyway.
  await revokeAgents(thief, [{ agent: keyIdOf(record.key), authorizations: ["PROVE"] }]);

  // The day before it takes effect, the watcher reminds. Fourteen days after the vote, anyone brings it about.
  await wait(11.5 * DAY);
  await watcher.look();
  await wait(DAY);
  await executeRecovery(relay);
  await watcher.look();
  await attempt(() => proposeChange(thief, { settings: { delay: 3600 } }));

  // The new phone lets itself prove.
  const again = { ...owner, signer: newPhone };
  const agent = keyIdOf(consent.power.key);
  await authorizeAgents(again, [await admitted({ registry, record }, newPhone, ["PROVE"], { agent })]);
  return { words, reports, refusals, newPhone: agent, state: await readPolicyState(registry, policy) };
}
