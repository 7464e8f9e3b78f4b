import type { BaseProof } from "../../../client/proof/authorization.ts";
import { type HiddenInputs, hiddenInputs } from "../../../client/proof/credential.ts";
import { hashToG1 } from "../../../client/proof/hashToG1.ts";
import type { PresentationContext, PresentationRequest, VerifyingKey } from "../../../client/proof/index.ts";
import {
  encodeG1,
  encodeG2,
  G1,
  type G1Coordinates,
  type G1Point,
  G2,
  type G2Coordinates,
  type G2Point,
  multiplySecret,
  randomScalar,
  respond,
  ZERO_G1,
} from "../../../client/proof/points.ts";
import { type Presentation, sigmaChallenge } from "../../../client/proof/presentation.ts";
import { baseDomains, DISCLOSE, discloses, scopeSeed } from "../../../client/proof/request.ts";
import type { Scenario } from "./support.ts";

/** A presentation's parts as an attacker chooses them; the sigma proof is made to fit. */
export type Forgery = {
  readonly key: VerifyingKey;
  readonly context: PresentationContext;
  readonly request: PresentationRequest;
  readonly revealed: {
    readonly provisionedRoot: bigint;
    readonly revokedRoot: bigint;
    readonly validUntil: bigint;
  };
  readonly points: BaseProof & { readonly h: G1Coordinates };
  /** What the attacker claims to be in H. */
  readonly hidden: HiddenInputs;
  readonly z: bigint;
};

/** A presentation with a consistent sigma challenge, whatever its points are. */
export function forge({ key, context, request, revealed, points, hidden, z }: Forgery): Presentation {
  const [, , , , l4, l5, l6] = key.inputs;
  const [k4, k5, k6, kz] = [randomScalar(), randomScalar(), randomScalar(), randomScalar()];
  const seed = scopeSeed(request, context.audience);
  const domains = baseDomains(request);
  const owner = discloses(request, DISCLOSE.OWNER) ? hashToG1(domains.owner, seed).point : undefined;
  const device = discloses(request, DISCLOSE.DEVICE) ? hashToG1(domains.device, seed).point : undefined;
  const times = (base: G1Point | undefined, scalar: bigint): G1Coordinates =>
    base === undefined ? ZERO_G1 : encodeG1(multiplySecret(base, scalar));
  const statement = {
    ...revealed,
    ...points,
    ownerPseudonym: times(owner, hidden.ownerKey),
    devicePseudonym: times(device, hidden.deviceKey),
  };
  const commitments = {
    h: encodeG1(l4.multiply(k4).add(l5.multiply(k5)).add(l6.multiply(k6)).add(key.delta1.multiply(kz))),
    owner: times(owner, k5),
    device: times(device, k6),
  };
  const c = sigmaChallenge({ context, vkHash: key.vkHash, request, statement, commitments });
  return {
    ...statement,
    sigmaChallenge: c,
    sPolicy: respond(k4, c, hidden.policy),
    sOwner: respond(k5, c, hidden.ownerKey),
    sDevice: respond(k6, c, hidden.deviceKey),
    sZ: respond(kz, c, z),
  };
}

/** The honest parts of a presentation by the scenario's agent, for an attacker to alter. */
export function honestParts(s: Scenario, request: PresentationRequest): Forgery {
  const hidden = hiddenInputs(s.credential).reveal();
  const { a, b, c } = s.authorization.points();
  const [, , , , l4, l5, l6] = s.key.inputs;
  const z = randomScalar();
  const h = l4
    .multiply(hidden.policy)
    .add(l5.multiply(hidden.ownerKey))
    .add(l6.multiply(hidden.deviceKey))
    .add(s.key.delta1.multiply(z));
  return {
    key: s.key,
    context: s.context,
    request,
    revealed: s.authorization.revealed,
    points: {
      a: encodeG1(a),
      b: encodeG2(b),
      c: encodeG1(c.subtract(G1.BASE.multiply(z))),
      h: encodeG1(h),
    },
    hidden,
    z,
  };
}

/** Points that anyone can choose and that pass the pairing check of protocol §6.5 for any revealed inputs. */
export function pairingOnlyPoints(
  key: VerifyingKey,
  { provisionedRoot, revokedRoot, validUntil }: Forgery["revealed"],
): Forgery["points"] {
  const [l0, l1, l2, l3] = key.inputs;
  const t = randomScalar();
  const vkX = l0.add(l1.multiply(provisionedRoot)).add(l2.multiply(revokedRoot)).add(l3.multiply(validUntil));
  return {
    a: key.coordinates.alpha,
    b: key.coordinates.beta,
    c: encodeG1(G1.BASE.multiply(t).negate()),
    h: encodeG1(key.delta1.multiply(t).subtract(vkX)),
  };
}

/** B plus a point of order 10069: on the twist, and not in the subgroup of order r. */
export function outsideSubgroup(b: G2Coordinates): G2Coordinates {
  const order = 10_069n;
  const { h, n } = G2.CURVE();
  if (h % order !== 0n) throw new Error("the twist's cofactor has no such factor");
  const cofactor = (h / order) * n;
  for (let x = 1n; ; x++) {
    const point = onTwist(x);
    if (point === undefined) continue;
    const small = timesAny(point, cofactor);
    if (small.is0()) continue;
    const [xc1, xc0, yc1, yc0] = b;
    const Fp2 = G2.Fp;
    const affine = { x: Fp2.create({ c0: xc0, c1: xc1 }), y: Fp2.create({ c0: yc0, c1: yc1 }) };
    return encodeG2(G2.fromAffine(affine).add(small));
  }
}

/** The point of the twist with this x, a number, if there is one. */
function onTwist(x: bigint): G2Point | undefined {
  const Fp2 = G2.Fp;
  const at = Fp2.create({ c0: x, c1: 0n });
  try {
    const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(at), at), G2.CURVE().b));
    return G2.fromAffine({ x: at, y });
  } catch {
    return undefined;
  }
}

/** Double and add: the scalar is larger than the group's order, which the library refuses. */
function timesAny(point: G2Point, scalar: bigint): G2Point {
  let sum = G2.ZERO;
  for (const bit of scalar.toString(2)) {
    sum = sum.double();
    if (bit === "1") sum = sum.add(point);
  }
  return sum;
}
