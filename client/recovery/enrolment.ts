import { RecoveryError } from "./errors.ts";
import { type Capability, type Message, requireFresh, type TrusteeMessage } from "./messages.ts";
import { requireAnswerTo, type Step, unexpected } from "./steps.ts";

/**
 * Becoming a trustee: offer, request, response. Both sides are reducers over states that survive a restart as JSON; a
 * state is stored before its effects are carried out. The share in a response is prepared and committed as any other:
 * see shareKeeper.ts.
 */

/** What an owner knows of somebody who may become a trustee. */
export type OwnerEnrolment =
  | { readonly step: "new" }
  | { readonly step: "offered"; readonly offer: Message<"CAPABILITY_OFFER"> }
  | {
      readonly step: "agreed";
      /** The id that the response answers. */
      readonly requestId: string;
      readonly capabilities: readonly Capability[];
      readonly authorizationKeys: readonly string[];
      /** For the owner's policy, see `dkms/app`. */
      readonly policyConsent?: string;
    }
  | {
      readonly step: "granted";
      readonly capabilities: readonly Capability[];
      readonly authorizationKeys: readonly string[];
    }
  | { readonly step: "declined" | "lapsed" };

export type OwnerEnrolmentEvent =
  | { readonly kind: "offer"; readonly message: Message<"CAPABILITY_OFFER"> }
  | { readonly kind: "received"; readonly message: TrusteeMessage; readonly now: number }
  | { readonly kind: "grant"; readonly message: Message<"CAPABILITY_RESPONSE"> }
  | { readonly kind: "tick"; readonly now: number };

/** What a trustee knows of an owner who asks. */
export type TrusteeEnrolment =
  | { readonly step: "none" }
  | { readonly step: "offered"; readonly offer: Message<"CAPABILITY_OFFER"> }
  | { readonly step: "requested"; readonly request: Message<"CAPABILITY_REQUEST"> }
  | {
      readonly step: "enrolled";
      readonly capabilities: readonly Capability[];
      readonly address?: string;
    }
  | { readonly step: "declined" | "lapsed" };

export type TrusteeEnrolmentEvent =
  | { readonly kind: "received"; readonly message: TrusteeMessage; readonly now: number }
  /** The trustee's decision, with capabilities among those offered; none declines. */
  | { readonly kind: "answer"; readonly message: Message<"CAPABILITY_REQUEST">; readonly now: number }
  | { readonly kind: "tick"; readonly now: number };

/** Sends a message to the other side. */
export type SendEffect = { readonly kind: "send"; readonly message: TrusteeMessage };

/** Hands the share of a response to the trustee's share keeper. */
export type KeepEffect = { readonly kind: "keep"; readonly message: Message<"CAPABILITY_RESPONSE"> };

/**
 * The owner's side.
 *
 * @throws {RecoveryError} STEP_UNEXPECTED, ANSWER_UNEXPECTED, MESSAGE_EXPIRED, CAPABILITY_NOT_OFFERED,
 * CAPABILITY_INCOMPLETE; the state stays as it is.
 */
export function ownerEnrolment(
  state: OwnerEnrolment,
  event: OwnerEnrolmentEvent,
): Step<OwnerEnrolment, SendEffect> {
  switch (event.kind) {
    case "offer":
      if (state.step === "agreed" || state.step === "granted") throw unexpected(state.step, event.kind);
      return { state: { step: "offered", offer: event.message }, effects: [send(event.message)] };
    case "received":
      return ownerReceived(state, event);
    case "grant": {
      if (state.step !== "agreed") throw unexpected(state.step, event.kind);
      requireAnswerTo(state.requestId, event.message);
      requireComplete(state.capabilities, event.message);
      const { capabilities, authorizationKeys } = state;
      return { state: { step: "granted", capabilities, authorizationKeys }, effects: [send(event.message)] };
    }
    case "tick": {
      const lapsed = state.step === "offered" && event.now > state.offer.expires;
      return { state: lapsed ? { step: "lapsed" } : state, effects: [] };
    }
  }
}

