import { z } from "zod";
import type { BackupRecipient } from "../../backup/index.ts";
import { type Hex32, hex32 } from "../../core/index.ts";
import { Secret } from "../../keys/index.ts";
import type { SetBackups, SetReference } from "../../recovery/index.ts";
import type { Wallet } from "../../wallet/index.ts";
import { AppError } from "../errors.ts";
import { bytesToText, textToBytes } from "../json.ts";
import { type BackUpOptions, backUp } from "./backUp.ts";

export type OwnerBackupsOptions = Omit<BackUpOptions, "recipients"> & {
  /** A segment of the wallet that keeps the recipients of trustees' sets, and nothing else. */
  readonly recipients: string;
  /** Who opens every backup besides: the paper, each device. */
  readonly others: readonly BackupRecipient[];
};

/** The backups of an owner whose trustees change. */
export type OwnerBackups = SetBackups & {
  /** Makes one now, for everyone who may open it: for `AutomaticBackup`. */
  readonly make: (signal?: AbortSignal) => Promise<void>;
};

type Kept = SetReference & { readonly recipient: string };

const keptSchema = z.strictObject({
  tag: z.string().regex(/^0x[0-9a-f]{64}$/),
  epoch: z.int().positive(),
  recipient: z.string().startsWith("age1"),
});

/**
 * Backups for the owner's desk (`ownerDesk`): each is for the paper, the devices, and every set of trustees that is in force or may
 * come into force. So at any moment somebody can open the newest one. Once a set is in force, a backup without the former one is
 * made.
 */
export function ownerBackups(options: OwnerBackupsOptions): OwnerBackups {
  const { wallet, recipients: segment, others, ...rest } = options;
  const make = async (signal?: AbortSignal, isOld: (kept: Kept) => boolean = () => false): Promise<void> => {
    const kept = (await keptIn(wallet, segment)).filter((one) => !isOld(one));
    const social = kept.map(({ recipient }) => ({ ...{ role: "social" as const, recipient } }));
    const work = signal === undefined ? {} : { signal };
    await backUp({ ...rest, ...work, wallet, recipients: [...social, ...others] });
  };
  const forget = async (isOld: (kept: Kept) => boolean): Promise<void> => {
    const old = (await keptIn(wallet, segment)).filter(isOld);
    if (old.length === 0) return;
    // The backup first: who is stopped in between finds the sets again, and does both.
    await make(undefined, isOld);
    for (const { tag } of old) await wallet.segment(segment).remove(nameOf(tag));
  };
  return {
    make: (signal) => make(signal),
    write: async ({ tag, epoch }, recipient) => {
      const text = JSON.stringify({ tag, epoch, recipient } satisfies Kept);
      await wallet.segment(segment).write(nameOf(tag), new Secret(textToBytes(text)));
      await make();
    },
    dropOlder: async ({ epoch }) => forget((kept) => kept.epoch < epoch),
    drop: async ({ tag }) => forget((kept) => kept.tag === tag),
  };
}

async function keptIn(wallet: Wallet, segment: string): Promise<readonly Kept[]> {
  const records = wallet.segment(segment);
  const kept: Kept[] = [];
  for (const { id } of await records.list()) {
    const bytes = await records.read(id);
    if (bytes !== undefined) kept.push(parse(bytes));
  }
  return kept.sort((a, b) => a.epoch - b.epoch);
}

function parse(bytes: Secret<Uint8Array>): Kept {
  try {
    const { tag, ...rest } = keptSchema.parse(JSON.parse(bytesToText(bytes.reveal())));
    return { ...rest, tag: hex32(tag) };
  } catch {
    throw new AppError("BACKUP_RECIPIENT_DAMAGED", "this is no recipient of a set of trustees");
  } finally {
    bytes.erase();
  }
}

/** A record's name is public to who has the storage: the tag is so on chain. */
function nameOf(tag: Hex32): string {
  return tag.slice(2);
}
