import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  answerInvitation,
  authorizeAgents,
  clearRecovery,
  consentToRecovery,
  dismissTrustees,
  draftTrusteeRevoke,
  emergencyRotate,
  executeChange,
  executeRecovery,
  gatherCancellation,
  gatherGrant,
  gatherTrustees,
  inviteAgent,
  makeRootKit,
  parseRecoveryConsent,
  parseRecoveryRequest,
  parseTrusteeRevoke,
  parseTrusteeSet,
  parseTrusteeVoice,
  proposeChange,
  proposeRecovery,
  proposeTrustees,
  type RecoveryRequest,
  recoveryRequestWords,
  requestRecovery,
  rootSigner,
  serializeRecoveryConsent,
  serializeRecoveryRequest,
  serializeTrusteeRevoke,
  serializeTrusteeSet,
  serializeTrusteeVoice,
  signAsTrustee,
  submitBundle,
  submitWithTrustees,
  verifyAppointment,
  voteRecovery,
} from "../../../../client/app/index.ts";
import type { TrusteeVoice } from "../../../../client/chain/index.ts";
import type { Hex32 } from "../../../../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../../../../client/keys/index.ts";
import {
  type Authorizations,
  NO_HASH,
  parseBundle,
  rootCommitment,
  serializeBundle,
  votersOf,
} from "../../../../client/policy/index.ts";
import type { TrusteeSet } from "../../../../client/trustees/index.ts";
import { codeOfAsync } from "../../support.ts";
import { DAY, draftSet, install, openTrusteeWorld, type TrusteeWorld, trusteeOf } from "../trusteeWorld.ts";

const POWER: Authorizations = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"];

