import { agentSignerOf, BackendSigner, ofRole, type PolicySigner } from "../../keys/index.ts";
import { commitToPolicySecrets, policyAddress } from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import {
  loadRestoreState,
  type RestoreState,
  type RestoreStep,
  type RestoreWay,
  saveRestoreState,
  settled,
} from "./state.ts";
import { workOn } from "./steps.ts";
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

const NAME = "restoration";

/** Power first, where nothing can be done without it; with another device, what stops a thief first. */
const ORDER: Readonly<Record<RestoreWay, readonly RestoreStep[]>> = {
  DEVICE: ["KEYS", "LOST", "PROVE", "DIDS", "BACKUP", "POWER", "SHARES"],
  ROOT_KEYS: ["KEYS", "ROOT_KEYS", "POWER", "LOST", "PROVE", "DIDS", "BACKUP", "SHARES"],
  TRUSTEES: ["KEYS", "ROOT_KEYS", "POWER", "LOST", "PROVE", "DIDS", "BACKUP", "SHARES"],
};

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
 * @throws {AppError} POLICY_SECRETS_MISMATCH, AGENT_RECORD_INCOMPLETE if what was restored is not this policy's; RESTORE_MISMATCH if a restoration of another policy, by another way or after another loss is in this store;
 * RESTORE_POWER_SHARED if the policy came back with more than was asked for; RESTORE_CANCELLED, RESTORE_STATE_DAMAGED; and what
 * each step throws, which is then tried again by the next call
 * @example
 * const { complete, waiting } = await restoreOwner({ ...options, authority: { by: "TRUSTEES", ask } });
 * if (!complete) console.log(waiting?.text);
 */
export async function restoreOwner(options: RestoreOptions): Promise<RestoreOutcome> {
  const work = await openWork(options);
  const order = ORDER[options.authority.by].filter((step) => isWanted(step, options));
  for (const step of order) {
    const { done } = work.state();
    if (done.includes(step)) continue;
    if (options.signal?.aborted) throw new AppError("RESTORE_CANCELLED", "the restoration was cancelled");
    options.onProgress?.({ step, done: done.length, of: order.length, text: TEXTS[step] });
    const waiting = await workOn(step, work);
    if (waiting !== undefined) {
      return { complete: false, waiting: { ...waiting, step }, signer: await work.device() };
    }
    await work.keep({ done: [...work.state().done, step] });
  }
  await work.settle();
  return { complete: true, waiting: undefined, signer: await work.device() };
}

/** Now, and not when trustees have waited out their delay. @throws {AppError} as {@link restoreOwner} */
function checkRestored({ policy, restored: { creator, policySecrets } }: RestoreOptions): void {
  if (policySecrets === undefined) {
    throw new AppError("AGENT_RECORD_INCOMPLETE", "the policy's secrets are not in what was restored", {
      details: { policy },
    });
  }
  if (policyAddress(commitToPolicySecrets(policySecrets), creator) !== policy) {
    throw new AppError("POLICY_SECRETS_MISMATCH", "these are another policy's secrets", {
      details: { policy },
    });
  }
}

function isWanted(step: RestoreStep, { dids = [], backUp, shares }: RestoreOptions): boolean {
  if (step === "DIDS") return dids.length > 0;
  if (step === "BACKUP") return backUp !== undefined;
  return step !== "SHARES" || shares !== undefined;
}

async function openWork(options: RestoreOptions): Promise<RestoreWork> {
  const { store, policy, authority, backend } = options;
  checkRestored(options);
  const lost = [...new Set(options.lost)].sort();
  const begun: RestoreState = { policy, way: authority.by, done: [], lost };
  let state = (await loadRestoreState(store, NAME)) ?? begun;
  const same = state.policy === policy && state.way === authority.by;
  if (!same || (state.lost ?? lost).join() !== lost.join()) {
    throw new AppError("RESTORE_MISMATCH", "another restoration is under way in this store", {
      details: { policy: state.policy, way: state.way, lost: state.lost },
    });
  }
  return {
    options,
    state: () => state,
    keep: async (more) => {
      const next = { ...state, ...more };
      await saveRestoreState(store, NAME, next);
      state = next;
    },
    settle: async () => {
      const { record, request, nextRootSet } = state;
      if (record === undefined && request === undefined && nextRootSet === undefined) return;
      state = settled(state);
      await saveRestoreState(store, NAME, state);
    },
    device: async () => {
      const found = state.device === undefined ? undefined : await backend.public(state.device);
      if (found === undefined) {
        throw new AppError("RESTORE_KEY_MISSING", "the new device's key is not in the backend");
      }
      return agentSignerOf(new BackendSigner(backend, ofRole(found, "POLICY")));
    },
  };
}
