import { expect } from "chai";
import { Wallet } from "ethers";
import {
  authorizeAgents,
  createPolicy,
  draftPolicy,
  emergencyRotate,
  executeChange,
  makeRootKit,
  proposeChange,
  revokeAgents,
  rootKitFromWords,
  rootSigner,
  stopGrants,
  vetoChange,
} from "../../../client/app/index.ts";
import { generateLinkSecret, Secret, secp256k1Key } from "../../../client/keys/index.ts";
import { ALL_AUTHORIZATIONS, rootCommitment } from "../../../client/policy/index.ts";
import { DAY, draftSet, install, type TrusteeWorld, trusteeOf, wordsOn } from "../app/trusteeWorld.ts";
import { codeOfAsync } from "../support.ts";
import {
  actorOf,
  admitted,
  comingBack,
  holdersIn,
  idOf,
  POWER,
  regain,
  rightsOf,
  sharedWorld,
  watch,
} from "./support.ts";

const byRootKeys = async ({ rootKit }: TrusteeWorld) =>
  ({ by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners: [await rootSigner(rootKit)] }) as const;

describe("loss: policy keys and root keys", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  const owner = () => actorOf(world(), world().phone);
  const thief = () => actorOf(world(), world().laptop);
  const keyOf = (wallet: { readonly address: string }) => secp256k1Key(wallet.address);
  const relay = () => ({
    registry: world().node.registry,
    sender: world().node.relayer,
    policy: world().record.policy,
  });

  it("POLICY-KEY/LOST another device lets a new one in, and takes all from the lost one", async () => {
    const { phone, laptop, pass } = world();
    const { restore } = comingBack(world(), {
      authority: { by: "DEVICE", signer: phone },
      lost: [idOf(laptop)],
    });
    expect((await restore()).waiting).to.include({ for: "CHANGE_DELAY" });
    expect(await rightsOf(world(), laptop)).not.to.include("PROVE");
    // Exposed until the delay has passed: the lost key is ADMIN.
    expect(await rightsOf(world(), laptop)).to.include("ADMIN");
    await pass(2 * DAY);
    expect((await restore()).complete).to.equal(true);
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
    expect(await holdersIn(world())).to.have.length(2);
  });

  it("POLICY-KEY/STOLEN-UNKNOWN a watcher tells what the thief does, and the owner undoes it in time", async () => {
    const { phone, pass } = world();
    const { told, look } = await watch(world());
    const accomplice = Wallet.createRandom();
    await authorizeAgents(thief(), [await admitted(world(), accomplice, ["PROVE"])]);
    const { change } = await proposeChange(thief(), { power: [{ agent: keyOf(phone), lose: ["ADMIN"] }] });
    await look();
    expect(told).to.include.members(["AGENT_PROVES", "CHANGE_SCHEDULED"]);
    // Exposed: who was let prove proves until it is revoked.
    expect(await rightsOf(world(), accomplice)).to.deep.equal(["PROVE"]);
    await vetoChange(owner(), change);
    await revokeAgents(owner(), [{ agent: idOf(accomplice), authorizations: ["PROVE"] }]);
    await pass(2 * DAY);
    expect(await codeOfAsync(() => executeChange(relay(), change))).to.equal("AGENT_POLICY_CHANGE_UNKNOWN");
    expect(await rightsOf(world(), accomplice)).to.deep.equal([]);
    expect(await rightsOf(world(), phone)).to.include("ADMIN");
  });

  it("POLICY-KEY/STOLEN-KNOWN the others stop grants and what it proves at once, root keys end its power", async () => {
    const { phone, laptop } = world();
    await stopGrants(owner());
    await revokeAgents(owner(), [{ agent: idOf(laptop), authorizations: ["PROVE"] }]);
    const grant = await admitted(world(), Wallet.createRandom(), ["PROVE"]);
    expect(await codeOfAsync(() => authorizeAgents(thief(), [grant]))).to.equal(
      "AGENT_POLICY_GRANTS_STOPPED",
    );
    // Exposed: it vetoes its own removal.
    const removal = await proposeChange(owner(), { power: [{ agent: keyOf(laptop), lose: ["ADMIN"] }] });
    await vetoChange(thief(), removal.change);
    const survivors = [idOf(phone)];
    const authority = { ...(await byRootKeys(world())), survivors };
    const { restore } = comingBack(world(), { authority, lost: [idOf(laptop)] });
    expect((await restore()).complete).to.equal(true);
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
    expect(await rightsOf(world(), phone)).to.deep.equal(["PROVE"]);
    const again = () => proposeChange(thief(), { settings: { delay: DAY } });
    expect(await codeOfAsync(again)).to.match(/^AGENT_POLICY_/);
  });

  it("ALL-POLICY-KEYS/LOST the page with the root keys gives the policy to a new device at once", async () => {
    const { kept, restore } = comingBack(world(), { authority: await byRootKeys(world()) });
    expect((await restore()).complete).to.equal(true);
    expect(await holdersIn(world())).to.have.length(1);
    expect(kept[0]?.policySecrets?.secret.reveal()).to.equal(world().record.policySecrets?.secret.reveal());
  });

  it("ALL-POLICY-KEYS/STOLEN-UNKNOWN root keys help until the thief's change of them takes effect", async () => {
    const { laptop, pass } = world();
    const { told, look } = await watch(world());
    const his = await makeRootKit();
    const settings = { rootCommitment: rootCommitment(his.rootSet) };
    const { change } = await proposeChange(thief(), { settings });
    await look();
    expect(told).to.deep.equal(["CHANGE_SCHEDULED"]);
    const { node } = world();
    const inTime = await node.send("evm_snapshot");
    expect((await comingBack(world(), { authority: await byRootKeys(world()) }).restore()).complete).to.equal(
      true,
    );
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
    await node.send("evm_revert", [inTime]);
    node.relayer.reset();
    await pass(2 * DAY);
    await executeChange(relay(), change);
    const late = comingBack(world(), { authority: await byRootKeys(world()) });
    expect(await codeOfAsync(late.restore)).to.equal("AGENT_POLICY_ROOT_MISMATCH");
  });

  it("ALL-POLICY-KEYS/STOLEN-KNOWN the page with the root keys ends all that the thief has, at once", async () => {
    const { phone, laptop } = world();
    const coup = await proposeChange(thief(), { power: [{ agent: keyOf(phone), lose: ["ADMIN"] }] });
    const accomplice = Wallet.createRandom();
    await authorizeAgents(thief(), [await admitted(world(), accomplice, ["PROVE"])]);
    expect((await comingBack(world(), { authority: await byRootKeys(world()) }).restore()).complete).to.equal(
      true,
    );
    for (const one of [phone, laptop, accomplice]) expect(await rightsOf(world(), one)).to.deep.equal([]);
    expect(await codeOfAsync(() => executeChange(relay(), coup.change))).to.equal(
      "AGENT_POLICY_CHANGE_UNKNOWN",
    );
  });

  it("ROOT-KEYS/LOST the ADMINs set other root keys: a page that is found later does nothing", async () => {
    const { pass } = world();
    const next = await makeRootKit();
    const { change } = await proposeChange(owner(), {
      settings: { rootCommitment: rootCommitment(next.rootSet) },
    });
    const found = async () => comingBack(world(), { authority: await byRootKeys(world()) }).restore();
    // Exposed until the delay has passed: the page that was lost.
    const { node } = world();
    const waiting = await node.send("evm_snapshot");
    expect((await found()).complete).to.equal(true);
    await node.send("evm_revert", [waiting]);
    node.relayer.reset();
    await pass(2 * DAY);
    await executeChange(relay(), change);
    expect(await codeOfAsync(found)).to.equal("AGENT_POLICY_ROOT_MISMATCH");
    const authority = {
      by: "ROOT_KEYS",
      rootSet: next.rootSet,
      rootSigners: [await rootSigner(next)],
    } as const;
    expect((await comingBack(world(), { authority }).restore()).complete).to.equal(true);
  });

  /** Whoever has the page takes the policy for a device of his own. */
  async function robbed() {
    const device = Wallet.createRandom();
    const { rootKit } = world();
    await emergencyRotate({
      ...{ ...relay(), rootSet: rootKit.rootSet, rootSigners: [await rootSigner(rootKit)] },
      admissions: [await admitted(world(), device, POWER, { occasion: "ROTATION" })],
      nextRootSet: undefined,
    });
    return device;
  }

  it("ROOT-KEYS/STOLEN-UNKNOWN the thief takes all at once, and trustees give it back", async () => {
    const people = world().people.slice(0, 3);
    const set = await draftSet(world(), people);
    await install(world(), set);
    const trustees = people.map((one) => trusteeOf(world(), set, one));
    const { told, look } = await watch(world());
    const device = await robbed();
    await look();
    expect(told).to.include("EPOCH_BEGAN");
    expect(await holdersIn(world())).to.deep.equal([idOf(device)]);
    expect(await codeOfAsync(() => proposeChange(owner(), { settings: { delay: DAY } }))).to.match(
      /^AGENT_POLICY_/,
    );
    await regain(world(), trustees);
    expect(await rightsOf(world(), device)).to.deep.equal([]);
    expect(await holdersIn(world())).to.have.length(1);
  });

  it("ROOT-KEYS/STOLEN-KNOWN the owner uses them up before the thief does, and has a new page", async () => {
    const { phone, laptop } = world();
    const { pages, restore } = comingBack(world(), { authority: await byRootKeys(world()) });
    expect((await restore()).complete).to.equal(true);
    expect(await codeOfAsync(robbed)).to.equal("AGENT_POLICY_ROOT_MISMATCH");
    for (const one of [phone, laptop]) expect(await rightsOf(world(), one)).to.deep.equal([]);
    const typed = await rootKitFromWords(new Secret(wordsOn(pages[0] ?? "")));
    expect((await world().state()).settings.rootCommitment).to.equal(rootCommitment(typed.rootSet));
  });

  it("NO-WAY-BACK/LOST with neither ADMIN nor root keys nor trustees: a new policy, for a new owner to all", async () => {
    const { registry } = world().node;
    const nobody = comingBack(world(), { authority: { by: "DEVICE", signer: Wallet.createRandom() } });
    expect(await codeOfAsync(nobody.restore)).to.match(/^AGENT_POLICY_/);
    const signer = Wallet.createRandom();
    const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
    const { rootSet } = await makeRootKit();
    await createPolicy({ registry, signer, sender: world().node.relayer, record, rootSet });
    expect(record.policy).not.to.equal(world().record.policy);
    // Exposed: what was lost goes on having its rights.
    expect(await rightsOf(world(), world().laptop)).to.deep.equal(ALL_AUTHORIZATIONS);
  });
});
