import { createHash, createHmac } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { base64urlnopad } from "@scure/base";
import type { AssertionRequest, RegistrationRequest } from "../../../client/keys/index.ts";

/**
 * A browser with an authenticator, after Web Authentication Level 3 and CTAP 2.1: makes passkeys of ES256 and signs with
 * them. What it returns has the form of what `navigator.credentials` returns. It is checked against the vectors of the
 * specification, so contracts and clients can be tested with what it makes.
 */
export type Authenticator = {
  /** `navigator.credentials.create` */
  readonly create: (options: { publicKey: RegistrationRequest }) => Promise<CreatedCredential>;
  /** `navigator.credentials.get` */
  readonly get: (options: { publicKey: AssertionRequest }) => Promise<AssertedCredential>;
};

export type AuthenticatorOptions = {
  /** Of the page that asks. */
  readonly origin?: string;
  /** False for passkeys that are synced: BE = 1, BS = 1. */
  readonly deviceBound?: boolean;
  /** True if it has a fingerprint reader or PIN: UV = 1. */
  readonly verifiesUser?: boolean;
  /** False for one that signs without asking, against the specification: UP = 0. */
  readonly asksUser?: boolean;
  /** The hmac-secret extension. */
  readonly prf?: boolean;
  /** False for authenticators that keep no counter and always say 0, as those of phones do. */
  readonly counts?: boolean;
  /** Whether the page is in a frame of another origin. */
  readonly crossOrigin?: boolean;
  /** Members that a browser may add to clientDataJSON after the ones that the specification knows. */
  readonly extraClientData?: Readonly<Record<string, unknown>>;
  /** Private keys, credential ids and PRF secrets are derived from it, so that tests are reproducible. */
  readonly seed?: string;
};

export type CreatedCredential = {
  readonly type: "public-key";
  readonly id: string;
  readonly rawId: ArrayBuffer;
  readonly response: {
    readonly clientDataJSON: ArrayBuffer;
    readonly attestationObject: ArrayBuffer;
    getAuthenticatorData(): ArrayBuffer;
    getPublicKey(): ArrayBuffer;
    getPublicKeyAlgorithm(): number;
    getTransports(): string[];
  };
  getClientExtensionResults(): { prf?: { enabled: boolean } };
};

export type AssertedCredential = {
  readonly type: "public-key";
  readonly id: string;
  readonly rawId: ArrayBuffer;
  readonly response: {
    readonly clientDataJSON: ArrayBuffer;
    readonly authenticatorData: ArrayBuffer;
    readonly signature: ArrayBuffer;
    readonly userHandle: ArrayBuffer | null;
  };
  getClientExtensionResults(): { prf?: { results: { first: ArrayBuffer } } };
};

type StoredPasskey = {
  readonly id: Uint8Array;
  readonly rpId: string;
  readonly privateKey: Uint8Array;
  readonly credRandom: Uint8Array;
  readonly userHandle: Uint8Array;
};

const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;
const ES256 = -7;
const SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");

/** What browsers throw for a user who declines and for a passkey that is not there, alike on purpose. */
export class NotAllowedError extends Error {
  override readonly name = "NotAllowedError";
}

