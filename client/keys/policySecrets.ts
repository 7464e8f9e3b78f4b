import { hkdf } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import {
  bytesToBigint,
  bytesToHex,
  type FieldElement,
  fieldElement,
  type Hex32,
  hex32,
  hexToBytes,
  SCALAR_MODULUS,
} from "../core/index.ts";
import { KeysError } from "./errors.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { Secret } from "./secret.ts";

declare const labelBrand: unique symbol;

/** The owner's one 256-bit secret (32 bytes), from which the secrets of each policy are derived. */
export type LinkSecret = Secret<Uint8Array>;

/** 32 random bytes that name a policy among its owner's; public within the owner's backups (protocol §2). */
export type PolicyLabel = Hex32 & { readonly [labelBrand]: true };

/** `PS` and `salt` of one policy: given to each of its agents over an encrypted channel (protocol §2). */
export type PolicySecrets = {
  /** `PS`: behind the owner's pseudonyms. */
  readonly secret: Secret<FieldElement>;
  /** Blinds the owner commitment. */
  readonly salt: Secret<FieldElement>;
};

const LINK_SECRET_BYTES = 32;
/** 128 bits more than r has, so that the bias of the reduction is below 2⁻¹²⁸. */
const WIDE_BYTES = 48;
const SECRET_INFO = "DKMS-V1-POLICY-SECRET";
const SALT_INFO = "DKMS-V1-POLICY-SALT";

/** A fresh link secret. */
export function generateLinkSecret(random: RandomSource = systemRandom): LinkSecret {
  return new Secret(randomBytes(LINK_SECRET_BYTES, random));
}

/**
 * A link secret back from where its owner keeps it; the bytes are taken over, not copied.
 *
 * @throws {KeysError} LINK_SECRET_LENGTH unless there are 32.
 */
export function linkSecretFrom(bytes: Uint8Array): LinkSecret {
  return new Secret(ofLinkSecretLength(bytes));
}

/** A fresh label for a new policy. */
export function generatePolicyLabel(random: RandomSource = systemRandom): PolicyLabel {
  return policyLabel(bytesToHex(randomBytes(32, random)));
}

/**
 * Parses a policy label (32 bytes of hex).
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function policyLabel(value: string): PolicyLabel {
  return hex32(value) as PolicyLabel;
}

/**
 * The secrets of a policy: HKDF-SHA-512 of the link secret, salted with the policy's label, one output of 48 bytes
 * for each, mod r (protocol §2).
 *
 * @throws {KeysError} LINK_SECRET_LENGTH unless the link secret is 32 bytes; SECRET_ERASED; POLICY_SECRET_ZERO
 * (probability 2⁻²⁵³; take another label).
 * @example const secrets = derivePolicySecrets(generateLinkSecret(), generatePolicyLabel());
 */
export function derivePolicySecrets(linkSecret: LinkSecret, label: PolicyLabel): PolicySecrets {
  const material = ofLinkSecretLength(linkSecret.reveal());
  const derive = (info: string) => {
    const wide = hkdf(sha512, material, hexToBytes(label), utf8ToBytes(info), WIDE_BYTES);
    try {
      return new Secret(reduceWide(wide));
    } finally {
      wide.fill(0);
    }
  };
  return { secret: derive(SECRET_INFO), salt: derive(SALT_INFO) };
}

/**
 * The policy secrets that an owner's agent hands to another one, back from their values.
 *
 * @throws {CoreError} FIELD_NOT_CANONICAL
 * @throws {KeysError} POLICY_SECRET_ZERO
 */
export function policySecretsFrom(values: { readonly secret: bigint; readonly salt: bigint }): PolicySecrets {
  const parse = (value: bigint, name: string) => new Secret(nonZero(fieldElement(value, name)));
  return { secret: parse(values.secret, "secret"), salt: parse(values.salt, "salt") };
}

/** Big-endian `bytes` mod r. @throws {KeysError} POLICY_SECRET_ZERO */
export function reduceWide(bytes: Uint8Array): FieldElement {
  return nonZero(fieldElement(bytesToBigint(bytes) % SCALAR_MODULUS));
}

function ofLinkSecretLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== LINK_SECRET_BYTES) {
    throw new KeysError("LINK_SECRET_LENGTH", `a link secret has ${LINK_SECRET_BYTES} bytes`, {
      details: { actual: bytes.length },
    });
  }
  return bytes;
}

function nonZero(value: FieldElement): FieldElement {
  if (value === 0n) throw new KeysError("POLICY_SECRET_ZERO", "a policy secret must not be zero");
  return value;
}

function randomBytes(length: number, random: RandomSource): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  random(bytes);
  return bytes;
}
