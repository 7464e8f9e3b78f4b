import { expect } from "chai";
import { type RestoreOptions, restoreOwner, rootSigner } from "../../client/app/index.ts";
import { keyIdOf, memoryBackend, secp256k1Key } from "../../client/keys/index.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

describe("findings: a restoration that was completed yesterday", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("leaves no secret in its store, and is not taken for that of today's loss", async () => {
    const { node, record, rootKit } = world;
    const store = memoryStore();
    const options: RestoreOptions = {
      ...{ registry: node.registry, policy: record.policy, sender: node.relayer, restored: record },
      ...{ backend: memoryBackend(), store, lost: [keyIdOf(secp256k1Key(world.laptop.address))] },
      authority: {
        ...{ by: "ROOT_KEYS", rootSet: rootKit.rootSet },
        rootSigners: [await rootSigner(rootKit)],
      },
      printRootKeys: async () => undefined,
      keepRecord: async () => undefined,
    };
    expect((await restoreOwner(options)).complete).to.equal(true);
    const stored = new TextDecoder().decode((await store.load("restoration"))?.reveal());
    for (const secret of ["record", "nextRootSet", "policySecret", "blinding"]) {
      expect(stored).not.to.contain(secret);
    }
    expect((await restoreOwner(options)).complete).to.equal(true);
    const today = { ...options, lost: [keyIdOf(secp256k1Key(world.phone.address))] };
    expect(await codeOfAsync(() => restoreOwner(today))).to.equal("RESTORE_MISMATCH");
  });
});
