import { expect } from "chai";
import { deployDeep, spread } from "../policy/deepTrees.ts";
import { isSet, type Party, partyOfSigner, partySource, power } from "../policy/governanceSupport.ts";
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
import { trusteeSet } from "./trusteeSet.ts";

const key = partySource("recovery gas");
/** A tenth more than measured; a transaction may use 16,777,216 (EIP-7825). */
const LIMITS = { propose: 2_950_000, vote: 161_000, execute: 12_300_000 } as const;

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
});
