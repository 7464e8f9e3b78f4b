import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  type AgentRecord,
  answerInvitation,
  approveChange,
  approveGathered,
  authorizeAgents,
  clearChange,
  createPolicy,
  draftPolicy,
  draftRenewal,
  emergencyRotate,
  executeChange,
  gatherChange,
  inviteAgent,
  makeRootKit,
  type Occasion,
  parseAnswer,
  parseInvitation,
  proposeChange,
  type RootKit,
  renewAgent,
  resumeGrants,
  rootSigner,
  serializeAnswer,
  serializeInvitation,
  stopGrants,
  submitBundle,
  vetoChange,
  voidApprovals,
  withdrawApproval,
} from "../../../../client/app/index.ts";
import { readAgents, readHead, readPolicyState } from "../../../../client/chain/index.ts";
import {
  generateLinkSecret,
  keyIdOf,
  type PolicySigner,
  registerPasskey,
  secp256k1Key,
  webauthnSigner,
} from "../../../../client/keys/index.ts";
import {
  ALL_AUTHORIZATIONS,
  type Authorizations,
  expiryAfter,
  health,
  mergeBundles,
  missingApprovals,
  NO_ROOT_KEYS,
  parseBundle,
  provedAt,
  serializeBundle,
} from "../../../../client/policy/index.ts";
import { startNode, type TestNode } from "../../chain/node.ts";
import { authenticator } from "../../keys/authenticator.ts";
import { codeOfAsync } from "../../support.ts";

const DAY = 86_400;

