import type { Hex32 } from "../core/index.ts";
import { hashToG1 } from "./hashToG1.ts";
import type { Presentation } from "./presentation.ts";
import { baseDomains, DISCLOSE, discloses, type PresentationRequest, scopeSeed } from "./request.ts";

/** A presentation as the `Presentation` struct of the contracts: with the hints that locate the pseudonyms' bases. */
export type ContractPresentation = Presentation & {
  /** Those of the owner's base, then those of the device's. */
  readonly hints: readonly bigint[];
};

/**
 * A presentation as the argument of `AgentProofVerifier.verify`; ethers takes it as it is.
 *
 * @param audience What the presentation was made for: {@link contractAudience} of the contract that calls the verifier.
 * @throws {ProofError} HASH_TO_CURVE_EXHAUSTED (probability 2⁻²⁵⁶)
 */
export function encodeForContract(
  presentation: Presentation,
  request: PresentationRequest,
  audience: Hex32,
): ContractPresentation {
  const seed = scopeSeed(request, audience);
  const domains = baseDomains(request);
  return {
    ...presentation,
    hints: [
      ...(discloses(request, DISCLOSE.OWNER) ? hashToG1(domains.owner, seed).hints : []),
      ...(discloses(request, DISCLOSE.DEVICE) ? hashToG1(domains.device, seed).hints : []),
    ],
  };
}
