import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { base64urlnopad } from "@scure/base";
import { AbiCoder } from "ethers";
import { type Hex, hex, hexToBytes } from "../core/index.ts";
import type { AgentKey } from "./agentKey.ts";
import { KeysError } from "./errors.ts";
import { normalizeP256, verifyP256 } from "./p256.ts";

/** What an authenticator says about a ceremony (WebAuthn Level 3, §6.1). */
export type AuthenticatorFlags = {
  /** UP: somebody was there. */
  readonly userPresent: boolean;
  /** UV: that somebody was verified, by fingerprint or PIN. */
  readonly userVerified: boolean;
  /** BE: the passkey can be synced. */
  readonly backupEligible: boolean;
  /** BS: it is. */
  readonly backedUp: boolean;
  /** AT: the public key follows. */
  readonly attestedKey: boolean;
};

/** The parts of an assertion that are signed, and their signature as the authenticator gave it. */
export type Assertion = {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
};

const FLAGS_AT = 32;
/** rpIdHash, flags, counter. */
const SHORTEST = 37;
/** OpenZeppelin's `WebAuthn.WebAuthnAuth`; `bytes` for its string, which is encoded alike, so that no byte is reinterpreted. */
const AUTH = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"];
const TYPE = '"type":"webauthn.get"';

/** @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED if it is too short, or says that it is synced but cannot be. */
export function authenticatorFlags(authenticatorData: Uint8Array): AuthenticatorFlags {
  const flags = authenticatorData[FLAGS_AT];
  if (flags === undefined || authenticatorData.length < SHORTEST) throw malformed("authenticatorData");
  const bit = (i: number) => ((flags >> i) & 1) === 1;
  const [backupEligible, backedUp] = [bit(3), bit(4)];
  if (backedUp && !backupEligible) throw malformed("authenticatorData");
  return { userPresent: bit(0), userVerified: bit(2), backupEligible, backedUp, attestedKey: bit(6) };
}

/**
 * The signature of a passkey in the form that the registry takes, from what the authenticator gave.
 *
 * @param key Of kind WEBAUTHN or WEBAUTHN_DEVICE_BOUND.
 * @param challenge The 32 bytes that were to be signed.
 * @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED, WEBAUTHN_CHALLENGE_MISMATCH, WEBAUTHN_USER_ABSENT,
 * WEBAUTHN_NOT_DEVICE_BOUND, KEY_SIGNATURE_INVALID
 */
export function encodeAssertion(key: AgentKey, challenge: Uint8Array, assertion: Assertion): Hex {
  const { authenticatorData, clientDataJSON } = assertion;
  const flags = authenticatorFlags(authenticatorData);
  const { typeIndex, challengeIndex } = locate(clientDataJSON, challenge);
  if (!flags.userPresent) {
    throw new KeysError("WEBAUTHN_USER_ABSENT", "the authenticator did not ask for the user");
  }
  if (key.kind === "WEBAUTHN_DEVICE_BOUND" && !isDeviceBound(flags)) {
    throw new KeysError(
      "WEBAUTHN_NOT_DEVICE_BOUND",
      "the passkey can be synced, or its user was not verified",
      {
        details: { backupEligible: flags.backupEligible, userVerified: flags.userVerified },
      },
    );
  }
  const hash = signedHash(authenticatorData, clientDataJSON);
  const signature = normalizeP256(assertion.signature, hash, hexToBytes(key.material));
  if (signature === undefined) {
    throw new KeysError("KEY_SIGNATURE_INVALID", "the assertion is not signed by its passkey", {
      details: { kind: key.kind, key: key.material },
    });
  }
  return encode(signature, challengeIndex, typeIndex, authenticatorData, clientDataJSON);
}

/**
 * True if the registry would take a passkey's signature.
 *
 * @throws {KeysError} KEY_SIGNATURE_MALFORMED if it is not the encoding of an assertion.
 */
