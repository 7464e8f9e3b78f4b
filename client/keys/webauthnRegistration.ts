import { base64urlnopad } from "@scure/base";
import { type AgentKey, webauthnKey } from "./agentKey.ts";
import { KeysError } from "./errors.ts";
import { p256PublicKey } from "./p256.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { authenticatorFlags, isDeviceBound, malformed, parseClientData } from "./webauthnAssertion.ts";
import {
  bytesOf,
  type CreateCredential,
  callOf,
  ceremony,
  copyBytes,
  descriptorOf,
  record,
} from "./webauthnCredential.ts";

/** A passkey that was made for an agent: public all of it. */
export type Passkey = {
  /** Names the passkey to browsers. */
  readonly credential: Uint8Array;
  /** What is registered; of kind WEBAUTHN_DEVICE_BOUND exactly if the passkey cannot be synced and verified its user. */
  readonly key: AgentKey;
  readonly transports: readonly string[];
  /** BE: the passkey can be synced to other devices, through whoever syncs them. */
  readonly synced: boolean;
  /** UV: the authenticator verified its user, by fingerprint or PIN. */
  readonly userVerified: boolean;
  /** True if it can unlock a wallet as well (PRF extension). */
  readonly prf: boolean;
};

export type RegisterPasskeyOptions = {
  /** `(options) => navigator.credentials.create(options)` */
  readonly create: CreateCredential;
  /** The site or app; its domain shows in every signature. */
  readonly rp: { readonly id?: string; readonly name: string };
  /** What the authenticator's list shows; nothing that names the owner elsewhere. */
  readonly userName: string;
  /** Passkeys that exist already, so that no authenticator makes a second. */
  readonly exclude?: readonly Uint8Array[];
  readonly random?: RandomSource;
};

const ES256 = -7;
const ID_BYTES = 32;
const ID_LENGTH_AT = 53;
const ID_AT = 55;

/**
 * Has a passkey made for an agent, under a random user handle, and tells what kind of key it is.
 *
 * @throws {KeysError} WEBAUTHN_REFUSED, and those of {@link passkeyOf}
 */
export async function registerPasskey(options: RegisterPasskeyOptions): Promise<Passkey> {
  const { create, rp, userName, exclude = [], random = systemRandom } = options;
  const challenge = randomBytes(random);
  const answer = await ceremony(() =>
    create({
      publicKey: {
        challenge: challenge.slice(),
        rp: { ...rp },
        user: { id: randomBytes(random), name: userName, displayName: userName },
        pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
        excludeCredentials: exclude.map((credential) => descriptorOf(credential)),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        extensions: { prf: {} },
      },
    }),
  );
  return passkeyOf(answer, challenge);
}

/**
 * What a `PublicKeyCredential` says that `navigator.credentials.create` returned. No attestation is asked for: a client
 * that lies about it harms itself only, and the registry checks the flags of a device-bound key at every signature.
 *
 * @param challenge That was given to the browser.
 * @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED, WEBAUTHN_CHALLENGE_MISMATCH, WEBAUTHN_ALGORITHM if the key is not
 * ES256, PUBLIC_KEY_MALFORMED, AGENT_KEY_NOT_ON_CURVE
 */
export function passkeyOf(credential: unknown, challenge: Uint8Array): Passkey {
  const created = record(credential, "credential");
  const response = record(created.response, "response");
  const said = parseClientData(bytesOf(response, "clientDataJSON"));
  if (said.type !== "webauthn.create") throw malformed("clientDataJSON");
  if (said.challenge !== base64urlnopad.encode(challenge)) {
    throw new KeysError("WEBAUTHN_CHALLENGE_MISMATCH", "the passkey was made for another challenge");
  }
  const algorithm = callOf(response, "getPublicKeyAlgorithm");
  if (algorithm !== ES256) {
    throw new KeysError("WEBAUTHN_ALGORITHM", "the registry knows passkeys of ES256 (P-256) only", {
      details: { algorithm: typeof algorithm === "number" ? algorithm : undefined },
    });
  }
  const data = copyBytes(callOf(response, "getAuthenticatorData"), "authenticatorData");
  const flags = authenticatorFlags(data);
  const id = bytesOf(created, "rawId");
  if (!flags.attestedKey || !sameBytes(attestedId(data), id)) throw malformed("authenticatorData");
  const publicKey = p256PublicKey(copyBytes(callOf(response, "getPublicKey"), "publicKey"));
  return {
    credential: id,
    key: webauthnKey({ publicKey, deviceBound: isDeviceBound(flags) }),
    transports: transportsOf(response),
    synced: flags.backupEligible,
    userVerified: flags.userVerified,
    prf: prfEnabled(created),
  };
}

/** The credential id in the attested credential data (WebAuthn Level 3, §6.5.1). */
function attestedId(data: Uint8Array): Uint8Array {
  const [high = 0, low = 0] = data.subarray(ID_LENGTH_AT, ID_AT);
  return data.subarray(ID_AT, ID_AT + 256 * high + low);
}

function transportsOf(response: Record<string, unknown>): readonly string[] {
  // Older browsers have no such method.
  if (response.getTransports === undefined) return [];
  const transports = callOf(response, "getTransports");
  if (!Array.isArray(transports)) throw malformed("transports");
  return transports.filter((transport) => typeof transport === "string");
}

function prfEnabled(created: Record<string, unknown>): boolean {
  const results = record(callOf(created, "getClientExtensionResults"), "clientExtensionResults");
  const { prf } = results;
  return typeof prf === "object" && prf !== null && "enabled" in prf && prf.enabled === true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function randomBytes(random: RandomSource): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ID_BYTES);
  random(bytes);
  return bytes;
}
