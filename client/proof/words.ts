import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bigintToBytes, bytesToHex, type Hex, type Hex20, type Hex32, hex32 } from "../core/index.ts";

/** keccak256 of the UTF-8 bytes of `text`. */
export function keccakText(text: string): Hex32 {
  return keccakBytes(utf8ToBytes(text));
}

/** keccak256 of `bytes`. */
export function keccakBytes(bytes: Uint8Array): Hex32 {
  return hex32(bytesToHex(keccak_256(bytes)));
}

/** keccak256 of 32-byte words: what Solidity's `keccak256(abi.encode(…))` gives for static values. */
export function keccakWords(words: readonly (bigint | Hex | Hex20 | Hex32)[]): Hex32 {
  return keccakBytes(concatBytes(...words.map(toWord)));
}

function toWord(value: bigint | Hex): Uint8Array {
  return bigintToBytes(typeof value === "bigint" ? value : BigInt(value), 32);
}
