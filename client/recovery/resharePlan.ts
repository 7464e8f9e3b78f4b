import { fromBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { checkBounds, checkEpoch } from "./feldman.ts";
import type { AnchorReading, SetReference } from "./shareKeeper.ts";

/** A trustee of the new set. */
export type PlannedTrustee = {
  /** How the caller knows the trustee. */
  readonly id: string;
  /** Of its share. */
  readonly index: number;
  /** Ed25519 key of the connection, base64url: what it acknowledges with. */
  readonly signingKey: string;
};

/** A set of shares on its way. */
export type ResharePlan = SetReference & {
  readonly threshold: number;
  /** Those of the sharing, base64url: with them shares are checked by heartbeats. */
  readonly commitments: readonly string[];
  readonly trustees: readonly PlannedTrustee[];
  /** Trustees of the set before that are not of this one, by id. */
  readonly retired: readonly string[];
  /** The age recipient of this set's backup. */
  readonly backupRecipient: string;
  /** Seconds since 1970: who has not acknowledged until then makes the plan fail. */
  readonly deadline: number;
};

/**
 * Refuses a plan that could not come to a good end.
 *
 * @throws {RecoveryError} RESHARE_PLAN_INVALID, SHARING_BOUNDS
 */
export function checkPlan(plan: ResharePlan, anchor: AnchorReading): void {
  checkBounds({ threshold: plan.threshold, count: plan.trustees.length });
  checkEpoch(plan.epoch);
  const ids = new Set([...plan.trustees.map(({ id }) => id), ...plan.retired]);
  const indices = new Set(plan.trustees.map(({ index }) => index));
  const sound =
    ids.size === plan.trustees.length + plan.retired.length &&
    indices.size === plan.trustees.length &&
    plan.trustees.every(({ index }) => index >= 1 && index <= plan.trustees.length) &&
    plan.trustees.every(({ signingKey }) => fromBase64url(signingKey, 32) !== undefined) &&
    plan.epoch === anchor.setNumber + 1 &&
    Number.isFinite(plan.deadline) &&
    // What is not final may still give its number back.
    (anchor.final || anchor.setNumber === 0);
  if (!sound) {
    throw new RecoveryError(
      "RESHARE_PLAN_INVALID",
      "each trustee once with a key, the number after the anchored one, and an end to waiting",
      {
        details: { epoch: plan.epoch, anchored: anchor.setNumber },
      },
    );
  }
}
