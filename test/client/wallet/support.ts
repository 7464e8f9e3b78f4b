import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { bigintToBytes } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { memoryBlobs } from "../../../client/storage/index.ts";
import { frame } from "../../../client/wallet/frame.ts";
import { decodeHead } from "../../../client/wallet/head.ts";
import {
  createWallet,
  type KdfParameters,
  openWallet,
  type SlotSecret,
  type Wallet,
  type WalletStorage,
} from "../../../client/wallet/index.ts";
import { decodeKeyring } from "../../../client/wallet/keyring.ts";
import { openSlot } from "../../../client/wallet/slots.ts";
import { encodeAddress } from "../../../client/wallet/walletKeys.ts";

/** The cheapest that is allowed. */
export const CHEAP: KdfParameters = { name: "argon2id", m: 19_456, t: 2, p: 1 };

export const bytes = (text: string) => new Secret(new TextEncoder().encode(text));
export const textOf = (value: Secret<Uint8Array> | undefined) =>
  value === undefined ? undefined : new TextDecoder().decode(value.reveal());

export const password = (text: string): SlotSecret => ({
  kind: "password",
  password: new Secret(text),
  kdf: CHEAP,
});

/** A slot that costs nothing to open. */
export const recovery = (fill: number): SlotSecret => ({
  kind: "recovery",
  key: new Secret(new Uint8Array(32).fill(fill)),
});

/** A wallet with segments `keys` and `contacts`, which `recovery(1)` opens. */
export async function makeWallet(storage: WalletStorage = memoryBlobs()): Promise<{
  readonly storage: WalletStorage;
  readonly wallet: Wallet;
  readonly reopen: () => Promise<Wallet>;
}> {
  const slots = [{ secret: recovery(1) }];
  const wallet = await createWallet({ storage, slots, segments: ["keys", "contacts"] });
  return { storage, wallet, reopen: () => openWallet({ storage, unlock: recovery(1) }) };
}

/** Everything that a storage holds. */
export async function copyOf(storage: WalletStorage): Promise<ReadonlyMap<string, Uint8Array>> {
  const copy = new Map<string, Uint8Array>();
  for (const name of await storage.list()) {
    const blob = await storage.read(name);
    if (blob !== undefined) copy.set(name, blob);
  }
  return copy;
}

/** Makes a storage hold this and nothing else. */
export async function putBack(storage: WalletStorage, copy: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const name of await storage.list()) if (!copy.has(name)) await storage.remove(name);
  for (const [name, blob] of copy) await storage.replace(name, blob);
}

/** Every content of every segment that a wallet opens, as text. */
export async function contentsOf(wallet: Wallet): Promise<Record<string, Record<string, string>>> {
  const contents: Record<string, Record<string, string>> = {};
  for (const name of wallet.segments) {
    const segment = wallet.segment(name);
    const records: Record<string, string> = {};
    for (const { id } of await segment.list()) records[id] = textOf(await segment.read(id)) ?? "";
    contents[name] = records;
  }
  return contents;
}

/** What the holder of a permission can do with the keys that `recovery(fill)` opens, minding no rule of ours. */
export async function permittedWriter(storage: WalletStorage, fill: number, segment: string) {
  const { header } = decodeHead((await storage.read("head")) ?? new Uint8Array());
  const { content } = await openSlot(header.slots, header.wallet, recovery(fill));
  const keys = decodeKeyring(content).segments.find(({ name }) => name === segment);
  if (keys?.writeKey === undefined) throw new Error("no permission to write");
  const { id, readKey, writeKey } = keys;
  const address = ["DKMS-V1-WALLET-MANIFEST", header.wallet, id] as const;
  return {
    /** Puts this in the place of the list of the segment's records, rightly sealed and signed. */
    sign: async (manifest: unknown) => {
      const sealed = readKey.encrypt(address, new TextEncoder().encode(JSON.stringify(manifest)));
      const signed = concatBytes(encodeAddress(address), sha256(sealed));
      await storage.replace(`s-${id}`, frame(writeKey.sign(signed), sealed));
    },
    /** Puts any bytes there. */
    overwrite: (blob: Uint8Array) => storage.replace(`s-${id}`, blob),
    /** A record as the list is to name it, rightly sealed. */
    record: async (name: string, version: number, value: Secret<Uint8Array>) => {
      const blob = `r-${id}-${bytesToHex(randomBytes(16))}`;
      const place = ["DKMS-V1-WALLET-RECORD", header.wallet, id, name, version] as const;
      const sealed = readKey.encrypt(place, value.reveal());
      const content = frame(bigintToBytes(BigInt(version), 8), sealed);
      await storage.replace(blob, content);
      const hash = bytesToHex(sha256(content));
      return { id: name, version, bytes: value.reveal().length, blob, hash };
    },
  };
}
