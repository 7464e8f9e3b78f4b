import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64, hex } from "@scure/base";
import canonicalize from "canonicalize";
import { z } from "zod";
import { type PasskeyPrf, Secret } from "../keys/index.ts";
import { decodeBase64 } from "./base64.ts";
import { WalletError } from "./errors.ts";
import { checkKdf, checkNewPassword, DEFAULT_KDF, deriveKey, type KdfParameters, kdfSchema } from "./kdf.ts";
import { KEY_BYTES, randomKey, type WrapAddress, WrappingKey } from "./walletKeys.ts";
import { report, type WorkOptions } from "./work.ts";

/** Port to the keychain of the operating system, or to anything else that keeps secrets: `fileStore` fits. */
export interface Keychain {
  /** Keeps a copy: `bytes` are erased afterwards. */
  save(name: string, bytes: Secret<Uint8Array>): Promise<void>;
  load(name: string): Promise<Secret<Uint8Array> | undefined>;
}

/** What opens a slot, and what a new slot is made for. `kdf` is for new slots only. */
export type SlotSecret =
  | { readonly kind: "password"; readonly password: Secret<string>; readonly kdf?: KdfParameters }
  | { readonly kind: "passkey"; readonly passkey: PasskeyPrf }
  | { readonly kind: "keychain"; readonly keychain: Keychain }
  | { readonly kind: "recovery"; readonly key: Secret<Uint8Array> };

export type SlotKind = SlotSecret["kind"];

/** As stored. `opens` tells what is sealed in it: the wallet's root key, or the keys of some segments. */
export const slotSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  kind: z.enum(["password", "passkey", "keychain", "recovery"]),
  opens: z.enum(["wallet", "segments"]),
  kdf: kdfSchema.optional(),
  /** Of a passkey, which it tells from others to who knows its id, and tells nothing to who does not (K9). */
  credential: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  check: z.string().regex(/^[0-9a-f]{64}$/),
  sealed: z.string().max(262_144),
});

/** A key, sealed for one way of unlocking. */
export type Slot = z.infer<typeof slotSchema>;

type SlotTerms = {
  readonly wallet: string;
  readonly opens: Slot["opens"];
};

/** A slot whose key has been derived; what it opens comes when that is known. */
export type PreparedSlot = {
  /** Over the root key. */
  readonly sealKey: (root: WrappingKey) => Slot;
  /** Over the keys of some segments. */
  readonly seal: (keyring: Uint8Array) => Slot;
  /** Forgets the slot's key. */
  readonly erase: () => void;
};

const SALT_BYTES = 32;
const KEY_PURPOSE = "DKMS-V1-WALLET-SLOT-KEY";
const CREDENTIAL_PURPOSE = "DKMS-V1-WALLET-CREDENTIAL";
const CHECK_PURPOSE = "DKMS-V1-WALLET-SLOT-CHECK";

/**
 * Derives the key of a new slot, which may take long or wait for a person. The wallet may get other keys meanwhile: what
 * the slot opens is sealed in it afterwards.
 *
 * @throws {WalletError} as {@link deriveKey}; WALLET_PASSWORD_WEAK, WALLET_KEY_LENGTH
 */
export async function prepareSlot(
  secret: SlotSecret,
  terms: SlotTerms,
  work: WorkOptions = {},
): Promise<PreparedSlot> {
  if (secret.kind === "password") checkNewPassword(secret.password);
  const salt = randomBytes(SALT_BYTES);
  const slot = {
    id: hex.encode(randomBytes(8)),
    kind: secret.kind,
    opens: terms.opens,
    ...(secret.kind === "password" ? { kdf: secret.kdf ?? DEFAULT_KDF } : {}),
    ...(secret.kind === "passkey" ? { credential: credentialTag(secret.passkey, salt) } : {}),
    salt: hex.encode(salt),
  };
  if (secret.kind === "keychain") {
    const fresh = randomKey();
    await secret.keychain.save(keychainName(terms.wallet, slot.id), fresh);
    fresh.erase();
  }
  const raw = await rawKey(secret, terms.wallet, slot, work);
  if (raw === undefined) throw new WalletError("WALLET_KEY_WRONG", "the keychain did not keep the key");
  const { key, check } = subkeys(raw, salt);
  forget(secret, raw);
  const address = addressOf(terms.wallet, slot);
  return {
    sealKey: (root) => ({ ...slot, check, sealed: base64.encode(key.wrapKey(address, root)) }),
    seal: (keyring) => ({ ...slot, check, sealed: base64.encode(key.wrap(address, keyring)) }),
    erase: () => key.erase(),
  };
}

