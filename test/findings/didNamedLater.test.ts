import { expect } from "chai";
import { authorizeAgents, type RestoreOptions, rootSigner } from "../../client/app/index.ts";
import { memoryBackend } from "../../client/keys/index.ts";
import { admitted, comingBack, idOf, rightsOf, sharedWorld } from "../client/loss/support.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * What a restoration was to do was remembered by step only. A DID that the owner named when the step of the DIDs was done was
 * skipped, and told to be rotated; so was an agent that she named as a survivor when the rotation had been without it.
 */
describe("finding: a DID that is named later is told to be rotated", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();

  async function device() {
    const { rootKit } = world();
    const rotated: string[] = [];
    const backups: string[][] = [];
    const rootSigners = [await rootSigner(rootKit)];
    const authority = { by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners } as const;
    const kept = { backend: memoryBackend(), store: memoryStore() };
    return {
      ...{ rotated, backups, authority },
      dids: (...names: string[]) =>
        names.map((did) => ({
          did,
          isDone: async () => rotated.includes(did),
          rotate: async () => void rotated.push(did),
        })),
      backUp: async () => void backups.push([...rotated]),
      restore: (more: Partial<RestoreOptions>) =>
        comingBack(world(), { authority, ...kept, ...more }).restore(),
    };
  }

  it("when the restoration stopped in between, or was complete", async () => {
    const { restore, dids, backUp, rotated, backups } = await device();
    const fails = () => Promise.reject(new Error("stopped"));
    await restore({ dids: dids("A"), backUp: fails }).then(
      () => expect.fail("it must stop"),
      () => undefined,
    );
    expect((await restore({ dids: dids("A", "B"), backUp })).complete).to.equal(true);
    expect(rotated).to.deep.equal(["A", "B"]);
    expect((await restore({ dids: dids("A", "B", "C"), backUp })).complete).to.equal(true);
    expect(rotated).to.deep.equal(["A", "B", "C"]);
    expect((await restore({ dids: dids("A", "B", "C"), backUp })).complete).to.equal(true);
    expect(backups, "one with each new key, and no more").to.deep.equal([
      ["A", "B"],
      ["A", "B", "C"],
    ]);
  });

  it("makes a backup that is asked for later", async () => {
    const { restore, backUp, backups } = await device();
    expect((await restore({})).complete).to.equal(true);
    expect((await restore({ backUp })).complete).to.equal(true);
    expect(backups).to.have.length(1);
  });

  it("nor is an agent that is named as a survivor when the rotation was without it told to prove", async () => {
    const { phone, laptop } = world();
    const { restore, authority } = await device();
    const survivors = [idOf(phone)];
    expect((await restore({ authority: { ...authority, survivors } })).complete).to.equal(true);
    expect(await rightsOf(world(), phone)).to.deep.equal(["PROVE"]);
    const late = { authority: { ...authority, survivors: [...survivors, idOf(laptop)] } };
    expect(await codeOfAsync(() => restore(late))).to.equal("RESTORE_MISMATCH");
    const { signer } = await restore({ authority: { ...authority, survivors } });
    const { node, record } = world();
    const actor = { registry: node.registry, policy: record.policy, sender: node.relayer, signer };
    await authorizeAgents(actor, [await admitted(world(), laptop, ["PROVE"])]);
    expect((await restore(late)).complete).to.equal(true);
  });
});