describe("app: trustees and recovery", () => {
  let world: TrusteeWorld;
  let set: TrusteeSet;
  let five: readonly HDNodeWallet[];

  before(async () => {
    world = await openTrusteeWorld();
    five = world.people.slice(0, 5);
  });
  after(() => world.close());

  const relay = () => ({
    ...{ registry: world.node.registry, sender: world.node.relayer, policy: world.record.policy },
  });
  const owner = (signer: HDNodeWallet) => ({ ...relay(), signer });
  const trustee = (i: number, of = set) => trusteeOf(world, of, five[i] ?? world.phone);
  const id = (wallet: HDNodeWallet) => keyIdOf(secp256k1Key(wallet.address));

  async function request(devices: readonly HDNodeWallet[]): Promise<RecoveryRequest> {
    const { registry, policy } = relay();
    const consents = [];
    for (const device of devices) {
      const consent = await consentToRecovery(device, { registry, policy, authorizations: POWER });
      consents.push(parseRecoveryConsent(serializeRecoveryConsent(consent)));
    }
    const { rootSet: nextRootSet } = await makeRootKit();
    const made = requestRecovery({ registry, policy, consents, nextRootSet });
    const read = parseRecoveryRequest(serializeRecoveryRequest(made));
    expect(recoveryRequestWords(read)).to.deep.equal(recoveryRequestWords(made));
    return read;
  }

  /** Three trustees start the recovery of a device. */
  async function start(device: HDNodeWallet): Promise<Hex32> {
    const { proposal } = await proposeRecovery(trustee(0), await request([device]));
    for (const i of [0, 1, 2]) await voteRecovery(trustee(i), proposal);
    return proposal;
  }

  it("brings five trustees into force, each of whom checks that the set is what it says", async () => {
    const { registry, policy } = relay();
    set = await draftSet(world, five, { delay: 14 * DAY });
    expect(parseTrusteeSet(serializeTrusteeSet(set))).to.deep.equal(set);
    expect(await verifyAppointment(registry, trustee(0).appointment)).to.equal("PAST");
    const { change } = await proposeTrustees(owner(world.phone), set.settings);
    expect(await verifyAppointment(registry, trustee(0).appointment)).to.equal("WAITS");
    expect((await world.state()).pendingChanges.get(change)?.trustees).to.deep.equal(set.settings);
    await world.pass(2 * DAY);
    await executeChange({ ...relay(), policy }, change);
    expect(await verifyAppointment(registry, trustee(4).appointment)).to.equal("IN_FORCE");
    const { trustees } = await world.state();
    expect(trustees).to.include({ number: 1, refused: false });
    expect(trustees.settings).to.deep.equal(set.settings);
  });

  it("refuses appointments of another registry, and approvals with another's appointment", async () => {
    const { appointment } = trustee(0);
    const elsewhere = { ...appointment, location: { ...appointment.location, chainId: 1n } };
    expect(await codeOfAsync(() => verifyAppointment(world.node.registry, elsewhere))).to.equal(
      "REGISTRY_MISMATCH",
    );
    const borrowed = { ...trustee(0), signer: five[1] ?? world.phone };
    expect(await codeOfAsync(() => voteRecovery(borrowed, NO_HASH))).to.equal("APPOINTMENT_FOREIGN");
  });

  it("takes a vote, moves it and takes it back, and tells who votes for what", async () => {
    const device = Wallet.createRandom();
    const { proposal } = await proposeRecovery(trustee(0), await request([device]));
    const other = await proposeRecovery(trustee(1), await request([Wallet.createRandom()]));
    await voteRecovery(trustee(0), proposal);
    await voteRecovery(trustee(1), proposal);
    await voteRecovery(trustee(1), other.proposal);
    const { recovery, trustees } = await world.state();
    const [ada, bob] = five;
    if (ada === undefined || bob === undefined) return expect.fail("no trustees");
    expect(votersOf(recovery, proposal)).to.deep.equal([id(ada)]);
    expect(votersOf(recovery, other.proposal)).to.deep.equal([id(bob)]);
    expect([...trustees.revealed.keys()]).to.deep.equal([id(ada), id(bob)]);
    expect(recovery.proposals.get(proposal)?.agents).to.deep.equal([
      { key: secp256k1Key(device.address), authorizations: POWER },
    ]);
    expect(await codeOfAsync(() => voteRecovery(trustee(0), proposal))).to.equal("AGENT_POLICY_VOTE_IDLE");
    await voteRecovery(trustee(0), undefined);
    await voteRecovery(trustee(1), undefined);
    expect((await world.state()).recovery.votes.size).to.equal(0);
    const again = await request([device]);
    expect(await codeOfAsync(() => proposeRecovery(trustee(0), again))).to.equal(
      "AGENT_POLICY_PROPOSAL_OPEN",
    );
  });

  it("gives the policy to a new device once all are lost, whatever a thief of an ADMIN key does", async () => {
    const device = Wallet.createRandom();
    const { change } = await proposeChange(owner(world.laptop), { settings: { delay: DAY } });
    const { proposal } = await proposeRecovery(trustee(2), await request([device]));
    for (const i of [2, 3, 4]) await voteRecovery(trustee(i), proposal);
    const running = await world.state();
    expect(running.recovery.running?.proposal).to.equal(proposal);
    expect(running.pendingChanges.size).to.equal(0);
    const thief = owner(world.laptop);
    expect(await codeOfAsync(() => executeChange(relay(), change))).to.equal("AGENT_POLICY_CHANGE_UNKNOWN");
    expect(await codeOfAsync(() => proposeChange(thief, { settings: { delay: DAY } }))).to.equal(
      "AGENT_POLICY_RECOVERING",
    );
    expect(await codeOfAsync(() => proposeTrustees(thief, { ...set.settings, delay: 20 * DAY }))).to.equal(
      "AGENT_POLICY_RECOVERING",
    );
    expect(await codeOfAsync(() => executeRecovery(relay()))).to.equal("AGENT_POLICY_RECOVERY_TOO_EARLY");
    expect(await codeOfAsync(() => clearRecovery(relay()))).to.equal("AGENT_POLICY_RECOVERY_NOT_LAPSED");
    await world.pass(14 * DAY);
    await executeRecovery(relay());
    const recovered = await world.state();
    expect(recovered).to.include({ epoch: 2 });
    expect(recovered.recovery).to.deep.include({ number: 1n, running: undefined });
    expect(recovered.recovery.executed).to.deep.equal({ proposal, epoch: 2 });
    const held = [...recovered.agents].filter(([, { authorizations }]) => authorizations.length > 0);
    expect(held.map(([agent]) => agent)).to.deep.equal([id(device)]);
    // The new device lets itself prove.
    const { registry } = relay();
    const { record } = world;
    const invitation = await inviteAgent({ registry, record, authorizations: ["PROVE"], agent: id(device) });
    const answer = await answerInvitation(device, invitation, await world.now());
    await authorizeAgents(owner(device), [{ invitation, ...answer }]);
    expect((await world.state()).agents.get(id(device))?.authorizations).to.include("PROVE");
    world = { ...world, phone: device };
  });

  it("is cancelled by most ADMINs with as many trustees as a bare quorum leaves out", async () => {
    const { registry } = relay();
    expect(await codeOfAsync(() => gatherCancellation(owner(world.phone)))).to.equal("RECOVERY_NOT_RUNNING");
    await start(Wallet.createRandom());
    const bundle = await gatherCancellation(owner(world.phone), BigInt(DAY));
    const travelled = parseBundle(serializeBundle(bundle));
    expect(await codeOfAsync(() => submitBundle(relay(), travelled))).to.equal("TRUSTEES_MISSING");
    const voice = async (i: number) =>
      parseTrusteeVoice(serializeTrusteeVoice(await signAsTrustee(trustee(i), bundle.operation)));
    const voices = [await voice(0), await voice(3)];
    const send = (given: typeof voices) => submitWithTrustees(relay(), bundle, given);
    expect(await codeOfAsync(() => send(voices.slice(0, 1)))).to.equal("AGENT_POLICY_TRUSTEE_QUORUM_MISSING");
    expect(await codeOfAsync(() => send([]))).to.equal("TRUSTEE_VOICES_MIXED");
    expect(await codeOfAsync(() => send([...voices, ...voices]))).to.equal("TRUSTEE_DUPLICATE");
    expect(await codeOfAsync(() => send(voices))).to.equal("AGENT_POLICY_VOTE_CONTRARY");
    await send([await voice(3), await voice(4)]);
    const { recovery, trustees } = await world.state();
    expect(recovery).to.deep.include({ number: 2n, running: undefined });
    expect(recovery.votes.size + recovery.proposals.size).to.equal(0);
    expect(trustees.refused).to.equal(false);
    expect(await verifyAppointment(registry, trustee(1).appointment)).to.equal("IN_FORCE");
  });

  it("stops below the quorum, and is cleared once its time has passed", async () => {
    const proposal = await start(Wallet.createRandom());
    await voteRecovery(trustee(1), undefined);
    const stopped = (await world.state()).recovery;
    expect(stopped).to.deep.include({ number: 2n, running: undefined });
    expect(votersOf(stopped, proposal)).to.have.length(2);
    await voteRecovery(trustee(3), proposal);
    await world.pass(22 * DAY);
    expect(await codeOfAsync(() => executeRecovery(relay()))).to.equal("AGENT_POLICY_RECOVERY_TOO_LATE");
    await clearRecovery(relay());
    expect((await world.state()).recovery).to.deep.include({ number: 3n, running: undefined });
  });

  it("lets trustees revoke, and stand for one approval of a grant", async () => {
    const { registry, policy } = relay();
    const phoneId = id(world.phone);
    const asked = parseTrusteeRevoke(
      serializeTrusteeRevoke(await draftTrusteeRevoke(registry, policy, [phoneId])),
    );
    const voices: TrusteeVoice[] = [];
    for (const i of [0, 2, 4]) voices.push(await signAsTrustee(trustee(i), asked));
    await submitWithTrustees(relay(), { operation: asked }, voices);
    expect((await world.state()).agents.get(phoneId)?.authorizations).not.to.include("PROVE");
    expect(await codeOfAsync(() => submitWithTrustees(relay(), { operation: asked }, voices))).to.equal(
      "AGENT_POLICY_TRUSTEE_NONCE_MISMATCH",
    );
    // A second admin, so that a grant can take two; the trustees stand for the one that is away.
    const tablet = Wallet.createRandom();
    const { record } = world;
    const invitation = await inviteAgent({ registry, record, authorizations: ["ADMIN"] });
    const admission = { invitation, ...(await answerInvitation(tablet, invitation, await world.now())) };
    const { change } = await proposeChange(owner(world.phone), {
      ...{ admissions: [admission], settings: { grantQuorum: 2 } },
    });
    await world.pass(2 * DAY);
    await executeChange(relay(), change);
    const offered = await inviteAgent({ registry, record, authorizations: ["PROVE"], agent: phoneId });
    const again = {
      invitation: offered,
      ...(await answerInvitation(world.phone, offered, await world.now())),
    };
    expect(await codeOfAsync(() => authorizeAgents(owner(world.phone), [again]))).to.equal(
      "AGENT_POLICY_RIGHT_MISSING",
    );
    const grant = await gatherGrant(owner(world.phone), [again]);
    const vouching = [];
    for (const i of [1, 3, 4]) vouching.push(await signAsTrustee(trustee(i), grant.operation));
    await submitWithTrustees(relay(), grant, vouching);
    expect((await world.state()).agents.get(phoneId)?.authorizations).to.include("PROVE");
    world = { ...world, laptop: tablet };
  });

  it("tells root keys' one refusal, and that the next recovery stands", async () => {
    const { registry, policy } = relay();
    // The recovery before brought root keys that nobody kept: a change brings others.
    const kit = await makeRootKit();
    const next = await makeRootKit();
    const rootChange = { settings: { rootCommitment: rootCommitment(kit.rootSet) } };
    const { change } = await proposeChange(owner(world.phone), rootChange);
    await world.pass(2 * DAY);
    await executeChange(relay(), change);
    await start(Wallet.createRandom());
    const { record } = world;
    const invitation = await inviteAgent({
      ...{ registry, record, authorizations: POWER, occasion: "ROTATION", agent: id(world.phone) },
    });
    const admission = { invitation, ...(await answerInvitation(world.phone, invitation, await world.now())) };
    await emergencyRotate({
      ...{ ...relay(), rootSet: kit.rootSet, rootSigners: [await rootSigner(kit)] },
      ...{ admissions: [admission], nextRootSet: next.rootSet },
    });
    const refused = await world.state();
    expect(refused.trustees.refused).to.equal(true);
    expect(refused.recovery).to.deep.include({ number: 4n, running: undefined });
    const stale = await request([world.phone]);
    const proposal = await start(world.phone);
    expect((await world.state()).recovery.running?.proposal).to.equal(proposal);
    await world.pass(14 * DAY);
    await executeRecovery({ ...relay(), policy });
    expect(await codeOfAsync(() => proposeRecovery(trustee(4), stale))).to.equal("RECOVERY_REQUEST_STALE");
  });

  it("replaces trustees after the recovery delay of the old ones, with approvals gathered as text, or dismisses them", async () => {
    const [, , ...others] = world.people;
    const newer = await draftSet(world, others, { delay: 10 * DAY });
    const bundle = parseBundle(serializeBundle(await gatherTrustees(owner(world.phone), newer.settings)));
    await submitBundle(relay(), bundle);
    const [waiting] = (await world.state()).pendingChanges.values();
    if (waiting === undefined) return expect.fail("nothing waits");
    expect(waiting.earliest - (await world.now())).to.equal(BigInt(14 * DAY));
    await world.pass(14 * DAY);
    await executeChange(relay(), waiting.id);
    const { trustees } = await world.state();
    expect(trustees).to.include({ number: 2, refused: false });
    expect(trustees.revealed.size).to.equal(0);
    const asked = await request([Wallet.createRandom()]);
    expect(await codeOfAsync(() => proposeRecovery(trustee(0), asked))).to.equal(
      "AGENT_POLICY_TRUSTEE_SETTINGS_MISMATCH",
    );
    const { change } = await dismissTrustees(owner(world.phone));
    await world.pass(10 * DAY);
    await executeChange(relay(), change);
    expect((await world.state()).trustees).to.include({ number: 3 });
    expect(await codeOfAsync(() => dismissTrustees(owner(world.phone)))).to.equal(
      "AGENT_POLICY_TRUSTEES_UNCHANGED",
    );
    set = await draftSet(world, five);
    await install(world, set);
    expect((await world.state()).trustees).to.include({ number: 4 });
  });
});