export function verifyAssertion(key: AgentKey, challenge: Uint8Array, signature: Hex): boolean {
  const auth = decode(signature);
  const text = latin1(auth.clientDataJSON);
  const expected = `"challenge":"${base64urlnopad.encode(challenge)}"`;
  if (!text.startsWith(TYPE, auth.typeIndex) || !text.startsWith(expected, auth.challengeIndex)) return false;
  let flags: AuthenticatorFlags;
  try {
    flags = authenticatorFlags(auth.authenticatorData);
  } catch {
    return false;
  }
  if (!flags.userPresent || (key.kind === "WEBAUTHN_DEVICE_BOUND" && !isDeviceBound(flags))) return false;
  const hash = signedHash(auth.authenticatorData, auth.clientDataJSON);
  return verifyP256(auth.signature, hash, hexToBytes(key.material));
}

/** UV = 1 and BE = 0. */
export function isDeviceBound(flags: AuthenticatorFlags): boolean {
  return flags.userVerified && !flags.backupEligible;
}

/** What clientDataJSON says, as far as it matters here. @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED */
export function parseClientData(clientDataJSON: Uint8Array): {
  readonly type: unknown;
  readonly challenge: unknown;
} {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(clientDataJSON));
    if (typeof parsed === "object" && parsed !== null && "type" in parsed && "challenge" in parsed) {
      return { type: parsed.type, challenge: parsed.challenge };
    }
  } catch {
    // Falls through: not JSON, or not UTF-8.
  }
  throw malformed("clientDataJSON");
}

/** @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED */
export function malformed(field: string): KeysError {
  return new KeysError(
    "WEBAUTHN_RESPONSE_MALFORMED",
    `the authenticator's ${field} is malformed or missing`,
    {
      details: { field },
    },
  );
}

function locate(clientDataJSON: Uint8Array, challenge: Uint8Array) {
  const said = parseClientData(clientDataJSON);
  const encoded = base64urlnopad.encode(challenge);
  if (said.type !== "webauthn.get") throw malformed("clientDataJSON");
  if (said.challenge !== encoded) {
    throw new KeysError("WEBAUTHN_CHALLENGE_MISMATCH", "the authenticator signed another challenge");
  }
  const text = latin1(clientDataJSON);
  const typeIndex = text.indexOf(TYPE);
  const challengeIndex = text.indexOf(`"challenge":"${encoded}"`);
  // The specification fixes how browsers write both (§5.8.1.1): no space, no escape.
  if (typeIndex < 0 || challengeIndex < 0) throw malformed("clientDataJSON");
  return { typeIndex, challengeIndex };
}

function signedHash(authenticatorData: Uint8Array, clientDataJSON: Uint8Array): Uint8Array {
  return sha256(concatBytes(authenticatorData, sha256(clientDataJSON)));
}

function encode(
  signature: Uint8Array,
  challengeIndex: number,
  typeIndex: number,
  authenticatorData: Uint8Array,
  clientDataJSON: Uint8Array,
): Hex {
  const words = [signature.subarray(0, 32), signature.subarray(32), challengeIndex, typeIndex];
  return hex(AbiCoder.defaultAbiCoder().encode(AUTH, [...words, authenticatorData, clientDataJSON]));
}

function decode(signature: Hex) {
  try {
    const fields = AbiCoder.defaultAbiCoder().decode(AUTH, signature).toArray();
    const [r, s, challenge, type, authenticator, client] = fields.map(String);
    const auth = {
      signature: concatBytes(bytesOf(r), bytesOf(s)),
      challengeIndex: indexOf(challenge),
      typeIndex: indexOf(type),
      authenticatorData: bytesOf(authenticator),
      clientDataJSON: bytesOf(client),
    };
    const { challengeIndex, typeIndex, authenticatorData, clientDataJSON } = auth;
    const canonical = encode(auth.signature, challengeIndex, typeIndex, authenticatorData, clientDataJSON);
    if (canonical === signature) return auth;
  } catch {
    // Falls through: not decodable.
  }
  throw new KeysError("KEY_SIGNATURE_MALFORMED", "not the encoding of a passkey's assertion");
}

function bytesOf(value: string | undefined): Uint8Array {
  return hexToBytes(hex(value ?? ""));
}

function indexOf(value: string | undefined): number {
  const index = Number(value);
  if (!Number.isSafeInteger(index)) throw new RangeError("no index");
  return index;
}

/** One character for each byte, so that positions in it are positions in the bytes. */
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
