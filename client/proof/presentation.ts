import type { Hex32 } from "../core/index.ts";
import type { G1Coordinates, G2Coordinates } from "./points.ts";
import type { PresentationContext, PresentationRequest } from "./request.ts";
import { keccakText, keccakWords } from "./words.ts";

/** What an agent shows (protocol §6.2). Points that were not asked for are (0, 0). */
export type Presentation = {
  readonly provisionedRoot: bigint;
  readonly revokedRoot: bigint;
  readonly validUntil: bigint;
  readonly a: G1Coordinates;
  readonly b: G2Coordinates;
  readonly c: G1Coordinates;
  /** x₄L₄ + x₅L₅ + x₆L₆ + z[δ]₁: the hidden inputs, blinded. */
  readonly h: G1Coordinates;
  readonly ownerPseudonym: G1Coordinates;
  readonly devicePseudonym: G1Coordinates;
  readonly sigmaChallenge: bigint;
  readonly sPolicy: bigint;
  readonly sOwner: bigint;
  readonly sDevice: bigint;
  readonly sZ: bigint;
};

/** The first messages of the sigma proof. */
export type SigmaCommitments = {
  readonly h: G1Coordinates;
  readonly owner: G1Coordinates;
  readonly device: G1Coordinates;
};

/** What the sigma challenge covers. */
export type Transcript = {
  readonly context: PresentationContext;
  readonly vkHash: Hex32;
  readonly request: PresentationRequest;
  readonly statement: Omit<Presentation, "sigmaChallenge" | "sPolicy" | "sOwner" | "sDevice" | "sZ">;
  readonly commitments: SigmaCommitments;
};

const TAG = keccakText("DKMS-V1-PRESENTATION");

/** Binds everything that a presentation is about (protocol §6.4); 253 bits, so below r. */
export function sigmaChallenge({ context, vkHash, request, statement, commitments }: Transcript): bigint {
  const hash = keccakWords([
    TAG,
    context.chainId,
    context.registry,
    context.verifier,
    vkHash,
    context.audience,
    request.scope,
    request.challenge,
    BigInt(request.disclose),
    request.maxRevocationAge,
    request.minAgents,
    request.expiresAt,
    statement.provisionedRoot,
    statement.revokedRoot,
    statement.validUntil,
    ...statement.a,
    ...statement.b,
    ...statement.c,
    ...statement.h,
    ...statement.ownerPseudonym,
    ...statement.devicePseudonym,
    ...commitments.h,
    ...commitments.owner,
    ...commitments.device,
  ]);
  return BigInt(hash) >> 3n;
}

/** How a pseudonym is shown and stored: keccak256(x ‖ y); none for one that was not asked for. */
export function pseudonymId(point: G1Coordinates): Hex32 | undefined {
  return point[0] === 0n && point[1] === 0n ? undefined : keccakWords(point);
}
