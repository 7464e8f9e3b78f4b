export type { AgentKey, KeyId, KeyKind, WebAuthnKeyOptions } from "./agentKey.ts";
export {
  agentKey,
  contractKey,
  KEY_KINDS,
  keyId,
  keyIdOf,
  keyKind,
  p256Key,
  secp256k1Key,
  webauthnKey,
} from "./agentKey.ts";
export type { AgentSecrets } from "./agentSecrets.ts";
export { agentSecretsFrom, generateAgentSecrets } from "./agentSecrets.ts";
export type { KeysErrorCode } from "./errors.ts";
export { KeysError } from "./errors.ts";
export { p256PublicKey } from "./p256.ts";
export type { P256Element } from "./p256Signer.ts";
export { p256Signer } from "./p256Signer.ts";
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
export type {
  AccountSigner,
  AgentSigner,
  PolicySigner,
  SignForContract,
  TypedData,
  TypedDataDomain,
  TypedDataTypes,
} from "./signer.ts";
export { agentSignerOf, contractSigner, ethersSigner, typedDataDigest } from "./signer.ts";
export type { SignatureVerdict } from "./verifySignature.ts";
export { verifySignature } from "./verifySignature.ts";
export type {
  AssertionRequest,
  CreateCredential,
  GetCredential,
  RegistrationRequest,
} from "./webauthnCredential.ts";
export type { Passkey, RegisterPasskeyOptions } from "./webauthnRegistration.ts";
export { passkeyOf, registerPasskey } from "./webauthnRegistration.ts";
export type { WebAuthnSignerOptions } from "./webauthnSigner.ts";
export { webauthnSigner } from "./webauthnSigner.ts";
