import type { PolicySigner } from "../../keys/index.ts";
import { AppError } from "../errors.ts";
import { openWork, RESTORATION } from "./openWork.ts";
import type { RestoreStep, RestoreWay } from "./state.ts";
import { undoneSince, workOn } from "./steps.ts";
import type { RestoreOptions, RestoreWork, Waiting } from "./work.ts";

/** How far a restoration has come. */
export type RestoreOutcome = {
  /** All that was asked for is done. */
  readonly complete: boolean;
  /** What it waits for: call again then, with the same options. */
  readonly waiting: (Waiting & { readonly step: RestoreStep }) | undefined;
  /** The new device's signer. */
  readonly signer: PolicySigner;
};

/** Power first, where nothing can be done without it; with another device, what stops a thief first. */
const ORDER: Readonly<Record<RestoreWay, readonly RestoreStep[]>> = {
  DEVICE: ["KEYS", "LOST", "PROVE", "DIDS", "BACKUP", "POWER", "SHARES"],
  ROOT_KEYS: ["KEYS", "ROOT_KEYS", "POWER", "LOST", "PROVE", "DIDS", "BACKUP", "SHARES"],
  TRUSTEES: ["KEYS", "ROOT_KEYS", "POWER", "LOST", "PROVE", "DIDS", "BACKUP", "SHARES"],
};

/** Steps that hold up none after them if they fail: until POWER is under way a thief keeps what was lost. */
const TOLD_LAST: readonly RestoreStep[] = ["DIDS", "BACKUP"];

const TEXTS: Readonly<Record<RestoreStep, string>> = {
  KEYS: "Making a key for this device.",
  LOST: "Taking all rights from the devices that were lost.",
  ROOT_KEYS: "Making new root keys: print the page and put it away.",
  POWER: "Giving this device power over the policy.",
  PROVE: "Letting this device prove.",
  DIDS: "Replacing the keys of your DIDs.",
  BACKUP: "Making a backup.",
  SHARES: "Giving your trustees new shares.",
};

/**
 * Brings an owner back after a loss: new keys for this device, power in her policy, what was lost revoked, the keys of her DIDs
 * rotated, a backup, and new shares for her trustees. Every step looks first whether it is done already, and how far it is is
 * stored: after a stop, however it came about, call it again with the same options. Some steps wait for others, or for time:
 * call it again from time to time until it is complete.
 *
 * That all is done is never told from memory: what was undone since is done again, and where this device has lost the power that
 * it got, all begins anew, with another key and another page of root keys. So it does where the page that is in force is given.
 * A call over the same store waits for the one before, and goes on from there; over another `fileStore` of the same directory it
 * throws STORAGE_LOCKED after a while. So call it from none of its own callbacks.
 *
 * @throws {AppError} POLICY_SECRETS_MISMATCH, AGENT_RECORD_INCOMPLETE if what was restored is not this policy's; RESTORE_MISMATCH if a restoration of another policy, by another way or after another loss is in this store;
 * RESTORE_POWER_SHARED if the policy came back with more than was asked for; RESTORE_CANCELLED, RESTORE_STATE_DAMAGED; and what
 * each step throws, which is then tried again by the next call
 * @throws {ChainError} AGENT_POLICY_ROOT_MISMATCH, before a page is printed, if other root keys are in force
 * @example
 * const { complete, waiting } = await restoreOwner({ ...options, authority: { by: "TRUSTEES", ask } });
 * if (!complete) console.log(waiting?.text);
 */
export async function restoreOwner(options: RestoreOptions): Promise<RestoreOutcome> {
  // Two at once would make two keys, and print two pages of which one is dead.
  return options.store.exclusive(RESTORATION, async () => {
    checkSignal(options);
    return restore(options);
  });
}

function checkSignal({ signal }: RestoreOptions): void {
  if (signal?.aborted) throw new AppError("RESTORE_CANCELLED", "the restoration was cancelled");
}

async function restore(options: RestoreOptions): Promise<RestoreOutcome> {
  const work = await openWork(options);
  const order = ORDER[options.authority.by].filter((step) => isWanted(step, options));
  const before = work.state().done;
  let waiting = await takeSteps(work, order);
  if (waiting === undefined) {
    const undone = await undoneSince(work, before);
    if (undone.length > 0) {
      await work.keep({ done: work.state().done.filter((step) => !undone.includes(step)) });
      waiting = await takeSteps(work, order);
    }
  }
  if (waiting === undefined) await work.settle();
  return { complete: waiting === undefined, waiting, signer: await work.device() };
}

/** Those that are not done, in order, until one has to wait. */
async function takeSteps(
  work: RestoreWork,
  order: readonly RestoreStep[],
): Promise<RestoreOutcome["waiting"]> {
  const { onProgress } = work.options;
  const refused: unknown[] = [];
  let waiting: RestoreOutcome["waiting"];
  for (const [i, step] of order.entries()) {
    if (work.state().done.includes(step)) continue;
    checkSignal(work.options);
    onProgress?.({ step, done: i, of: order.length, text: TEXTS[step] });
    try {
      const found = await workOn(step, work);
      waiting = found && { ...found, step };
    } catch (error) {
      if (!TOLD_LAST.includes(step)) throw error;
      refused.push(error);
      continue;
    }
    if (waiting !== undefined) break;
    await work.keep({ done: [...work.state().done, step] });
  }
  if (refused.length > 0) throw refused[0];
  return waiting;
}

function isWanted(step: RestoreStep, { dids = [], backUp, shares }: RestoreOptions): boolean {
  if (step === "DIDS") return dids.length > 0;
  if (step === "BACKUP") return backUp !== undefined;
  return step !== "SHARES" || shares !== undefined;
}
