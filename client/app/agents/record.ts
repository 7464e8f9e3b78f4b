import { type FieldElement, fieldElement, hex20 } from "../../core/index.ts";
import {
  type AgentKey,
  type AgentSecrets,
  agentKey,
  agentSecretsFrom,
  KEY_KINDS,
  type PolicySecrets,
  policySecretsFrom,
  Secret,
} from "../../keys/index.ts";
import {
  commitToAgentSecrets,
  commitToPolicySecrets,
  type Expiry,
  expiry,
  type PolicyId,
  type ProveGrant,
  policyAddress,
  policyId,
  type RegistryLocation,
} from "../../policy/index.ts";
import { AppError } from "../errors.ts";
import { bytesToText, type Fields, fromJson, textToBytes, toJson } from "../json.ts";

/**
 * All that an agent keeps of its part in a policy. It holds secrets: store what {@link encodeAgentRecord} gives, encrypted
 * for this device. Save it before anything is sent that rests on it; then no interruption loses anything.
 */
export type AgentRecord = {
  readonly location: RegistryLocation;
  readonly policy: PolicyId;
  /** Binds the policy address to its creator's key; public. */
  readonly creator: FieldElement;
  readonly key: AgentKey;
  /** `S` and `r0` of this grant. */
  readonly secrets: AgentSecrets;
  readonly expiry: Expiry;
  /** A block before the grant, from which on it is looked for. */
  readonly since: number;
  /** `PS` and salt; undefined until a new agent has been given them. */
  readonly policySecrets: PolicySecrets | undefined;
};

const TYPE = "dkms-agent-record-v1";

/** What the agent is granted PROVE with. @throws {KeysError} SECRET_ERASED */
export function grantOf(record: Pick<AgentRecord, "secrets" | "expiry">): ProveGrant {
  return { commitment: commitToAgentSecrets(record.secrets), expiry: record.expiry };
}

/**
 * The record of a new agent with the policy secrets that the owner's other agent gave it, over an encrypted channel.
 *
 * @throws {AppError} POLICY_SECRETS_MISMATCH if they are not those of the record's policy
 */
export function withPolicySecrets(record: AgentRecord, policySecrets: PolicySecrets): AgentRecord {
  if (policyAddress(commitToPolicySecrets(policySecrets), record.creator) !== record.policy) {
    throw new AppError("POLICY_SECRETS_MISMATCH", "these are another policy's secrets", {
      details: { policy: record.policy },
    });
  }
  return { ...record, policySecrets };
}

/**
 * The policy secrets of a record.
 *
 * @throws {AppError} AGENT_RECORD_INCOMPLETE if the agent was not given them yet
 */
export function policySecretsOf(record: AgentRecord): PolicySecrets {
  if (record.policySecrets === undefined) {
    throw new AppError("AGENT_RECORD_INCOMPLETE", "this agent was not given the policy secrets yet", {
      details: { policy: record.policy },
    });
  }
  return record.policySecrets;
}

/** A record as bytes, for encrypted storage on this device and nowhere else. @throws {KeysError} SECRET_ERASED */
export function encodeAgentRecord(record: AgentRecord): Secret<Uint8Array> {
  const { location, policy, creator, key, secrets, policySecrets, since } = record;
  const text = toJson(TYPE, {
    ...{ chainId: location.chainId, registry: location.registry, policy, creator },
    ...{ kind: KEY_KINDS[key.kind], key: key.material, expiry: record.expiry, since },
    ...{ secret: secrets.secret.reveal(), blinding: secrets.blinding.reveal() },
    ...(policySecrets === undefined
      ? {}
      : { policySecret: policySecrets.secret.reveal(), policySalt: policySecrets.salt.reveal() }),
  });
  return new Secret(textToBytes(text));
}

/** A record back from its bytes. @throws {AppError} AGENT_RECORD_MALFORMED */
export function decodeAgentRecord(bytes: Uint8Array): AgentRecord {
  return fromJson(bytesToText(bytes), TYPE, "AGENT_RECORD_MALFORMED", (fields) => ({
    location: readLocation(fields),
    policy: policyId(fields.bigint("policy")),
    creator: fieldElement(fields.bigint("creator")),
    key: agentKey(fields.number("kind"), fields.text("key")),
    secrets: agentSecretsFrom({ secret: fields.bigint("secret"), blinding: fields.bigint("blinding") }),
    expiry: expiry(fields.bigint("expiry")),
    since: fields.number("since"),
    policySecrets: fields.has("policySecret")
      ? policySecretsFrom({ secret: fields.bigint("policySecret"), salt: fields.bigint("policySalt") })
      : undefined,
  }));
}

/** Chain and registry of a message. */
export function readLocation(fields: Fields): RegistryLocation {
  return { chainId: fields.bigint("chainId"), registry: hex20(fields.text("registry")) };
}
