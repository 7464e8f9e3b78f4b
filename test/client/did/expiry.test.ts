import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import {
  type DidKey,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  RELATIONSHIPS,
  updateDid,
} from "../../../client/did/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, otherKey } from "./fixture.ts";

describe("expiry, in contract and resolver", () => {
  let fixture: DidFixture;

  before(async () => {
    fixture = await didFixture(await network.create());
  });

  const datetime = (seconds: bigint) => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;

  /** Whether the document of `did` as of a block, or of a second, has a key for authentication. */
  const shows = async (did: string, key: DidKey, options: { blockTag?: bigint; versionTime?: string }) => {
    const { didDocument } = await didResolver({ networks: [fixture.network] }).resolve(did, options);
    return didDocument?.authentication?.includes(`${did}#${didKeyIdOf(key).slice(2)}`) ?? false;
  };

  it("is compared alike at every distance from every expiry, for a block and for its second", async () => {
    const { networkHelpers, ethers, registry } = fixture;
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 12 }),
        async (lifetimes, wait) => {
          turn += 1;
          const now = BigInt(await networkHelpers.time.latest());
          const keys = lifetimes.map((seconds, i) =>
            otherKey(`key ${turn} ${i}`, { expiry: now + BigInt(seconds) }),
          );
          const { did, id, time } = await fixture.create({ ...EMPTY_STATE, keys });
          await networkHelpers.time.increase(wait);
          const block = await ethers.provider.getBlock("latest");
          const blockTag = BigInt(block?.number ?? 0);
          const { snapshot } = await fixture.record(did);
          for (const key of keys) {
            const inContract = await registry.verifyKey(
              id,
              snapshot,
              didKeyIdOf(key),
              RELATIONSHIPS.authentication,
              {
                blockTag,
              },
            );
            const versionTime = datetime(BigInt(block?.timestamp ?? 0));
            expect(await shows(did, key, { blockTag })).to.equal(inContract);
            expect(await shows(did, key, { versionTime })).to.equal(inContract);
            expect(inContract).to.equal(BigInt(block?.timestamp ?? 0) <= key.expiry);
            // The seconds around the expiry itself, where the chain has got that far.
            for (const second of [key.expiry - 1n, key.expiry, key.expiry + 1n]) {
              if (second < time || second > BigInt(block?.timestamp ?? 0)) continue;
              expect(await shows(did, key, { versionTime: datetime(second) })).to.equal(second <= key.expiry);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it("and revocation in the same block end a key in the same second for both", async () => {
    const { networkHelpers, registry, ethers } = fixture;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (wait) => {
        const { did, id } = await fixture.create({ ...EMPTY_STATE, keys: [otherKey("revoked")] });
        await networkHelpers.time.increase(wait);
        const before = await fixture.record(did);
        const change = await fixture.execute(
          updateDid(before, { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
        );
        const after = await fixture.record(did);
        const key = otherKey("revoked");
        const inContract = (snapshot: typeof before.snapshot, blockTag: number) =>
          registry.verifyKey(id, snapshot, didKeyIdOf(key), RELATIONSHIPS.authentication, { blockTag });
        expect(await inContract(after.snapshot, change.block)).to.equal(false);
        expect(await shows(did, key, { blockTag: BigInt(change.block) })).to.equal(false);
        expect(await shows(did, key, { versionTime: datetime(change.time) })).to.equal(false);
        expect(await inContract(before.snapshot, change.block - 1)).to.equal(true);
        expect(await shows(did, key, { blockTag: BigInt(change.block - 1) })).to.equal(true);
        expect(await shows(did, key, { versionTime: datetime(change.time - 1n) })).to.equal(true);
        expect((await ethers.provider.getBlock(change.block))?.timestamp).to.equal(Number(change.time));
      }),
      { numRuns: 10 },
    );
  });
});
