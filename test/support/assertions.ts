import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { base64urlnopad } from "@scure/base";
import { AbiCoder, concat, getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";

/** Bits of an authenticator's flags (WebAuthn Level 3, §6.1). */
export const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10 } as const;

/** Half of P-256's order: a greater s is refused. */
const HALF_ORDER = p256.Point.CURVE().n >> 1n;

/** A P-256 key; the same name gives the same one. */
export type PointKey = { readonly secretKey: Uint8Array; readonly key: string };

/** What OpenZeppelin's `WebAuthnAuth` has. */
export type Assertion = {
  readonly r: bigint;
  readonly s: bigint;
  readonly challengeIndex: bigint;
  readonly typeIndex: bigint;
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: string;
};

/** What authenticator and client say, right or wrong. */
export type AssertionOptions = {
  readonly flags?: number;
  readonly type?: string;
  readonly origin?: string;
  readonly relyingParty?: string;
  /** Instead of what an authenticator would make of flags and relying party. */
  readonly authenticatorData?: Uint8Array;
  /** Instead of what a client would make of type, challenge and origin. */
  readonly clientDataJSON?: string;
};

export function pointKey(name: string): PointKey {
  const secretKey = getBytes(keccak256(toUtf8Bytes(`dkms test point ${name}`)));
  return { secretKey, key: hexlify(p256.getPublicKey(secretKey, false).subarray(1)) };
}

/** r and s of the hash itself, with the lower s. */
export function signPoint({ secretKey }: PointKey, hash: string | Uint8Array): Uint8Array {
  return p256.sign(getBytes(hash), secretKey, { prehash: false, lowS: true });
}

/** The client data of an authentication, serialized as WebAuthn Level 3, §5.8.1.1 has it. */
export function clientDataOf(challenge: string, { type, origin }: AssertionOptions = {}): string {
  return JSON.stringify({
    type: type ?? "webauthn.get",
    challenge: base64urlnopad.encode(getBytes(challenge)),
    origin: origin ?? "https://wallet.example",
    crossOrigin: false,
  });
}

/** What an authenticator answers to a client that has a challenge signed (WebAuthn Level 3, §6.3.3). */
export function assertion(key: PointKey, challenge: string, options: AssertionOptions = {}): Assertion {
  const clientDataJSON = options.clientDataJSON ?? clientDataOf(challenge, options);
  const authenticatorData =
    options.authenticatorData ??
    new Uint8Array([
      ...sha256(toUtf8Bytes(options.relyingParty ?? "wallet.example")),
      options.flags ?? FLAGS.UP | FLAGS.UV,
      ...[0, 0, 0, 0],
    ]);
  const clientDataHash = sha256(toUtf8Bytes(clientDataJSON));
  const hash = sha256(getBytes(concat([authenticatorData, clientDataHash])));
  return toAssertion(signPoint(key, hash), authenticatorData, clientDataJSON);
}

/** An assertion as a browser gives it; its signature may be DER, and s is lowered as contracts want it. */
export function assertionOf(parts: {
  readonly signature: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: string;
}): Assertion {
  const { r, s } = p256.Signature.fromBytes(parts.signature, "der");
  const low = new p256.Signature(r, s > HALF_ORDER ? p256.Point.CURVE().n - s : s);
  return toAssertion(low.toBytes("compact"), parts.authenticatorData, parts.clientDataJSON);
}

/** The one encoding that is accepted. */
export function encodeAssertion(value: Assertion): string {
  return AbiCoder.defaultAbiCoder().encode(
    ["uint256", "uint256", "uint256", "uint256", "bytes", "string"],
    [value.r, value.s, value.challengeIndex, value.typeIndex, value.authenticatorData, value.clientDataJSON],
  );
}

function toAssertion(
  signature: Uint8Array,
  authenticatorData: Uint8Array,
  clientDataJSON: string,
): Assertion {
  const { r, s } = p256.Signature.fromBytes(signature, "compact");
  return {
    r,
    s,
    challengeIndex: BigInt(clientDataJSON.indexOf('"challenge"')),
    typeIndex: BigInt(clientDataJSON.indexOf('"type"')),
    authenticatorData,
    clientDataJSON,
  };
}

function sha256(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}
