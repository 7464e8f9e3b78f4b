import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { KeyAlgorithm } from "./backend.ts";
import { KeysError } from "./errors.ts";
import type { RandomSource } from "./random.ts";
import { Secret } from "./secret.ts";

type Algorithm = {
  /** True for what can be a private key; all but a few of 2²⁵⁶ can. */
  readonly isPrivateKey: (bytes: Uint8Array) => boolean;
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  readonly sign?: (message: Uint8Array, secret: Uint8Array) => Uint8Array;
  readonly agree?: (secret: Uint8Array, peer: Uint8Array) => Uint8Array;
};

const PRIVATE_KEY_BYTES = 32;
const DIGEST_BYTES = 32;
const V_OFFSET = 27;
/** A sound source misses the range of P-256 or secp256k1 with probability below 2⁻³². */
const MAX_ATTEMPTS = 8;

const ALGORITHMS: Readonly<Record<KeyAlgorithm, Algorithm>> = {
  ED25519: {
    isPrivateKey: () => true,
    publicKey: ed25519.getPublicKey,
    sign: (message, secret) => ed25519.sign(message, secret),
  },
  X25519: { isPrivateKey: () => true, publicKey: x25519.getPublicKey, agree: x25519.getSharedSecret },
  P256: {
    isPrivateKey: p256.utils.isValidSecretKey,
    publicKey: (secret) => p256.getPublicKey(secret, true),
    sign: (message, secret) => p256.sign(message, secret, { lowS: true, format: "compact" }),
  },
  P256_DIGEST: {
    isPrivateKey: p256.utils.isValidSecretKey,
    publicKey: (secret) => p256.getPublicKey(secret, true),
    sign: (digest, secret) =>
      p256.sign(ofDigestLength(digest), secret, { prehash: false, lowS: true, format: "compact" }),
  },
  SECP256K1: {
    isPrivateKey: secp256k1.utils.isValidSecretKey,
    publicKey: (secret) => secp256k1.getPublicKey(secret, true),
    sign: (digest, secret) => {
      const format = "recovered" as const;
      const [recovery = 0, ...rs] = secp256k1.sign(ofDigestLength(digest), secret, {
        prehash: false,
        format,
      });
      return Uint8Array.of(...rs, V_OFFSET + recovery);
    },
  },
};

/** A fresh private key. @throws {KeysError} RANDOM_SOURCE_BROKEN */
export function generatePrivateKey(algorithm: KeyAlgorithm, random: RandomSource): Secret<Uint8Array> {
  const bytes = new Uint8Array(PRIVATE_KEY_BYTES);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    random(bytes);
    if (bytes.some((byte) => byte !== 0) && ALGORITHMS[algorithm].isPrivateKey(bytes))
      return new Secret(bytes);
  }
  throw new KeysError("RANDOM_SOURCE_BROKEN", `no usable value in ${MAX_ATTEMPTS} draws`);
}

export function publicKeyOf(algorithm: KeyAlgorithm, secret: Secret<Uint8Array>): Uint8Array {
  return ALGORITHMS[algorithm].publicKey(secret.reveal());
}

/** @throws {KeysError} KEY_MESSAGE_LENGTH, KEY_ALGORITHM_UNSUPPORTED */
export function signWith(
  algorithm: KeyAlgorithm,
  secret: Secret<Uint8Array>,
  message: Uint8Array,
): Uint8Array {
  const { sign } = ALGORITHMS[algorithm];
  if (sign === undefined) throw cannot(algorithm, "sign");
  return sign(message, secret.reveal());
}

/** @throws {KeysError} KEY_PEER_MALFORMED, KEY_ALGORITHM_UNSUPPORTED */
export function agreeWith(
  algorithm: KeyAlgorithm,
  secret: Secret<Uint8Array>,
  peer: Uint8Array,
): Secret<Uint8Array> {
  const { agree } = ALGORITHMS[algorithm];
  if (agree === undefined) throw cannot(algorithm, "agree");
  const own = secret.reveal();
  try {
    return new Secret(agree(own, peer));
  } catch {
    // Of another length, or of low order: noble refuses a shared secret of zeros.
    throw peerMalformed();
  }
}

export function peerMalformed(): KeysError {
  return new KeysError("KEY_PEER_MALFORMED", "the peer's public key is none that can be agreed with");
}

function ofDigestLength(digest: Uint8Array): Uint8Array {
  if (digest.length === DIGEST_BYTES) return digest;
  throw new KeysError("KEY_MESSAGE_LENGTH", `this key signs digests of ${DIGEST_BYTES} bytes`, {
    details: { actual: digest.length },
  });
}

function cannot(algorithm: KeyAlgorithm, action: string): KeysError {
  return new KeysError("KEY_ALGORITHM_UNSUPPORTED", `keys of this algorithm do not ${action}`, {
    details: { algorithm },
  });
}
