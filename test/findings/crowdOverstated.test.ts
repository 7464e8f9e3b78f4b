import { expect } from "chai";
import { Wallet } from "ethers";
import { createPolicy, draftPolicy, ProvingAgent } from "../../client/app/index.ts";
import { readHead } from "../../client/chain/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { generateLinkSecret } from "../../client/keys/index.ts";
import { type Expiry, expiry, NO_EXPIRY } from "../../client/policy/index.ts";
import { OFF_CHAIN, type SnarkjsProver, webAudience, ZERO_SCOPE } from "../../client/proof/index.ts";
import { startNode, type TestNode } from "../client/chain/node.ts";
import { createTestPolicy } from "../client/chain/policies.ts";
import { realProver } from "../client/proof/artifacts.ts";

const HOUR = 3600n;
const OLD = 4;

/**
 * Under the newest checkpoint an agent hides only among the leaves since the canonical one (protocol §7.1), but was told
 * the number of all leaves; and nobody was told that an expiry within two hours shows.
 */
describe("finding: the crowd that an agent hides among is overstated", () => {
  let node: TestNode;
  let prover: SnarkjsProver;
  let hour = 0n;

  before(async () => {
    node = await startNode();
    prover = realProver({ thread: "caller" });
    for (let i = 1; i <= OLD; i++) await createTestPolicy(node.registry, node.relayer, i === OLD);
    const { time } = await readHead(node.registry);
    hour = (time / HOUR + 2n) * HOUR;
    await node.send("evm_setNextBlockTimestamp", [Number(hour + 100n)]);
    await node.send("evm_mine");
  });
  after(async () => {
    await prover.close();
    await node.close();
  });

  /** An agent that was granted PROVE just now presents under the newest checkpoint. */
  async function presentAtOnce(until: Expiry, consentToHideAmong: number) {
    const { registry, relayer: sender } = node;
    const signer = Wallet.createRandom();
    const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret(), expiry: until });
    await createPolicy({ registry, signer, sender, record, rootSet: undefined });
    const agent = new ProvingAgent({ registry, record, prover });
    const { time } = await readHead(registry);
    const challenge = hex32(`0x${"c4".repeat(32)}`);
    const terms = { scope: ZERO_SCOPE, disclose: 0, maxRevocationAge: HOUR, minAgents: 1n };
    const shown = await agent.present({
      request: { ...terms, challenge, expiresAt: time + 300n },
      context: { ...registry.location, verifier: OFF_CHAIN, audience: webAudience("https://shop.example") },
      latest: { consentToHideAmong },
    });
    agent.stop();
    return shown;
  }

  it("counts the leaves since the canonical checkpoint, not all", async () => {
    const first = await presentAtOnce(NO_EXPIRY, 1);
    expect(first.anonymitySet).to.equal(1);
    expect(first.expiryShows).to.equal(false);
    expect((await presentAtOnce(NO_EXPIRY, 2)).anonymitySet).to.equal(2);
  });

  it("says that an expiry shows, and that one shows not which others have by default", async () => {
    const soon = await presentAtOnce(expiry(hour + HOUR), 1);
    expect(soon.expiryShows).to.equal(true);
    expect(soon.presentation.validUntil).to.equal(hour + HOUR);
    expect((await presentAtOnce(expiry(hour + 2n * HOUR), 1)).expiryShows).to.equal(false);
  });
});
