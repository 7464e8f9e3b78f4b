import { ristretto255, ristretto255_FROST } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bigintToBytes, bytesToHex, type Hex32, hex32 } from "../core/index.ts";
import { type RandomSource, Secret, systemRandom } from "../keys/index.ts";
import { RecoveryError } from "./errors.ts";

/**
 * Feldman's verifiable secret sharing over ristretto255 (RFC 9591 appendix C): share i is f(i) for a random polynomial f
 * of degree t − 1 with f(0) the secret, and the commitments g^(a_j) let everyone check a share without knowing others.
 * They also show g^secret, so a guessable secret could be found by trial: it is always drawn here, never given.
 */

declare const sharedBrand: unique symbol;

/** A random scalar that {@link dealSecret} drew or {@link combineShares} restored; nothing else makes one. */
export type SharedSecret = Secret<Uint8Array> & { readonly [sharedBrand]: true };

export type SharingBounds = {
  /** Shares that restore the secret: 2 ≤ threshold ≤ count. */
  readonly threshold: number;
  /** Shares that are dealt: 3 ≤ count ≤ 255. */
  readonly count: number;
};

/** What all shares of one secret have in common; public. */
export type SharePublic = {
  readonly threshold: number;
  /** Number of the set among its owner's, from 1: the `setNumber` on chain. */
  readonly epoch: number;
  /** `threshold` points of ristretto255, constant term first. */
  readonly commitments: readonly Uint8Array[];
};

/** A secret that has been shared out. */
export type DealtSecret = {
  readonly secret: SharedSecret;
  readonly public: SharePublic;
  /** See {@link shareSetAnchor}. */
  readonly tag: Hex32;
  /** The share with index i at position i − 1. */
  readonly values: readonly Secret<Uint8Array>[];
};

/** One share that fits its commitments. */
export type ShareValue = { readonly index: number; readonly value: Secret<Uint8Array> };

const MIN_COUNT = 3;
const MIN_THRESHOLD = 2;
const MAX_COUNT = 255;
const MAX_EPOCH = 2 ** 32 - 1;
const TAG_DOMAIN = "DKMS-V1-SHARE-SET";
const { Point } = ristretto255;
const { Identifier, utils } = ristretto255_FROST;

/** @throws {RecoveryError} SHARING_BOUNDS */
export function checkBounds({ threshold, count }: SharingBounds): void {
  const whole = Number.isInteger(threshold) && Number.isInteger(count);
  if (!whole || count < MIN_COUNT || count > MAX_COUNT || threshold < MIN_THRESHOLD || threshold > count) {
    throw new RecoveryError("SHARING_BOUNDS", "needs 3 to 255 trustees and a threshold of 2 to all of them", {
      details: { threshold, count },
    });
  }
}

/** @throws {RecoveryError} SHARING_BOUNDS unless 1 ≤ epoch < 2³². */
export function checkEpoch(epoch: number): void {
  if (!Number.isInteger(epoch) || epoch < 1 || epoch > MAX_EPOCH) {
    throw new RecoveryError("SHARING_BOUNDS", "sets of shares are numbered from 1 to 2^32 - 1", {
      details: { epoch },
    });
  }
}

/**
 * Draws a secret and shares it out.
 *
 * @throws {RecoveryError} SHARING_BOUNDS
 */
export function dealSecret(
  options: SharingBounds & { readonly epoch: number; readonly random?: RandomSource },
): DealtSecret {
  const { threshold, count, epoch, random = systemRandom } = options;
  checkBounds({ threshold, count });
  checkEpoch(epoch);
  const draw = (length = 32) => {
    const bytes = new Uint8Array(length);
    random(bytes);
    return bytes;
  };
  const secret = utils.randomScalar(draw);
  const dealt = ristretto255_FROST.trustedDealer({ min: threshold, max: count }, undefined, secret, draw);
  const values = Array.from({ length: count }, (_, i) => {
    const share = dealt.secretShares[Identifier.fromNumber(i + 1)];
    if (share === undefined) throw new RecoveryError("SHARING_BOUNDS", "the dealer left out a share");
    return new Secret<Uint8Array>(share.signingShare);
  });
  const common = { threshold, epoch, commitments: dealt.public.commitments };
  return {
    secret: new Secret<Uint8Array>(secret) as SharedSecret,
    public: common,
    tag: shareSetAnchor(common),
    values,
  };
}

