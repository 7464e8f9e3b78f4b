import { expect } from "chai";
import { deployDeep, spread } from "../policy/deepTrees.ts";
import { isSet, type Party, partyOfSigner, partySource, power } from "../policy/governanceSupport.ts";
import { deadlineOf } from "../policy/support.ts";
import { passkeySigner } from "../support/signers.ts";
import {
  castVote,
  install,
  POWER,
  proposalIdOf,
  propose,
  recoveryProposal,
  recoveryVote,
  vote,
} from "./support.ts";
import { trusteeApprovals, trusteeSet } from "./trusteeSet.ts";

const key = partySource("recovery gas");
/** A tenth more than measured; a transaction may use 16,777,216 (EIP-7825). */
const LIMITS = { act: 14_550_000, propose: 2_950_000, vote: 161_000, execute: 12_300_000 } as const;

describe("gas of a recovery at the bounds of a policy, in trees of full depth", () => {
  it("gives power to sixteen passkeys and ends 32 provers in one transaction", async () => {
    const world = await deployDeep();
    const { alice, policy, leaves } = await spread(world, key, 32, [key("root")]);
    const trustees = [key("ada"), key("bob"), key("cyd")] as const;
    const set = await trusteeSet(world, policy, trustees);
    await install(world, policy, [alice], set.settings);
    const here = { world, policy, set };
    const joining: Party[] = [];
    for (let i = 0; i < 16; i++) joining.push(partyOfSigner(await passkeySigner(`recovered ${i}`)));
    const op = await recoveryProposal(
      here,
      joining.map((party) => power(party, POWER)),
    );
    const proposed = await (await propose(here, op, trustees[0], joining)).wait();
    const proposal = proposalIdOf(op);
    await vote(here, [trustees[0]], proposal);
    const cast = await castVote(here, await recoveryVote(here, trustees[1], proposal), trustees[1]);
    const voted = await cast.wait();
    await vote(here, [trustees[2]], proposal);
    const { earliest } = await world.registry.recoveryOf(policy);
    await world.networkHelpers.time.increaseTo(earliest);
    const executed = await (await world.registry.executeRecovery(policy)).wait();
    for (const leaf of leaves) expect(await isSet(world, 0n, BigInt(leaf) & 0xffffffn)).to.equal(true);
    const { powerfulCount, liveProvers } = await world.registry.policyOf(policy);
    expect([powerfulCount, liveProvers]).to.deep.equal([16n, 0n]);
    expect(Number(proposed?.gasUsed)).to.be.lessThan(LIMITS.propose);
    expect(Number(voted?.gasUsed)).to.be.lessThan(LIMITS.vote);
    expect(Number(executed?.gasUsed)).to.be.lessThan(LIMITS.execute);
  });

  it("lets 32 passkeys that were hidden act together, and ends 32 provers, in one transaction", async () => {
    const world = await deployDeep();
    const { alice, policy, leaves } = await spread(world, key, 32, [key("root of many")]);
    const trustees: Party[] = [];
    for (let i = 0; i < 32; i++)
      trustees.push(partyOfSigner(await passkeySigner(`one of 32 trustees: ${i}`)));
    const set = await trusteeSet(world, policy, trustees, { revokeQuorum: 32n });
    await install(world, policy, [alice], set.settings);
    const agents = (await world.registry.agentsOf(policy, 0n, 64n)).filter(
      (one) => (one.authorizations & 1n) !== 0n,
    );
    const op = {
      ...{ policy, epoch: (await world.registry.policyOf(policy)).epoch, trusteeSet: 1n },
      ...{ agents: agents.map(({ id }) => id), nonce: 0n, deadline: await deadlineOf(world) },
    };
    const approvals = await trusteeApprovals(world, set, trustees, "TrusteeRevoke", op);
    const done = await (await world.registry.revokeByTrustees(op, set.settings, approvals)).wait();
    expect(agents).to.have.length(32);
    for (const leaf of leaves) expect(await isSet(world, 0n, BigInt(leaf) & 0xffffffn)).to.equal(true);
    expect(Number(done?.gasUsed)).to.be.lessThan(LIMITS.act);
  });
});
