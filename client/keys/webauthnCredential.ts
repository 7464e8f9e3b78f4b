import { base64urlnopad } from "@scure/base";
import { KeysError } from "./errors.ts";
import { type Assertion, malformed } from "./webauthnAssertion.ts";

/** `navigator.credentials.get`, as a port: `(options) => navigator.credentials.get(options)`. */
export type GetCredential = (options: { publicKey: AssertionRequest }) => Promise<unknown>;

/** `navigator.credentials.create`, as a port: `(options) => navigator.credentials.create(options)`. */
export type CreateCredential = (options: { publicKey: RegistrationRequest }) => Promise<unknown>;

/** Names a passkey to the browser. */
export type CredentialDescriptor = {
  type: "public-key";
  id: Uint8Array<ArrayBuffer>;
  transports?: ("ble" | "hybrid" | "internal" | "nfc" | "usb")[];
};

/** What is asked of `navigator.credentials.get`; a part of `PublicKeyCredentialRequestOptions`. */
export type AssertionRequest = {
  challenge: Uint8Array<ArrayBuffer>;
  rpId?: string;
  allowCredentials: CredentialDescriptor[];
  userVerification: "required" | "preferred";
  extensions?: { prf: { eval: { first: Uint8Array<ArrayBuffer> } } };
};

/** What is asked of `navigator.credentials.create`; a part of `PublicKeyCredentialCreationOptions`. */
export type RegistrationRequest = {
  challenge: Uint8Array<ArrayBuffer>;
  rp: { id?: string; name: string };
  user: { id: Uint8Array<ArrayBuffer>; name: string; displayName: string };
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  excludeCredentials: CredentialDescriptor[];
  authenticatorSelection: { residentKey: "preferred"; userVerification: "required" };
  attestation: "none";
  extensions: { prf: Record<string, never> };
};

/** How a passkey can be reached, as browsers say it. */
export type CredentialTransports = NonNullable<CredentialDescriptor["transports"]>;

const TRANSPORTS: CredentialTransports = ["ble", "hybrid", "internal", "nfc", "usb"];

/** A passkey for `allowCredentials` and `excludeCredentials`. */
export function descriptorOf(
  credential: Uint8Array,
  transports: readonly string[] = [],
): CredentialDescriptor {
  const known = TRANSPORTS.filter((transport) => transports.includes(transport));
  const id = Uint8Array.from(credential);
  return { type: "public-key", id, ...(known.length === 0 ? {} : { transports: known }) };
}

/**
 * Waits for the browser, whose refusals all look alike on purpose.
 *
 * @throws {KeysError} WEBAUTHN_REFUSED if the user declined, waited too long, or has no such passkey.
 */
export async function ceremony(run: () => Promise<unknown>): Promise<Record<string, unknown>> {
  let credential: unknown;
  try {
    credential = await run();
  } catch (error) {
    throw new KeysError("WEBAUTHN_REFUSED", "no passkey was used: declined, timed out, or not there", {
      details: { reason: error instanceof Error ? error.name : undefined },
    });
  }
  return record(credential, "credential");
}

/**
 * The parts of an assertion.
 *
 * @param expected The passkey that was asked for.
 * @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED
 */
export function assertionOf(credential: Record<string, unknown>, expected: Uint8Array): Assertion {
  const id = bytesOf(credential, "rawId");
  if (base64urlnopad.encode(id) !== base64urlnopad.encode(expected)) throw malformed("rawId");
  const response = record(credential.response, "response");
  return {
    authenticatorData: bytesOf(response, "authenticatorData"),
    clientDataJSON: bytesOf(response, "clientDataJSON"),
    signature: bytesOf(response, "signature"),
  };
}

/** An object of the browser's, whose members are then looked at one by one. */
export function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw malformed(field);
  return value as Record<string, unknown>;
}

/** A member that is an `ArrayBuffer` or a view, as bytes of our own. */
export function bytesOf(from: Record<string, unknown>, field: string): Uint8Array<ArrayBuffer> {
  return copyBytes(from[field], field);
}

/** What a method of the browser's object gives. */
export function callOf(from: Record<string, unknown>, method: string): unknown {
  const value = from[method];
  if (typeof value !== "function") throw malformed(method);
  return Reflect.apply(value, from, []);
}

/** @throws {KeysError} WEBAUTHN_RESPONSE_MALFORMED */
export function copyBytes(value: unknown, field: string): Uint8Array<ArrayBuffer> {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  throw malformed(field);
}
