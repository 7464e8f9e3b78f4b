import { expect } from "chai";
import { at, bitsOf, enact, found, partySource, power, scheduled } from "../policy/governanceSupport.ts";
import { ADMIN, deployWorld, PROVE_GRANT, type World } from "../policy/support.ts";

const key = partySource("old change");

/** A change that nobody executed in time gave back what a later one had taken: the thief only had to execute it. */
describe("finding: an old change gives back power", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  it("skips an agent whose power a change scheduled later has set", async () => {
    const [alice, bob, tablet] = [key("alice"), key("bob"), key("tablet")];
    const policy = await found(world, [alice, bob, tablet]);
    const old = await scheduled(world, policy, [alice, bob], {
      agents: [power(tablet, ADMIN | PROVE_GRANT)],
      settings: { delay: 3600n * 24n },
    });
    await enact(world, policy, [bob, alice], { agents: [power(tablet, 0)] });
    expect(await bitsOf(world, policy, tablet)).to.equal(0);

    await world.registry.execute(policy, old.id);
    expect(await bitsOf(world, policy, tablet)).to.equal(0);
    // the rest of it is brought about
    expect((await world.registry.settingsOf(policy)).delay).to.equal(3600n * 24n);
  });

  it("still lets the later of two changes win that are executed in their order", async () => {
    const [alice, bob, tablet] = [key("alice"), key("bob"), key("tablet")];
    const policy = await found(world, [alice, bob, tablet]);
    const first = await scheduled(world, policy, [alice, bob], { agents: [power(tablet, 0)] });
    const second = await scheduled(world, policy, [bob, alice], {
      agents: [power(tablet, ADMIN | PROVE_GRANT)],
    });
    await at(world, second.earliest);
    await world.registry.execute(policy, first.id);
    await world.registry.execute(policy, second.id);
    expect(await bitsOf(world, policy, tablet)).to.equal(ADMIN | PROVE_GRANT);
  });
});
