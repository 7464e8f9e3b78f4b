import { type AgentAction, type AgentProof, readActionTerms } from "../../chain/index.ts";
import {
  actionChallenge,
  contractAudience,
  encodeForContract,
  type PresentationRequest,
} from "../../proof/index.ts";
import { AppError } from "../errors.ts";
import type { LatestConsent } from "./agentView.ts";
import { assertSameRegistry, type ProvingAgent } from "./provingAgent.ts";

/** What a contract demands, as its code or documentation says. */
export type AgentTerms = Pick<PresentationRequest, "scope" | "disclose" | "maxRevocationAge" | "minAgents">;

export type ContractProofOptions = {
  readonly action: AgentAction;
  readonly terms: AgentTerms;
  /** Last second at which the transaction may be included. */
  readonly expiresAt: bigint;
  readonly sharedScopeConsent?: boolean;
  readonly latest?: LatestConsent;
};

/**
 * What an agent sends along with a call of a contract that lets authorized agents in. It serves this sender, function and
 * arguments once, and nobody else.
 *
 * @throws {AppError} REGISTRY_MISMATCH, KEY_NOT_OF_VERIFIER if the contract's verifier looks at another registry or key
 * @throws {ChainError} CONTRACT_NOT_FOUND, and those of the node; and as {@link ProvingAgent.present}
 */
export async function proveToContract(
  agent: ProvingAgent,
  options: ContractProofOptions,
): Promise<AgentProof> {
  const { action, terms, expiresAt, sharedScopeConsent, latest } = options;
  const { registry } = agent;
  const { chainId } = registry.location;
  const found = await readActionTerms(registry, action);
  assertSameRegistry(registry, { chainId, registry: found.registry });
  if (found.verifyingKeyHash !== agent.verifyingKey.vkHash) {
    throw new AppError("KEY_NOT_OF_VERIFIER", "the contract's verifier has another verifying key", {
      details: { expected: agent.verifyingKey.vkHash, actual: found.verifyingKeyHash },
    });
  }
  const audience = contractAudience(action.contract);
  // Computed here: so the proof is for this action, whatever contract and node say.
  const challenge = actionChallenge({ chainId, ...action, nonce: found.nonce });
  const request: PresentationRequest = { ...terms, challenge, expiresAt };
  const { presentation } = await agent.present({
    ...{ request, context: { chainId, registry: found.registry, verifier: found.verifier, audience } },
    ...(sharedScopeConsent === undefined ? {} : { sharedScopeConsent }),
    ...(latest === undefined ? {} : { latest }),
  });
  return { nonce: found.nonce, expiresAt, presentation: encodeForContract(presentation, request, audience) };
}
