import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { TrusteeStruct } from "../../types/interfaces/IAgentPolicyTrustees.ts";
import { expectRevert, found, type Party, partyOf, partyOfSigner } from "../policy/governanceSupport.ts";
import { agentKey, DAY } from "../policy/support.ts";
import { elementSigner, passkeySigner, walletSigner } from "../support/signers.ts";
import { castVote, install, proposeFor, recoveryVote, scheduleTrustees, useScene, vote } from "./support.ts";
import {
  ADMIN_AUTHZ,
  EVERYTHING,
  known,
  type Member,
  member,
  REVOKE_AUTHZ,
  setOf,
  type TrusteeSet,
  trusteeOf,
} from "./trusteeSet.ts";

describe("trustees that show themselves", () => {
  const scene = useScene();

  /** What a trustee shows when it votes for nothing. */
  async function show(set: TrusteeSet, by: Party, change: Partial<TrusteeStruct> = {}) {
    const { world } = scene();
    const op = await recoveryVote(scene(), by, ZeroHash);
    const signature = await by.sign(world, "RecoveryVote", op);
    const trustee = { ...trusteeOf(set, by), ...change };
    return world.registry.voteRecovery(op, set.settings, { trustee, signature });
  }

  async function refuses(set: TrusteeSet, by: Party, change: Partial<TrusteeStruct>) {
    const { world, policy } = scene();
    await expectRevert(world, show(set, by, change), "AgentPolicyTrusteeUnknown", [policy, by.id]);
    expect(await world.registry.trusteeCapabilitiesOf(policy, by.id)).to.equal(0n);
  }

  /** Puts a set into force in which one member is as given. */
  async function force(first: (party: Party) => Promise<Member>): Promise<TrusteeSet> {
    const { world, policy, phone, trustees } = scene();
    const [ada, ...others] = trustees;
    const rest = await Promise.all(others.map((party) => member(world, policy, party)));
    const set = setOf([await first(ada), ...rest]);
    await install(world, policy, [phone], set.settings);
    return set;
  }

  it("tells who showed itself, and of what set", async () => {
    const { world, policy, set, trustees } = scene();
    const [ada, bob] = trustees;
    const op = await recoveryVote(scene(), ada, await proposeFor(scene(), bob, scene().laptop));
    await expect(castVote(scene(), op, ada))
      .to.emit(world.registry, "TrusteeRevealed")
      .withArgs(policy, 1n, ada.id, ada.kind, EVERYTHING);
    expect(await world.registry.trusteeCapabilitiesOf(policy, ada.id)).to.equal(BigInt(EVERYTHING));
    expect(await world.registry.trusteeCapabilitiesOf(policy, set.members[2]?.party.id ?? "")).to.equal(0n);
  });

  it("refuses a leaf that differs in anything", async () => {
    const { set, trustees } = scene();
    const [ada] = trustees;
    const { proof, deadline, consent } = trusteeOf(set, ada);
    for (const change of [
      { kind: 2n },
      { capabilities: ADMIN_AUTHZ },
      { deadline: BigInt(deadline) + 1n },
      { consent: `${consent}00` },
      { salt: ZeroHash },
      { proof: proof.slice(1) },
      { proof: [...proof, ZeroHash] },
      { proof: [] },
    ]) {
      await refuses(set, ada, change);
    }
  });

  it("refuses a key that is not in the set, with the proof of one that is", async () => {
    const { world, policy, set, trustees, mallory } = scene();
    const op = await recoveryVote(scene(), mallory, ZeroHash);
    const signature = await mallory.sign(world, "RecoveryVote", op);
    const trustee = { ...trusteeOf(set, trustees[0]), key: mallory.key };
    const sent = world.registry.voteRecovery(op, set.settings, { trustee, signature });
    await expectRevert(world, sent, "AgentPolicyTrusteeUnknown", [policy, mallory.id]);
  });

  it("refuses the root itself and inner nodes as leaves", async () => {
    const { set, trustees } = scene();
    await refuses(set, trustees[0], { salt: `${set.settings.root}`, proof: [] });
  });

  it("refuses a signature of somebody else's", async () => {
    const { world, set, trustees } = scene();
    const [ada, bob] = trustees;
    const op = await recoveryVote(scene(), ada, ZeroHash);
    const signature = await bob.sign(world, "RecoveryVote", op);
    const sent = world.registry.voteRecovery(op, set.settings, { trustee: trusteeOf(set, ada), signature });
    await expectRevert(world, sent, "AgentKeySignatureInvalid", [ada.id]);
  });

  it("refuses settings that are not those in force", async () => {
    const { world, policy, set, trustees } = scene();
    const other = setOf(set.members, { adminQuorum: 2n });
    const op = await recoveryVote(scene(), trustees[0], ZeroHash);
    const sent = castVote({ world, set: other }, op, trustees[0]);
    await expectRevert(world, sent, "AgentPolicyTrusteeSettingsMismatch", [policy, other.hash, set.hash]);
  });

  it("refuses a consent of another policy, chain, key or capability", async () => {
    const { world, policy, mallory } = scene();
    for (const consent of [
      { policy: policy + 1n },
      { world: { ...world, domain: { ...world.domain, chainId: 1n } } },
      { world: { ...world, domain: { ...world.domain, verifyingContract: mallory.key } } },
      { by: mallory },
      { capabilities: ADMIN_AUTHZ },
      { kind: 3 },
      { deadline: 1n },
    ]) {
      const set = await force((ada) => member(world, policy, ada, { consent }));
      const [ada] = scene().trustees;
      await expectRevert(world, show(set, ada), "AgentKeySignatureInvalid", [ada.id]);
    }
  });

  it("refuses a consent that ended before the set came into force, and takes one of that second", async () => {
    const { world, policy, phone, trustees } = scene();
    const [ada, bob] = trustees;
    const now = BigInt(await world.networkHelpers.time.latest());
    const day = now + 60n * DAY;
    const late = await member(world, policy, ada, { deadline: day - 1n });
    const just = await member(world, policy, bob, { deadline: day });
    const rest = await Promise.all(trustees.slice(2).map((party) => member(world, policy, party)));
    const set = setOf([late, just, ...rest], { delay: 45n * DAY });
    await world.networkHelpers.time.increaseTo(day - 15n * DAY);
    const { id } = await scheduleTrustees(world, policy, [phone], set.settings);
    await world.networkHelpers.time.setNextBlockTimestamp(day);
    await world.registry.execute(policy, id);
    await expectRevert(world, show(set, ada), "AgentPolicyTrusteeConsentExpired", [
      policy,
      ada.id,
      day - 1n,
      day,
    ]);
    await show(set, bob);
  });

  it("refuses a trustee without the capability needed", async () => {
    const { world, policy } = scene();
    const set = await force((ada) => member(world, policy, ada, { capabilities: REVOKE_AUTHZ }));
    const [ada] = scene().trustees;
    await expectRevert(world, show(set, ada), "AgentPolicyTrusteeIncapable", [
      policy,
      ada.id,
      BigInt(REVOKE_AUTHZ),
      BigInt(ADMIN_AUTHZ),
    ]);
  });

  it("asks a trustee that showed itself for its key alone", async () => {
    const { world, set, trustees } = scene();
    const [ada, bob] = trustees;
    await vote(scene(), [ada], await proposeFor(scene(), bob, scene().laptop));
    const op = await recoveryVote(scene(), ada, ZeroHash);
    const signature = await ada.sign(world, "RecoveryVote", op);
    await world.registry.voteRecovery(op, set.settings, { trustee: known(ada), signature });
  });

  it("forgets it with the next set", async () => {
    const { world, policy, phone, set, trustees } = scene();
    const [ada] = trustees;
    await proposeFor(scene(), ada, scene().laptop);
    const next = setOf(set.members, { adminQuorum: 2n });
    await install(world, policy, [phone], next.settings);
    expect(await world.registry.trusteeCapabilitiesOf(policy, ada.id)).to.equal(0n);
    await refuses(next, ada, known(ada));
  });

  it("takes trustees of every kind of key", async () => {
    const { world, policy, phone, trustees } = scene();
    const owner = "owner of a trustee's wallet";
    const wallet = await world.ethers.deployContract("WalletMock", [agentKey(owner).address]);
    const parties = [
      trustees[0],
      partyOfSigner(elementSigner("trustee")),
      partyOfSigner(await passkeySigner("trustee")),
      partyOfSigner(await passkeySigner("synced trustee", { deviceBound: false })),
      partyOfSigner(walletSigner(await wallet.getAddress(), owner)),
    ];
    const set = setOf(await Promise.all(parties.map((party) => member(world, policy, party))), {
      adminQuorum: 5n,
    });
    await install(world, policy, [phone], set.settings);
    const all = { ...scene(), set };
    const proposal = await proposeFor(all, parties[2] ?? trustees[0], scene().laptop);
    await vote(all, parties, proposal);
    expect((await world.registry.recoveryOf(policy)).proposal).to.equal(proposal);
  });

  it("refuses a key that is not of its kind", async () => {
    const { world, policy } = scene();
    const short = { ...partyOf(agentKey("short")), kind: 3 };
    const set = await force(() => member(world, policy, short));
    await expectRevert(world, show(set, short), "AgentKeyLengthWrong", [3n, 20n]);
  });

  it("has nobody act in a policy without trustees", async () => {
    const { world, set, trustees } = scene();
    const lonely = partyOf(agentKey("nobody acts"));
    const policy = await found(world, [lonely]);
    const op = await recoveryVote({ world, policy }, trustees[0], ZeroHash);
    const sent = castVote({ world, set }, op, trustees[0]);
    await expectRevert(world, sent, "AgentPolicyTrusteeSetMismatch", [policy, 0n, 0n]);
  });
});
