/** Writes `test/vectors/poseidon2.json`: inputs and both hashes, for TypeScript, Solidity and circom alike. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { permute } from "@zkpassport/poseidon2";

const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const RANDOM_VECTORS = 24;

const edges: readonly (readonly [string, readonly bigint[]])[] = [
  ["known answer 0 1 2 3", [0n, 1n, 2n, 3n]],
  ["known answer 1 2 3 4", [1n, 2n, 3n, 4n]],
  ["all r - 1", [r - 1n, r - 1n, r - 1n, r - 1n]],
  ["all zero", [0n, 0n, 0n, 0n]],
  ["all one", [1n, 1n, 1n, 1n]],
  ["empty revocation word", [5n, 0n, 0n, 0n]],
  ["full revocation word", [5n, (1n << 128n) - 1n, (1n << 128n) - 1n, 0n]],
  ["largest position and expiry", [4n, r - 1n, r - 1n, (1n << 64n) - 1n]],
  ["r - 1 first", [r - 1n, 0n, 0n, 0n]],
  ["r - 1 second", [0n, r - 1n, 0n, 0n]],
  ["r - 1 third", [0n, 0n, r - 1n, 0n]],
  ["r - 1 fourth", [0n, 0n, 0n, r - 1n]],
  ["half the field", [(r - 1n) / 2n, (r + 1n) / 2n, (r - 1n) / 2n, (r + 1n) / 2n]],
];

const random = Array.from({ length: RANDOM_VECTORS }, (_, i): readonly [string, readonly bigint[]] => [
  `pseudorandom ${i}`,
  ["a", "b", "c", "d"].map((word) => {
    const digest = createHash("sha512").update(`dkms poseidon2 vector ${i} ${word}`).digest("hex");
    return BigInt(`0x${digest}`) % r;
  }),
]);

const vectors = [...edges, ...random].map(([name, input]) => {
  // The library permutes its argument in place.
  const [first = 0n, second = 0n] = permute([...input]);
  const [a = 0n, b = 0n] = input;
  return {
    name,
    source: "@zkpassport/poseidon2 0.6.2, MIT",
    input: input.map(hex),
    output: { c4: hex((first + a) % r), n4: hex((second + b) % r) },
  };
});

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

const target = new URL("../../test/vectors/poseidon2.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(vectors, null, 2)}\n`);