/**
 * The tag of a set of shares: SHA-256("DKMS-V1-SHARE-SET" ‖ threshold (1 byte) ‖ epoch (4 bytes) ‖ commitments). The
 * owner's policy anchors it, so that a stranger's set cannot be passed off as the owner's.
 */
export function shareSetAnchor({ threshold, epoch, commitments }: SharePublic): Hex32 {
  const header = [Uint8Array.of(threshold), bigintToBytes(BigInt(epoch), 4)];
  return hex32(bytesToHex(sha256(concatBytes(utf8ToBytes(TAG_DOMAIN), ...header, ...commitments))));
}

/**
 * Checks a share against the commitments.
 *
 * @throws {RecoveryError} SHARE_COMMITMENT_COUNT, SHARE_POINT_INVALID, SHARE_SCALAR_INVALID, SHARE_INDEX_INVALID,
 * SHARE_VALUE_WRONG
 */
export function checkShareValue({ index, value }: ShareValue, set: SharePublic): void {
  const details = { index };
  if (!Number.isInteger(index) || index < 1 || index > MAX_COUNT) {
    // Index 0 would be the secret itself, and would choose it.
    throw new RecoveryError("SHARE_INDEX_INVALID", "shares are numbered from 1 to 255", { details });
  }
  checkCommitments(set);
  if (!isScalar(value.reveal())) {
    throw new RecoveryError("SHARE_SCALAR_INVALID", "not a canonical non-zero scalar", { details });
  }
  try {
    ristretto255_FROST.validateSecret(frostShare({ index, value }), {
      signers: { min: set.threshold, max: MAX_COUNT },
      commitments: [...set.commitments],
      verifyingShares: {},
    });
  } catch {
    throw new RecoveryError("SHARE_VALUE_WRONG", "the share does not fit the commitments", { details });
  }
}

/** @throws {RecoveryError} SHARE_COMMITMENT_COUNT, SHARE_POINT_INVALID */
function checkCommitments({ commitments, threshold }: SharePublic): void {
  // The library takes any number; fewer would be a polynomial that fewer trustees can interpolate.
  if (commitments.length !== threshold) {
    throw new RecoveryError("SHARE_COMMITMENT_COUNT", "there is one commitment for each share needed", {
      details: { expected: threshold, actual: commitments.length },
    });
  }
  const bad = commitments.findIndex((bytes) => !isPoint(bytes));
  if (bad !== -1) {
    throw new RecoveryError("SHARE_POINT_INVALID", "not a canonical point other than zero", {
      details: { commitment: bad },
    });
  }
}

/**
 * The secret back from at least `threshold` shares with different indices, each of which {@link checkShareValue}
 * accepted for `set`: Feldman's commitments leave them no other secret to agree on.
 *
 * @throws {RecoveryError} SHARES_TOO_FEW
 */
export function combineShares(shares: readonly ShareValue[], { threshold }: SharePublic): SharedSecret {
  if (shares.length < threshold) {
    throw new RecoveryError("SHARES_TOO_FEW", `${threshold} shares are needed`, {
      details: { needed: threshold, good: shares.length },
    });
  }
  const enough = shares.slice(0, threshold).map(frostShare);
  const secret = ristretto255_FROST.combineSecret(enough, { min: threshold, max: MAX_COUNT });
  return new Secret<Uint8Array>(secret) as SharedSecret;
}

/** g^share of the share with this index, from the commitments alone: what its holder can prove to know. */
export function verifyingShare(index: number, { commitments }: SharePublic): Uint8Array {
  const powers = [...commitments].reverse();
  const at = BigInt(index);
  return powers
    .reduce((sum, bytes) => sum.multiplyUnsafe(at).add(Point.fromBytes(bytes)), Point.ZERO)
    .toBytes();
}

function frostShare({ index, value }: ShareValue): { identifier: string; signingShare: Uint8Array } {
  return { identifier: Identifier.fromNumber(index), signingShare: value.reveal() };
}

function isScalar(bytes: Uint8Array): boolean {
  try {
    return !utils.Fn.is0(utils.Fn.fromBytes(bytes));
  } catch {
    return false;
  }
}

function isPoint(bytes: Uint8Array): boolean {
  try {
    return !Point.fromBytes(bytes).is0();
  } catch {
    return false;
  }
}
