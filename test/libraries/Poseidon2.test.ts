import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { network } from "hardhat";
import { SCALAR_MODULUS } from "../../client/core/index.ts";
import { CONSTANTS_SOURCE, renderConstants } from "../../scripts/circuits/renderConstants.ts";
import { POSEIDON2_SOURCE, renderPoseidon2 } from "../../scripts/circuits/renderPoseidon2.ts";
import {
  REFERENCE_SOURCE,
  renderPoseidon2Reference,
} from "../../scripts/circuits/renderPoseidon2Reference.ts";
import { readPoseidon2Vectors } from "../vectors/readPoseidon2Vectors.ts";

/** EIP-170. */
const MAX_CODE_SIZE = 24_576;
/** Execution of one call, without the transaction's own cost; the protocol's figure is 19.5k. */
const MAX_GAS = 14_900n;

describe("Poseidon2", () => {
  let library: Awaited<ReturnType<typeof deploy>>;
  const vectors = readPoseidon2Vectors();

  async function deploy() {
    const { ethers } = await network.create();
    const contract = await ethers.deployContract("Poseidon2");
    return { ethers, contract, c4: contract.getFunction("c4"), n4: contract.getFunction("n4") };
  }

  before(async () => {
    library = await deploy();
  });

  it("agrees with the shared vectors", async () => {
    for (const { name, input, output } of vectors) {
      expect(await library.c4(...input), name).to.equal(output.c4);
      expect(await library.n4(...input), name).to.equal(output.n4);
    }
  });

  for (const [position, name] of ["a", "b", "c", "d"].entries()) {
    it(`refuses a non-canonical ${name} and names it`, async () => {
      for (const bad of [SCALAR_MODULUS, SCALAR_MODULUS + 7n, 2n ** 256n - 1n]) {
        const input: [bigint, bigint, bigint, bigint] = [0n, 1n, 2n, SCALAR_MODULUS - 1n];
        input[position] = bad;
        for (const call of [library.c4(...input), library.n4(...input)]) {
          await expect(call)
            .to.be.revertedWithCustomError(library.contract, "Poseidon2InputNotCanonical")
            .withArgs(bad);
        }
      }
    });
  }

  it("fits EIP-170", async () => {
    const code = await library.ethers.provider.getCode(await library.contract.getAddress());
    expect((code.length - 2) / 2).to.be.at.most(MAX_CODE_SIZE);
  });

  it("costs at most 14.9k gas", async () => {
    const to = await library.contract.getAddress();
    for (const fn of ["c4", "n4"] as const) {
      const data = library.contract.interface.encodeFunctionData(fn, vectors[2]?.input ?? [0n, 0n, 0n, 0n]);
      const estimate = await library.ethers.provider.estimateGas({ to, data });
      const calldata = library.ethers.getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4n : 16n), 0n);
      expect(estimate - 21_000n - calldata, fn).to.be.at.most(MAX_GAS);
    }
  });

  for (const [path, render] of [
    [POSEIDON2_SOURCE, renderPoseidon2],
    [REFERENCE_SOURCE, renderPoseidon2Reference],
    [CONSTANTS_SOURCE, renderConstants],
  ] as const) {
    it(`finds ${basename(path)} as its generator writes it`, async () => {
      expect(readFileSync(path, "utf8")).to.equal(await render());
    });
  }
});
