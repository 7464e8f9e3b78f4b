import { bytesToHex, type FieldElement, fieldElement, hex, hexToBytes } from "../../core/index.ts";
import {
  derivePolicySecrets,
  type LinkSecret,
  linkSecretFrom,
  type PolicyLabel,
  policyLabel,
  Secret,
} from "../../keys/index.ts";
import {
  commitToPolicySecrets,
  type PolicyId,
  policyAddress,
  policyId,
  type RegistryLocation,
} from "../../policy/index.ts";
import { type AgentRecord, readLocation } from "../agents/record.ts";
import { AppError } from "../errors.ts";
import { bytesToText, fromJson, textToBytes, toJson } from "../json.ts";

/**
 * What an owner must have of a policy to begin again on a new device; belongs into every backup. It holds the link secret, and
 * nothing of any agent's.
 */
export type OwnerRecord = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  readonly creator: FieldElement;
  /** From which, with the link secret, the policy's secrets are derived (protocol §2). */
  readonly label: PolicyLabel;
  readonly linkSecret: LinkSecret;
};

const TYPE = "dkms-owner-record-v1";

/**
 * The owner's record of a policy, of its first agent's.
 *
 * @throws {AppError} POLICY_SECRETS_MISMATCH if link secret and label are not those of the policy; {KeysError} SECRET_ERASED
 */
export function ownerRecordOf(
  record: Pick<AgentRecord, "location" | "policy" | "creator">,
  linkSecret: LinkSecret,
  label: PolicyLabel,
): OwnerRecord {
  const { location, policy, creator } = record;
  const owner = { location, policy, creator, linkSecret, label };
  policyOfOwner(owner);
  return owner;
}

/**
 * What `restoreOwner` takes of a policy.
 *
 * @throws {AppError} POLICY_SECRETS_MISMATCH; {KeysError} SECRET_ERASED
 */
export function policyOfOwner(
  owner: OwnerRecord,
): Pick<AgentRecord, "creator"> & { readonly policySecrets: NonNullable<AgentRecord["policySecrets"]> } {
  const { creator, policy, label, linkSecret } = owner;
  const policySecrets = derivePolicySecrets(linkSecret, label);
  if (policyAddress(commitToPolicySecrets(policySecrets), creator) !== policy) {
    throw new AppError("POLICY_SECRETS_MISMATCH", "these are another policy's secrets", {
      details: { policy },
    });
  }
  return { creator, policySecrets };
}

/** A record as bytes, for encrypted storage. @throws {KeysError} SECRET_ERASED */
export function encodeOwnerRecord(owner: OwnerRecord): Secret<Uint8Array> {
  const { location, linkSecret, ...rest } = owner;
  const text = toJson(TYPE, { ...location, ...rest, linkSecret: bytesToHex(linkSecret.reveal()) });
  return new Secret(textToBytes(text));
}

/** A record back from its bytes. @throws {AppError} OWNER_RECORD_MALFORMED */
export function decodeOwnerRecord(bytes: Uint8Array): OwnerRecord {
  return fromJson(bytesToText(bytes), TYPE, "OWNER_RECORD_MALFORMED", (fields) => ({
    location: readLocation(fields),
    policy: policyId(fields.bigint("policy")),
    creator: fieldElement(fields.bigint("creator")),
    label: policyLabel(fields.text("label")),
    linkSecret: linkSecretFrom(hexToBytes(hex(fields.text("linkSecret")))),
  }));
}
