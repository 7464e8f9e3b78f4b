import { PolicyError } from "./errors.ts";
import type { PolicyEvent } from "./events.ts";

/** An event that cannot follow what came before: one was missed, or the source lies. */
export function unexpected(event: PolicyEvent, reason: string): PolicyError {
  return new PolicyError("POLICY_EVENT_UNEXPECTED", `${event.type} cannot follow: ${reason}`, {
    details: { event: event.type, policy: event.policy, reason },
  });
}
