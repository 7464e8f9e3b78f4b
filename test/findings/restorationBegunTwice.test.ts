import { expect } from "chai";
import { rootSigner } from "../../client/app/index.ts";
import { memoryBackend, type Secret } from "../../client/keys/index.ts";
import { comingBack, holdersIn, sharedWorld } from "../client/loss/support.ts";
import { memoryStore } from "../client/recovery/support.ts";

/**
 * A button that was pressed twice began a restoration twice: two policy keys were made, two pages with root keys printed of which
 * one was dead, and one of the calls failed.
 */
describe("finding: a restoration that is begun twice at once", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  it("makes one key and prints one page, and both calls tell so", async () => {
    const { rootKit } = world();
    const rootSigners = [await rootSigner(rootKit)];
    const authority = { by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners } as const;
    const [backend, store, pages] = [memoryBackend(), memoryStore(), [] as string[]];
    const printRootKeys = async (page: Secret<string>) => {
      pages.push(page.reveal());
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const restore = () => comingBack(world(), { authority, backend, store, printRootKeys }).restore();
    const outcomes = await Promise.all([restore(), restore()]);
    expect(outcomes.map(({ complete }) => complete)).to.deep.equal([true, true]);
    expect([pages.length, (await backend.list()).length]).to.deep.equal([1, 1]);
    expect(await holdersIn(world())).to.have.length(1);
  });

  it("goes on though the first of them fails", async () => {
    const { rootKit } = world();
    const rootSigners = [await rootSigner(rootKit)];
    const authority = { by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners } as const;
    const common = { authority, backend: memoryBackend(), store: memoryStore() };
    const first = comingBack(world(), {
      ...common,
      printRootKeys: () => Promise.reject(new Error("out of paper")),
    }).restore();
    const second = comingBack(world(), common).restore();
    expect(await first.catch(({ message }: Error) => message)).to.equal("out of paper");
    expect((await second).complete).to.equal(true);
  });
});
