/**
 * Writes test/vectors/hashToG1.json and test/vectors/presentation.json: bases and sigma challenges of protocol §6.3 and
 * §6.4, computed with ethers' ABI coder and plain integers instead of the code that they test.
 */
import { writeFileSync } from "node:fs";
import { AbiCoder, concat, keccak256, toBeHex, toUtf8Bytes, zeroPadValue } from "ethers";
import { AGENT_AUTHORIZATION_KEY_HASH } from "../../client/proof/index.ts";

const P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const SOURCE = "scripts/vectors/presentation.ts";
const coder = AbiCoder.defaultAbiCoder();

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % P;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function hashToG1(tag: string, seed: string) {
  const hints: string[] = [];
  for (let counter = 0; ; counter++) {
    const x = BigInt(keccak256(concat([toUtf8Bytes(tag), seed, toBeHex(counter, 1)]))) % P;
    const value = (x ** 3n + 3n) % P;
    const isSquare = power(value, (P - 1n) / 2n) === 1n;
    const root = power(isSquare ? value : P - value, (P + 1n) / 4n);
    const even = root % 2n === 0n ? root : P - root;
    hints.push(hex(even));
    if (isSquare) return { x: hex(x), y: hex(even), hints };
  }
}

const hex = (value: bigint) => zeroPadValue(toBeHex(value), 32);
const label = (text: string) => keccak256(toUtf8Bytes(text));

const hashes = ["DKMS-V1-OWNER", "DKMS-V1-DEVICE", "DKMS-V1-OWNER-SHARED", "DKMS-V1-DEVICE-SHARED"].flatMap(
  (tag) =>
    Array.from({ length: 8 }, (_, i) => {
      const seed = label(`seed ${i}`);
      return { name: `${tag} ${i}`, source: SOURCE, input: { tag, seed }, output: hashToG1(tag, seed) };
    }),
);

const challenges = [0, 1, 2, 3, 5, 6, 7].map((disclose) => {
  const word = (name: string) => BigInt(label(`${name} ${disclose}`)) >> 3n;
  const point = (name: string) => [hex(word(`${name} x`)), hex(word(`${name} y`))];
  const zero = [hex(0n), hex(0n)];
  const input = {
    context: {
      chainId: "11155111",
      registry: `0x${"11".repeat(20)}`,
      verifier: `0x${"22".repeat(20)}`,
      audience: label("https://verifier.example"),
    },
    vkHash: AGENT_AUTHORIZATION_KEY_HASH,
    request: {
      scope: disclose === 0 ? hex(0n) : label("scope"),
      challenge: label("challenge"),
      disclose,
      maxRevocationAge: "300",
      minAgents: "1000",
      expiresAt: "1800000000",
    },
    statement: {
      provisionedRoot: hex(word("provisionedRoot")),
      revokedRoot: hex(word("revokedRoot")),
      validUntil: hex(1_800_003_600n),
      a: point("a"),
      b: [...point("b c1"), ...point("b c0")],
      c: point("c"),
      h: point("h"),
      ownerPseudonym: disclose & 1 ? point("owner") : zero,
      devicePseudonym: disclose & 2 ? point("device") : zero,
    },
    commitments: {
      h: point("T_H"),
      owner: disclose & 1 ? point("T_o") : zero,
      device: disclose & 2 ? point("T_d") : zero,
    },
  };
  const { context, request, statement, commitments } = input;
  const encoded = coder.encode(
    [
      "bytes32",
      "uint256",
      "address",
      "address",
      "bytes32",
      "bytes32",
      "bytes32",
      "bytes32",
      "uint8",
      "uint64",
      "uint64",
      "uint64",
      "uint256[3]",
      "uint256[2]",
      "uint256[4]",
      "uint256[2]",
      "uint256[2]",
      "uint256[2]",
      "uint256[2]",
      "uint256[2]",
      "uint256[2]",
      "uint256[2]",
    ],
    [
      label("DKMS-V1-PRESENTATION"),
      context.chainId,
      context.registry,
      context.verifier,
      input.vkHash,
      context.audience,
      request.scope,
      request.challenge,
      request.disclose,
      request.maxRevocationAge,
      request.minAgents,
      request.expiresAt,
      [statement.provisionedRoot, statement.revokedRoot, statement.validUntil],
      statement.a,
      statement.b,
      statement.c,
      statement.h,
      statement.ownerPseudonym,
      statement.devicePseudonym,
      commitments.h,
      commitments.owner,
      commitments.device,
    ],
  );
  return {
    name: `disclose ${disclose}`,
    source: SOURCE,
    input,
    output: { challenge: hex(BigInt(keccak256(encoded)) >> 3n) },
  };
});

for (const [name, vectors] of Object.entries({ hashToG1: hashes, presentation: challenges })) {
  writeFileSync(
    new URL(`../../test/vectors/${name}.json`, import.meta.url),
    `${JSON.stringify(vectors, null, 2)}\n`,
  );
}
