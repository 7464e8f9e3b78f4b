import { keccak_256 } from "@noble/hashes/sha3.js";
import { AbiCoder, id } from "ethers";
import { bytesToHex, type Hex, type Hex32, hex32, hexToBytes } from "../core/index.ts";
import { KEY_KINDS, type KeyId } from "../keys/index.ts";
import { capabilityBits, type TrusteeCapabilities } from "../policy/index.ts";

/** What the leaf of a trustee commits to. */
export type LeafContent = {
  readonly trustee: KeyId;
  readonly kind: keyof typeof KEY_KINDS;
  readonly capabilities: TrusteeCapabilities;
  readonly deadline: bigint;
  /** keccak256 of the signature. */
  readonly consent: Hex32;
  /** Random, so that the leaf tells nothing. */
  readonly salt: Hex32;
};

const TYPE =
  "TrusteeLeaf(bytes32 key,uint8 kind,uint8 capabilities,uint64 deadline,bytes32 consent,bytes32 salt)";

/**
 * The hash of a trustee's content. Shown to somebody instead of the content, it proves that there is one leaf and no subtree:
 * a leaf is the hash of these 32 bytes, an inner node of 64.
 */
export function blindedLeaf(content: LeafContent): Hex32 {
  const { trustee, kind, capabilities, deadline, consent, salt } = content;
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint8", "uint8", "uint64", "bytes32", "bytes32"],
    [id(TYPE), trustee, KEY_KINDS[kind], capabilityBits(capabilities), deadline, consent, salt],
  );
  return keccak256(hexToBytes(encoded as Hex));
}

/** The leaf of a blinded one. */
export function leafOf(blinded: Hex32): Hex32 {
  return keccak256(hexToBytes(blinded));
}

/** keccak256. */
export function keccak256(bytes: Uint8Array): Hex32 {
  return hex32(bytesToHex(keccak_256(bytes)));
}
