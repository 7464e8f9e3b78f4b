import type { Hex32 } from "../core/index.ts";
import { ProofError, type ProofErrorCode } from "./errors.ts";
import { pairingHolds, sumPublic } from "./groth16.ts";
import { hashToG1 } from "./hashToG1.ts";
import {
  assertCoordinates,
  assertScalar,
  decodeG1,
  decodeG2,
  encodeG1,
  type G1Coordinates,
  type G1Point,
  type G2Point,
  isZero,
  ZERO_G1,
} from "./points.ts";
import { type Presentation, pseudonymId, sigmaChallenge } from "./presentation.ts";
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

/** What the chain says about the roots of a presentation; all of it from one block. */
export type RootFacts = {
  /** Time of that block, in seconds since 1970. */
  readonly blockTime: bigint;
  /** The checkpoint record of provisionedRoot; none if it never was one. */
  readonly provisioned:
    | { readonly generation: number; readonly size: bigint; readonly final: boolean }
    | undefined;
  /** revokedRoot in the generation of provisionedRoot. */
  readonly revoked:
    | { readonly status: "unknown" }
    | { readonly status: "current" }
    | { readonly status: "superseded"; readonly supersededAt: bigint };
};

/** Reads {@link RootFacts} at the newest block; `final` says whether the finalized block has the checkpoint too. */
export interface RootsReader {
  readRoots(provisionedRoot: bigint, revokedRoot: bigint): Promise<RootFacts>;
}

export type VerifyOptions = {
  readonly presentation: Presentation;
  /** The verifier's own copy of what it asked for; its challenge must be used only once. */
  readonly request: PresentationRequest;
  readonly context: PresentationContext;
  readonly key: VerifyingKey;
  readonly facts: RootFacts;
  /** The verifier's clock, in seconds since 1970. */
  readonly clock: bigint;
  /** How far the block may be behind the clock, in seconds. */
  readonly maxHeadAge?: bigint;
};

/** What a valid presentation says: "an authorized, unrevoked agent", and the pseudonyms that were asked for. */
export type Verified = {
  readonly owner: Hex32 | undefined;
  readonly device: Hex32 | undefined;
  /** How many agents, live or not, it hides among. */
  readonly agents: bigint;
};

const MAX_HEAD_AGE = 60n;

/** The points of a presentation, decoded. */
type Points = {
  readonly a: G1Point;
  readonly b: G2Point;
  readonly c: G1Point;
  readonly h: G1Point;
  readonly owner: G1Point;
  readonly device: G1Point;
};

/**
 * Verifies a presentation off-chain: all of protocol §6.5, in its order. Pure: what the chain says is given.
 *
 * @throws {ProofError} HEAD_TOO_OLD, REQUEST_EXPIRED, PRESENTATION_EXPIRED, SCALAR_NOT_CANONICAL,
 * COORDINATE_NOT_CANONICAL, POINT_NOT_ON_CURVE, POINT_NOT_IN_SUBGROUP, POINT_ZERO, PSEUDONYM_MISSING,
 * PSEUDONYM_UNEXPECTED, PROVISIONED_ROOT_UNKNOWN, PROVISIONED_ROOT_NOT_FINAL, TOO_FEW_AGENTS, REVOKED_ROOT_UNKNOWN,
 * REVOKED_ROOT_SUPERSEDED, SIGMA_MISMATCH, PAIRING_MISMATCH; for a malformed request as {@link presentationRequest}
 */
export function verifyPresentation(options: VerifyOptions): Verified {
  const { presentation, key } = options;
  const request = presentationRequest(options.request);
  assertInTime(options, request);
  assertCanonical(presentation);
  const points = decodePoints(presentation);
  assertPresence(presentation, request);
  const agents = assertRoots(options, request);
  assertSigma(options, request, points);
  assertPairing(presentation, key, points);
  return {
    owner: pseudonymId(presentation.ownerPseudonym),
    device: pseudonymId(presentation.devicePseudonym),
    agents,
  };
}

function assertInTime(options: VerifyOptions, request: PresentationRequest): void {
  const { facts, clock, presentation, maxHeadAge = MAX_HEAD_AGE } = options;
  if (clock - facts.blockTime > maxHeadAge) {
    fail("HEAD_TOO_OLD", "the newest known block is too old to judge roots by", {
      blockTime: facts.blockTime,
    });
  }
  const now = clock > facts.blockTime ? clock : facts.blockTime;
  if (now > request.expiresAt) fail("REQUEST_EXPIRED", "the request has expired", { now });
  if (now > presentation.validUntil) fail("PRESENTATION_EXPIRED", "the presentation has expired", { now });
}

