import type { network } from "hardhat";
import type { AccumulatorHarness } from "../../types/mocks/AccumulatorHarness.ts";

type Ethers = Awaited<ReturnType<typeof network.create>>["ethers"];

/** Deploys the harness and the libraries it is linked to; `levels` = 12 is production's capacity. */
export async function deployHarness(ethers: Ethers, levels: number): Promise<AccumulatorHarness> {
  const address = async (name: string, libraries: Record<string, string>) =>
    (await ethers.deployContract(name, { libraries })).getAddress();
  const Poseidon2 = await address("Poseidon2", {});
  const ProvisionedTree = await address("ProvisionedTree", { Poseidon2 });
  const RevokedTree = await address("RevokedTree", { Poseidon2 });
  const TreeSeeder = await address("TreeSeeder", { Poseidon2 });
  const harness: unknown = await ethers.deployContract("AccumulatorHarness", [levels], {
    libraries: { Poseidon2, ProvisionedTree, RevokedTree, TreeSeeder },
  });
  return harness as AccumulatorHarness;
}

/** The packed place of a leaf, as LeafId.sol has it. */
export function leafId(generation: number, index: number): bigint {
  return (BigInt(generation) << 24n) | BigInt(index);
}
