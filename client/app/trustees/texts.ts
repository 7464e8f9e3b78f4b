import type { TrusteeVoice } from "../../chain/index.ts";
import { type Hex32, hex, hex32 } from "../../core/index.ts";
import { type AgentKey, agentKey, KEY_KINDS, keyId, keyKind } from "../../keys/index.ts";
import {
  ALL_CAPABILITIES,
  type Authorization,
  checkSettings,
  checkTrusteeSettings,
  normalizeAuthorizations,
  normalizeCapabilities,
  policyId,
  type TrusteeCapabilities,
  type TrusteeCapability,
  type TrusteeQuorum,
  type TrusteeRevoke,
  type TrusteeSettings,
} from "../../policy/index.ts";
import type {
  Appointment,
  Fellow,
  LeafContent,
  Trustee,
  TrusteeConsent,
  TrusteeOffer,
  TrusteeSet,
} from "../../trustees/index.ts";
import { readLocation } from "../agents/record.ts";
import { type Fields, fromJson, toJson } from "../json.ts";
import type { RecoveryConsent, RecoveryRequest } from "./recoveryRequest.ts";

/**
 * What owners and trustees send to each other about the policy, as text: for a message, a QR code, a file. Whether signatures
 * are good is checked when it is used.
 */
type Json = Readonly<Record<string, unknown>>;

const OFFER = "dkms-trustee-offer-v1";
const CONSENT = "dkms-trustee-consent-v1";
const APPOINTMENT = "dkms-appointment-v1";
const SET = "dkms-trustee-set-v1";
const VOICE = "dkms-trustee-voice-v1";
const REVOKE = "dkms-trustee-revoke-v1";
const RECOVERY_CONSENT = "dkms-recovery-consent-v1";
const RECOVERY_REQUEST = "dkms-recovery-request-v1";

