import { c4, DOMAIN, type FieldElement } from "../core/index.ts";
import { type AgentSecrets, type PolicySecrets, Secret } from "../keys/index.ts";
import { commitToPolicySecrets, type PolicyId, policyAddress } from "../policy/index.ts";

/** What an agent proves with: its own secrets, those of its owner's policy, and who created that policy. */
export type AgentCredential = {
  readonly agent: AgentSecrets;
  readonly policy: PolicySecrets;
  /** By `creatorOf`: the registry and the key that created the policy. */
  readonly creator: FieldElement;
};

/** The public inputs that a presentation hides (protocol §5): with a base proof they are a bearer credential. */
export type HiddenInputs = {
  /** I, the policy address. */
  readonly policy: PolicyId;
  readonly ownerKey: FieldElement;
  readonly deviceKey: FieldElement;
};

/** Policy address and pseudonym keys of a credential (protocol §2, §5); they name the owner, so they stay secret. */
export function hiddenInputs({ agent, policy, creator }: AgentCredential): Secret<HiddenInputs> {
  const address = policyAddress(commitToPolicySecrets(policy), creator);
  return new Secret({
    policy: address,
    ownerKey: c4(DOMAIN.ownerPseudonymKey, policy.secret.reveal(), address, 0n),
    deviceKey: c4(DOMAIN.devicePseudonymKey, agent.secret.reveal(), address, 0n),
  });
}
