import {
  answerInvitation,
  approveGathered,
  authorizeAgents,
  createPolicy,
  describeMissing,
  describeOperation,
  draftPolicy,
  emergencyRotate,
  executeChange,
  gatherChange,
  generateLinkSecret,
  health,
  inviteAgent,
  type KeyId,
  keyIdOf,
  makeRootKit,
  type Occasion,
  type PolicySigner,
  parseBundle,
  policyAlerts,
  proposeChange,
  readHead,
  readPolicyState,
  registerPasskey,
  revokeAgents,
  rootKitFromWords,
  rootKitPage,
  rootSigner,
  Secret,
  serializeBundle,
  stopGrants,
  submitBundle,
  vetoChange,
  webauthnSigner,
} from "../client/index.ts";
import type { Authorizations } from "../client/policy/index.ts";
import { refusal } from "./refusal.ts";
import { wordsOn } from "./wordsOn.ts";
import type { World } from "./world.ts";

/** A thief has the key of an ADMIN. The owner keeps her policy, and a passkey takes the stolen device's place. */
export async function takeover({ registry, sender, newDevice, credentials, wait }: World) {
  // At home: a phone and a laptop, both ADMIN. The page with the root key is printed once, and the words are forgotten.
  const [phone, laptop] = [newDevice(), newDevice()];
  const record = await draftPolicy({ registry, signer: phone, linkSecret: generateLinkSecret() });
  const { policy } = record;
  const rootKit = await makeRootKit();
  const paper = rootKitPage(rootKit);
  rootKit.words.erase();

  const invite = async (signer: PolicySigner, authorizations: Authorizations, occasion?: Occasion) => {
    const offered = occasion === undefined ? {} : { occasion };
    const invitation = await inviteAgent({ registry, record, authorizations, ...offered });
    const { time } = await readHead(registry);
    return { invitation, ...(await answerInvitation(signer, invitation, time)) };
  };
  const agents = [await invite(laptop, ["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"])];
  await createPolicy({ registry, signer: phone, sender, record, rootSet: rootKit.rootSet, agents });
  const laptopKey = agents[0]?.answer.key ?? record.key;
  const names = new Map<KeyId, string>([
    [keyIdOf(record.key), "phone"],
    [keyIdOf(laptopKey), "laptop"],
  ]);
  const nameOf = (agent: KeyId) => names.get(agent);
  const read = async () => {
    const state = await readPolicyState(registry, policy);
    if (state === undefined) throw new Error("there is no such policy");
    return { state, now: (await readHead(registry)).time };
  };
  const before = await read();

  // The laptop is stolen, and its key with it: the thief wants the phone out. That takes two days, and raises an alert.
  const owner = { registry, signer: phone, sender, policy };
  const thief = { registry, signer: laptop, sender, policy };
  const coup = await proposeChange(thief, { power: [{ agent: record.key, lose: ["ADMIN"] }] });
  const seen = await read();
  const alerts = policyAlerts(before.state, seen.state, seen.now, { nameOf }).map(({ text }) => text);

  // The phone vetoes, stops all grants, and takes from the laptop what it could prove. All at once, alone.
  await vetoChange(owner, coup.change);
  await stopGrants(owner);
  await revokeAgents(owner, [{ agent: keyIdOf(laptopKey), authorizations: ["PROVE"] }]);
  const accomplice = await invite(newDevice(), ["PROVE"]);
  const refusals = [await refusal(() => authorizeAgents(thief, [accomplice]))];
  refusals.push(await refusal(() => proposeChange(thief, { settings: { delay: 3600 } })));

  // To remove the laptop's ADMIN takes two days as well, and the thief vetoes. Nobody wins: a stalemate.
  const removal = await proposeChange(owner, { power: [{ agent: laptopKey, lose: ["ADMIN"] }] });
  await vetoChange(thief, removal.change);
  const sick = await read();
  const findings = health(sick.state, sick.now, { nameOf }).map(({ text }) => text);

  // The page ends it: phone and a new passkey are all ADMINs there are, from this block on. A new page is printed before.
  const passkey = await registerPasskey({
    ...{ create: credentials.create, rp: { id: "wallet.example", name: "Wallet" }, userName: "tablet" },
  });
  const tablet = webauthnSigner({ ...passkey, rpId: "wallet.example", get: credentials.get });
  names.set(keyIdOf(tablet.key), "tablet");
  const typed = await rootKitFromWords(new Secret(wordsOn(paper)));
  const next = await makeRootKit();
  await emergencyRotate({
    ...{ registry, sender, policy, rootSet: typed.rootSet, rootSigners: [await rootSigner(typed)] },
    ...{ nextRootSet: next.rootSet, survivors: [keyIdOf(record.key)] },
    admissions: [await invite(phone, ["ADMIN"], "ROTATION"), await invite(tablet, ["ADMIN"], "ROTATION")],
  });
  refusals.push(await refusal(() => proposeChange(thief, { settings: { delay: 3600 } })));

  // From now on both must approve. The phone says what it wants, and the request travels to the tablet as text.
  const gathering = await gatherChange(owner, { settings: { adminQuorum: 2 }, validFor: 86_400n });
  const { state, now } = await read();
  const sentence = describeOperation(gathering.operation, { nameOf, settings: state.settings });
  const received = parseBundle(serializeBundle(gathering));
  const bundle = await approveGathered({ registry, signer: tablet }, received);
  const complete = describeMissing(bundle, { state, now, nameOf });
  await submitBundle({ registry, sender }, bundle);
  await wait(2 * 86_400);
  const [change] = (await read()).state.pendingChanges.keys();
  if (change !== undefined) await executeChange({ registry, sender, policy }, change);
  return { alerts, refusals, findings, sentence, complete, names, state: (await read()).state };
}
