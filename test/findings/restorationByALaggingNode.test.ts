import { expect } from "chai";
import type { RestoreAuthority } from "../../client/app/index.ts";
import { rootKitFromWords, rootSigner } from "../../client/app/index.ts";
import type { Registry } from "../../client/chain/index.ts";
import { memoryBackend, Secret } from "../../client/keys/index.ts";
import { rootCommitment } from "../../client/policy/index.ts";
import { wordsOn } from "../client/app/trusteeWorld.ts";
import { comingBack, idOf, rightsOf, sharedWorld } from "../client/loss/support.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * Power had come back, and a later step failed. The next call looked through a node that was some blocks behind, took the power
 * for lost, and began anew: the key that was ADMIN was forgotten, and a second page was printed that would never be in force.
 */
describe("finding: a restoration begins anew at what a lagging node tells", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  /** A node that knows no block after this one. */
  function behind(registry: Registry, block: number): Registry {
    const { provider } = registry;
    const getBlock: typeof provider.getBlock = (tag, ...rest) =>
      provider.getBlock(tag === "latest" ? block : tag, ...rest);
    const lagging = new Proxy(provider, {
      get: (target, name) => {
        if (name === "getBlock") return getBlock;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...registry, provider: lagging };
  }

  it("goes on with the key that it has, and prints no other page", async () => {
    const { node, rootKit } = world();
    const { registry } = node;
    const authority: RestoreAuthority = {
      ...{ by: "ROOT_KEYS", rootSet: rootKit.rootSet },
      rootSigners: [await rootSigner(rootKit)],
    };
    const before = await registry.provider.getBlockNumber();
    const kept = { authority, backend: memoryBackend(), store: memoryStore() };
    const full = async () => {
      throw new Error("the disk is full");
    };
    const first = comingBack(world(), { ...kept, keepRecord: full });
    expect(await codeOfAsync(first.restore)).to.contain("the disk is full");
    const second = comingBack(world(), { ...kept, registry: behind(registry, before) });
    await second.restore().catch(() => undefined);
    const third = comingBack(world(), kept);
    expect((await third.restore()).complete).to.equal(true);
    expect([second.pages, third.pages]).to.deep.equal([[], []]);
    const [page = ""] = first.pages;
    const { rootSet } = await rootKitFromWords(new Secret(wordsOn(page)));
    expect((await world().state()).settings.rootCommitment).to.equal(rootCommitment(rootSet));
  });
});

/** The place of backups refused each one, so the step after it never came: the thief of the lost device stayed ADMIN. */
describe("finding: a restoration by another device waits for a backup while the lost one keeps its power", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  it("schedules the loss of power, and says then that there is no backup", async () => {
    const { phone, laptop, pass } = world();
    const backUp = async () => {
      throw new Error("the place of backups is away");
    };
    const authority: RestoreAuthority = { by: "DEVICE", signer: phone };
    const { restore } = comingBack(world(), { authority, lost: [idOf(laptop)], backUp });
    expect(await codeOfAsync(restore)).to.contain("the place of backups is away");
    const [change] = (await world().state()).pendingChanges.values();
    await pass(Number((change?.earliest ?? 0n) - (await world().now())));
    expect(await codeOfAsync(restore)).to.contain("the place of backups is away");
    expect(await rightsOf(world(), laptop)).to.deep.equal([]);
  });
});
