import { z } from "zod";
import type { BackupRecipient } from "../../backup/index.ts";
import { type Hex32, hex32 } from "../../core/index.ts";
import { Secret } from "../../keys/index.ts";
import { NO_HASH } from "../../policy/index.ts";
import type { SetBackups, SetReference } from "../../recovery/index.ts";
import type { Wallet } from "../../wallet/index.ts";
import { AppError } from "../errors.ts";
import { bytesToText, textToBytes } from "../json.ts";
import { policyShareAnchor } from "./anchors.ts";
import { type BackUpOptions, backUp } from "./backUp.ts";

export type OwnerBackupsOptions = Omit<BackUpOptions, "recipients"> & {
  /**
   * A segment of the wallet that keeps the recipients of trustees' sets, and nothing else. Let `segments` name it as well: who
   * restores the backup needs it for the next one.
   */
  readonly recipients: string;
  /** Who opens every backup besides: the paper, each device. */
  readonly others: readonly BackupRecipient[];
  /** Backups that the trustees in force cannot open, until there are new ones: for who has lost their recipient for good. */
  readonly acceptWithoutTrustees?: boolean;
};

/** The backups of an owner whose trustees change. */
export type OwnerBackups = SetBackups & {
  /**
   * Makes one now, for everyone who may open it: for `AutomaticBackup`.
   *
   * @throws {AppError} BACKUP_RECIPIENT_MISSING if it would take the place of one that the trustees in force can open, and they
   * could not open this one; BACKUP_RECIPIENT_DAMAGED; and as `backUp`
   */
  readonly make: (signal?: AbortSignal) => Promise<void>;
};

type Kept = SetReference & {
  readonly recipient: string;
  /** Its trustees were let go. Marked before it is removed, so that the last backup that knows of it says so too. */
  readonly retired?: true | undefined;
};

const keptSchema = z.strictObject({
  tag: z.string().regex(/^0x[0-9a-f]{64}$/),
  epoch: z.int().positive(),
  recipient: z.string().startsWith("age1"),
  retired: z.literal(true).optional(),
});

/**
 * Backups for the owner's desk (`ownerDesk`): each is for the paper, the devices, and every set of trustees that is in force or may
 * come into force. So at any moment somebody can open the newest one. Once a set is in force, a backup without the former one is
 * made.
 */
export function ownerBackups(options: OwnerBackupsOptions): OwnerBackups {
  const { wallet, recipients: segment, others, acceptWithoutTrustees: _, ...rest } = options;
  const keep = async (kept: Kept): Promise<void> => {
    const text = JSON.stringify(kept);
    await wallet.segment(segment).write(nameOf(kept.tag), new Secret(textToBytes(text)));
  };
  const make = async (signal?: AbortSignal): Promise<void> => {
    const social = await recipientsNow(options);
    const work = signal === undefined ? {} : { signal };
    await backUp({ ...rest, ...work, wallet, recipients: [...social, ...others] });
  };
  const forget = async (isOld: (kept: Kept) => boolean): Promise<void> => {
    const old = (await keptIn(wallet, segment)).filter(isOld);
    if (old.length === 0) return;
    for (const one of old) await keep({ ...one, retired: true });
    // Before they are removed: who is stopped in between finds the sets again, and does both.
    await make();
    for (const { tag } of old) await wallet.segment(segment).remove(nameOf(tag));
  };
  return {
    make,
    write: async ({ tag, epoch }, recipient) => {
      await keep({ tag, epoch, recipient });
      await make();
    },
    dropOlder: async ({ epoch }) => forget((kept) => kept.epoch < epoch),
    drop: async ({ tag }) => forget((kept) => kept.tag === tag),
  };
}

/** Of sets that are in force or may come into force: another device may have let others go, whatever is kept here. */
async function recipientsNow(options: OwnerBackupsOptions): Promise<readonly BackupRecipient[]> {
  const { registry, policy, wallet, recipients: segment, acceptWithoutTrustees = false } = options;
  const { tag: inForce, setNumber, final } = await policyShareAnchor(registry, policy).current();
  const kept = (await keptIn(wallet, segment)).filter(({ retired }) => retired === undefined);
  if (inForce !== NO_HASH && !acceptWithoutTrustees && !kept.some(({ tag }) => tag === inForce)) {
    throw new AppError(
      "BACKUP_RECIPIENT_MISSING",
      "this device does not know for whom the trustees in force open backups",
      { details: { policy, shareSet: inForce, trusteeSet: setNumber } },
    );
  }
  // What is not final may be undone, and the set before is in force again.
  const isOver = ({ tag, epoch }: Kept) => final && tag !== inForce && epoch <= setNumber;
  return kept.filter((one) => !isOver(one)).map(({ recipient }) => ({ role: "social", recipient }));
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
