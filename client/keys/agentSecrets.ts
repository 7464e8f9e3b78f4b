import { type FieldElement, fieldElement } from "../core/index.ts";
import { KeysError } from "./errors.ts";
import { type RandomSource, randomFieldElement, systemRandom } from "./random.ts";
import { Secret } from "./secret.ts";

/** What one agent proves with in one policy, for one grant; it never leaves the agent (protocol §2). */
export type AgentSecrets = {
  /** `S`: behind the agent's device pseudonyms. */
  readonly secret: Secret<FieldElement>;
  /** `r0`: blinds the secret commitment. */
  readonly blinding: Secret<FieldElement>;
};

/**
 * Fresh `S` and `r0`. Make new ones for each policy and each grant: a commitment is accepted once per policy, and a
 * reused one links policies.
 *
 * @throws {KeysError} RANDOM_SOURCE_BROKEN
 */
export function generateAgentSecrets(random: RandomSource = systemRandom): AgentSecrets {
  return {
    secret: new Secret(randomFieldElement(random)),
    blinding: new Secret(randomFieldElement(random)),
  };
}

/**
 * Agent secrets back from where their agent keeps them.
 *
 * @throws {CoreError} FIELD_NOT_CANONICAL
 * @throws {KeysError} SECRET_ZERO if `S` is 0, which anyone could guess.
 */
export function agentSecretsFrom(values: {
  readonly secret: bigint;
  readonly blinding: bigint;
}): AgentSecrets {
  const secret = fieldElement(values.secret, "secret");
  if (secret === 0n) throw new KeysError("SECRET_ZERO", "an agent secret must not be zero");
  return { secret: new Secret(secret), blinding: new Secret(fieldElement(values.blinding, "blinding")) };
}
