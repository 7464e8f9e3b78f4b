import { expect } from "chai";
import { backUp, type DrillOptions, drill, storedBackups } from "../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../client/backup/index.ts";
import { Secret, secp256k1Key } from "../../client/keys/index.ts";
import { answerHeartbeat, setUpRecovery, verifyShare } from "../../client/recovery/index.ts";
import { memoryBlobs } from "../../client/storage/index.ts";
import { createWallet } from "../../client/wallet/index.ts";
import { draftSet, install, openTrusteeWorld, type TrusteeWorld } from "../client/app/trusteeWorld.ts";
import { recoveryFile, SOURCE_DID, signerOf } from "../client/recovery/support.ts";

describe("findings: a drill that is green where a recovery would fail", function () {
  this.timeout(120_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("finds one share counted twice, a backup that trustees cannot open, and a line that broke", async () => {
    const { node, record } = world;
    const { registry, relayer: sender } = node;
    const { policy } = record;
    const people = world.people.slice(0, 3);
    const made = await setUpRecovery({
      ...{ file: recoveryFile(), threshold: 2, trustees: ["Ada", "Ben", "Cleo"], epoch: 1 },
      ...{ sourceDid: SOURCE_DID, signer: signerOf(7) },
    });
    await install(world, await draftSet(world, people, { shareSet: made.tag }));
    const [first] = made.shares;
    if (first === undefined) return expect.fail("no share");
    const held = verifyShare(first, { anchor: made.tag });
    const ada = {
      ...{ name: "Ada", index: 1 },
      ask: async (request: Parameters<NonNullable<DrillOptions["trustees"]>[number]["ask"]>[0]) =>
        answerHeartbeat({ request, keys: [], share: held, now: Number(await world.now()) }),
    };
    const identity = await generateBackupIdentity();
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner"] });
    const place = storedBackups(memoryBlobs());
    const recipients = [{ role: "paper", recipient: await recipientOf(identity) }] as const;
    await backUp({
      ...{ registry, policy, signer: world.phone, sender, place, wallet, segments: ["owner"], recipients },
    });
    const options: DrillOptions = {
      ...{ registry, policy, place, shares: held.public, trustees: [ada, ada] },
      identities: [{ name: "this phone", identity }],
      shareRecipient: await recipientOf(made.backupIdentity),
    };
    const failures = async (more: Partial<DrillOptions> = {}) =>
      (await drill({ ...options, ...more })).findings.filter(({ ok }) => !ok).map(({ text }) => text);
    expect(await failures()).to.include.members([
      "1 trustees have their shares, and 2 are needed.",
      "The newest backup is not for these trustees, or nobody could open it: make one.",
    ]);
    const ask = async () => {
      throw new TypeError("fetch failed: https://secret.example/inbox");
    };
    const ben = { name: "Ben", key: secp256k1Key(people[1]?.address ?? ""), ask };
    expect(await failures({ trustees: [ben] })).to.include("Ben gave no right answer.");
  });
});
