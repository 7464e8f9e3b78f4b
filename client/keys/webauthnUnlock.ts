import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64urlnopad } from "@scure/base";
import { KeysError } from "./errors.ts";
import { KeyEncryptingKey } from "./keyEncryptingKey.ts";
import type { KeyHolder } from "./keyInfo.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import type { UnlockKeys } from "./sealedBackend.ts";
import { SYMMETRIC_BYTES, subkey } from "./sealing.ts";
import { Secret } from "./secret.ts";
import {
  callOf,
  ceremony,
  copyBytes,
  descriptorOf,
  type GetCredential,
  record,
} from "./webauthnCredential.ts";

export type PasskeyPrfOptions = {
  /** The passkey's id; it has to have been made with the PRF extension, see `Passkey.prf`. */
  readonly credential: Uint8Array;
  readonly transports?: readonly string[];
  readonly rpId?: string;
  /** `(options) => navigator.credentials.get(options)` */
  readonly get: GetCredential;
  readonly random?: RandomSource;
};

/** A passkey that computes a secret of its own; the wallet's slots take it as it is. */
export type PasskeyPrf = {
  /** The credential's id in base64url. */
  readonly credential: string;
  /**
   * The 32 bytes that the passkey, after asking its user, makes of `salt` and of it alone; whoever asked erases them.
   *
   * @throws {KeysError} WEBAUTHN_REFUSED, WEBAUTHN_RESPONSE_MALFORMED; WEBAUTHN_PRF_MISSING if authenticator or browser do
   * not know the extension
   */
  evaluate(salt: Uint8Array): Promise<Secret<Uint8Array>>;
};

export type PasskeyUnlockOptions = PasskeyPrfOptions & {
  /** 32 random bytes, made once and kept beside what is sealed. */
  readonly salt: Uint8Array;
  readonly holder?: KeyHolder;
  /** In seconds since 1970: when the passkey was first used for this. */
  readonly now: bigint;
};

const KEY_LABEL = "DKMS-V1-PASSKEY-KEY";
/** Separates our inputs from those of other programs that use the same passkey. */
const INPUT_LABEL = "DKMS-V1-PASSKEY-PRF:";

/** A passkey's pseudo-random function (PRF extension, Web Authentication Level 3, §10.1.4). */
export function passkeyPrf(options: PasskeyPrfOptions): PasskeyPrf {
  const { credential, transports, rpId, get, random = systemRandom } = options;
  return {
    credential: base64urlnopad.encode(credential),
    evaluate: async (salt) => {
      const challenge = new Uint8Array(SYMMETRIC_BYTES);
      random(challenge);
      const first = Uint8Array.from(sha256(concatBytes(utf8ToBytes(INPUT_LABEL), salt)));
      const answer = await ceremony(() =>
        get({
          publicKey: {
            ...{ challenge, allowCredentials: [descriptorOf(credential, transports)] },
            // Authenticators keep two functions, with and without verification: ask for the one consistently.
            userVerification: "required",
            extensions: { prf: { eval: { first } } },
            ...(rpId === undefined ? {} : { rpId }),
          },
        }),
      );
      return prfResult(answer);
    },
  };
}

/**
 * A passkey as the lock of a `sealedBackend`, or of anything else that is sealed: asks the user each time, derives the
 * key-encrypting key by HKDF, and erases it after use.
 *
 * @throws {KeysError} unlocking throws WEBAUTHN_REFUSED, WEBAUTHN_RESPONSE_MALFORMED, WEBAUTHN_PRF_MISSING, KEY_LENGTH
 * @example sealedBackend({ store, unlock: passkeyUnlock({ ...passkey, salt, now, get }), asksUser: true });
 */
export function passkeyUnlock(options: PasskeyUnlockOptions): UnlockKeys {
  const { salt, now, holder } = options;
  const prf = passkeyPrf(options);
  return async (use) => {
    const output = await prf.evaluate(salt);
    const secret = subkey(output, KEY_LABEL, salt);
    output.erase();
    const life = holder === undefined ? {} : { holder };
    const key = new KeyEncryptingKey({ source: "PASSKEY", secret, now, ...life });
    try {
      return await use(key);
    } finally {
      key.erase();
    }
  };
}

function prfResult(answer: Record<string, unknown>): Secret<Uint8Array> {
  const results = record(callOf(answer, "getClientExtensionResults"), "clientExtensionResults");
  const { prf } = results;
  if (typeof prf === "object" && prf !== null && "results" in prf) {
    const { first } = record(prf.results, "prf");
    const bytes = copyBytes(first, "prf");
    if (bytes.length === SYMMETRIC_BYTES) return new Secret(bytes);
  }
  throw new KeysError(
    "WEBAUTHN_PRF_MISSING",
    "the authenticator or the browser does not know the PRF extension",
  );
}
