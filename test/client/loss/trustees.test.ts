import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  clearRecovery,
  consentToRecovery,
  executeChange,
  executeRecovery,
  gatherCancellation,
  proposeChange,
  proposeRecovery,
  proposeTrustees,
  requestRecovery,
  rootSigner,
  signAsTrustee,
  submitWithTrustees,
  type TrusteeActor,
  voteRecovery,
} from "../../../client/app/index.ts";
import type { TrusteeSet } from "../../../client/trustees/index.ts";
import { DAY, draftSet, install, trusteeOf } from "../app/trusteeWorld.ts";
import { codeOfAsync } from "../support.ts";
import {
  actorOf,
  comingBack,
  holdersIn,
  idOf,
  POWER,
  regain,
  rightsOf,
  sharedWorld,
  watch,
} from "./support.ts";

describe("loss: trustees of a policy", function () {
  this.timeout(120_000);
  let set: TrusteeSet;
  const { world } = sharedWorld(async (opened) => {
    set = await draftSet(opened, opened.people.slice(0, 3));
    await install(opened, set);
  });

  const owner = () => actorOf(world(), world().phone);
  const relay = () => ({
    registry: world().node.registry,
    sender: world().node.relayer,
    policy: world().record.policy,
  });
  /** A trustee of the set in force, 0 to 2, or whoever has its key. */
  const trustee = (i: number, of: TrusteeSet = set): TrusteeActor => {
    const person = world().people[i];
    if (person === undefined) throw new Error("no such person");
    return trusteeOf(world(), of, person);
  };
  const requestFor = async (device: HDNodeWallet) => {
    const { registry, policy } = relay();
    const consent = await consentToRecovery(device, { registry, policy, authorizations: POWER });
    return requestRecovery({ registry, policy, consents: [consent], nextRootSet: undefined });
  };
  /** Conspirators propose a device of theirs, and vote. */
  async function conspire(voters: readonly number[]) {
    const device = Wallet.createRandom();
    const { proposal } = await proposeRecovery(trustee(voters[0] ?? 0), await requestFor(device));
    for (const i of voters) await voteRecovery(trustee(i), proposal);
    return device;
  }
  const runs = async () => (await world().state()).recovery.running !== undefined;
  const recoveryDelay = async () => (await world().state()).trustees.settings.delay;
  /** Puts these people in the place of the trustees. */
  async function replaceBy(people: readonly number[]): Promise<TrusteeSet> {
    const wallets = people.flatMap((i) => world().people[i] ?? []);
    const next = await draftSet(world(), wallets);
    const { change } = await proposeTrustees(owner(), next.settings);
    await world().pass(await recoveryDelay());
    await executeChange(relay(), change);
    return next;
  }

  it("ALL-POLICY-KEYS-NO-ROOT/LOST a quorum of trustees gives the policy to a new device, after the delay", async () => {
    await regain(world(), [trustee(0), trustee(1)]);
    expect(await holdersIn(world())).to.have.length(1);
    for (const one of [world().phone, world().laptop]) expect(await rightsOf(world(), one)).to.deep.equal([]);
  });

  it("ALL-POLICY-KEYS-NO-ROOT/STOLEN-UNKNOWN what the thief schedules ends as soon as the trustees have a quorum", async () => {
    const { told, look } = await watch(world());
    const thief = actorOf(world(), world().laptop);
    const { change } = await proposeChange(thief, { settings: { delay: DAY } });
    await look();
    expect(told).to.deep.equal(["CHANGE_SCHEDULED"]);
    await conspire([0, 1]);
    expect(await codeOfAsync(() => executeChange(relay(), change))).to.equal("AGENT_POLICY_CHANGE_UNKNOWN");
    const again = () => proposeChange(thief, { settings: { delay: DAY } });
    expect(await codeOfAsync(again)).to.equal("AGENT_POLICY_RECOVERING");
    // Exposed until the recovery takes effect: what the thief's devices prove.
    expect(await rightsOf(world(), world().laptop)).to.include("PROVE");
  });

  it("ALL-POLICY-KEYS-NO-ROOT/STOLEN-KNOWN a quorum of trustees takes all from the thief, after the delay", async () => {
    const thief = actorOf(world(), world().laptop);
    await proposeChange(thief, { settings: { delay: DAY } });
    await regain(world(), [trustee(0), trustee(1)]);
    expect(await rightsOf(world(), world().laptop)).to.deep.equal([]);
    expect(await codeOfAsync(() => proposeChange(thief, { settings: { delay: DAY } }))).to.match(
      /^AGENT_POLICY_/,
    );
  });

  it("TRUSTEE-KEY/LOST the others are enough, and the owner names somebody else", async () => {
    const { node } = world();
    const before = await node.send("evm_snapshot");
    await regain(world(), [trustee(0), trustee(1)]);
    await node.send("evm_revert", [before]);
    node.relayer.reset();
    const next = await replaceBy([0, 1, 3]);
    await regain(world(), [trustee(0, next), trustee(3, next)]);
  });

  it("TRUSTEE-KEY/STOLEN-UNKNOWN one vote runs nothing, and is seen", async () => {
    const { told, look } = await watch(world());
    await conspire([0]);
    await look();
    expect(told).to.include("RECOVERY_PROPOSED");
    expect(await runs()).to.equal(false);
    // Exposed: with one more key of the set it would run.
    const { votes } = (await world().state()).recovery;
    expect(votes.size).to.equal(1);
  });

  it("TRUSTEE-KEY/STOLEN-KNOWN other trustees: the key is good for nothing once they are in force", async () => {
    await conspire([0]);
    await replaceBy([1, 2, 3]);
    expect(await codeOfAsync(() => conspire([0]))).to.equal("AGENT_POLICY_TRUSTEE_SETTINGS_MISMATCH");
    expect(await runs()).to.equal(false);
  });

  it("TRUSTEE-QUORUM/LOST new trustees, by the word of the owner's devices", async () => {
    // Ada alone is left.
    await conspire([0]);
    expect(await runs()).to.equal(false);
    const next = await replaceBy([3, 4, 5]);
    await regain(world(), [trustee(3, next), trustee(4, next)]);
  });

  it("TRUSTEE-QUORUM/STOLEN-UNKNOWN a recovery is told of, and takes all after its delay if nobody looks", async () => {
    const { told, look } = await watch(world());
    const device = await conspire([0, 1]);
    await look();
    expect(told).to.include("RECOVERY_STARTED");
    expect(await rightsOf(world(), world().phone)).to.include("ADMIN");
    expect(await codeOfAsync(() => executeRecovery(relay()))).to.equal("AGENT_POLICY_RECOVERY_TOO_EARLY");
    await world().pass(await recoveryDelay());
    await executeRecovery(relay());
    expect(await holdersIn(world())).to.deep.equal([idOf(device)]);
  });

  it("TRUSTEE-QUORUM/STOLEN-KNOWN ADMINs with an honest trustee cancel, root keys refuse once, then it stands", async () => {
    const { phone, laptop, rootKit, people } = world();
    await conspire([0, 1]);
    const bundle = await gatherCancellation({ ...owner(), coSigners: [laptop] });
    const [honest] = [trustee(2)];
    await submitWithTrustees(relay(), bundle, [await signAsTrustee(honest, bundle.operation)]);
    expect(await runs()).to.equal(false);
    await conspire([0, 1]);
    const rootSigners = [await rootSigner(rootKit)];
    const authority = {
      by: "ROOT_KEYS",
      rootSet: rootKit.rootSet,
      rootSigners,
      survivors: [idOf(phone)],
    } as const;
    const { pages, restore } = comingBack(world(), { authority });
    expect((await restore()).complete).to.equal(true);
    expect(pages).to.have.length(1);
    expect(await runs()).to.equal(false);
    // Exposed: the same trustees begin again, and root keys refuse no more.
    const device = await conspire([0, 1]);
    expect((await world().state()).trustees.refused).to.equal(true);
    expect(await runs()).to.equal(true);
    await world().pass(await recoveryDelay());
    await executeRecovery(relay());
    expect(await holdersIn(world())).to.deep.equal([idOf(device)]);
    expect(people).to.have.length(6);
    expect(await codeOfAsync(() => clearRecovery(relay()))).to.match(/^AGENT_POLICY_/);
  });
});
