import { base32nopad } from "@scure/base";
import {
  type AgeIdentity,
  type Backup,
  BackupError,
  type BackupRecipient,
  makeBackup,
  type RestoreBackupOptions,
  type RestoredBackup,
  restoreBackup,
} from "../../backup/index.ts";
import { type Registry, readHead, readPolicy, type TransactionSender } from "../../chain/index.ts";
import { bigintToHex32, bytesToHex, type Hex32, hex32, hexToBytes } from "../../core/index.ts";
import { agentSignerOf, keyIdOf, type PolicySigner } from "../../keys/index.ts";
import type { PolicyId } from "../../policy/index.ts";
import { trustedBackup } from "../../policy/index.ts";
import { exportPortable, type Wallet, type WalletStorage, type WorkOptions } from "../../wallet/index.ts";
import { AppError } from "../errors.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { anchorBackup, policyBackupAnchor, previousBackup } from "./anchors.ts";

/** Names a backup: its number, and the hash that the policy records. */
export type BackupName = { readonly sequence: number; readonly hash: Hex32 };

/** Port to where backups are held, by somebody who cannot read them: a cloud agent, a disk. */
export interface BackupPlace {
  /** Durable once it has resolved. */
  write(name: BackupName, file: Uint8Array): Promise<void>;
  read(name: BackupName): Promise<Uint8Array | undefined>;
  /** In any order. */
  list(): Promise<readonly BackupName[]>;
  remove(name: BackupName): Promise<void>;
}

export type BackUpOptions = WorkOptions & {
  readonly wallet: Wallet;
  /** What of it is backed up. Not where records of agents are: their secrets never leave their devices (protocol §2). */
  readonly segments: readonly string[];
  readonly registry: Registry;
  readonly policy: PolicyId;
  /** An ADMIN, or an agent that proves and may record backups. */
  readonly signer: PolicySigner;
  readonly sender: TransactionSender;
  readonly place: BackupPlace;
  readonly recipients: readonly BackupRecipient[];
  /** Older ones that are kept, by how many the place has, as a thief can count up the numbers; 3 by default. */
  readonly keep?: number;
};

const DEFAULT_KEEP = 3;

/**
 * Encrypts a wallet's content, stores it, and records it in the policy: in this order, so that the policy never names a backup
 * that nobody has. One that was stored and could not be recorded is overtaken by the next.
 *
 * @throws {BackupError} as `makeBackup`; {WalletError} as `exportPortable`; {ChainError} as `anchorBackup`; what the place throws
 */
export async function backUp(options: BackUpOptions): Promise<Backup> {
  const {
    wallet,
    segments,
    registry,
    policy,
    signer,
    sender,
    place,
    recipients,
    keep = DEFAULT_KEEP,
    ...work
  } = options;
  const head = await readHead(registry);
  const { epoch } = await readPolicy(registry, policy, head.number);
  const { signal } = work;
  const content = await exportPortable(wallet, { segments, ...(signal === undefined ? {} : { signal }) });
  try {
    const backup = await makeBackup({
      ...{ content, to: { recipients }, previous: await previousBackup(registry, policy) },
      ...{ policy: bigintToHex32(policy), epoch, time: Number(head.time) },
      device: keyIdOf((await agentSignerOf(signer)).key),
      ...work,
    });
    const name = { sequence: backup.header.sequence, hash: backup.hash };
    await place.write(name, backup.file);
    await anchorBackup({ registry, policy, signer, sender }, name);
    await removeOlder(place, name.sequence, keep);
    return backup;
  } finally {
    content.erase();
  }
}

async function removeOlder(place: BackupPlace, newest: number, keep: number): Promise<void> {
  const names = await place.list();
  const older = new Set(names.map(({ sequence }) => sequence).filter((sequence) => sequence < newest));
  const gone = new Set([...older].sort((a, b) => b - a).slice(keep));
  for (const name of names) if (gone.has(name.sequence)) await place.remove(name);
}

export type RestoreNewestOptions = WorkOptions &
  Pick<RestoreBackupOptions, "acceptOlderThanAnchor" | "acceptUnanchored"> & {
    readonly registry: Registry;
    readonly policy: PolicyId;
    readonly place: BackupPlace;
    readonly identity: AgeIdentity;
  };

/**
 * Restores the backup that the policy vouches for. Do it before a recovery takes effect: afterwards the policy vouches for none until
 * a new one is recorded, and what there is has to be accepted by name. Of those accepted, what the policy recorded comes first, and
 * what cannot be restored is passed over.
 *
 * @throws {AppError} BACKUP_MISSING if the place has not that one, or none that was accepted by name
 * @throws {BackupError} as `restoreBackup`; that of the first one, if several were accepted by name and none is good
 */
export async function restoreNewest(options: RestoreNewestOptions): Promise<RestoredBackup> {
  const { registry, policy, place, ...rest } = options;
  const state = await stateOf(registry, policy);
  const trusted = trustedBackup(state);
  const recorded = (name: BackupName) => {
    const known = state.backups[name.sequence - 1];
    return known?.backup === name.hash && !known.disowned ? 1 : 0;
  };
  const names = [...(await place.list())].sort(
    (a, b) => recorded(b) - recorded(a) || b.sequence - a.sequence,
  );
  const vouched = trusted && { sequence: Number(trusted.sequence), hash: trusted.backup };
  const accepted = options.acceptUnanchored === true || options.acceptOlderThanAnchor === true;
  const candidates = [...(vouched === undefined ? [] : [vouched]), ...(accepted ? names : [])];
  const anchor = policyBackupAnchor(registry);
  let failure: BackupError | undefined;
  for (const name of candidates) {
    const file = await place.read(name);
    if (file === undefined) continue;
    try {
      return await restoreBackup({ ...rest, file, anchor, policy: bigintToHex32(policy) });
    } catch (error) {
      if (!(error instanceof BackupError) || error.code === "BACKUP_ABORTED") throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  throw new AppError("BACKUP_MISSING", "the place has not the backup that the policy vouches for", {
    details: { sequence: vouched?.sequence, held: names.map(({ sequence }) => sequence) },
  });
}

const RADIX = 36;
const NAME = /^([a-z2-7]{52})-([1-9a-z][0-9a-z]{0,9})$/;

/** Backups as blobs of a storage: `fileBlobs`, `indexedDbBlobs`, `memoryBlobs`. It is not that of the wallet itself. */
export function storedBackups(
  storage: Pick<WalletStorage, "read" | "list" | "replace" | "remove">,
): BackupPlace {
  const blob = ({ sequence, hash }: BackupName) =>
    `${base32nopad.encode(hexToBytes(hash)).toLowerCase()}-${sequence.toString(RADIX)}`;
  return {
    write: (name, file) => storage.replace(blob(name), file),
    read: (name) => storage.read(blob(name)),
    remove: (name) => storage.remove(blob(name)),
    list: async () => (await storage.list()).flatMap((blobName) => nameOf(blobName) ?? []),
  };
}

/** Undefined for what is no backup. */
function nameOf(blob: string): BackupName | undefined {
  const [, hash, sequence] = NAME.exec(blob) ?? [];
  if (hash === undefined || sequence === undefined) return undefined;
  const bytes = base32nopad.decode(hash.toUpperCase());
  return { hash: hex32(bytesToHex(bytes)), sequence: Number.parseInt(sequence, RADIX) };
}
