import type { PreparedAuthorization } from "./authorization.ts";
import { type AgentCredential, hiddenInputs } from "./credential.ts";
import { ProofError } from "./errors.ts";
import { hashToG1 } from "./hashToG1.ts";
import {
  encodeG1,
  encodeG2,
  G1,
  type G1Point,
  invertScalar,
  multiplyScalars,
  multiplySecret,
  randomScalar,
  respond,
  ZERO_G1,
} from "./points.ts";
import { type Presentation, sigmaChallenge } from "./presentation.ts";
import {
  baseDomains,
  DISCLOSE,
  discloses,
  type PresentationContext,
  type PresentationRequest,
  presentationRequest,
  scopeSeed,
} from "./request.ts";
import type { VerifyingKey } from "./verifyingKey.ts";

export type PresentOptions = {
  readonly authorization: PreparedAuthorization;
  readonly credential: AgentCredential;
  readonly request: PresentationRequest;
  /** Its `audience` comes from the authenticated channel, never from the request. */
  readonly context: PresentationContext;
  readonly key: VerifyingKey;
  /** The user has seen that all audiences of this scope can link him, and agreed. */
  readonly sharedScopeConsent?: boolean;
};

/**
 * Shows a prepared authorization to one verifier (protocol §6.2), in about 15 ms. Every call draws fresh randomness:
 * two presentations share nothing but the revealed inputs and, in one scope, the pseudonyms.
 *
 * @throws {ProofError} DISCLOSE_INVALID, SCOPE_MISSING, SCOPE_UNEXPECTED, REQUEST_NUMBER_OUT_OF_RANGE,
 * SHARED_SCOPE_NEEDS_CONSENT, AUTHORIZATION_FOR_OTHER_KEY, AUTHORIZATION_ERASED
 */
export function present(options: PresentOptions): Presentation {
  const { authorization, credential, context, key } = options;
  const request = presentationRequest(options.request);
  if (discloses(request, DISCLOSE.SHARED) && options.sharedScopeConsent !== true) {
    throw new ProofError(
      "SHARED_SCOPE_NEEDS_CONSENT",
      "every audience of this scope could link the pseudonym",
    );
  }
  if (authorization.vkHash !== key.vkHash) {
    throw new ProofError("AUTHORIZATION_FOR_OTHER_KEY", "prepared for another verifying key", {
      details: { expected: key.vkHash, actual: authorization.vkHash },
    });
  }
  const inputs = hiddenInputs(credential).reveal();
  const { z, ...blinded } = blind(authorization, key);
  const h = combine(key, [inputs.policy, inputs.ownerKey, inputs.deviceKey, z]);
  const nonces = { policy: randomScalar(), owner: randomScalar(), device: randomScalar(), z: randomScalar() };
  const bases = pseudonymBases(request, context);
  const statement = {
    ...authorization.revealed,
    ...blinded,
    h: encodeG1(h),
    ownerPseudonym: bases.owner ? encodeG1(multiplySecret(bases.owner, inputs.ownerKey)) : ZERO_G1,
    devicePseudonym: bases.device ? encodeG1(multiplySecret(bases.device, inputs.deviceKey)) : ZERO_G1,
  };
  const commitments = {
    h: encodeG1(combine(key, [nonces.policy, nonces.owner, nonces.device, nonces.z])),
    owner: bases.owner ? encodeG1(multiplySecret(bases.owner, nonces.owner)) : ZERO_G1,
    device: bases.device ? encodeG1(multiplySecret(bases.device, nonces.device)) : ZERO_G1,
  };
  const c = sigmaChallenge({ context, vkHash: key.vkHash, request, statement, commitments });
  return {
    ...statement,
    sigmaChallenge: c,
    sPolicy: respond(nonces.policy, c, inputs.policy),
    sOwner: respond(nonces.owner, c, inputs.ownerKey),
    sDevice: respond(nonces.device, c, inputs.deviceKey),
    sZ: respond(nonces.z, c, z),
  };
}

/** The two bases that a request asks for; they depend on the audience, so only the agent's own view of it counts. */
function pseudonymBases(
  request: PresentationRequest,
  context: PresentationContext,
): { readonly owner: G1Point | undefined; readonly device: G1Point | undefined } {
  const seed = scopeSeed(request, context.audience);
  const domains = baseDomains(request);
  return {
    owner: discloses(request, DISCLOSE.OWNER) ? hashToG1(domains.owner, seed).point : undefined,
    device: discloses(request, DISCLOSE.DEVICE) ? hashToG1(domains.device, seed).point : undefined,
  };
}

/** A' = r₁⁻¹A, B' = r₁B + r₁r₂δ₂, C' = C + r₂A − z·g1. */
function blind(authorization: PreparedAuthorization, key: VerifyingKey) {
  const { a, b, c } = authorization.points();
  const [r1, r2, z] = [randomScalar(), randomScalar(), randomScalar()];
  return {
    a: encodeG1(a.multiply(invertScalar(r1))),
    b: encodeG2(b.multiply(r1).add(key.delta2.multiply(multiplyScalars(r1, r2)))),
    c: encodeG1(c.add(a.multiply(r2)).subtract(G1.BASE.multiply(z))),
    z,
  };
}

/** x₄L₄ + x₅L₅ + x₆L₆ + z[δ]₁ for secret scalars. */
function combine(
  key: VerifyingKey,
  [policy, owner, device, z]: readonly [bigint, bigint, bigint, bigint],
): G1Point {
  const [, , , , l4, l5, l6] = key.inputs;
  return multiplySecret(l4, policy)
    .add(multiplySecret(l5, owner))
    .add(multiplySecret(l6, device))
    .add(multiplySecret(key.delta1, z));
}
