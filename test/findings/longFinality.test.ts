import { expect } from "chai";
import { Wallet } from "ethers";
import { createPolicy, draftPolicy, ProvingAgent } from "../../client/app/index.ts";
import { rootsReader } from "../../client/chain/index.ts";
import { generateLinkSecret } from "../../client/keys/index.ts";
import type { SnarkjsProver } from "../../client/proof/index.ts";
import { startNode, type TestNode } from "../client/chain/node.ts";
import { createTestPolicy } from "../client/chain/policies.ts";
import { realProver } from "../client/proof/artifacts.ts";

/**
 * The canonical checkpoint of a chain that takes hours to be final was forgotten as soon as a newer one was two hours
 * old: its agents could prove under neither.
 */
describe("finding: checkpoints of a chain with long finality are forgotten", () => {
  let node: TestNode;
  let prover: SnarkjsProver;

  before(async () => {
    node = await startNode();
    prover = realProver({ thread: "caller" });
  });
  after(async () => {
    await prover.close();
    await node.close();
  });

  async function pass(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
  }

  it("proves under the checkpoint that is final, not the newer one", async () => {
    const { registry, relayer: sender } = node;
    const signer = Wallet.createRandom();
    const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
    await createPolicy({ registry, signer, sender, record, rootSet: undefined });
    await pass(11_000);
    await createTestPolicy(registry, sender);
    await pass(9_000);
    const agent = new ProvingAgent({ registry, record, prover, finalityDelay: 10_000n });
    const { revealed } = await agent.prepare();
    agent.stop();
    const { provisionedRoot, revokedRoot } = revealed;
    const { provisioned } = await rootsReader(registry).readRoots(provisionedRoot, revokedRoot);
    expect(provisioned?.size).to.equal(1n);
  });
});