/**
 * What is sealed in the first slot that `secret` opens, and that slot.
 *
 * @throws {WalletError} WALLET_KEY_WRONG if it opens none; WALLET_DAMAGED if it is the key of one that was altered, or
 * taken from another wallet; WALLET_KDF_WEAK, WALLET_KDF_EXCESSIVE, WALLET_ABORTED, WALLET_KEY_LENGTH
 */
export async function openSlot(
  slots: readonly Slot[],
  wallet: string,
  secret: SlotSecret,
  work: WorkOptions = {},
): Promise<{ readonly slot: Slot; readonly content: Uint8Array }> {
  for (const { kdf } of slots) if (kdf !== undefined) checkKdf(kdf);
  const candidates = slots.filter((slot) => fits(slot, secret));
  for (const [i, slot] of candidates.entries()) {
    const raw = await rawKey(secret, wallet, slot, {
      ...work,
      onProgress: (done) => report(work, (i + done) / candidates.length),
    });
    if (raw === undefined) continue;
    const keys = subkeys(raw, hex.decode(slot.salt));
    forget(secret, raw);
    try {
      if (keys.check !== slot.check) continue;
      const sealed = decodeBase64(slot.sealed) ?? new Uint8Array();
      const content = keys.key.unwrap(addressOf(wallet, slot), sealed);
      if (content !== undefined) return { slot, content };
    } finally {
      keys.key.erase();
    }
    throw new WalletError("WALLET_DAMAGED", "a slot was altered, or is another wallet's", {
      details: { slot: slot.id },
    });
  }
  throw new WalletError("WALLET_KEY_WRONG", "this opens no slot of the wallet", {
    details: { kind: secret.kind, tried: candidates.length },
  });
}

function fits(slot: Slot, secret: SlotSecret): boolean {
  if (slot.kind !== secret.kind) return false;
  return (
    secret.kind !== "passkey" || slot.credential === credentialTag(secret.passkey, hex.decode(slot.salt))
  );
}

/** With the slot's salt, so that two storages that see one passkey cannot tell. */
function credentialTag({ credential }: PasskeyPrf, salt: Uint8Array): string {
  return hex.encode(sha256(concatBytes(utf8ToBytes(CREDENTIAL_PURPOSE), salt, utf8ToBytes(credential))));
}

type SlotPlace = Pick<Slot, "id" | "kind" | "opens" | "kdf" | "credential" | "salt">;

async function rawKey(
  secret: SlotSecret,
  wallet: string,
  slot: SlotPlace,
  work: WorkOptions,
): Promise<Secret<Uint8Array> | undefined> {
  switch (secret.kind) {
    case "password":
      return await deriveKey(secret.password, hex.decode(slot.salt), slot.kdf ?? DEFAULT_KDF, work);
    case "passkey":
      return ofKeyLength(await secret.passkey.evaluate(hex.decode(slot.salt)));
    case "keychain": {
      const kept = await secret.keychain.load(keychainName(wallet, slot.id));
      return kept === undefined ? undefined : ofKeyLength(kept);
    }
    case "recovery":
      return ofKeyLength(secret.key);
  }
}

/** Zeroes what was made for this alone; what a keychain or a caller gave may be theirs still. */
function forget({ kind }: SlotSecret, raw: Secret<Uint8Array>): void {
  if (kind === "password" || kind === "passkey") raw.erase();
}

/** The check tells a wrong key from a damaged slot, and makes that no slot opens with two passwords. */
function subkeys(
  raw: Secret<Uint8Array>,
  salt: Uint8Array,
): { readonly key: WrappingKey; readonly check: string } {
  const derive = (purpose: string) => hkdf(sha256, raw.reveal(), salt, utf8ToBytes(purpose), KEY_BYTES);
  return { key: new WrappingKey(new Secret(derive(KEY_PURPOSE))), check: hex.encode(derive(CHECK_PURPOSE)) };
}

function addressOf(wallet: string, slot: SlotPlace): WrapAddress {
  const { id, kind, opens, kdf, credential, salt } = slot;
  const fields = { id, kind, opens, salt, kdf: kdf ?? null, credential: credential ?? null };
  return ["DKMS-V1-WALLET-SLOT", wallet, canonicalize(fields) ?? ""];
}

function keychainName(wallet: string, slot: string): string {
  return `dkms-wallet-${wallet.slice(0, 24)}-${slot}`;
}

function ofKeyLength(key: Secret<Uint8Array>): Secret<Uint8Array> {
  if (key.reveal().length === KEY_BYTES) return key;
  throw new WalletError("WALLET_KEY_LENGTH", `a slot's key has ${KEY_BYTES} bytes`, {
    details: { actual: key.reveal().length },
  });
}
