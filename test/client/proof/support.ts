import { fieldElement, type Hex32, hex20, hex32 } from "../../../client/core/index.ts";
import {
  derivePolicySecrets,
  generateAgentSecrets,
  generateLinkSecret,
  generatePolicyLabel,
} from "../../../client/keys/index.ts";
import {
  type AgentCredential,
  DISCLOSE,
  generateChallenge,
  hiddenInputs,
  OFF_CHAIN,
  PreparedAuthorization,
  type Presentation,
  type PresentationContext,
  type PresentationRequest,
  present,
  type RootFacts,
  type VerifyingKey,
  type VerifyOptions,
  verifyingKey,
  verifyPresentation,
  webAudience,
  ZERO_SCOPE,
} from "../../../client/proof/index.ts";
import { type TrapdoorKey, trapdoorKey } from "./trapdoor.ts";

/** Seconds; everything below lives around this time. */
export const NOW = 1_000_000n;

export type Scenario = {
  readonly trapdoor: TrapdoorKey;
  readonly key: VerifyingKey;
  readonly credential: AgentCredential;
  readonly authorization: PreparedAuthorization;
  readonly context: PresentationContext;
  readonly facts: RootFacts;
};

export const ROOTS = {
  provisionedRoot: fieldElement(0x1111n),
  revokedRoot: fieldElement(0x2222n),
  validUntil: fieldElement(NOW + 7200n),
};

export const SCOPE = hex32(`0x${"5c".repeat(32)}`);

/** An authorized agent and a verifier that knows its roots, over a key with known secrets. */
export function scenario(): Scenario {
  const trapdoor = trapdoorKey();
  const key = verifyingKey(trapdoor.coordinates);
  const credential = newCredential();
  return {
    trapdoor,
    key,
    credential,
    authorization: authorize(trapdoor, key, credential),
    context: {
      chainId: 1n,
      registry: hex20(`0x${"aa".repeat(20)}`),
      verifier: OFF_CHAIN,
      audience: webAudience("https://verifier.example"),
    },
    facts: {
      blockTime: NOW,
      provisioned: { generation: 0, size: 1000n, final: true },
      revoked: { status: "current" },
    },
  };
}

export function newCredential(): AgentCredential {
  return {
    agent: generateAgentSecrets(),
    policy: derivePolicySecrets(generateLinkSecret(), generatePolicyLabel()),
    creator: fieldElement(7n),
  };
}

/** A base proof of this credential, made with the key's secrets. */
export function authorize(
  trapdoor: TrapdoorKey,
  key: VerifyingKey,
  credential: AgentCredential,
  roots = ROOTS,
): PreparedAuthorization {
  const { policy, ownerKey, deviceKey } = hiddenInputs(credential).reveal();
  const { provisionedRoot, revokedRoot, validUntil } = roots;
  const proof = trapdoor.prove([provisionedRoot, revokedRoot, validUntil, policy, ownerKey, deviceKey]);
  return new PreparedAuthorization(key.vkHash, roots, proof);
}

export function request(changes: Partial<PresentationRequest> = {}): PresentationRequest {
  const disclose = changes.disclose ?? DISCLOSE.OWNER + DISCLOSE.DEVICE;
  return {
    scope: disclose === 0 ? ZERO_SCOPE : SCOPE,
    challenge: generateChallenge(),
    disclose,
    maxRevocationAge: 300n,
    minAgents: 10n,
    expiresAt: NOW + 60n,
    ...changes,
  };
}

/** A presentation by the scenario's agent. */
export function show(
  { authorization, credential, context, key }: Scenario,
  asked: PresentationRequest,
  changes: { readonly audience?: Hex32; readonly credential?: AgentCredential } = {},
): Presentation {
  return present({
    authorization,
    credential: changes.credential ?? credential,
    request: asked,
    context: { ...context, audience: changes.audience ?? context.audience },
    key,
    sharedScopeConsent: true,
  });
}

/** Verifies as the scenario's verifier, with `changes`. */
export function check(
  { context, key, facts }: Scenario,
  asked: PresentationRequest,
  presentation: Presentation,
  changes: Partial<VerifyOptions> = {},
): ReturnType<typeof verifyPresentation> {
  return verifyPresentation({ presentation, request: asked, context, key, facts, clock: NOW, ...changes });
}

/** The code of the error that `action` throws; "accepted" if it throws none. */
export function outcome(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return "accepted";
}
