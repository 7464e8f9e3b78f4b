import { RecoveryError } from "./errors.ts";
import type { MessageType, TrusteeMessage } from "./messages.ts";

/** What a reducer gives: the state to be stored, and then, once it is, what to do. */
export type Step<State, Effect> = { readonly state: State; readonly effects: readonly Effect[] };

/** @throws {RecoveryError} STEP_UNEXPECTED: the event does not fit the state, which stays as it is. */
export function unexpected(step: string, event: string): RecoveryError {
  return new RecoveryError("STEP_UNEXPECTED", "this does not come next", { details: { step, event } });
}

/**
 * Checks that a message answers the one with this id.
 *
 * @throws {RecoveryError} ANSWER_UNEXPECTED
 */
export function requireAnswerTo(id: string, message: TrusteeMessage & { readonly for_id: string }): void {
  if (message.for_id !== id) {
    throw new RecoveryError("ANSWER_UNEXPECTED", "the answer to another message", {
      details: { type: message.type satisfies MessageType, for_id: message.for_id },
    });
  }
}