/**
 * The trustee's side.
 *
 * @throws {RecoveryError} STEP_UNEXPECTED, ANSWER_UNEXPECTED, MESSAGE_EXPIRED, CAPABILITY_NOT_OFFERED,
 * CAPABILITY_INCOMPLETE; the state stays as it is.
 */
export function trusteeEnrolment(
  state: TrusteeEnrolment,
  event: TrusteeEnrolmentEvent,
): Step<TrusteeEnrolment, SendEffect | KeepEffect> {
  switch (event.kind) {
    case "received":
      return trusteeReceived(state, event);
    case "answer": {
      if (state.step !== "offered") throw unexpected(state.step, event.kind);
      const { message, now } = event;
      requireFresh(state.offer, now);
      requireAnswerTo(state.offer.id, message);
      requireOffered(state.offer.capabilities, message.capabilities);
      const next = message.capabilities.length === 0;
      return {
        state: next ? { step: "declined" } : { step: "requested", request: message },
        effects: [send(message)],
      };
    }
    case "tick": {
      const ends = state.step === "offered" ? state.offer.expires : Number.POSITIVE_INFINITY;
      return { state: event.now > ends ? { step: "lapsed" } : state, effects: [] };
    }
  }
}

function ownerReceived(
  state: OwnerEnrolment,
  { message, now }: Extract<OwnerEnrolmentEvent, { kind: "received" }>,
): Step<OwnerEnrolment, SendEffect> {
  if (message.type !== "CAPABILITY_REQUEST" || state.step !== "offered") {
    throw unexpected(state.step, message.type);
  }
  requireFresh(state.offer, now);
  requireFresh(message, now);
  requireAnswerTo(state.offer.id, message);
  requireOffered(state.offer.capabilities, message.capabilities);
  if (message.capabilities.length === 0) return { state: { step: "declined" }, effects: [] };
  const { id: requestId, capabilities, authorizationKeys, policy_consent } = message;
  const consent = policy_consent === undefined ? {} : { policyConsent: policy_consent };
  return {
    state: { step: "agreed", requestId, capabilities, authorizationKeys, ...consent },
    effects: [],
  };
}

function trusteeReceived(
  state: TrusteeEnrolment,
  { message, now }: Extract<TrusteeEnrolmentEvent, { kind: "received" }>,
): Step<TrusteeEnrolment, SendEffect | KeepEffect> {
  requireFresh(message, now);
  if (message.type === "CAPABILITY_OFFER") {
    // A newer offer replaces one that is not answered yet, or comes back to one that was declined.
    if (state.step === "requested" || state.step === "enrolled") throw unexpected(state.step, message.type);
    return { state: { step: "offered", offer: message }, effects: [] };
  }
  if (message.type !== "CAPABILITY_RESPONSE" || state.step !== "requested") {
    throw unexpected(state.step, message.type);
  }
  const { capabilities, id } = state.request;
  requireAnswerTo(id, message);
  requireComplete(capabilities, message);
  const { address } = message;
  return {
    state: { step: "enrolled", capabilities, ...(address === undefined ? {} : { address }) },
    effects: message.share === undefined ? [] : [{ kind: "keep", message }],
  };
}

/** A trustee can agree to less than was offered, never to more. */
function requireOffered(offered: readonly Capability[], asked: readonly Capability[]): void {
  const surplus = asked.filter((capability) => !offered.includes(capability));
  if (surplus.length > 0) {
    throw new RecoveryError("CAPABILITY_NOT_OFFERED", "more than was offered", { details: { surplus } });
  }
}

/** A share for those who keep one, the policy's address for those who act in it, and neither for the others. */
function requireComplete(
  capabilities: readonly Capability[],
  { share, address }: Message<"CAPABILITY_RESPONSE">,
): void {
  const keeps = capabilities.includes("RECOVERY_SHARE");
  const acts = capabilities.some((capability) => capability !== "RECOVERY_SHARE");
  if (keeps !== (share !== undefined) || acts !== (address !== undefined)) {
    throw new RecoveryError("CAPABILITY_INCOMPLETE", "not what the capabilities call for", {
      details: { capabilities, share: share !== undefined, address: address !== undefined },
    });
  }
}

function send(message: TrusteeMessage): SendEffect {
  return { kind: "send", message };
}
