/**
 * Writes `test/vectors/commitments.json`: policy secrets, commitments, policy address and leaves of protocol §2, made
 * with other libraries than the client's.
 */
import { hkdfSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { permute } from "@zkpassport/poseidon2";
import { AbiCoder, keccak256 } from "ethers";

const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const NO_EXPIRY = 2n ** 40n - 1n;
const LAST_INDEX = 2n ** 24n - 1n;

const linkSecret = `0x${Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString("hex")}`;
const label = `0x${Buffer.from(Array.from({ length: 32 }, (_, i) => 0xa0 + i)).toString("hex")}`;

function c4(a: bigint, b: bigint, c: bigint, d: bigint): bigint {
  const [first = 0n] = permute([a, b, c, d]);
  return (first + a) % r;
}

function derive(info: string): bigint {
  const bytes = hkdfSync("sha512", bytesOf(linkSecret), bytesOf(label), info, 48);
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`) % r;
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}

const policySecret = derive("DKMS-V1-POLICY-SECRET");
const salt = derive("DKMS-V1-POLICY-SALT");
const [agentSecret, blinding] = [123456789n, r - 1n];
const location = { chainId: 31337n, registry: "0x5fbdb2315678afecb367f032d93f642f64180aa3" };
const creatorKey = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const creatorKeyId = keccak256(creatorKey);
const ownerCommitment = c4(2n, policySecret, salt, 0n);
const encoded = AbiCoder.defaultAbiCoder().encode(
  ["uint256", "address", "bytes32"],
  [location.chainId, location.registry, creatorKeyId],
);
const creator = BigInt(keccak256(encoded)) >> 8n;
const policy = c4(3n, ownerCommitment, creator, 0n);
const commitment = c4(1n, agentSecret, blinding, 0n);

const leaves = [
  { name: "first index, no expiry", index: 0n, expiry: NO_EXPIRY },
  { name: "last index, no expiry", index: LAST_INDEX, expiry: NO_EXPIRY },
  { name: "last index, first expiry", index: LAST_INDEX, expiry: 3600n },
  { name: "some index, last hourly expiry", index: 1_048_576n, expiry: NO_EXPIRY - (NO_EXPIRY % 3600n) },
].map(({ name, index, expiry }) => ({
  name,
  input: { policy: hex(policy), commitment: hex(commitment), index: Number(index), expiry: Number(expiry) },
  output: hex(c4(4n, policy, commitment, index | (expiry << 24n))),
}));

const vectors = {
  source: "node:crypto HKDF, @zkpassport/poseidon2 0.6.2 (MIT), ethers AbiCoder",
  policySecrets: { input: { linkSecret, label }, output: { secret: hex(policySecret), salt: hex(salt) } },
  secretCommitment: {
    input: { secret: hex(agentSecret), blinding: hex(blinding) },
    output: hex(commitment),
  },
  ownerCommitment: { input: { secret: hex(policySecret), salt: hex(salt) }, output: hex(ownerCommitment) },
  policyAddress: {
    input: {
      chainId: Number(location.chainId),
      registry: location.registry,
      creatorKey,
      ownerCommitment: hex(ownerCommitment),
    },
    output: { creatorKeyId, creator: hex(creator), policy: hex(policy) },
  },
  leaves,
};

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

const target = new URL("../../test/vectors/commitments.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(vectors, null, 2)}\n`);
