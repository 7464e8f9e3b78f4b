import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  anchorBackup,
  answerInvitation,
  authorizeAgents,
  emergencyRotate,
  executeChange,
  inviteAgent,
  makeRootKit,
  permitBackups,
  policyBackupAnchor,
  policyShareAnchor,
  policyShareAnchorWriter,
  previousBackup,
  proposeChange,
  proposeTrustees,
  revokeAgents,
  rootSigner,
} from "../../../../client/app/index.ts";
import { openRegistry, type Registry } from "../../../../client/chain/index.ts";
import { bigintToHex32, type Hex32, hex32 } from "../../../../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../../../../client/keys/index.ts";
import { NO_HASH } from "../../../../client/policy/index.ts";
import { type TrusteeSet, withShareSet } from "../../../../client/trustees/index.ts";
import { CHAIN_ID, IMPATIENT } from "../../chain/node.ts";
import { codeOfAsync } from "../../support.ts";
import { DAY, draftSet, install, openTrusteeWorld, type TrusteeWorld } from "../trusteeWorld.ts";

const hash = (byte: string) => hex32(`0x${byte.repeat(32)}`);
const id = (wallet: HDNodeWallet) => keyIdOf(secp256k1Key(wallet.address));

describe("app/backups/anchors of backups", () => {
  let world: TrusteeWorld;
  const cloud = Wallet.createRandom();

  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  const relay = () => ({
    ...{ registry: world.node.registry, sender: world.node.relayer, policy: world.record.policy },
  });
  const as = (signer: HDNodeWallet) => ({ ...relay(), signer });
  const anchor = () => policyBackupAnchor(world.node.registry);
  const policy = (): Hex32 => bigintToHex32(world.record.policy);
  const record = (by: HDNodeWallet, sequence: number, byte: string) =>
    anchorBackup(as(by), { sequence, hash: hash(byte) });
  const refusal = (by: HDNodeWallet, sequence: number) => codeOfAsync(() => record(by, sequence, "ff"));
  const newest = () => anchor().read(policy());

  it("knows none before the first", async () => {
    expect(await newest()).to.equal(undefined);
    expect(await previousBackup(world.node.registry, world.record.policy)).to.equal(undefined);
    expect(await anchor().readAt?.(policy(), 1)).to.equal(undefined);
  });

  it("records those of an ADMIN, one after the other", async () => {
    expect(await refusal(world.phone, 2)).to.equal("AGENT_POLICY_ANCHOR_OUT_OF_SEQUENCE");
    expect(await refusal(world.phone, 0)).to.equal("AGENT_POLICY_ANCHOR_OUT_OF_SEQUENCE");
    await record(world.phone, 1, "01");
    expect(await refusal(world.phone, 1)).to.equal("AGENT_POLICY_ANCHOR_OUT_OF_SEQUENCE");
    expect(await refusal(world.phone, Number.MAX_SAFE_INTEGER)).to.equal(
      "AGENT_POLICY_ANCHOR_OUT_OF_SEQUENCE",
    );
    await record(world.laptop, 2, "02");
    expect(await newest()).to.deep.equal({ sequence: 2, hash: hash("02"), keyId: id(world.laptop) });
    expect(await anchor().readAt?.(policy(), 1)).to.deep.equal({
      ...{ sequence: 1, hash: hash("01"), keyId: id(world.phone) },
    });
    for (const sequence of [0, -1, 3, 1.5]) {
      expect(await anchor().readAt?.(policy(), sequence), `${sequence}`).to.equal(undefined);
    }
    expect(await previousBackup(world.node.registry, world.record.policy)).to.deep.equal({
      ...{ sequence: 2, hash: hash("02") },
    });
  });

  it("refuses strangers, and agents that prove until ADMINs permit them", async () => {
    expect(await refusal(Wallet.createRandom(), 3)).to.equal("AGENT_POLICY_AGENT_UNKNOWN");
    const { registry } = world.node;
    const invitation = await inviteAgent({
      ...{ registry, record: world.record, authorizations: ["PROVE"] },
    });
    const answered = await answerInvitation(cloud, invitation, await world.now());
    await authorizeAgents(as(world.phone), [{ invitation, ...answered }]);
    expect(await refusal(cloud, 3)).to.equal("AGENT_POLICY_ANCHOR_NOT_PERMITTED");
    await permitBackups(as(world.phone), id(cloud));
    await record(cloud, 3, "03");
    expect(await newest()).to.include({ sequence: 3, keyId: id(cloud) });
    await permitBackups(as(world.phone), id(cloud), false);
    expect(await refusal(cloud, 4)).to.equal("AGENT_POLICY_ANCHOR_NOT_PERMITTED");
    expect(await newest(), "what it recorded stays").to.include({ sequence: 3 });
  });

  it("does not trust the junk of a thief once the stolen key is removed", async () => {
    for (const sequence of [4, 5, 6]) await record(world.laptop, sequence, "bb");
    expect(await newest()).to.include({ sequence: 6, keyId: id(world.laptop) });
    const laptop = secp256k1Key(world.laptop.address);
    const { change } = await proposeChange(as(world.phone), {
      power: [{ agent: laptop, lose: ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] }],
    });
    await world.pass(2 * DAY);
    await executeChange(relay(), change);
    expect(await newest(), "it proves still").to.include({ sequence: 6 });
    await revokeAgents(as(world.phone), [{ agent: id(world.laptop), authorizations: ["PROVE"] }]);
    expect(await newest()).to.deep.equal({ sequence: 3, hash: hash("03"), keyId: id(cloud) });
    expect(await previousBackup(world.node.registry, world.record.policy)).to.include({ sequence: 6 });
    await record(world.phone, 7, "07");
    expect(await newest()).to.include({ sequence: 7, keyId: id(world.phone) });
  });

  it("trusts none of the old epoch after a rotation, until a new one is recorded", async () => {
    const { registry } = world.node;
    const device = Wallet.createRandom();
    const invitation = await inviteAgent({
      ...{ registry, record: world.record, authorizations: ["ADMIN"], occasion: "ROTATION" },
    });
    const answered = await answerInvitation(device, invitation, await world.now());
    const next = await makeRootKit();
    await emergencyRotate({
      ...{ ...relay(), rootSet: world.rootKit.rootSet, rootSigners: [await rootSigner(world.rootKit)] },
      ...{ admissions: [{ invitation, ...answered }], nextRootSet: next.rootSet },
    });
    expect(await newest()).to.equal(undefined);
    expect(await refusal(world.phone, 8)).to.equal("AGENT_POLICY_APPROVER_UNKNOWN");
    await record(device, 8, "08");
    expect(await newest()).to.deep.equal({ sequence: 8, hash: hash("08"), keyId: id(device) });
  });

  it("says that there is no such policy", async () => {
    expect(await codeOfAsync(() => anchor().read(hash("01")))).to.equal("POLICY_MISSING");
  });
});