/** An owner's question to a trustee, as text. */
export function serializeTrusteeOffer({ location, ...offer }: TrusteeOffer): string {
  return toJson(OFFER, { ...location, ...offer });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseTrusteeOffer(text: string): TrusteeOffer {
  return fromJson(text, OFFER, "MESSAGE_MALFORMED", (fields) => ({
    ...place(fields),
    capabilities: capabilities(fields),
    deadline: uint64(fields, "deadline"),
  }));
}

/** A trustee's consent, as text. */
export function serializeTrusteeConsent(consent: TrusteeConsent): string {
  return toJson(CONSENT, consentJson(consent));
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseTrusteeConsent(text: string): TrusteeConsent {
  return fromJson(text, CONSENT, "MESSAGE_MALFORMED", consent);
}

/** A trustee's part of a set, as text. It names the policy whose trustee somebody is: keep it as such. */
export function serializeAppointment({ location, policy, settings, ...rest }: Appointment): string {
  return toJson(APPOINTMENT, {
    ...{ ...location, policy, settings, trustee: trusteeJson(rest.trustee) },
    fellows: rest.fellows.map(fellowJson),
  });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseAppointment(text: string): Appointment {
  return fromJson(text, APPOINTMENT, "MESSAGE_MALFORMED", (fields) => ({
    ...place(fields),
    settings: settings(fields),
    trustee: trustee(fields.object("trustee")),
    fellows: fields.objects("fellows").map(fellow),
  }));
}

/** A whole set, as text, for the owner to keep: it tells who the trustees are, and belongs into the wallet. */
export function serializeTrusteeSet({ location, policy, settings, trustees }: TrusteeSet): string {
  return toJson(SET, { ...location, policy, settings, trustees: trustees.map(trusteeJson) });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseTrusteeSet(text: string): TrusteeSet {
  return fromJson(text, SET, "MESSAGE_MALFORMED", (fields) => ({
    ...place(fields),
    settings: settings(fields),
    trustees: fields.objects("trustees").map(trustee),
  }));
}

/** A trustee's approval of what several sign, as text. */
export function serializeTrusteeVoice({ settings, approval }: TrusteeVoice): string {
  const { trustee, signature } = approval;
  return toJson(VOICE, { settings, trustee: trusteeJson(trustee), signature });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseTrusteeVoice(text: string): TrusteeVoice {
  return fromJson(text, VOICE, "MESSAGE_MALFORMED", (fields) => ({
    settings: settings(fields),
    approval: { trustee: trustee(fields.object("trustee")), signature: hex(fields.text("signature")) },
  }));
}

/** What trustees are to sign to take PROVE from agents, as text. */
export function serializeTrusteeRevoke({ action: _, ...revoke }: TrusteeRevoke): string {
  return toJson(REVOKE, revoke);
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseTrusteeRevoke(text: string): TrusteeRevoke {
  return fromJson(text, REVOKE, "MESSAGE_MALFORMED", (fields) => ({
    action: "TrusteeRevoke",
    policy: policyId(fields.bigint("policy")),
    epoch: uint32(fields, "epoch"),
    trusteeSet: uint32(fields, "trusteeSet"),
    agents: fields.texts("agents").map(keyId),
    nonce: uint64(fields, "nonce"),
    deadline: uint64(fields, "deadline"),
  }));
}

/** A new device's consent to hold power after a recovery, as text. */
export function serializeRecoveryConsent(consented: RecoveryConsent & { readonly recovery: bigint }): string {
  return toJson(RECOVERY_CONSENT, { recovery: consented.recovery, ...recoveryConsentJson(consented) });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseRecoveryConsent(text: string): RecoveryConsent & { readonly recovery: bigint } {
  return fromJson(text, RECOVERY_CONSENT, "MESSAGE_MALFORMED", (fields) => ({
    recovery: uint64(fields, "recovery"),
    ...recoveryConsent(fields),
  }));
}

/** What an owner asks her trustees for, as text. */
export function serializeRecoveryRequest({ location, agents, ...rest }: RecoveryRequest): string {
  return toJson(RECOVERY_REQUEST, { ...location, ...rest, agents: agents.map(recoveryConsentJson) });
}

/** @throws {AppError} MESSAGE_MALFORMED */
export function parseRecoveryRequest(text: string): RecoveryRequest {
  return fromJson(text, RECOVERY_REQUEST, "MESSAGE_MALFORMED", (fields) => {
    const rules = fields.object("settings");
    return {
      ...place(fields),
      recovery: uint64(fields, "recovery"),
      agents: fields.objects("agents").map(recoveryConsent),
      settings: checkSettings({
        grantQuorum: rules.number("grantQuorum"),
        adminQuorum: rules.number("adminQuorum"),
        contractKeysCount: rules.boolean("contractKeysCount"),
        rootCommitment: hex32(rules.text("rootCommitment")),
      }),
    };
  });
}

const place = (fields: Fields) => ({
  location: readLocation(fields),
  policy: policyId(fields.bigint("policy")),
});

const key = (fields: Fields): AgentKey => agentKey(fields.number("kind"), fields.text("key"));

const keyJson = ({ kind, material }: AgentKey): Json => ({ kind: KEY_KINDS[kind], key: material });

function capabilities(fields: Fields): TrusteeCapabilities {
  return normalizeCapabilities(fields.texts("capabilities") as readonly TrusteeCapability[]);
}

function consent(fields: Fields): TrusteeConsent {
  return {
    key: key(fields),
    capabilities: capabilities(fields),
    deadline: uint64(fields, "deadline"),
    signature: hex(fields.text("signature")),
  };
}

function consentJson({ key, capabilities, deadline, signature }: TrusteeConsent): Json {
  return { ...keyJson(key), capabilities, deadline, signature };
}

function trustee(fields: Fields): Trustee {
  const salt = hex32(fields.text("salt"));
  return { ...consent(fields), salt, proof: fields.texts("proof").map(hex32) };
}

function trusteeJson({ salt, proof, ...consent }: Trustee): Json {
  return { ...consentJson(consent), salt, proof };
}

function fellow(fields: Fields): Fellow {
  if (fields.has("blinded")) return { blinded: hex32(fields.text("blinded")) };
  const content: LeafContent = {
    trustee: keyId(fields.text("trustee")),
    kind: keyKind(fields.number("kind")),
    capabilities: capabilities(fields),
    deadline: uint64(fields, "deadline"),
    consent: hex32(fields.text("consent")),
    salt: hex32(fields.text("salt")),
  };
  return { content };
}

function fellowJson(fellow: Fellow): Json {
  if ("blinded" in fellow) return { blinded: fellow.blinded };
  return { ...fellow.content, kind: KEY_KINDS[fellow.content.kind] };
}

function settings(fields: Fields): TrusteeSettings {
  const struct = fields.object("settings");
  const quorums = struct.object("quorums");
  const quorumOf = (capability: TrusteeCapability): readonly [TrusteeCapability, TrusteeQuorum] => {
    const { number } = quorums.object(capability);
    return [capability, { count: number("count"), quorum: number("quorum") }];
  };
  return checkTrusteeSettings({
    root: word(struct, "root"),
    quorums: Object.fromEntries(ALL_CAPABILITIES.map(quorumOf)) as TrusteeSettings["quorums"],
    delay: struct.number("delay"),
    window: struct.number("window"),
    shareSet: word(struct, "shareSet"),
  });
}

/** Larger ones are in no struct that anybody signs. */
function uint64(fields: Fields, name: string): bigint {
  const value = fields.bigint(name);
  if (value >> 64n !== 0n) throw new RangeError("too large");
  return value;
}

function uint32(fields: Fields, name: string): number {
  const value = fields.number(name);
  if (value >= 2 ** 32) throw new RangeError("too large");
  return value;
}

function word(fields: Fields, name: string): Hex32 {
  return hex32(fields.text(name));
}

function recoveryConsent(fields: Fields): RecoveryConsent {
  const names = fields.texts("authorizations") as readonly Authorization[];
  return {
    power: { key: key(fields), authorizations: normalizeAuthorizations(names) },
    acceptance: { deadline: uint64(fields, "deadline"), signature: hex(fields.text("signature")) },
  };
}

function recoveryConsentJson({ power, acceptance }: RecoveryConsent): Json {
  return { ...keyJson(power.key), authorizations: power.authorizations, ...acceptance };
}