function assertCanonical(p: Presentation): void {
  const { provisionedRoot, revokedRoot, validUntil, sPolicy, sOwner, sDevice, sZ } = p;
  const scalars = { provisionedRoot, revokedRoot, validUntil, sPolicy, sOwner, sDevice, sZ };
  for (const [name, value] of Object.entries(scalars)) assertScalar(value, name);
  assertScalar(p.sigmaChallenge, "sigmaChallenge");
  const { a, b, c, h, ownerPseudonym, devicePseudonym } = p;
  for (const [name, value] of Object.entries({ a, b, c, h, ownerPseudonym, devicePseudonym })) {
    assertCoordinates(value, name);
  }
}

function decodePoints(p: Presentation): Points {
  return {
    a: decodeG1(p.a, "a"),
    c: decodeG1(p.c, "c"),
    h: decodeG1(p.h, "h"),
    owner: decodeG1(p.ownerPseudonym, "ownerPseudonym"),
    device: decodeG1(p.devicePseudonym, "devicePseudonym"),
    b: decodeG2(p.b, "b"),
  };
}

function assertPresence(p: Presentation, request: PresentationRequest): void {
  const { a, b, c, h, ownerPseudonym, devicePseudonym } = p;
  for (const [name, value] of Object.entries({ a, b, c, h })) {
    if (isZero(value)) fail("POINT_ZERO", `${name} is zero`, { name });
  }
  const check = (name: string, asked: boolean, point: G1Coordinates) => {
    if (asked && isZero(point)) fail("PSEUDONYM_MISSING", `${name} was asked for`, { name });
    if (!asked && !isZero(point)) fail("PSEUDONYM_UNEXPECTED", `${name} was not asked for`, { name });
  };
  check("ownerPseudonym", discloses(request, DISCLOSE.OWNER), ownerPseudonym);
  check("devicePseudonym", discloses(request, DISCLOSE.DEVICE), devicePseudonym);
}

function assertRoots({ facts }: VerifyOptions, request: PresentationRequest): bigint {
  const { provisioned, revoked, blockTime } = facts;
  if (provisioned === undefined) {
    return fail("PROVISIONED_ROOT_UNKNOWN", "the provisioned root is no checkpoint", {});
  }
  if (!provisioned.final) {
    fail("PROVISIONED_ROOT_NOT_FINAL", "the checkpoint of the provisioned root is not final yet", {});
  }
  if (provisioned.size < request.minAgents) {
    fail("TOO_FEW_AGENTS", "too few agents to hide among", { agents: provisioned.size });
  }
  if (revoked.status === "unknown") {
    fail("REVOKED_ROOT_UNKNOWN", "no such revocation root in the generation of the provisioned root", {
      generation: provisioned.generation,
    });
  }
  if (revoked.status === "superseded" && blockTime - revoked.supersededAt >= request.maxRevocationAge) {
    fail("REVOKED_ROOT_SUPERSEDED", "the revocation root is out of the verifier's window", {
      supersededAt: revoked.supersededAt,
      blockTime,
    });
  }
  return provisioned.size;
}

/** Recomputes T_H, T_o, T_d from the responses, and from them the challenge. */
function assertSigma(options: VerifyOptions, request: PresentationRequest, points: Points): void {
  const { presentation: p, context, key } = options;
  const [, , , , l4, l5, l6] = key.inputs;
  const challenge = p.sigmaChallenge;
  const seed = scopeSeed(request, context.audience);
  const domains = baseDomains(request);
  const pseudonym = (bit: number, domain: string, s: bigint, point: G1Point): G1Coordinates =>
    discloses(request, bit)
      ? encodeG1(sumPublic([hashToG1(domain, seed).point, point.negate()], [s, challenge]))
      : ZERO_G1;
  const commitments = {
    h: encodeG1(
      sumPublic(
        [l4, l5, l6, key.delta1, points.h.negate()],
        [p.sPolicy, p.sOwner, p.sDevice, p.sZ, challenge],
      ),
    ),
    owner: pseudonym(DISCLOSE.OWNER, domains.owner, p.sOwner, points.owner),
    device: pseudonym(DISCLOSE.DEVICE, domains.device, p.sDevice, points.device),
  };
  const expected = sigmaChallenge({ context, vkHash: key.vkHash, request, statement: p, commitments });
  if (expected !== challenge) {
    fail("SIGMA_MISMATCH", "made for another request, audience, verifier or registry, or altered", {});
  }
}

/** e(A',B') · e(−vkX, g2) · e(−C', δ₂) = e(α,β), with vkX = L₀ + x₁L₁ + x₂L₂ + x₃L₃ + H. */
function assertPairing(p: Presentation, key: VerifyingKey, points: Points): void {
  const [l0, l1, l2, l3] = key.inputs;
  const vkX = sumPublic([l1, l2, l3], [p.provisionedRoot, p.revokedRoot, p.validUntil]).add(l0).add(points.h);
  if (!pairingHolds(key, points.a, points.b, points.c, vkX)) {
    fail("PAIRING_MISMATCH", "the proof does not hold for these roots and this validity", {});
  }
}

function fail(code: ProofErrorCode, message: string, details: Readonly<Record<string, unknown>>): never {
  throw new ProofError(code, message, { details });
}
