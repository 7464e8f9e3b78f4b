import { type Registry, readHead } from "../../chain/index.ts";
import { keyIdOf, type PolicySigner } from "../../keys/index.ts";
import { normalizeCapabilities, type PolicyId, type TrusteeCapabilities } from "../../policy/index.ts";
import { type Message, newMessage } from "../../recovery/index.ts";
import { type Appointment, checkConsent, consentToTrust, type TrusteeConsent } from "../../trustees/index.ts";
import { AppError } from "../errors.ts";
import { checkPlace } from "../governance/changes.ts";
import { offerTrusteeship } from "./changeTrustees.ts";
import { heartbeatKeyName } from "./heartbeatKeys.ts";
import {
  parseTrusteeConsent,
  parseTrusteeOffer,
  serializeAppointment,
  serializeTrusteeConsent,
  serializeTrusteeOffer,
} from "./texts.ts";

/** A consent is given anew at times: a trustee who is not asked for a year is none any more. */
const MAX_VALIDITY = 366n * 86_400n;

/** The messages by which an owner and a trustee agree (V4), with what the policy needs of them. */

/**
 * An owner's offer. Beside shares it asks for the trustee's signature, which makes it one in the policy.
 *
 * @throws {ChainError} those of the node
 */
export async function offerCapabilities(
  registry: Registry,
  policy: PolicyId,
  capabilities: TrusteeCapabilities,
): Promise<Message<"CAPABILITY_OFFER">> {
  const { time } = await readHead(registry);
  const offer = await offerTrusteeship({ registry, policy, capabilities });
  const fields = { capabilities: [...capabilities], policy_offer: serializeTrusteeOffer(offer) };
  return newMessage("CAPABILITY_OFFER", fields, { now: Number(time) });
}

/**
 * A trustee's request: it names what it agrees to, and consents to that in the policy. **Show the person what is offered, and by
 * whom, before.**
 *
 * @param signer The key with which the trustee will act, of its own.
 * @param capabilities Among those offered; all of them by default.
 * @throws {AppError} OFFER_MISMATCH if the policy is asked for other capabilities than the message offers, if more would be agreed
 * to than is offered, or for longer than a year; REGISTRY_MISMATCH,
 * MESSAGE_MALFORMED; {ChainError} those of the node
 */
export async function requestCapabilities(
  registry: Registry,
  signer: PolicySigner,
  offer: Message<"CAPABILITY_OFFER">,
  capabilities: TrusteeCapabilities = offer.capabilities,
): Promise<Message<"CAPABILITY_REQUEST">> {
  const { time } = await readHead(registry);
  const asked = parseTrusteeOffer(offer.policy_offer ?? "");
  checkPlace(registry, asked);
  if (normalizeCapabilities(asked.capabilities).join() !== normalizeCapabilities(offer.capabilities).join()) {
    throw new AppError(
      "OFFER_MISMATCH",
      "the message offers other capabilities than the policy is asked for",
      {
        details: { offered: offer.capabilities, asked: asked.capabilities },
      },
    );
  }
  const agreed = normalizeCapabilities(capabilities);
  const surplus = agreed.filter((capability) => !asked.capabilities.includes(capability));
  if (surplus.length > 0 || asked.deadline > time + MAX_VALIDITY) {
    throw new AppError(
      "OFFER_MISMATCH",
      "the consent would be to more than is offered, or for longer than a year",
      {
        details: { surplus, deadline: asked.deadline },
      },
    );
  }
  const consent = await consentToTrust(signer, { ...asked, capabilities: agreed });
  const fields = {
    ...{ for_id: offer.id, capabilities: [...agreed] },
    authorizationKeys: [heartbeatKeyName(consent.key)],
    policy_consent: serializeTrusteeConsent(consent),
  };
  return newMessage("CAPABILITY_REQUEST", fields, { now: Number(time) });
}

/**
 * The consent in a trustee's request, which must be to what it requests.
 *
 * @param request A CAPABILITY_REQUEST, or the state of `ownerEnrolment` once it has agreed.
 * @throws {AppError} OFFER_MISMATCH, MESSAGE_MALFORMED; {TrusteesError} TRUSTEE_CONSENT_MISMATCH
 */
export function consentOf(
  registry: Registry,
  policy: PolicyId,
  request: Pick<Message<"CAPABILITY_REQUEST">, "capabilities" | "authorizationKeys" | "policy_consent">,
): TrusteeConsent {
  const consent = parseTrusteeConsent(request.policy_consent ?? "");
  checkConsent({ location: registry.location, policy }, consent);
  const same = consent.capabilities.join() === normalizeCapabilities(request.capabilities).join();
  if (!same || !request.authorizationKeys.includes(heartbeatKeyName(consent.key))) {
    throw new AppError("OFFER_MISMATCH", "the trustee consented to something else than it requests", {
      details: { trustee: keyIdOf(consent.key), capabilities: consent.capabilities },
    });
  }
  return consent;
}

/** A trustee's part of a set, as a message. */
export function appointmentMessage(appointment: Appointment, now: bigint): Message<"TRUSTEE_APPOINTMENT"> {
  return newMessage(
    "TRUSTEE_APPOINTMENT",
    { appointment: serializeAppointment(appointment) },
    { now: Number(now) },
  );
}
