import { expect } from "chai";
import {
  commitmentTo,
  found,
  partySource,
  power,
  rootSetOf,
  rotate,
  rotation,
} from "../policy/governanceSupport.ts";
import { ADMIN, deployWorld } from "../policy/support.ts";

const key = partySource("epoch ended");

/** A reader of logs that ends all power at EpochEnded lost the survivors, which were announced before it. */
describe("finding: survivors are announced before their epoch", () => {
  it("ends the epoch, then tells what goes on", async () => {
    const world = await deployWorld();
    const [alice, root] = [key("alice"), key("root")];
    const set = rootSetOf([root], 1);
    const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
    const op = await rotation(world, policy, { agents: [power(alice, ADMIN)], survivors: [alice] });
    const receipt = await (await rotate(world, op, set, [root], [alice])).wait();
    const names = (receipt?.logs ?? []).map((log) => world.registry.interface.parseLog(log)?.name);
    expect(names.indexOf("EpochEnded")).to.equal(0);
    expect(names.indexOf("AgentSurvived")).to.be.greaterThan(0);
  });
});
