import type { Hex32 } from "../core/index.ts";
import { RecoveryError } from "./errors.ts";
import { type Message, requireFresh, type TrusteeMessage } from "./messages.ts";
import { requireAnswerTo, type Step, unexpected } from "./steps.ts";

/**
 * The trustee's side of giving a share back (V6). Somebody who says to be the owner comes over a connection made for
 * this recovery, with keys that the trustee has never seen. The trustee asks a question, gets an answer, and finds out
 * by other means (a call, a visit) who that is, comparing the connection's safety words. Only then the share is sent,
 * sealed to the new agent's key. Nothing here decides for the trustee.
 */

/** A connection made for a recovery. */
export type RecoveryConnection = {
  /** Of `connectionFingerprint`. */
  readonly fingerprint: Hex32;
  /** The other side's Ed25519 key, base64url. */
  readonly peerSigningKey: string;
  /** Seconds since 1970. */
  readonly openedAt: number;
};

/** How the trustee made sure who asks. */
export const VERIFICATION_METHODS = ["inPerson", "videoCall", "phoneCall"] as const;

export type VerificationMethod = (typeof VERIFICATION_METHODS)[number];

export type Release =
  | { readonly step: "idle" }
  | { readonly step: "opened"; readonly connection: RecoveryConnection }
  | {
      readonly step: "challenged";
      readonly connection: RecoveryConnection;
      readonly challenge: Message<"RECOVERY_SHARE_CHALLENGE">;
    }
  | {
      readonly step: "answered";
      readonly connection: RecoveryConnection;
      readonly responseId: string;
      /** For the trustee to judge. */
      readonly answer: string;
    }
  | {
      readonly step: "verified";
      readonly connection: RecoveryConnection;
      readonly responseId: string;
      readonly method: VerificationMethod;
      readonly verifiedAt: number;
    }
  | { readonly step: "released" | "refused"; readonly connection: RecoveryConnection };

export type ReleaseEvent =
  /** `known`: the signing keys of every connection that the trustee has or had. */
  | {
      readonly kind: "open";
      readonly connection: RecoveryConnection;
      readonly known: readonly string[];
      readonly now: number;
    }
  | { readonly kind: "challenge"; readonly message: Message<"RECOVERY_SHARE_CHALLENGE"> }
  | {
      readonly kind: "received";
      readonly fingerprint: Hex32;
      readonly message: TrusteeMessage;
      readonly now: number;
    }
  /** The trustee has verified the person, who read the safety words of this connection. */
  | {
      readonly kind: "verify";
      readonly fingerprint: Hex32;
      readonly method: VerificationMethod;
      readonly now: number;
    }
  | { readonly kind: "release"; readonly message: Message<"CAPABILITY_RESPONSE">; readonly now: number }
  | { readonly kind: "refuse" };

/** Send on the recovery connection with this fingerprint, and on no other. */
export type ReleaseEffect = {
  readonly kind: "send";
  readonly fingerprint: Hex32;
  readonly message: TrusteeMessage;
};

/** A recovery takes hours, not months; who comes later opens another connection. */
const MAX_CONNECTION_AGE = 24 * 3600;
/** Between the trustee's word and the release, so that an old word does not release a share. */
const MAX_VERIFICATION_AGE = 3600;

/**
 * The reducer.
 *
 * @throws {RecoveryError} STEP_UNEXPECTED, CONNECTION_NOT_FRESH, CONNECTION_OTHER, ANSWER_UNEXPECTED, MESSAGE_EXPIRED,
 * VERIFICATION_STALE, CAPABILITY_INCOMPLETE; the state stays as it is.
 */
export function release(state: Release, event: ReleaseEvent): Step<Release, ReleaseEffect> {
  switch (event.kind) {
    case "open": {
      const { connection, known, now } = event;
      const busy = state.step !== "idle" && state.step !== "refused" && state.step !== "released";
      if (busy) throw unexpected(state.step, event.kind);
      requireFreshConnection(connection, now);
      if (known.includes(connection.peerSigningKey)) throw notFresh(connection);
      return { state: { step: "opened", connection }, effects: [] };
    }
    case "challenge": {
      if (state.step !== "opened") throw unexpected(state.step, event.kind);
      const { connection } = state;
      return {
        state: { step: "challenged", connection, challenge: event.message },
        effects: [send(connection, event.message)],
      };
    }
    case "received":
      return received(state, event);
    case "verify": {
      if (state.step !== "answered") throw unexpected(state.step, event.kind);
      const { connection, responseId } = state;
      requireConnection(connection, event.fingerprint);
      requireFreshConnection(connection, event.now);
      const { method, now: verifiedAt } = event;
      return { state: { step: "verified", connection, responseId, method, verifiedAt }, effects: [] };
    }
    case "release":
      return released(state, event);
    case "refuse":
      if (!("connection" in state) || state.step === "released") throw unexpected(state.step, event.kind);
      return { state: { step: "refused", connection: state.connection }, effects: [] };
  }
}

function received(
  state: Release,
  { fingerprint, message, now }: Extract<ReleaseEvent, { kind: "received" }>,
): Step<Release, ReleaseEffect> {
  if (state.step !== "challenged" || message.type !== "RECOVERY_SHARE_RESPONSE") {
    throw unexpected(state.step, message.type);
  }
  const { connection, challenge } = state;
  requireConnection(connection, fingerprint);
  requireFresh(challenge, now);
  requireFresh(message, now);
  requireAnswerTo(challenge.id, message);
  const { id: responseId, response } = message;
  return { state: { step: "answered", connection, responseId, answer: response.answer }, effects: [] };
}

function released(
  state: Release,
  { message, now }: Extract<ReleaseEvent, { kind: "release" }>,
): Step<Release, ReleaseEffect> {
  if (state.step !== "verified") throw unexpected(state.step, "release");
  const { connection, responseId, verifiedAt } = state;
  requireFreshConnection(connection, now);
  if (!(now >= verifiedAt && now - verifiedAt <= MAX_VERIFICATION_AGE)) {
    throw new RecoveryError("VERIFICATION_STALE", "make sure again who asks", {
      details: { verifiedAt, now },
    });
  }
  requireAnswerTo(responseId, message);
  if (message.share === undefined) {
    throw new RecoveryError("CAPABILITY_INCOMPLETE", "there is no share in it", {
      details: { share: false },
    });
  }
  return { state: { step: "released", connection }, effects: [send(connection, message)] };
}

function requireFreshConnection(connection: RecoveryConnection, now: number): void {
  const age = now - connection.openedAt;
  if (!(age >= 0 && age <= MAX_CONNECTION_AGE)) throw notFresh(connection);
}

function requireConnection({ fingerprint }: RecoveryConnection, actual: Hex32): void {
  if (fingerprint !== actual) {
    throw new RecoveryError("CONNECTION_OTHER", "this is about another connection", {
      details: { expected: fingerprint, actual },
    });
  }
}

function notFresh({ fingerprint, openedAt }: RecoveryConnection): RecoveryError {
  return new RecoveryError("CONNECTION_NOT_FRESH", "not a connection made for this recovery", {
    details: { fingerprint, openedAt },
  });
}

function send({ fingerprint }: RecoveryConnection, message: TrusteeMessage): ReleaseEffect {
  return { kind: "send", fingerprint, message };
}
