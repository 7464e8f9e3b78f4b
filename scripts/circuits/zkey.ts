import { bn254 } from "@noble/curves/bn254.js";
import { COORDINATE_MODULUS } from "../../client/core/index.ts";

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

const MAGIC = 0x79656b7a; // "zkey"
const GROTH16 = 1;
const SECTION_PROTOCOL = 1;
const SECTION_HEADER = 2;
const SECTION_IC = 3;
const COORDINATE_BYTES = 32;
const G1_BYTES = 2 * COORDINATE_BYTES;
const G2_BYTES = 4 * COORDINATE_BYTES;

/** 2^-256 mod p: coordinates are stored in Montgomery form, little endian (protocol §9). */
const FROM_MONTGOMERY = bn254.fields.Fp.inv((1n << 256n) % COORDINATE_MODULUS);

/**
 * Reads the verifying key out of a Groth16 zkey over BN254.
 *
 * @throws Error if the file is of another kind or cut short.
 */
export function readZkey(file: Buffer): ZkeyVerifyingKey {
  const sections = readSections(file);
  if (section(sections, SECTION_PROTOCOL).readUInt32LE(0) !== GROTH16) throw new Error("zkey is not Groth16");
  const header = section(sections, SECTION_HEADER);
  const coordinateBytes = header.readUInt32LE(0);
  if (coordinateBytes !== COORDINATE_BYTES || littleEndian(header, 4) !== COORDINATE_MODULUS)
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

function readSections(file: Buffer): ReadonlyMap<number, Buffer> {
  if (file.length < 12 || file.readUInt32LE(0) !== MAGIC) throw new Error("not a zkey file");
  const sections = new Map<number, Buffer>();
  let offset = 12;
  for (let i = 0; i < file.readUInt32LE(8); i++) {
    const start = offset + 12;
    const end = start + Number(file.readBigUInt64LE(offset + 4));
    if (end > file.length) throw new Error("zkey file is cut short");
    sections.set(file.readUInt32LE(offset), file.subarray(start, end));
    offset = end;
  }
  return sections;
}

function section(sections: ReadonlyMap<number, Buffer>, id: number): Buffer {
  const found = sections.get(id);
  if (found === undefined) throw new Error(`zkey file has no section ${id}`);
  return found;
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
  return (littleEndian(buffer, offset) * FROM_MONTGOMERY) % COORDINATE_MODULUS;
}

function littleEndian(buffer: Buffer, offset: number): bigint {
  let value = 0n;
  for (let word = 3; word >= 0; word--) value = (value << 64n) | buffer.readBigUInt64LE(offset + 8 * word);
  return value;
}
