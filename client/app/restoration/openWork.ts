import { ChainError } from "../../chain/index.ts";
import {
  type AgentSigner,
  agentSignerOf,
  type BackendKeyId,
  BackendSigner,
  type KeyBackend,
  keyIdOf,
  ofRole,
} from "../../keys/index.ts";
import {
  commitToPolicySecrets,
  type PolicyState,
  policyAddress,
  rootCommitment,
} from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { isAdmin, powerIn } from "./power.ts";
import { loadRestoreState, type RestoreState, saveRestoreState, settled } from "./state.ts";
import type { RestoreOptions, RestoreWork } from "./work.ts";

/** Under which name a restoration is stored. */
export const RESTORATION = "restoration";

/**
 * Takes up the restoration in the store, or begins one: also where the one in the store had given the device power that it holds
 * no more. Nothing is stored yet.
 *
 * @throws {AppError} POLICY_SECRETS_MISMATCH, AGENT_RECORD_INCOMPLETE, RESTORE_MISMATCH, RESTORE_STATE_DAMAGED
 * @throws {ChainError} AGENT_POLICY_ROOT_MISMATCH
 */
export async function openWork(options: RestoreOptions): Promise<RestoreWork> {
  const { store, backend } = options;
  checkRestored(options);
  let state = await takeUp(options);
  return {
    options,
    state: () => state,
    keep: async (more) => {
      const next = { ...state, ...more };
      await saveRestoreState(store, RESTORATION, next);
      state = next;
    },
    settle: async () => {
      const { record, request, nextRootSet } = state;
      if (record === undefined && request === undefined && nextRootSet === undefined) return;
      state = settled(state);
      await saveRestoreState(store, RESTORATION, state);
    },
    device: async () => {
      const found = await signerOf(backend, state.device);
      if (found !== undefined) return found;
      throw new AppError("RESTORE_KEY_MISSING", "the new device's key is not in the backend");
    },
  };
}

/** Now, and not when trustees have waited out their delay. */
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

async function takeUp(options: RestoreOptions): Promise<RestoreState> {
  const { registry, store, policy, authority, backend } = options;
  const lost = [...new Set(options.lost)].sort();
  const kept = await loadRestoreState(store, RESTORATION);
  const same =
    kept?.policy === policy && kept.way === authority.by && (kept.lost ?? lost).join() === lost.join();
  const now = await stateOf(registry, policy);
  const device = await signerOf(backend, kept?.device);
  if (kept === undefined || (kept.policy === policy && isOver(options, kept, now, device))) {
    checkPage(options, now);
    return { policy, way: authority.by, done: [], lost };
  }
  if (!same) {
    throw new AppError("RESTORE_MISMATCH", "another restoration is in this store: take another store", {
      details: { policy: kept.policy, way: kept.way, lost: kept.lost },
    });
  }
  // Which DIDs there are is not remembered: others may be named each time, and each tells by itself whether it is done.
  return { ...kept, done: kept.done.filter((step) => step !== "DIDS") };
}

/**
 * True of a restoration that had brought power back, which was lost anew: what it did counts for nothing, and its page with root
 * keys is used up or known to somebody. One that has not brought power back yet is never given up, whatever others do.
 */
function isOver(
  { authority }: RestoreOptions,
  { way, done, lost = [] }: RestoreState,
  now: PolicyState,
  device: AgentSigner | undefined,
): boolean {
  const known = device && now.agents.get(keyIdOf(device.key));
  // Power was never given to it, or what is read is from before that: a node that lags, a chain that reorganises.
  if (device === undefined || known === undefined) return false;
  const hadPower = done.includes("POWER") || way !== "DEVICE";
  if (!hadPower || !isAdmin(now, device)) return hadPower;
  // Another device takes it from those that were lost once more. The other ways take it once, from all.
  if (way === "DEVICE" || !done.includes("POWER")) return false;
  // The page that is in force: she wants it used, as somebody else may have seen it.
  if (isInForce(authority, now)) return true;
  const back = lost.filter((agent) => powerIn(now, agent).length > 0);
  if (back.length === 0) return false;
  throw new AppError(
    "RESTORE_MISMATCH",
    "agents that were lost hold power again: take it from them by a change, or take another store",
    { details: { agents: back } },
  );
}

/** Before a page is printed that would never come into force. */
function checkPage({ policy, authority }: RestoreOptions, now: PolicyState): void {
  if (authority.by !== "ROOT_KEYS" || isInForce(authority, now)) return;
  throw new ChainError(
    "AGENT_POLICY_ROOT_MISMATCH",
    "the policy waits for other root keys: find the newest page, or ask the trustees",
    { details: { policy } },
  );
}

function isInForce(authority: RestoreOptions["authority"], { settings }: PolicyState): boolean {
  return authority.by === "ROOT_KEYS" && rootCommitment(authority.rootSet) === settings.rootCommitment;
}

async function signerOf(
  backend: KeyBackend,
  device: BackendKeyId | undefined,
): Promise<AgentSigner | undefined> {
  const found = device === undefined ? undefined : await backend.public(device);
  return found && agentSignerOf(new BackendSigner(backend, ofRole(found, "POLICY")));
}
