import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import * as core from "../../client/core/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Functions of a circom file that return one number, by name. */
function circomConstants(file: string): Readonly<Record<string, bigint>> {
  const source = readFileSync(join(ROOT, "circuits", "lib", file), "utf8");
  const pattern = /^function (\w+)\(\) \{\n {4}return (\d+);\n\}/gm;
  return Object.fromEntries(
    [...source.matchAll(pattern)].map(([, name = "", value = ""]) => [name, BigInt(value)]),
  );
}

/** `secretCommitment` as `SECRET_COMMITMENT`. */
const upperSnake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** First argument of every C4 in the contracts, resolved where it is a constant of the same file. */
function solidityTags(): readonly bigint[] {
  const contracts = join(ROOT, "contracts");
  return readdirSync(contracts, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol") && !name.startsWith("mocks"))
    .flatMap((name) => {
      const source = readFileSync(join(contracts, name), "utf8");
      return [...source.matchAll(/Poseidon2\.c4\(\s*(\w+),/g)].map(([, argument = ""]) => {
        const value = source.match(new RegExp(`constant ${argument} = (\\d+);`))?.[1] ?? argument;
        return BigInt(value);
      });
    });
}

describe("circuits: constants", () => {
  it("have the domain tags of the client", () => {
    const expected = Object.entries(core.DOMAIN).map(([name, tag]) => [`DOMAIN_${upperSnake(name)}`, tag]);
    expect(circomConstants("domains.circom")).to.deep.equal(Object.fromEntries(expected));
  });

  it("have the limits of the client", () => {
    expect(circomConstants("limits.circom")).to.deep.equal({
      MAX_PROVISIONED_DEPTH: BigInt(core.MAX_PROVISIONED_DEPTH),
      MAX_REVOKED_DEPTH: BigInt(core.MAX_REVOKED_DEPTH),
      INDEX_BITS: BigInt(core.INDEX_BITS),
      EXPIRY_BITS: BigInt(core.EXPIRY_BITS),
      WORD_INDEX_BITS: BigInt(core.WORD_INDEX_BITS),
    });
  });

  it("give both trees the same capacity", () => {
    expect(2 * core.MAX_PROVISIONED_DEPTH).to.equal(core.INDEX_BITS);
    expect(core.WORD_INDEX_BITS + 2 * core.MAX_REVOKED_DEPTH).to.equal(core.INDEX_BITS);
  });

  it("have the domain tags of the contracts, which hash policy addresses, leaves and words", () => {
    const { policyAddress, proverLeaf, revocationWord } = core.DOMAIN;
    expect(new Set(solidityTags())).to.deep.equal(new Set([policyAddress, proverLeaf, revocationWord]));
  });

  it("have the depth of the provisioned tree in the contracts", () => {
    const source = readFileSync(join(ROOT, "contracts", "accumulator", "ProvisionedTree.sol"), "utf8");
    expect(source.match(/constant LEVELS = (\d+);/)?.[1]).to.equal(String(core.MAX_PROVISIONED_DEPTH));
  });
});