describe("app: power, root keys and renewal", () => {
  let node: TestNode;
  let record: AgentRecord;
  let rootKit: RootKit;
  const phone = Wallet.createRandom();
  const laptop = Wallet.createRandom();
  const tablet = Wallet.createRandom();

  before(async () => {
    node = await startNode();
    rootKit = await makeRootKit();
  });
  after(() => node.close());

  const actor = (signer: PolicySigner) => ({
    ...{ registry: node.registry, signer, sender: node.relayer, policy: record.policy },
  });
  const relay = () => ({ registry: node.registry, sender: node.relayer, policy: record.policy });
  const keyOf = (wallet: HDNodeWallet) => secp256k1Key(wallet.address);

  async function state() {
    const read = await readPolicyState(node.registry, record.policy);
    if (read === undefined) throw new Error("no policy");
    return read;
  }

  async function admit(
    signer: PolicySigner,
    authorizations: Authorizations,
    more: { readonly occasion?: Occasion; readonly agent?: ReturnType<typeof keyIdOf> } = {},
  ) {
    const { time: now } = await readHead(node.registry);
    const offered = await inviteAgent({ registry: node.registry, record, authorizations, ...more });
    const invitation = parseInvitation(serializeInvitation(offered));
    expect(invitation).to.deep.equal(offered);
    const { record: joining, answer } = await answerInvitation(signer, invitation, now);
    expect(parseAnswer(serializeAnswer(answer))).to.deep.equal(answer);
    return { invitation, answer, record: joining };
  }

  async function passTime(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
  }

  it("creates a policy of several devices with safe settings and root keys", async () => {
    const { registry, relayer: sender } = node;
    record = await draftPolicy({ registry, signer: phone, linkSecret: generateLinkSecret() });
    const agents = [await admit(laptop, ALL_AUTHORIZATIONS), await admit(tablet, ["ADMIN"])];
    expect(agents.map(({ invitation }) => invitation.occasion)).to.deep.equal(["CREATION", "CREATION"]);
    await createPolicy({ registry, signer: phone, sender, record, rootSet: rootKit.rootSet, agents });
    const created = await state();
    expect(created.settings).to.include({ adminQuorum: 2, grantQuorum: 1, delay: 2 * DAY });
    expect(created.settings.rootCommitment).not.to.equal(NO_ROOT_KEYS);
    const { time } = await readHead(registry);
    expect(health(created, time).map(({ code }) => code)).to.deep.equal(["TRUSTEES_MISSING"]);
  });

  it("refuses answers to invitations for something else", async () => {
    const power = await admit(Wallet.createRandom(), ["ADMIN"]);
    expect(await codeOfAsync(() => authorizeAgents(actor(phone), [power]))).to.equal("INVITATION_UNFIT");
    const rotation = await admit(Wallet.createRandom(), ["ADMIN"], { occasion: "ROTATION" });
    const propose = () => proposeChange(actor(phone), { admissions: [rotation] });
    expect(await codeOfAsync(propose)).to.equal("INVITATION_UNFIT");
    const prove = () => admit(Wallet.createRandom(), ["PROVE", "ADMIN"], { occasion: "ROTATION" });
    expect(await codeOfAsync(prove)).to.equal("POWER_WITH_PROVE");
    const stranger = { agent: keyOf(Wallet.createRandom()), gain: ["ADMIN"] as const };
    expect(await codeOfAsync(() => proposeChange(actor(phone), { power: [stranger] }))).to.equal(
      "ACCEPTANCE_MISSING",
    );
  });

  it("gives a passkey PROVE at once and power after the delay, by approvals gathered as text", async () => {
    const device = authenticator({ deviceBound: true, verifiesUser: true, origin: "https://wallet.example" });
    const rp = { id: "wallet.example", name: "Wallet" };
    const passkey = await registerPasskey({ create: device.create, rp, userName: "key" });
    expect(passkey.key.kind).to.equal("WEBAUTHN_DEVICE_BOUND");
    const signer = webauthnSigner({ ...passkey, rpId: rp.id, get: device.get });
    const admission = await admit(signer, ["PROVE", "PROVE_GRANT"]);
    await authorizeAgents(actor(phone), [admission]);
    const bundle = await gatherChange(actor(phone), { admissions: [admission], validFor: BigInt(7 * DAY) });
    const { time } = await readHead(node.registry);
    expect(missingApprovals(bundle, await state(), time)).to.have.length(1);
    const copy = parseBundle(serializeBundle(bundle));
    const approved = await approveGathered({ registry: node.registry, signer: tablet }, copy);
    await submitBundle(relay(), mergeBundles(bundle, approved));
    const [change] = (await state()).pendingChanges.keys();
    await passTime(2 * DAY);
    await executeChange(relay(), change ?? NO_ROOT_KEYS);
    const agent = (await state()).agents.get(keyIdOf(passkey.key));
    expect(agent?.authorizations).to.deep.equal(["PROVE", "PROVE_GRANT"]);
    const another = await admit(Wallet.createRandom(), ["PROVE"]);
    await authorizeAgents(actor(signer), [another]);
  });

  it("refuses a bundle for another registry, and one whose approvals were voided", async () => {
    const bundle = await gatherChange({ ...actor(phone), coSigners: [tablet] }, { settings: { delay: DAY } });
    const elsewhere = { ...bundle, location: { ...bundle.location, chainId: 1n } };
    expect(await codeOfAsync(() => submitBundle(relay(), elsewhere))).to.equal("REGISTRY_MISMATCH");
    await voidApprovals(actor(tablet));
    expect(await codeOfAsync(() => submitBundle(relay(), bundle))).to.equal("AGENT_KEY_SIGNATURE_INVALID");
    // A new approval carries the new counter by itself.
    const { change } = await proposeChange(
      { ...actor(phone), coSigners: [tablet] },
      { settings: { delay: DAY } },
    );
    await withdrawApproval(actor(tablet), change);
    expect((await state()).pendingChanges.size).to.equal(0);
  });

  it("stops and resumes grants", async () => {
    expect(await codeOfAsync(() => resumeGrants(actor(phone)))).to.equal("GRANTS_NOT_STOPPED");
    await stopGrants(actor(laptop));
    const admission = await admit(Wallet.createRandom(), ["PROVE"]);
    const grant = () => authorizeAgents(actor(phone), [admission]);
    expect(await codeOfAsync(grant)).to.equal("AGENT_POLICY_GRANTS_STOPPED");
    expect(await codeOfAsync(() => resumeGrants(actor(phone)))).to.equal("AGENT_POLICY_MAJORITY_MISSING");
    await resumeGrants({ ...actor(phone), coSigners: [tablet] });
    await grant();
  });

  it("lets most ADMINs approve a change past vetoes, and clears one that nobody executed", async () => {
    const demotion = { power: [{ agent: keyOf(laptop), lose: ["ADMIN"] as const }] };
    const proposed = await proposeChange({ ...actor(phone), coSigners: [tablet] }, demotion);
    const veto = () => vetoChange(actor(laptop), proposed.change);
    expect(await codeOfAsync(veto)).to.equal("AGENT_POLICY_CHANGE_HAS_MAJORITY");
    expect(await codeOfAsync(() => approveChange(actor(tablet), proposed.operation))).to.equal(
      "AGENT_POLICY_CHANGE_APPROVED",
    );
    await approveChange(actor(laptop), proposed.operation);
    const waiting = (await state()).pendingChanges.get(proposed.change);
    expect(waiting?.approvers).to.have.length(3);
    await passTime(10 * DAY);
    expect(await codeOfAsync(() => executeChange(relay(), proposed.change))).to.equal(
      "AGENT_POLICY_CHANGE_TOO_LATE",
    );
    await clearChange(relay(), proposed.change);
    expect((await state()).pendingChanges.size).to.equal(0);
  });

  it("renews an agent's commitment once, also when it is told to twice", async () => {
    const { registry, relayer: sender } = node;
    const { time } = await readHead(registry);
    const expiry = expiryAfter({ now: time, seconds: 3600n });
    const renewed = await draftRenewal({ registry, record, expiry });
    expect(renewed.secrets.secret.reveal()).not.to.equal(record.secrets.secret.reveal());
    const renew = { registry, signer: phone, sender, record, renewed };
    const other = { ...renewed, key: keyOf(laptop) };
    expect(await codeOfAsync(() => renewAgent({ ...renew, renewed: other }))).to.equal("RENEWAL_MISMATCH");
    const receipt = await renewAgent(renew);
    expect(receipt?.events.map(({ type }) => type)).to.include.members(["AgentRevoked", "AgentProvisioned"]);
    expect(await renewAgent(renew)).to.equal(undefined);
    const agent = (await state()).agents.get(keyIdOf(record.key));
    if (agent === undefined) return expect.fail("no agent");
    expect(agent.grants).to.have.length(2);
    expect(agent.grants.at(-1)).to.include({ expiry, until: undefined });
    const { time: now } = await readHead(registry);
    expect(provedAt(agent, now)).to.equal(true);
    const longer = await draftRenewal({ registry, record: renewed, expiry: record.expiry });
    expect(await codeOfAsync(() => renewAgent({ ...renew, record: renewed, renewed: longer }))).to.equal(
      "AGENT_POLICY_EXPIRY_EXTENDED",
    );
  });

  it("rotates by root keys, after which an agent that holds power is granted PROVE again", async () => {
    const { registry, relayer: sender } = node;
    const { policy } = record;
    const next = await makeRootKit();
    const rotation = {
      ...{ registry, sender, policy, rootSet: rootKit.rootSet, nextRootSet: next.rootSet },
      admissions: [await admit(phone, ["ADMIN"], { occasion: "ROTATION" })],
    };
    const wrong = { ...rotation, rootSigners: [await rootSigner(next)] };
    expect(await codeOfAsync(() => emergencyRotate(wrong))).to.equal("AGENT_POLICY_ROOT_KEY_UNKNOWN");
    await emergencyRotate({ ...rotation, rootSigners: [await rootSigner(rootKit)] });
    const rotated = await state();
    expect(rotated).to.include({ epoch: 2 });
    expect(rotated.settings).to.include({ adminQuorum: 1 });
    const agent = keyIdOf(record.key);
    const held = [...rotated.agents].filter(([, { authorizations }]) => authorizations.length > 0);
    expect(held.map(([id]) => id)).to.deep.equal([agent]);
    const again = await admit(phone, ["PROVE"], { agent });
    expect(again.invitation.holds).to.deep.equal(["ADMIN"]);
    await authorizeAgents(actor(phone), [again]);
    const [first] = await readAgents(registry, policy);
    expect(first?.authorizations).to.deep.equal(["PROVE", "ADMIN"]);
    expect(await codeOfAsync(() => stopGrants(actor(laptop)))).to.equal("AGENT_POLICY_APPROVER_UNKNOWN");
  });

  it("ends a policy for ever", async () => {
    const { change } = await proposeChange(actor(phone), { abandon: {} });
    await passTime(2 * DAY);
    await executeChange(relay(), change);
    const { time } = await readHead(node.registry);
    expect(health(await state(), time).map(({ code }) => code)).to.deep.equal(["POLICY_ABANDONED"]);
    expect(await codeOfAsync(() => stopGrants(actor(phone)))).to.equal("AGENT_POLICY_ENDED");
  });
});
