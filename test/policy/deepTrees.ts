import { commitmentTo, found, grant, type Party, rootSetOf } from "./governanceSupport.ts";
import { deployWorld, type World } from "./support.ts";

const DEEPEST = 4 ** 11 + 1;
/** Far enough that no two leaves share more than the upper nodes of the revoked tree. */
const STRIDE = Math.floor((4 ** 12 - DEEPEST) / 32) - 1;
/** Slot of the provisioned tree's head, and where its size begins in it. */
const HEAD = 26;
const SIZE_OFFSET = 16n;

/** A registry whose trees are as deep as they ever get. */
export function deployDeep(): Promise<World> {
  return deployWorld({ levels: 12, size: DEEPEST, leaf: 7n, word: 0n });
}

/** A policy of `count` agents whose leaves share no word. */
export async function spread(
  world: World,
  key: (name: string) => Party,
  count: number,
  roots: readonly Party[],
) {
  const alice = key("alice");
  const set = rootSetOf(roots, roots.length);
  await fillTo(world, DEEPEST);
  const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
  for (let i = 1; i < count; i++) {
    await fillTo(world, DEEPEST + i * STRIDE + i);
    await grant(world, policy, alice, [key(`${i}`)]);
  }
  const leaves = [...(await world.registry.liveLeavesOf(policy))];
  const words = new Set(leaves.map((leaf) => BigInt(leaf) >> 8n));
  if (words.size !== count) throw new Error("leaves share a word");
  await fillTo(world, 4 ** 12 - 1);
  return { alice, policy, set, leaves };
}

/** As if others had appended leaves until there are so many. */
async function fillTo(world: World, size: number): Promise<void> {
  const head = BigInt(await world.ethers.provider.getStorage(world.address, HEAD));
  const mask = 0xffffffffn << SIZE_OFFSET;
  const outstanding = 0xffffn << (SIZE_OFFSET + 32n);
  const next = (head & ~mask & ~outstanding) | (BigInt(size) << SIZE_OFFSET);
  await world.networkHelpers.setStorageAt(world.address, HEAD, next);
}
