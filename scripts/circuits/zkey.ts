import { bn254 } from "@noble/curves/bn254.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { bigintToBytes, COORDINATE_MODULUS } from "../../client/core/index.ts";
import { readSections, readWord, section } from "./sections.ts";

/** Affine coordinates; G2 in the limb order of EIP-197. */
type G1 = readonly [x: bigint, y: bigint];
type G2 = readonly [xc1: bigint, xc0: bigint, yc1: bigint, yc0: bigint];

/** The verifying key in a zkey, with [δ]₁, which snarkjs does not export. */
export type ZkeyVerifyingKey = {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta2: G2;
  readonly delta1: G1;
  readonly ic: readonly G1[];
};

/** A contribution to phase 2 as the zkey records it. */
export type ZkeyContribution = {
  readonly name: string;
  /** BLAKE2b-512 of the contribution's public part, in hex: what the contributor saw and published. */
  readonly hash: string;
  /** For a beacon: its value in hex, and the exponent of 2 of its iterations. */
  readonly beacon?: { readonly value: string; readonly iterationsExponent: number };
};

const GROTH16 = 1;
const SECTION_PROTOCOL = 1;
const SECTION_HEADER = 2;
const SECTION_IC = 3;
const SECTION_CONTRIBUTIONS = 10;
const PARAMETER_NAME = 1;
const PARAMETER_ITERATIONS = 2;
const PARAMETER_BEACON = 3;
const COORDINATE_BYTES = 32;
const G1_BYTES = 2 * COORDINATE_BYTES;
const G2_BYTES = 4 * COORDINATE_BYTES;
const HASH_BYTES = 64;

/** 2^-256 mod p: coordinates are stored in Montgomery form, little endian (protocol §9). */
const FROM_MONTGOMERY = bn254.fields.Fp.inv((1n << 256n) % COORDINATE_MODULUS);

/**
 * Reads the verifying key out of a Groth16 zkey over BN254.
 *
 * @throws Error if the file is of another kind or cut short.
 */
export function readZkey(file: Buffer): ZkeyVerifyingKey {
  const sections = readSections(file, "zkey");
  if (section(sections, SECTION_PROTOCOL).readUInt32LE(0) !== GROTH16) throw new Error("zkey is not Groth16");
  const header = section(sections, SECTION_HEADER);
  const coordinateBytes = header.readUInt32LE(0);
  if (coordinateBytes !== COORDINATE_BYTES || readWord(header, 4) !== COORDINATE_MODULUS)
    throw new Error("zkey is not over BN254");
  // n8q, q, n8r, r, number of wires, of public signals, domain size, then the points.
  const counts = 4 + COORDINATE_BYTES + 4 + COORDINATE_BYTES;
  const publicSignals = header.readUInt32LE(counts + 4);
  const alpha = counts + 12;
  const beta = alpha + 2 * G1_BYTES; // beta in G1 lies between
  const gamma = beta + G2_BYTES;
  const delta1 = gamma + G2_BYTES;
  const delta2 = delta1 + G1_BYTES;
  const ic = section(sections, SECTION_IC);
  return {
    alpha: readG1(header, alpha),
    beta: readG2(header, beta),
    gamma: readG2(header, gamma),
    delta2: readG2(header, delta2),
    delta1: readG1(header, delta1),
    ic: Array.from({ length: publicSignals + 1 }, (_, i) => readG1(ic, i * G1_BYTES)),
  };
}

/**
 * Reads the contributions to phase 2, first one first. Nothing is verified here: `snarkjs zkey verify` does that.
 *
 * @throws Error if the file is of another kind or cut short.
 */
export function readContributions(file: Buffer): readonly ZkeyContribution[] {
  const data = section(readSections(file, "zkey"), SECTION_CONTRIBUTIONS);
  let at = HASH_BYTES + 4; // hash of the circuit, count
  return Array.from({ length: data.readUInt32LE(HASH_BYTES) }, () => {
    const points = [0, 1, 2].map((i) => readG1(data, at + i * G1_BYTES));
    const [xc1, xc0, yc1, yc0] = readG2(data, at + 3 * G1_BYTES);
    const challenge = at + 3 * G1_BYTES + G2_BYTES;
    const hash = blake2b.create({ dkLen: HASH_BYTES });
    for (const value of [...points.flat(), xc1, xc0, yc1, yc0])
      hash.update(bigintToBytes(value, COORDINATE_BYTES));
    hash.update(data.subarray(challenge, challenge + HASH_BYTES));
    const parameters = challenge + HASH_BYTES + 8; // type and length lie before
    at = parameters + data.readUInt32LE(parameters - 4);
    return {
      hash: Buffer.from(hash.digest()).toString("hex"),
      ...readParameters(data.subarray(parameters, at)),
    };
  });
}

function readParameters(data: Buffer): Omit<ZkeyContribution, "hash"> {
  let [name, value, iterationsExponent] = ["", "", 0];
  for (let at = 0; at < data.length; ) {
    const kind = data.readUInt8(at);
    if (kind === PARAMETER_ITERATIONS) {
      iterationsExponent = data.readUInt8(at + 1);
      at += 2;
    } else if (kind === PARAMETER_NAME || kind === PARAMETER_BEACON) {
      const end = at + 2 + data.readUInt8(at + 1);
      if (kind === PARAMETER_NAME) name = data.toString("utf8", at + 2, end);
      else value = data.toString("hex", at + 2, end);
      at = end;
    } else throw new Error("zkey has a contribution parameter of an unknown kind");
  }
  return value === "" ? { name } : { name, beacon: { value, iterationsExponent } };
}

function readG1(buffer: Buffer, offset: number): G1 {
  return [coordinate(buffer, offset), coordinate(buffer, offset + COORDINATE_BYTES)];
}

function readG2(buffer: Buffer, offset: number): G2 {
  const [xc0, xc1] = readG1(buffer, offset);
  const [yc0, yc1] = readG1(buffer, offset + G1_BYTES);
  return [xc1, xc0, yc1, yc0];
}

function coordinate(buffer: Buffer, offset: number): bigint {
  return (readWord(buffer, offset) * FROM_MONTGOMERY) % COORDINATE_MODULUS;
}
