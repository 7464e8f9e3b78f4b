import type { Hex } from "../core/index.ts";
import {
  type AgentKey,
  agentSignerOf,
  KEY_KINDS,
  keyIdOf,
  type PolicySigner,
  type TypedData,
  typedDataDigest,
  verifySignature,
} from "../keys/index.ts";
import {
  capabilityBits,
  normalizeCapabilities,
  type PolicyId,
  type RegistryLocation,
  registryDomain,
  type TrusteeCapabilities,
} from "../policy/index.ts";
import { TrusteesError } from "./errors.ts";

/** What an owner asks of somebody who is to be a trustee. */
export type TrusteeOffer = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly capabilities: TrusteeCapabilities;
  /** Last second at which a set with this trustee may come into force. */
  readonly deadline: bigint;
};

/** A trustee's own word that it is one; hidden until it first acts. */
export type TrusteeConsent = {
  readonly key: AgentKey;
  readonly capabilities: TrusteeCapabilities;
  readonly deadline: bigint;
  readonly signature: Hex;
};

const TYPES: TypedData["types"] = {
  TrusteeConsent: [
    { name: "policy", type: "uint256" },
    { name: "kind", type: "uint8" },
    { name: "key", type: "bytes" },
    { name: "capabilities", type: "uint8" },
    { name: "deadline", type: "uint64" },
  ],
};

/** What a trustee signs to become one. @throws {PolicyError} CAPABILITIES_UNKNOWN */
export function consentTypedData(offer: TrusteeOffer, key: AgentKey): TypedData {
  const { location, policy, capabilities, deadline } = offer;
  return {
    domain: registryDomain(location),
    types: TYPES,
    primaryType: "TrusteeConsent",
    message: {
      ...{ policy, kind: KEY_KINDS[key.kind], key: key.material },
      ...{ capabilities: capabilityBits(capabilities), deadline },
    },
  };
}

/**
 * Consents to be a trustee, on the trustee's device. A trustee may agree to less than it is asked: give the offer with fewer
 * capabilities.
 *
 * @param signer The key with which the trustee will act: of its own, in no other policy of the owner's.
 * @throws {TrusteesError} TRUSTEE_INCAPABLE if it is asked for nothing; TRUSTEE_CONSENT_MISMATCH if the signer signs as
 * somebody else than it says
 */
export async function consentToTrust(signer: PolicySigner, offer: TrusteeOffer): Promise<TrusteeConsent> {
  const capabilities = normalizeCapabilities(offer.capabilities);
  if (capabilities.length === 0) {
    throw new TrusteesError("TRUSTEE_INCAPABLE", "a trustee has at least one capability");
  }
  const { key, sign } = await agentSignerOf(signer);
  const signature = await sign(consentTypedData({ ...offer, capabilities }, key));
  const consent = { key, capabilities, deadline: offer.deadline, signature };
  checkConsent(offer, consent);
  return consent;
}

/**
 * Refuses a consent that its key did not sign for this policy; one of a contract is left to the chain.
 *
 * @throws {TrusteesError} TRUSTEE_CONSENT_MISMATCH
 */
export function checkConsent(
  { location, policy }: Pick<TrusteeOffer, "location" | "policy">,
  consent: TrusteeConsent,
): void {
  const { key, capabilities, deadline, signature } = consent;
  const data = consentTypedData({ location, policy, capabilities, deadline }, key);
  if (isSignedBy(key, data, signature)) return;
  throw new TrusteesError("TRUSTEE_CONSENT_MISMATCH", "the consent is not its trustee's for this policy", {
    details: { trustee: keyIdOf(key) },
  });
}

/** False if the key did not sign, or what it signed has not the form of its kind; of a contract only the chain knows. */
export function isSignedBy(key: AgentKey, data: TypedData, signature: Hex): boolean {
  try {
    return verifySignature(key, typedDataDigest(data), signature) !== "NOT_SIGNED";
  } catch {
    return false;
  }
}
