import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { bytesToBigint, bytesToHex, type Hex32, hex32, hexToBytes } from "../core/index.ts";
import { type RandomSource, Secret, systemRandom } from "../keys/index.ts";

/** The public keys of one side of a connection; one pair for each connection, so that nobody is recognised by them. */
export type Peer = {
  /** Ed25519, 32 bytes: signs what this side says. */
  readonly signingKey: Uint8Array;
  /** X25519, 32 bytes: what is said to this side is sealed to it. */
  readonly agreementKey: Uint8Array;
};

/** Port to this side's keys of a connection; the private ones stay behind it. */
export interface ConnectionKeys extends Peer {
  /** Ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** The X25519 shared secret with a public key, 32 bytes. */
  agree(publicKey: Uint8Array): Promise<Secret<Uint8Array>>;
}

const FINGERPRINT_DOMAIN = "DKMS-V1-CONNECTION";
/** Somebody in the middle chooses keys on both sides, and looks for two that match: he needs the root of all there are. */
const SAFETY_WORDS = 12;
const WORD_BITS = 11n;

/** Fresh keys for a connection, held in memory. */
export function generateConnectionKeys(random: RandomSource = systemRandom): ConnectionKeys {
  const draw = () => {
    const bytes = new Uint8Array(32);
    random(bytes);
    return bytes;
  };
  const [signing, agreement] = [draw(), draw()];
  return {
    signingKey: ed25519.getPublicKey(signing),
    agreementKey: x25519.getPublicKey(agreement),
    sign: async (bytes) => ed25519.sign(bytes, signing),
    agree: async (publicKey) => new Secret<Uint8Array>(x25519.getSharedSecret(agreement, publicKey)),
  };
}

/** Names the connection between two peers, the same from both sides. */
export function connectionFingerprint(one: Peer, other: Peer): Hex32 {
  const sides = [one, other].map(({ signingKey, agreementKey }) => concatBytes(signingKey, agreementKey));
  sides.sort((a, b) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1));
  return hex32(bytesToHex(sha256(concatBytes(utf8ToBytes(FINGERPRINT_DOMAIN), ...sides))));
}

/**
 * Twelve words (132 bits) that both people read to each other: if they are the same, nobody sits between them. Of a
 * recovery connection they are the only thing that ties the voice on the phone to the keys.
 */
export function safetyWords(fingerprint: Hex32): readonly string[] {
  const bits = bytesToBigint(hexToBytes(fingerprint));
  return Array.from({ length: SAFETY_WORDS }, (_, i) => {
    const shift = 256n - WORD_BITS * BigInt(i + 1);
    return wordlist[Number((bits >> shift) & 0x7ffn)] ?? "";
  });
}
