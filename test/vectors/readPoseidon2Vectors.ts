import { readFileSync } from "node:fs";

/** One of the vectors that TypeScript, Solidity and circom share. */
export type Poseidon2Vector = {
  readonly name: string;
  readonly input: [bigint, bigint, bigint, bigint];
  readonly output: { readonly c4: bigint; readonly n4: bigint };
};

type Stored = { readonly name: string; readonly input: string[]; readonly output: { c4: string; n4: string } };

export function readPoseidon2Vectors(): Poseidon2Vector[] {
  const stored = JSON.parse(readFileSync(new URL("poseidon2.json", import.meta.url), "utf8")) as Stored[];
  return stored.map(({ name, input, output }) => {
    const [a = "", b = "", c = "", d = ""] = input;
    return {
      name,
      input: [BigInt(a), BigInt(b), BigInt(c), BigInt(d)],
      output: { c4: BigInt(output.c4), n4: BigInt(output.n4) },
    };
  });
}
