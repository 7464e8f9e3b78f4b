import { RecoveryError } from "./errors.ts";
import { type Message, requireFresh } from "./messages.ts";
import { requireAnswerTo } from "./steps.ts";

/**
 * The answer to a TRUST_PING: "are you on the phone with me?", asked on a connection of old by whoever wants to know
 * that a voice and a connection belong to the same person.
 *
 * @throws {RecoveryError} ANSWER_UNEXPECTED, also for an answer that was not among the valid ones; MESSAGE_EXPIRED
 */
export function trustAnswer(ping: Message<"TRUST_PING">, pong: Message<"TRUST_PONG">, now: number): string {
  requireAnswerTo(ping.id, pong);
  requireFresh(ping, now);
  requireFresh(pong, now);
  const { answerValue } = pong.answer;
  if (!ping.challenge.valid_responses.includes(answerValue)) {
    throw new RecoveryError("ANSWER_UNEXPECTED", "not one of the answers asked for", {
      details: { type: pong.type },
    });
  }
  return answerValue;
}
