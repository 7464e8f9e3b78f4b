import type { AnchoredBackup, BackupAnchor } from "../../backup/index.ts";
import {
  type Receipt,
  type Registry,
  readBackupAnchor,
  readFinalized,
  readHead,
  readTrusteeSet,
} from "../../chain/index.ts";
import { type Hex32, isDkmsError } from "../../core/index.ts";
import type { KeyId } from "../../keys/index.ts";
import {
  type BackupState,
  buildAnchorBackup,
  buildPermitAnchor,
  isTrustedBackup,
  NO_HASH,
  type PolicyId,
  policyId,
  type TrusteeSettings,
  trustedBackup,
  trusteeSettingsHash,
} from "../../policy/index.ts";
import type { ShareAnchor, ShareAnchorWriter } from "../../recovery/index.ts";
import { AppError } from "../errors.ts";
import {
  contextOf,
  type LoneActor,
  type PolicyActor,
  senderOf,
  signAndSend,
  statementOf,
} from "../execute.ts";
import { executeChange } from "../governance/changes.ts";
import { proposeTrustees, stateOf } from "../trustees/changeTrustees.ts";

/**
 * The newest backup that a policy vouches for, for `restoreBackup`: set by a key that has its rights still. After a recovery there
 * is none until a new one is recorded: the rights of all keys ended with the old epoch, and one of them was perhaps a thief's.
 */
export function policyBackupAnchor(registry: Registry): BackupAnchor {
  const stateAt = (policy: Hex32) => stateOf(registry, policyId(BigInt(policy)));
  return {
    read: async (policy) => anchored(trustedBackup(await stateAt(policy))),
    readAt: async (policy, sequence) => {
      const state = await stateAt(policy);
      const then = state.backups[sequence - 1];
      return then && isTrustedBackup(state, then) ? anchored(then) : undefined;
    },
  };
}

/**
 * Records a backup, as an ADMIN, or as an agent that proves and that ADMINs permitted to: its number must be one more than that of
 * the last.
 *
 * @throws {AppError} SENDER_MISSING
 * @throws {ChainError} AGENT_POLICY_ANCHOR_NOT_PERMITTED, AGENT_POLICY_ANCHOR_OUT_OF_SEQUENCE, the registry's other refusals,
 * and those of the node
 * @example await anchorBackup({ registry, signer, policy }, { sequence: header.sequence, hash });
 */
export async function anchorBackup(
  actor: LoneActor,
  backup: { readonly sequence: number; readonly hash: Hex32 },
): Promise<Receipt> {
  const operation = buildAnchorBackup({
    ...(await statementOf(actor)),
    ...{ sequence: BigInt(backup.sequence), backup: backup.hash },
  });
  return signAndSend(actor, { operation, acceptances: [] });
}

/**
 * The number and hash that the next backup names as those before it: of the last one recorded, whoever did.
 *
 * @throws {ChainError} those of the node
 */
export async function previousBackup(
  registry: Registry,
  policy: PolicyId,
): Promise<{ readonly sequence: number; readonly hash: Hex32 } | undefined> {
  const newest = await readBackupAnchor(registry, policy);
  return newest && { sequence: Number(newest.sequence), hash: newest.backup };
}

/**
 * Permits an agent that proves, say a cloud agent, to record backups in this epoch, or no more.
 *
 * @throws {AppError} SENDER_MISSING; {ChainError} the registry's refusal, or those of the node
 */
export async function permitBackups(actor: PolicyActor, agent: KeyId, permitted = true): Promise<Receipt> {
  const operation = buildPermitAnchor({ ...(await contextOf(actor)), agent, permitted });
  return signAndSend(actor, { operation, acceptances: [] });
}

/**
 * Which set of shares a policy anchors, for a trustee's desk: the tag in the settings of the trustees in force, under the number of
 * their set.
 */
export function policyShareAnchor(registry: Registry, policy: PolicyId): ShareAnchor {
  return {
    current: async () => {
      const { trustees } = await stateOf(registry, policy);
      const { number: setNumber, settings } = trustees;
      const { number, hash } = await finalSet(registry, policy);
      // The hash as well: a reorganisation between the two readings gives the number to another set.
      const final = number === setNumber && hash === trusteeSettingsHash(settings);
      return { tag: settings.shareSet, setNumber, final };
    },
  };
}

export type ShareAnchorWriterOptions = {
  /** ADMINs, as many as the quorum takes. */
  readonly actor: PolicyActor;
  /** The trustees that come into force with the shares, but for the tag: see `withShareSet`. */
  readonly trustees: TrusteeSettings;
};

/**
 * Anchors a set of shares by a change of trustees, for the owner's desk: schedules it, waits its delay, and executes it, one step
 * for each call. The same set may come again at any time.
 */
export function policyShareAnchorWriter(options: ShareAnchorWriterOptions): ShareAnchorWriter {
  const { actor, trustees } = options;
  const { registry, policy } = actor;
  return {
    ...policyShareAnchor(registry, policy),
    anchor: async ({ tag, epoch }) => {
      const settings = { ...trustees, shareSet: tag };
      const hash = trusteeSettingsHash(settings);
      const state = await stateOf(registry, policy);
      const inForce = trusteeSettingsHash(state.trustees.settings);
      if (state.trustees.number >= epoch || inForce === hash) return;
      if (state.trustees.number + 1 !== epoch || tag === NO_HASH) {
        throw new AppError("SHARE_SET_UNFIT", "shares carry the number of the next trustee set", {
          details: { epoch, trusteeSet: state.trustees.number },
        });
      }
      const { time } = await readHead(registry);
      const waiting = [...state.pendingChanges.values()].find(
        (change) =>
          // One whose time has passed waits on until somebody clears it.
          time <= change.latest &&
          change.trustees !== undefined &&
          trusteeSettingsHash(change.trustees) === hash,
      );
      if (waiting === undefined) {
        await proposeTrustees(actor, settings);
      } else if (time >= waiting.earliest) {
        await executeChange({ registry, policy, sender: actor.sender ?? senderOf(actor.signer) }, waiting.id);
      }
    },
  };
}

/** No number where nothing of the policy is final yet, not even the registry. */
async function finalSet(
  registry: Registry,
  policy: PolicyId,
): Promise<{ readonly number: number | undefined; readonly hash: Hex32 }> {
  const { number: block } = await readFinalized(registry);
  try {
    const { number, settings = NO_HASH } = await readTrusteeSet(registry, policy, block);
    return { number, hash: settings };
  } catch (error) {
    if (isDkmsError(error, "CONTRACT_NOT_FOUND") || isDkmsError(error, "AGENT_POLICY_UNKNOWN")) {
      return { number: undefined, hash: NO_HASH };
    }
    throw error;
  }
}

function anchored(backup: BackupState | undefined): AnchoredBackup | undefined {
  return backup && { sequence: Number(backup.sequence), hash: backup.backup, keyId: backup.agent };
}
