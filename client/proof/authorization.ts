import { concatBytes } from "@noble/hashes/utils.js";
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  type FieldElement,
  fieldElement,
  type Hex32,
  hex32,
  hexToBytes,
} from "../core/index.ts";
import { ProofError } from "./errors.ts";
import {
  decodeG1,
  decodeG2,
  encodeG1,
  encodeG2,
  type G1Coordinates,
  type G1Point,
  type G2Coordinates,
  type G2Point,
  isZero,
} from "./points.ts";

/** A Groth16 proof as a prover gives it. */
export type BaseProof = {
  readonly a: G1Coordinates;
  readonly b: G2Coordinates;
  readonly c: G1Coordinates;
};

/** The public inputs that every presentation shows. */
export type RevealedInputs = {
  readonly provisionedRoot: FieldElement;
  readonly revokedRoot: FieldElement;
  /** Last second, since 1970, at which verifiers accept it. */
  readonly validUntil: FieldElement;
};

type BasePoints = { readonly a: G1Point; readonly b: G2Point; readonly c: G1Point };

const REDACTED = "[prepared authorization]";
const VERSION = 1;
const WORDS = 1 + 3 + 8;
const BYTES = 1 + 32 * WORDS;
/** The tables of A and B pay off after three presentations. */
const WINDOW_G1 = 6;
const WINDOW_G2 = 5;

/**
 * A base proof and the inputs that it shows. Together with the owner's secrets it presents; whoever has it and learns
 * I and the pseudonym keys can present as this agent, so it is bearer material (protocol §6.1): it never gets into
 * logs or JSON, and leaves only through {@link PreparedAuthorization.export}, for encryption bound to the device.
 */
export class PreparedAuthorization {
  readonly vkHash: Hex32;
  readonly revealed: RevealedInputs;
  #base: BasePoints | undefined;

  /**
   * @param proof Points are checked; that the proof holds is checked by whoever made it.
   * @throws {ProofError} AUTHORIZATION_MALFORMED
   */
  constructor(vkHash: Hex32, revealed: RevealedInputs, proof: BaseProof) {
    this.vkHash = vkHash;
    this.revealed = Object.freeze({ ...revealed });
    this.#base = decodeProof(proof);
  }

  /** The points of the base proof. @throws {ProofError} AUTHORIZATION_ERASED */
  points(): BasePoints {
    if (this.#base === undefined) {
      throw new ProofError("AUTHORIZATION_ERASED", "this authorization was erased");
    }
    return this.#base;
  }

  /** Makes the multiplication tables now (60 ms) instead of in the first presentation. */
  warm(): this {
    const { a, b } = this.points();
    a.precompute(WINDOW_G1, false);
    b.precompute(WINDOW_G2, false);
    return this;
  }

  /** Forgets the base proof, as is due when the agent is revoked. */
  erase(): void {
    this.#base = undefined;
  }

  /**
   * The authorization as 385 bytes, for storage under device-bound encryption and nowhere else: never in a backup.
   *
   * @throws {ProofError} AUTHORIZATION_ERASED
   */
  export(): Uint8Array {
    const { a, b, c } = this.points();
    const { provisionedRoot, revokedRoot, validUntil } = this.revealed;
    const words = [provisionedRoot, revokedRoot, validUntil, ...encodeG1(a), ...encodeG2(b), ...encodeG1(c)];
    return concatBytes(
      Uint8Array.of(VERSION),
      hexToBytes(this.vkHash),
      ...words.map((word) => bigintToBytes(word, 32)),
    );
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

/**
 * An authorization back from {@link PreparedAuthorization.export}.
 *
 * @throws {ProofError} AUTHORIZATION_MALFORMED
 */
export function importAuthorization(bytes: Uint8Array): PreparedAuthorization {
  if (bytes.length !== BYTES || bytes[0] !== VERSION) {
    throw new ProofError("AUTHORIZATION_MALFORMED", "not an exported authorization of this version");
  }
  const words = Array.from({ length: WORDS }, (_, i) =>
    bytesToBigint(bytes.subarray(1 + 32 * i, 33 + 32 * i)),
  );
  const [
    ,
    x1 = 0n,
    x2 = 0n,
    x3 = 0n,
    a0 = 0n,
    a1 = 0n,
    b0 = 0n,
    b1 = 0n,
    b2 = 0n,
    b3 = 0n,
    c0 = 0n,
    c1 = 0n,
  ] = words;
  const vkHash = hex32(bytesToHex(bytes.subarray(1, 33)));
  return new PreparedAuthorization(vkHash, revealedInputs(x1, x2, x3), {
    a: [a0, a1],
    b: [b0, b1, b2, b3],
    c: [c0, c1],
  });
}

/** @throws {ProofError} AUTHORIZATION_MALFORMED unless all are canonical. */
function revealedInputs(provisionedRoot: bigint, revokedRoot: bigint, validUntil: bigint): RevealedInputs {
  try {
    return {
      provisionedRoot: fieldElement(provisionedRoot),
      revokedRoot: fieldElement(revokedRoot),
      validUntil: fieldElement(validUntil),
    };
  } catch (cause) {
    throw new ProofError("AUTHORIZATION_MALFORMED", "an input of the authorization is not canonical", {
      cause,
    });
  }
}

function decodeProof({ a, b, c }: BaseProof): BasePoints {
  try {
    if (!isZero(a) && !isZero(b) && !isZero(c)) {
      return { a: decodeG1(a, "a"), b: decodeG2(b, "b"), c: decodeG1(c, "c") };
    }
  } catch (cause) {
    throw new ProofError("AUTHORIZATION_MALFORMED", "a point of the base proof is invalid", { cause });
  }
  throw new ProofError("AUTHORIZATION_MALFORMED", "a point of the base proof is zero");
}
