import { expect } from "chai";
import type { ContractTransactionResponse, Wallet } from "ethers";
import { add, deployWorld, keySource, openWith, PROVE, PROVE_GRANT, take, type World } from "./support.ts";

const key = keySource("gas");
const POLICIES = 2;
const GRANTS = 31;
/** Of single relayed grants to fresh policies, whose slots are all new. */
const MEAN_GRANT = 240_000;
/** A grant that also deepens the revoked tree; no position costs more. */
const MAX_GRANT = 360_000;
/** Own part of a single revocation, as no tree is touched where PROVE is not lost. */
const REVOKE_WITHOUT_TREE = 77_000;

describe("gas of whole transactions", () => {
  async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
    return Number((await (await sent).wait())?.gasUsed ?? 0n);
  }

  /** A policy whose creator used its lane before, as the first operation of a lane costs more. */
  async function openUsed(world: World, creator: Wallet, granters: readonly Wallet[]): Promise<bigint> {
    const first = key("first");
    const others = [first, ...granters].map((agent) => [agent, PROVE_GRANT] as const);
    const policy = await openWith(world, creator, others);
    await take(world, policy, creator, first, PROVE_GRANT);
    return policy;
  }

  async function meanGrant(world: World): Promise<{ mean: number; max: number }> {
    const gas: number[] = [];
    for (let p = 0; p < POLICIES; p++) {
      const alice = key("alice");
      const policy = await openUsed(world, alice, []);
      for (let i = 0; i < GRANTS; i++) gas.push(await gasOf(add(world, policy, alice, key(`${i}`), PROVE)));
    }
    return { mean: gas.reduce((sum, g) => sum + g, 0) / gas.length, max: Math.max(...gas) };
  }

  it("keeps a grant flat over the size of the registry", async () => {
    const means: number[] = [];
    for (const size of [1, 1_000, 1_000_000]) {
      const world = await deployWorld({ levels: 12, size, leaf: 7n, word: 1n });
      const { mean, max } = await meanGrant(world);
      console.log("DBG", size, mean, max);
      expect(mean, `mean at ${size}`).to.be.at.most(MEAN_GRANT);
      expect(max, `dearest at ${size}`).to.be.at.most(MAX_GRANT);
      means.push(mean);
    }
    expect(Math.max(...means) / Math.min(...means)).to.be.at.most(1.05);
  });

  it("bounds what a revocation costs beside the tree", async () => {
    const world = await deployWorld();
    const alice = key("alice");
    const agents = [key("bob"), key("carol")];
    const policy = await openUsed(world, alice, agents);
    for (const agent of agents) {
      const gas = await gasOf(take(world, policy, alice, agent, PROVE_GRANT));
      console.log("DBG revoke", gas);
      expect(gas).to.be.at.most(REVOKE_WITHOUT_TREE);
    }
  });
});
