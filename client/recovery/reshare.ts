import { isAcknowledgement } from "./acknowledgement.ts";
import { type Chore, choresWith, choresWithout, isChore } from "./chores.ts";
import { fromBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import type { Message } from "./messages.ts";
import { checkPlan, type ResharePlan } from "./resharePlan.ts";
import type { AnchorReading, SetReference } from "./shareKeeper.ts";
import { type Step, unexpected } from "./steps.ts";

/**
 * The owner's side of changing trustees in two phases (V5). PREPARE goes to all of the new set; each checks, stores and
 * signs. Then the backup is encrypted to the new set's identity, beside the old one. Then the anchor is sent: the
 * transaction on chain is the commit. Once it is final the COMMITs go out and the old backup goes.
 *
 * The state is stored before its effects are carried out, and effects may be carried out again. What is left to be done
 * at the end of a set is part of the state until it is done, whatever comes next. The state holds no share: whoever
 * restarts while shares are under way begins anew with other ones.
 */

type Stage =
  | { readonly step: "idle" }
  | { readonly step: "preparing"; readonly plan: ResharePlan; readonly acknowledged: readonly string[] }
  | { readonly step: "backingUp" | "anchoring" | "settled"; readonly plan: ResharePlan }
  | {
      readonly step: "aborted";
      readonly plan: ResharePlan;
      /** Another set took the number; no answer in time; the owner's wish; a restart. */
      readonly reason: "overtaken" | "timeout" | "wish" | "restart";
      readonly silent: readonly string[];
    };

export type Reshare = Stage & {
  /** Of this set and of those before it: to be done, as long as it has not been. */
  readonly chores?: readonly Chore[];
};

export type ReshareEvent =
  | { readonly kind: "begin"; readonly plan: ResharePlan; readonly anchor: AnchorReading }
  | { readonly kind: "prepared"; readonly from: string; readonly message: Message<"SHARE_PREPARED"> }
  /** The new backup is stored where it will be looked for, and durable. */
  | ({ readonly kind: "backedUp" } & SetReference)
  | ({ readonly kind: "anchor" } & AnchorReading)
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "abort" }
  | { readonly kind: "done"; readonly chore: Chore }
  /** First thing after a restart. */
  | { readonly kind: "restart" };

export type ReshareEffect =
  /** To each of these trustees, its share of the set. */
  | { readonly kind: "prepare"; readonly to: readonly string[]; readonly set: SetReference }
  /** Encrypt the backup to this recipient, beside those that there are, and come back with `backedUp`. */
  | { readonly kind: "backUp"; readonly recipient: string; readonly set: SetReference }
  /** Send the transaction, always the same one, and watch it. */
  | { readonly kind: "sendAnchor"; readonly set: SetReference }
  /** To be done until `done` says that it is. */
  | Chore;

type Result = Step<Reshare, ReshareEffect>;

/**
 * The reducer.
 *
 * @throws {RecoveryError} STEP_UNEXPECTED; RESHARE_PLAN_INVALID, SHARING_BOUNDS; ACKNOWLEDGEMENT_INVALID;
 * RESHARE_ANCHOR_UNDER_WAY: what may be committed cannot be aborted. The state stays as it is.
 */
export function reshare(state: Reshare, event: ReshareEvent): Result {
  const { chores: owed = [] } = state;
  if (event.kind === "done") return { state: owing(state, choresWithout(owed, event.chore)), effects: [] };
  const { state: next, effects } = advance(state, event);
  const arisen = effects.filter(isChore);
  const chores = choresWith(owed, arisen);
  const isTime = event.kind === "tick" || event.kind === "restart";
  const again = isTime ? chores.filter((chore) => !arisen.includes(chore)) : [];
  const isAsBefore = next === state && arisen.length === 0;
  return { state: isAsBefore ? state : owing(next, chores), effects: [...effects, ...again] };
}

function owing({ chores: _, ...stage }: Reshare, chores: readonly Chore[]): Reshare {
  return chores.length === 0 ? stage : { ...stage, chores };
}

function advance(state: Reshare, event: Exclude<ReshareEvent, { kind: "done" }>): Result {
  switch (event.kind) {
    case "begin":
      return begin(state, event);
    case "prepared":
      return prepared(state, event);
    case "backedUp":
      return backedUp(state, event);
    case "anchor":
      return anchorSeen(state, event);
    case "tick":
      return tick(state, event.now);
    case "abort":
      if (state.step === "anchoring" || state.step === "settled") throw underWay();
      if (state.step !== "preparing" && state.step !== "backingUp") throw unexpected(state.step, event.kind);
      return abort(state, "wish");
    case "restart":
      return restart(state);
  }
}

function begin(state: Reshare, { plan, anchor }: Extract<ReshareEvent, { kind: "begin" }>): Result {
  if (state.step === "preparing" || state.step === "backingUp" || state.step === "anchoring") {
    throw unexpected(state.step, "begin");
  }
  checkPlan(plan, anchor);
  const to = plan.trustees.map(({ id }) => id);
  return {
    state: { step: "preparing", plan, acknowledged: [] },
    effects: [{ kind: "prepare", to, set: setOf(plan) }],
  };
}

