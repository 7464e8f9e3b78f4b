import { expect } from "chai";
import { executeChange, policyShareAnchor, proposeTrustees } from "../../client/app/index.ts";
import type { Registry } from "../../client/chain/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { DAY, draftSet, openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";

const tag = (byte: string) => hex32(`0x${byte.repeat(32)}`);

describe("findings: shares of a chain that is gone", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("are not final because another set has their number", async () => {
    const { node, record, phone, laptop } = world;
    const { registry, relayer: sender, send } = node;
    const { policy } = record;
    const changes = [];
    for (const [signer, byte] of [
      [phone, "aa"],
      [laptop, "bb"],
    ] as const) {
      const set = await draftSet(world, world.people.slice(0, 3), { shareSet: tag(byte) });
      changes.push((await proposeTrustees({ registry, signer, sender, policy }, set.settings)).change);
    }
    const [first, second] = changes;
    if (first === undefined || second === undefined) return expect.fail("nothing waits");
    await world.pass(2 * DAY);
    const fork = await send("evm_snapshot");
    await executeChange({ registry, sender, policy }, first);

    // Between the newest block, which names the first set, and the final one, the chain reorganises.
    let reads = 0;
    const provider = new Proxy(registry.provider, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== "getBlock" || typeof value !== "function") {
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (block: unknown) => {
          if (typeof block !== "number" && reads++ === 1) {
            await send("evm_revert", [fork]);
            sender.reset();
            await executeChange({ registry, sender, policy }, second);
            for (let i = 0; i < 100; i++) await send("evm_mine");
          }
          return value.call(target, block);
        };
      },
    });
    const anchor = policyShareAnchor({ ...registry, provider } as Registry, policy);
    expect(await anchor.current()).to.deep.equal({ tag: tag("aa"), setNumber: 1, final: false });
    expect(await anchor.current()).to.deep.equal({ tag: tag("bb"), setNumber: 1, final: true });
  });
});