describe("app/backups/anchors of shares", () => {
  const DEPTH = 3;
  let world: TrusteeWorld;
  let set: TrusteeSet;
  /** Blocks are final here once three are on top. */
  let registry: Registry;

  before(async () => {
    world = await openTrusteeWorld();
    const { provider } = world.node.registry;
    registry = await openRegistry({
      ...{ provider, address: world.node.registryAddress, chainId: CHAIN_ID },
      ...{ retry: IMPATIENT, finality: { depth: DEPTH } },
    });
    set = await draftSet(world, world.people.slice(0, 3));
  });
  after(() => world.close());

  const actor = () => ({
    ...{ registry, signer: world.phone, sender: world.node.relayer, policy: world.record.policy },
  });
  const writer = () => policyShareAnchorWriter({ actor: actor(), trustees: set.settings });
  const current = () => policyShareAnchor(registry, world.record.policy).current();
  const waiting = async () => [...(await world.state()).pendingChanges.values()];
  const anchor = (tag: Hex32, epoch: number) => writer().anchor({ tag, epoch });
  const settle = async () => {
    for (let i = 0; i < DEPTH; i++) await world.node.send("evm_mine");
  };

  it("has none before the first, and nothing is final of a registry as young as this", async () => {
    expect(await current()).to.deep.equal({ tag: NO_HASH, setNumber: 0, final: false });
    await settle();
    expect(await current()).to.deep.equal({ tag: NO_HASH, setNumber: 0, final: true });
  });

  it("refuses shares of another number than the next, and none at all", async () => {
    expect(await codeOfAsync(() => anchor(hash("51"), 2))).to.equal("SHARE_SET_UNFIT");
    expect(await codeOfAsync(() => anchor(NO_HASH, 1))).to.equal("SHARE_SET_UNFIT");
    expect(await waiting()).to.deep.equal([]);
  });

  it("schedules once, waits, executes, and then does nothing", async () => {
    await anchor(hash("51"), 1);
    await anchor(hash("51"), 1);
    const [change, ...others] = await waiting();
    expect(others).to.deep.equal([]);
    expect(change?.trustees).to.deep.equal(withShareSet(set, hash("51")).settings);
    expect(await current()).to.include({ setNumber: 0 });
    await world.pass(2 * DAY);
    await anchor(hash("51"), 1);
    expect(await current()).to.deep.include({ tag: hash("51"), setNumber: 1 });
    const head = await world.node.send("eth_blockNumber");
    await anchor(hash("51"), 1);
    expect(await world.node.send("eth_blockNumber"), "nothing was sent").to.equal(head);
  });

  it("is final once blocks are on top, not before", async () => {
    expect(await current()).to.include({ setNumber: 1, final: false });
    for (let i = 1; i < DEPTH; i++) await world.node.send("evm_mine");
    expect(await current()).to.include({ final: false });
    await world.node.send("evm_mine");
    expect(await current()).to.deep.equal({ tag: hash("51"), setNumber: 1, final: true });
  });

  it("begins anew if it was not executed in time, whichever device had begun", async () => {
    const laptop = { ...actor(), signer: world.laptop };
    await policyShareAnchorWriter({ actor: laptop, trustees: set.settings }).anchor({
      tag: hash("52"),
      epoch: 2,
    });
    await world.pass(14 * DAY + 7 * DAY + 60);
    await anchor(hash("52"), 2);
    expect(await waiting(), "the one whose time has passed, and another").to.have.length(2);
    await anchor(hash("52"), 2);
    expect(await waiting(), "which waits").to.have.length(2);
    await world.pass(14 * DAY);
    await anchor(hash("52"), 2);
    expect(await current()).to.deep.include({ tag: hash("52"), setNumber: 2 });
  });

  it("gives up where another set came into force meanwhile", async () => {
    await anchor(hash("53"), 3);
    const other = withShareSet(set, hash("54"));
    const { change } = await proposeTrustees({ ...actor(), signer: world.laptop }, other.settings);
    await world.pass(14 * DAY);
    await executeChange({ ...actor() }, change);
    const head = await world.node.send("eth_blockNumber");
    await anchor(hash("53"), 3);
    expect(await world.node.send("eth_blockNumber"), "nothing was sent").to.equal(head);
    await settle();
    expect(await current()).to.deep.equal({ tag: hash("54"), setNumber: 3, final: true });
    expect(await codeOfAsync(() => anchor(hash("55"), 5))).to.equal("SHARE_SET_UNFIT");
  });

  it("begins anew once what was left of the attempt before has lapsed", async () => {
    expect(await codeOfAsync(() => anchor(hash("55"), 4))).to.equal("AGENT_POLICY_CHANGE_OPEN");
    await world.pass(8 * DAY);
    await anchor(hash("55"), 4);
    await world.pass(14 * DAY);
    await anchor(hash("55"), 4);
    expect(await current()).to.deep.include({ tag: hash("55"), setNumber: 4 });
  });

  it("knows trustees who came into force by other ways", async () => {
    await install(world, await draftSet(world, world.people.slice(3, 6)));
    expect(await current()).to.include({ tag: NO_HASH, setNumber: 5 });
  });
});