export function authenticator(options: AuthenticatorOptions = {}): Authenticator {
  const {
    origin = "https://wallet.example",
    deviceBound = true,
    verifiesUser = true,
    asksUser = true,
  } = options;
  const { prf = true, counts = true, seed = "authenticator" } = options;
  const passkeys: StoredPasskey[] = [];
  let counter = 0;

  const authenticatorData = (
    rpId: string,
    more: { flags?: number; attested?: Uint8Array; extensions?: Uint8Array },
  ) => {
    counter += 1;
    const flags =
      (asksUser ? FLAG.UP : 0) |
      (verifiesUser ? FLAG.UV : 0) |
      (deviceBound ? 0 : FLAG.BE | FLAG.BS) |
      (more.attested === undefined ? 0 : FLAG.AT) |
      (more.extensions === undefined ? 0 : FLAG.ED);
    const count = Buffer.alloc(4);
    if (counts) count.writeUInt32BE(counter);
    const parts = [sha256(Buffer.from(rpId)), Uint8Array.of(flags), count];
    return Buffer.concat([...parts, more.attested ?? Buffer.alloc(0), more.extensions ?? Buffer.alloc(0)]);
  };
  const derive = (label: string) => sha256(Buffer.from(`${seed}:${passkeys.length}:${label}`));
  const rpOf = (rpId: string | undefined) => {
    const host = new URL(origin).hostname;
    const id = rpId ?? host;
    if (id !== host && !host.endsWith(`.${id}`)) throw new NotAllowedError("not this page's domain");
    return id;
  };
  const refuseUnverified = (required: string) => {
    if (required === "required" && !verifiesUser) throw new NotAllowedError("cannot verify the user");
  };

  return {
    create: async ({ publicKey: request }) => {
      const rpId = rpOf(request.rp.id);
      refuseUnverified(request.authenticatorSelection.userVerification);
      if (!request.pubKeyCredParams.some(({ alg }) => alg === ES256))
        throw new NotAllowedError("no such algorithm");
      if (request.excludeCredentials.some(({ id }) => find(passkeys, rpId, id) !== undefined)) {
        throw new NotAllowedError("there is one already");
      }
      const passkey = {
        ...{ rpId, id: derive("id"), credRandom: derive("prf") },
        ...{
          privateKey: p256.utils.randomSecretKey(
            Buffer.concat([derive("key"), derive("more")]).subarray(0, 48),
          ),
        },
        userHandle: request.user.id.slice(),
      };
      passkeys.push(passkey);
      const point = p256.getPublicKey(passkey.privateKey, false);
      const extensions = prf ? cbor(new Map([["hmac-secret", true]])) : undefined;
      const data = authenticatorData(rpId, {
        attested: attestedCredentialData(passkey.id, point),
        ...(extensions === undefined ? {} : { extensions }),
      });
      const attestationObject = cbor(
        new Map<string, CborValue>([
          ["fmt", "none"],
          ["attStmt", new Map()],
          ["authData", data],
        ]),
      );
      return {
        type: "public-key",
        id: base64urlnopad.encode(passkey.id),
        rawId: toArrayBuffer(passkey.id),
        response: {
          clientDataJSON: toArrayBuffer(clientData("webauthn.create", request.challenge, options, origin)),
          attestationObject: toArrayBuffer(attestationObject),
          getAuthenticatorData: () => toArrayBuffer(data),
          getPublicKey: () => toArrayBuffer(Buffer.concat([SPKI, point])),
          getPublicKeyAlgorithm: () => ES256,
          getTransports: () => (deviceBound ? ["usb", "nfc"] : ["hybrid", "internal"]),
        },
        getClientExtensionResults: () =>
          request.extensions.prf === undefined ? {} : { prf: { enabled: prf } },
      };
    },

    get: async ({ publicKey: request }) => {
      const rpId = rpOf(request.rpId);
      refuseUnverified(request.userVerification);
      const passkey = request.allowCredentials
        .map(({ id }) => find(passkeys, rpId, id))
        .find((one) => one !== undefined);
      if (passkey === undefined) throw new NotAllowedError("no such passkey");
      const data = authenticatorData(rpId, {});
      const json = clientData("webauthn.get", request.challenge, options, origin);
      const signature = p256.sign(Buffer.concat([data, sha256(json)]), passkey.privateKey, {
        ...{ lowS: false, format: "der" as const },
      });
      const salt = request.extensions?.prf.eval.first;
      return {
        type: "public-key",
        id: base64urlnopad.encode(passkey.id),
        rawId: toArrayBuffer(passkey.id),
        response: {
          clientDataJSON: toArrayBuffer(json),
          authenticatorData: toArrayBuffer(data),
          signature: toArrayBuffer(signature),
          userHandle: toArrayBuffer(passkey.userHandle),
        },
        getClientExtensionResults: () =>
          prf && salt !== undefined
            ? { prf: { results: { first: toArrayBuffer(hmacSecret(passkey.credRandom, prfSalt(salt))) } } }
            : {},
      };
    },
  };
}

/** What a client hands to hmac-secret for an input of the PRF extension (Level 3, §10.1.4). */
export function prfSalt(input: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from("WebAuthn PRF\0"), input]));
}

/** hmac-secret (CTAP 2.1, §12.5). */
export function hmacSecret(credRandom: Uint8Array, salt: Uint8Array): Uint8Array {
  return createHmac("sha256", credRandom).update(salt).digest();
}

/** clientDataJSON in the serialization that the specification prescribes (Level 3, §5.8.1.1). */
export function clientData(
  type: "webauthn.create" | "webauthn.get",
  challenge: Uint8Array,
  { crossOrigin = false, extraClientData = {} }: AuthenticatorOptions,
  origin: string,
): Uint8Array {
  const text = (value: string) => JSON.stringify(value);
  const known = [
    `{"type":${text(type)}`,
    `"challenge":${text(base64urlnopad.encode(challenge))}`,
    `"origin":${text(origin)}`,
    `"crossOrigin":${crossOrigin}`,
  ];
  const more = Object.entries(extraClientData).map(
    ([name, value]) => `${text(name)}:${JSON.stringify(value)}`,
  );
  return Buffer.from(`${[...known, ...more].join(",")}}`, "utf8");
}

function find(passkeys: readonly StoredPasskey[], rpId: string, id: Uint8Array): StoredPasskey | undefined {
  return passkeys.find((one) => one.rpId === rpId && Buffer.from(one.id).equals(id));
}

/** AAGUID of all zeros, as browsers give without attestation; id; COSE key (Level 3, §6.5.1). */
function attestedCredentialData(id: Uint8Array, point: Uint8Array): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(id.length);
  const cose = cbor(
    new Map<number, CborValue>([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, point.subarray(1, 33)],
      [-3, point.subarray(33)],
    ]),
  );
  return Buffer.concat([Buffer.alloc(16), length, id, cose]);
}

type CborValue = number | string | boolean | Uint8Array | Map<number | string, CborValue>;

/** The little of CBOR that authenticators write, in CTAP's canonical form; maps are given in order. */
function cbor(value: CborValue): Uint8Array {
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])]);
}

function head(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 256) return Uint8Array.of(type | 24, argument);
  return Uint8Array.of(type | 25, argument >> 8, argument & 0xff);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
