import type { Registry, TransactionSender } from "../chain/index.ts";
import {
  type AgentSigner,
  agentSignerOf,
  BackendSigner,
  type KeyBackend,
  type KeyId,
  ofRole,
  type PolicySigner,
  type Secret,
} from "../keys/index.ts";
import type { PolicyId, RootSet } from "../policy/index.ts";
import type { ChangeTrusteesOptions, OwnerDesk, StateStore } from "../recovery/index.ts";
import type { DidKeyRotation } from "./didRotation.ts";
import { AppError } from "./errors.ts";
import type { AgentRecord } from "./record.ts";
import type { RecoveryRequest } from "./recoveryRequest.ts";
import {
  loadRestoreState,
  type RestoreState,
  type RestoreStep,
  type RestoreWay,
  saveRestoreState,
  settled,
} from "./restoreState.ts";
import { type Waiting, workOn } from "./restoreSteps.ts";

/** By whose word power comes back to the owner. */
export type RestoreAuthority =
  /** Another device of hers is ADMIN still: it lets the new one prove at once, and gives it power after the policy's delay. */
  | { readonly by: "DEVICE"; readonly signer: PolicySigner; readonly coSigners?: readonly PolicySigner[] }
  /** Root keys from paper: at once. */
  | {
      readonly by: "ROOT_KEYS";
      readonly rootSet: RootSet;
      readonly rootSigners: readonly PolicySigner[];
      /** Agents that are not lost, and go on proving. */
      readonly survivors?: readonly KeyId[];
    }
  /** A quorum of trustees, after the recovery delay. */
  | {
      readonly by: "TRUSTEES";
      /** Gets the request to a trustee; called anew for each new one. */
      readonly ask: (request: RecoveryRequest) => Promise<void>;
    };

export type RestoreOptions = {
  readonly registry: Registry;
  /** From the paper, the backup, or a trustee. */
  readonly policy: PolicyId;
  readonly authority: RestoreAuthority;
  /** A former agent of the policy, from the backup: its creator and secrets are the policy's. */
  readonly restored: Pick<AgentRecord, "creator" | "policySecrets">;
  /** Agents that were lost. With another device they are revoked one by one; else all are. */
  readonly lost: readonly KeyId[];
  /** Where the new device's policy key is made, of algorithm SECP256K1. */
  readonly backend: KeyBackend;
  /** Pays for transactions: anyone. */
  readonly sender: TransactionSender;
  /** Keeps how far it is, encrypted: it holds secrets. A wallet's segment, `fileStore`. */
  readonly store: StateStore;
  /** Shows the page with the next root keys, and resolves once it is printed and put away. It is erased then. */
  readonly printRootKeys: (page: Secret<string>) => Promise<void>;
  /** Keeps the new agent's record, for good once it has resolved; before the agent can prove. */
  readonly keepRecord: (record: AgentRecord) => Promise<void>;
  /** The owner's DIDs, see `registryDidRotation`. */
  readonly dids?: readonly DidKeyRotation[];
  /** Makes, stores and anchors a backup with the new agent's signer, see `backUp`. */
  readonly backUp?: (signer: PolicySigner) => Promise<void>;
  /** Deals new shares: the old ones were given out, or are of a secret that is in use. */
  readonly shares?: {
    readonly desk: OwnerDesk;
    readonly change: (signer: PolicySigner) => Promise<ChangeTrusteesOptions>;
  };
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly signal?: AbortSignal;
};

export type RestoreProgress = {
  readonly step: RestoreStep;
  /** Steps that are done, of how many. */
  readonly done: number;
  readonly of: number;
  /** What is being done, in plain words. */
  readonly text: string;
};

/** How far a restoration has come. */
export type RestoreOutcome = {
  /** All that was asked for is done. */
  readonly complete: boolean;
  /** What it waits for: call again then, with the same options. */
  readonly waiting: (Waiting & { readonly step: RestoreStep }) | undefined;
  /** The new device's signer. */
  readonly signer: PolicySigner;
};

/** What each step works with. */
export type RestoreWork = {
  readonly options: RestoreOptions;
  readonly state: () => RestoreState;
  /** Stores what must survive a stop. */
  readonly keep: (more: Partial<RestoreState>) => Promise<void>;
  /** Erases the secrets that are not needed any more. */
  readonly settle: () => Promise<void>;
  /** The new device's signer, from the step KEYS on. */
  readonly device: () => Promise<AgentSigner>;
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
 * @throws {AppError} RESTORE_MISMATCH if a restoration of another policy, by another way or after another loss is in this store;
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

function isWanted(step: RestoreStep, { dids = [], backUp, shares }: RestoreOptions): boolean {
  if (step === "DIDS") return dids.length > 0;
  if (step === "BACKUP") return backUp !== undefined;
  return step !== "SHARES" || shares !== undefined;
}

async function openWork(options: RestoreOptions): Promise<RestoreWork> {
  const { store, policy, authority, backend } = options;
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
