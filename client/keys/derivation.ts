import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { HDKey } from "@scure/bip32";
import { HDKey as Slip10Key } from "micro-key-producer/slip10.js";
import { bytesToHex, type Hex32, hex32 } from "../core/index.ts";
import { DerivedKey } from "./derivedKey.ts";
import { KeysError } from "./errors.ts";
import { type KeyInfoOptions, keyInfo } from "./keyInfo.ts";
import { Secret } from "./secret.ts";

/** What a dead drop consists of (requirement M4): where it is, who writes there, and whom to encrypt to. */
export type DeadDropKeys = {
  /** Names the mailbox; tells nothing to who does not know the master key. */
  readonly mailbox: Hex32;
  readonly signing: DerivedKey<"DEAD_DROP">;
  readonly agreement: DerivedKey<"DEAD_DROP">;
};

type Life = Omit<KeyInfoOptions, "purpose">;

/** "dkms" in ASCII: our own branch, so that no other standard derives the same keys from the same seed. */
const PURPOSE = 0x646b6d73;
const DEAD_DROP = 1;
const ESCROW = 2;
const RECOVERY_LABEL = "DKMS-V1-MASTER-RECOVERY";
const DEAD_DROP_LABEL = "DKMS-V1-DEAD-DROP";
const HARDENED = 2 ** 31;
const BYTES = 32;

/** X25519, by HKDF-SHA-512: no standard derives X25519 keys along paths. */
export function deriveRecovery(master: Uint8Array, index: number, life: Life): DerivedKey<"RECOVERY"> {
  const path = `${RECOVERY_LABEL}/${checked(index)}`;
  const info = keyInfo({ ...life, purpose: "RECOVERY" });
  return agreementKey("RECOVERY", hkdf(sha512, master, undefined, utf8ToBytes(path), BYTES), { path, info });
}

/** SLIP-10 for Ed25519, along 124 bits of the hash of the pairwise DID; the other two by HKDF from that key. */
export function deriveDeadDrop(master: Uint8Array, pairwiseDid: string, life: Life): DeadDropKeys {
  const info = keyInfo({ ...life, purpose: "DEAD_DROP" });
  const path = `m/${PURPOSE}'/${DEAD_DROP}'/${indicesOf(pairwiseDid).join("'/")}'`;
  const bytes = slip10(master, path);
  const more = (label: string) => hkdf(sha512, bytes, undefined, utf8ToBytes(label), BYTES);
  return {
    mailbox: hex32(bytesToHex(more(`${DEAD_DROP_LABEL}-MAILBOX`))),
    signing: new DerivedKey("DEAD_DROP", {
      ...{ algorithm: "ED25519", path, info, secret: new Secret(bytes) },
      publicKey: bytesToHex(ed25519.getPublicKey(bytes)),
    }),
    agreement: agreementKey("DEAD_DROP", more(`${DEAD_DROP_LABEL}-AGREEMENT`), {
      ...{ path: `${path}/AGREEMENT`, info },
    }),
  };
}

/** BIP-32 for secp256k1. */
export function deriveEscrow(master: Uint8Array, index: number, life: Life): DerivedKey<"ESCROW"> {
  const path = `m/${PURPOSE}'/${ESCROW}'/${checked(index)}'`;
  const key = bip32(master, path);
  return new DerivedKey("ESCROW", {
    ...{ algorithm: "SECP256K1", path, ...key },
    info: keyInfo({ ...life, purpose: "ESCROW" }),
  });
}

/** The key at a hardened path of SLIP-10's tree for Ed25519; what lies between is zeroed. */
export function slip10(seed: Uint8Array, path: string): Uint8Array {
  let key = Slip10Key.fromMasterSeed(seed);
  for (const index of hardenedIndices(path)) {
    const child = key.deriveChild(index);
    key.privateKey.fill(0);
    key = child;
  }
  return key.privateKey;
}

/** The key at a hardened path of BIP-32's tree; what lies between is wiped. */
export function bip32(seed: Uint8Array, path: string) {
  let key = HDKey.fromMasterSeed(seed);
  for (const index of hardenedIndices(path)) {
    const child = key.deriveChild(index);
    key.wipePrivateData();
    key = child;
  }
  const { privateKey, publicKey } = key;
  key.wipePrivateData();
  if (privateKey === null || publicKey === null) throw pathMalformed();
  return { secret: new Secret(privateKey), publicKey: bytesToHex(publicKey) };
}

function hardenedIndices(path: string): readonly number[] {
  const [root, ...steps] = path.split("/");
  if (root !== "m" || steps.some((step) => !/^\d+'$/.test(step))) throw pathMalformed();
  return steps.map((step) => checked(Number(step.slice(0, -1))) + HARDENED);
}

/** Four numbers of 31 bits each. */
function indicesOf(pairwiseDid: string): readonly number[] {
  const hash = sha256(utf8ToBytes(`${DEAD_DROP_LABEL}:${pairwiseDid}`));
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return [0, 4, 8, 12].map((offset) => view.getUint32(offset) % HARDENED);
}

function agreementKey<Purpose extends "RECOVERY" | "DEAD_DROP">(
  purpose: Purpose,
  secret: Uint8Array,
  place: Pick<DerivedKey, "path" | "info">,
): DerivedKey<Purpose> {
  const publicKey = bytesToHex(x25519.getPublicKey(secret));
  return new DerivedKey(purpose, { algorithm: "X25519", ...place, publicKey, secret: new Secret(secret) });
}

function checked(index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < HARDENED) return index;
  throw new KeysError("DERIVATION_INDEX", "an index is an integer from 0 to 2^31 - 1", {
    details: { index },
  });
}

function pathMalformed(): KeysError {
  return new KeysError("DERIVATION_PATH", "a path is m and hardened indices");
}