function prepared(state: Reshare, { from, message }: Extract<ReshareEvent, { kind: "prepared" }>): Result {
  // Late ones, of a set that is past this or given up, change nothing.
  if (state.step !== "preparing") return { state, effects: [] };
  const { plan } = state;
  const trustee = plan.trustees.find(({ id }) => id === from);
  const signingKey = trustee && fromBase64url(trustee.signingKey, 32);
  if (
    trustee === undefined ||
    signingKey === undefined ||
    !isAcknowledgement(message, { ...setOf(plan), index: trustee.index }, signingKey)
  ) {
    throw new RecoveryError("ACKNOWLEDGEMENT_INVALID", "not this trustee's word for this share", {
      details: { from, epoch: message.epoch },
    });
  }
  const acknowledged = [...new Set([...state.acknowledged, from])];
  if (acknowledged.length < plan.trustees.length) {
    return { state: { ...state, acknowledged }, effects: [] };
  }
  return { state: { step: "backingUp", plan }, effects: [backUp(plan)] };
}

function backedUp(state: Reshare, set: SetReference): Result {
  if (!("plan" in state) || !isSet(state.plan, set)) return { state, effects: [] };
  const { step, plan } = state;
  if (step === "backingUp") return { state: { step: "anchoring", plan }, effects: [sendAnchor(plan)] };
  // Another process was writing it when this set was given up.
  return { state, effects: step === "aborted" ? [{ kind: "dropBackup", set: setOf(plan) }] : [] };
}

function anchorSeen(state: Reshare, anchor: AnchorReading): Result {
  if (!anchor.final || !("plan" in state) || state.step === "aborted" || state.step === "settled") {
    return { state, effects: [] };
  }
  const { plan } = state;
  if (isSet(plan, { tag: anchor.tag, epoch: anchor.setNumber })) {
    return { state: { step: "settled", plan }, effects: settle(plan) };
  }
  // The number is taken, so this set can never be in force: another of the owner's devices was faster.
  return anchor.setNumber >= plan.epoch ? abort(state, "overtaken") : { state, effects: [] };
}

function tick(state: Reshare, now: number): Result {
  switch (state.step) {
    case "preparing": {
      if (now > state.plan.deadline) return abort(state, "timeout");
      const to = silentOf(state);
      return { state, effects: [{ kind: "prepare", to, set: setOf(state.plan) }] };
    }
    case "backingUp":
      return now > state.plan.deadline ? abort(state, "timeout") : { state, effects: [backUp(state.plan)] };
    case "anchoring":
      // No deadline: what was sent may still be included, and only the chain can tell.
      return { state, effects: [sendAnchor(state.plan)] };
    default:
      return { state, effects: [] };
  }
}

function restart(state: Reshare): Result {
  switch (state.step) {
    case "preparing":
      return abort(state, "restart");
    case "backingUp":
      return { state, effects: [backUp(state.plan)] };
    case "anchoring":
      return { state, effects: [sendAnchor(state.plan)] };
    case "settled":
      return { state, effects: settle(state.plan) };
    case "aborted":
      return { state, effects: giveUp(state.plan) };
    case "idle":
      return { state, effects: [] };
  }
}

function settle(plan: ResharePlan): readonly Chore[] {
  const set = setOf(plan);
  return [
    { kind: "commit", to: plan.trustees.map(({ id }) => id), set },
    { kind: "retire", to: plan.retired, set },
    { kind: "dropOlderBackups", set },
  ];
}

function giveUp(plan: ResharePlan): readonly Chore[] {
  const set = setOf(plan);
  return [
    { kind: "abort", to: plan.trustees.map(({ id }) => id), set },
    { kind: "dropBackup", set },
  ];
}

function abort(
  state: Exclude<Reshare, { step: "idle" | "aborted" }>,
  reason: Extract<Reshare, { step: "aborted" }>["reason"],
): Result {
  const { plan } = state;
  const silent = state.step === "preparing" ? silentOf(state) : [];
  return { state: { step: "aborted", plan, reason, silent }, effects: giveUp(plan) };
}

function silentOf({ plan, acknowledged }: Extract<Reshare, { step: "preparing" }>): readonly string[] {
  return plan.trustees.map(({ id }) => id).filter((id) => !acknowledged.includes(id));
}

function backUp(plan: ResharePlan): ReshareEffect {
  return { kind: "backUp", recipient: plan.backupRecipient, set: setOf(plan) };
}

function sendAnchor(plan: ResharePlan): ReshareEffect {
  return { kind: "sendAnchor", set: setOf(plan) };
}

function setOf({ tag, epoch }: ResharePlan): SetReference {
  return { tag, epoch };
}

function isSet(one: SetReference, other: SetReference): boolean {
  return one.tag === other.tag && one.epoch === other.epoch;
}

function underWay(): RecoveryError {
  return new RecoveryError("RESHARE_ANCHOR_UNDER_WAY", "the anchor was sent: only the chain can tell now");
}
