import { ed25519 } from "@noble/curves/ed25519.js";
import { linkSecretFrom, type RandomSource, Secret } from "../../../client/keys/index.ts";
import type { RecoveryFile, ShareSigner, StateStore } from "../../../client/recovery/index.ts";
import { turnsByName } from "../../../client/storage/turns.ts";

export const TRUSTEES = ["Ada", "Ben", "Cleo", "Dan", "Eve"] as const;
export const SOURCE_DID = "did:dkms:31337:0x00112233445566778899aabbccddeeff00112233";
export const ENDPOINT = "https://cloud.example/backups/7f3a";

/** A signer with a fixed key. */
export function signerOf(seedByte: number): ShareSigner & { readonly publicKey: Uint8Array } {
  const seed = new Uint8Array(32).fill(seedByte);
  return {
    publicKey: ed25519.getPublicKey(seed),
    sign: async (bytes) => ed25519.sign(bytes, seed),
  };
}

/** A generator whose values depend on the seed only. */
export function seeded(seed: number): RandomSource {
  let state = seed >>> 0;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[i] = state >>> 24;
    }
  };
}

export function recoveryFile(): RecoveryFile {
  return {
    backupKey: new Secret(new Uint8Array(32).fill(0xb1)),
    linkSecret: linkSecretFrom(new Uint8Array(32).fill(0x15)),
    endpoint: ENDPOINT,
  };
}

/** A store in memory that survives whoever uses it. */
export function memoryStore(): StateStore & { readonly names: () => string[] } {
  const kept = new Map<string, Uint8Array>();
  return {
    names: () => [...kept.keys()],
    save: async (name, bytes) => {
      kept.set(name, bytes.reveal().slice());
    },
    load: async (name) => {
      const bytes = kept.get(name);
      return bytes === undefined ? undefined : new Secret(bytes.slice());
    },
    remove: async (name) => {
      kept.delete(name);
    },
    exclusive: turnsByName(),
  };
}
