import type { AgentKey } from "./agentKey.ts";
import { KeysError } from "./errors.ts";
import { type AgentSigner, typedDataDigestBytes } from "./signer.ts";
import { encodeAssertion } from "./webauthnAssertion.ts";
import { assertionOf, ceremony, descriptorOf, type GetCredential } from "./webauthnCredential.ts";

export type WebAuthnSignerOptions = {
  /** The passkey's id, see `registerPasskey`. */
  readonly credential: Uint8Array;
  /** Of kind WEBAUTHN or WEBAUTHN_DEVICE_BOUND. */
  readonly key: AgentKey;
  /** How the passkey can be reached, if that is known. */
  readonly transports?: readonly string[];
  /** The domain that the passkey belongs to, if it is not the page's own. */
  readonly rpId?: string;
  /** `(options) => navigator.credentials.get(options)` */
  readonly get: GetCredential;
};

/**
 * Signs with a passkey. The user is asked at every signature; her browser does not show what is signed, so show it before
 * (`describeOperation`). **The signature tells the chain the page's origin and the passkey's domain.**
 *
 * @throws {KeysError} AGENT_KEY_KIND_MISMATCH if the key is no passkey's; signing throws WEBAUTHN_REFUSED,
 * WEBAUTHN_RESPONSE_MALFORMED, WEBAUTHN_CHALLENGE_MISMATCH, WEBAUTHN_USER_ABSENT, WEBAUTHN_NOT_DEVICE_BOUND,
 * KEY_SIGNATURE_INVALID
 * @example
 * const signer = webauthnSigner({ ...passkey, get: (options) => navigator.credentials.get(options) });
 */
export function webauthnSigner(options: WebAuthnSignerOptions): AgentSigner {
  const { credential, key, transports, rpId, get } = options;
  if (key.kind !== "WEBAUTHN" && key.kind !== "WEBAUTHN_DEVICE_BOUND") {
    throw new KeysError("AGENT_KEY_KIND_MISMATCH", "a passkey signs for a key of its own kind", {
      details: { kind: key.kind },
    });
  }
  return {
    key,
    sign: async (data) => {
      const challenge = typedDataDigestBytes(data);
      const answer = await ceremony(() =>
        get({
          publicKey: {
            // A copy: what is compared must be out of reach.
            challenge: Uint8Array.from(challenge),
            allowCredentials: [descriptorOf(credential, transports)],
            userVerification: key.kind === "WEBAUTHN_DEVICE_BOUND" ? "required" : "preferred",
            ...(rpId === undefined ? {} : { rpId }),
          },
        }),
      );
      return encodeAssertion(key, challenge, assertionOf(answer, credential));
    },
  };
}
