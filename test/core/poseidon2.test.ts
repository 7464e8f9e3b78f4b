import { readFileSync } from "node:fs";
import { bn254 } from "@taceo/poseidon2";
import { expect } from "chai";
import { c4, DOMAIN, isDkmsError, n4, SCALAR_MODULUS } from "../../client/core/index.ts";
import { readPoseidon2Vectors } from "../vectors/readPoseidon2Vectors.ts";

describe("poseidon2", () => {
  const vectors = readPoseidon2Vectors();

  it("gives the published known answers", () => {
    const largest = SCALAR_MODULUS - 1n;
    expect(c4(0n, 1n, 2n, 3n)).to.equal(0x01bd538c2ee014ed5141b29e9ae240bf8db3fe5b9a38629a9647cf8d76c01737n);
    expect(c4(1n, 2n, 3n, 4n)).to.equal(0x224785a48a72c75e2cbb698143e71d5d41bd89a2b9a7185871e39a54ce5785b2n);
    expect(c4(largest, largest, largest, largest)).to.equal(
      0x1b18e6ca21a1e9b15d65f0b5861ede5ff20db8fa3722531823d0c817d69d945cn,
    );
  });

  it("agrees with the shared vectors, made with the other library", () => {
    for (const { name, input, output } of vectors) {
      expect(c4(...input), name).to.equal(output.c4);
      expect(n4(...input), name).to.equal(output.n4);
    }
  });

  it("feeds each hash its own word of the permutation forward", () => {
    for (const { input } of vectors) {
      const [first = 0n, second = 0n] = bn254.t4.permutation(input);
      expect((c4(...input) - first - input[0]) % SCALAR_MODULUS).to.equal(0n);
      expect((n4(...input) - second - input[1]) % SCALAR_MODULUS).to.equal(0n);
    }
  });

  it("never gives a node the hash of a commitment", () => {
    for (const { input } of vectors) expect(c4(...input)).not.to.equal(n4(...input));
  });

  for (const [position, name] of ["a", "b", "c", "d"].entries()) {
    for (const bad of [SCALAR_MODULUS, SCALAR_MODULUS + 1n, 2n ** 256n, -1n]) {
      it(`refuses ${name} = ${bad}`, () => {
        const input: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
        input[position] = bad;
        for (const hash of [c4, n4]) {
          expect(() => hash(...input))
            .to.throw()
            .that.satisfies((error: unknown) => isDkmsError(error, "FIELD_NOT_CANONICAL"))
            .and.has.nested.property("details.name", name);
        }
      });
    }
  }

  it("has one tag for each kind of commitment", () => {
    expect(Object.values(DOMAIN)).to.deep.equal([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
  });

  it("imports nothing that reads files, the network or the chain", () => {
    const source = readFileSync(new URL("../../client/core/poseidon2.ts", import.meta.url), "utf8");
    expect(source.match(/from "([^"]+)"/g)).to.deep.equal(['from "@taceo/poseidon2"', 'from "./field.ts"']);
  });
});
