export type { AgentKey, KeyId, KeyKind } from "./agentKey.ts";
export { agentKey, KEY_KINDS, keyId, keyIdOf, keyKind, secp256k1Key } from "./agentKey.ts";
export type { AgentSecrets } from "./agentSecrets.ts";
export { agentSecretsFrom, generateAgentSecrets } from "./agentSecrets.ts";
export type { KeysErrorCode } from "./errors.ts";
export { KeysError } from "./errors.ts";
export type { LinkSecret, PolicyLabel, PolicySecrets } from "./policySecrets.ts";
export {
  derivePolicySecrets,
  generateLinkSecret,
  generatePolicyLabel,
  linkSecretFrom,
  policyLabel,
  policySecretsFrom,
} from "./policySecrets.ts";
export type { RandomSource } from "./random.ts";
export { randomFieldElement, systemRandom } from "./random.ts";
export { Secret } from "./secret.ts";
export type { PolicySigner, TypedData, TypedDataDomain, TypedDataTypes } from "./signer.ts";
