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
export type {
  AgreementRole,
  BackendKeyId,
  CreateKeyOptions,
  KeyAlgorithm,
  KeyBackend,
  KeyCapabilities,
  KeyRole,
  SigningRole,
} from "./backend.ts";
export { BackendKey, backendKeyId, KEY_ALGORITHMS, KEY_ROLES, ofRole } from "./backend.ts";
export { BackendSigner, backendP256Signer } from "./backendSigners.ts";
export type { DataKey, DataKeyOptions, DataKeyRole } from "./dataKey.ts";
export { DATA_KEY_ROLES, generateDataKey } from "./dataKey.ts";
export type { DeadDropKeys } from "./derivation.ts";
export type { DerivedAlgorithm, DerivedKey, DerivedKeyOptions, DerivedPurpose } from "./derivedKey.ts";
export type { KeysErrorCode } from "./errors.ts";
export { KeysError } from "./errors.ts";
export type { KeyEncryptingKeyOptions, KeySource, WrappedKey } from "./keyEncryptingKey.ts";
export { KEY_SOURCES, KeyEncryptingKey, parseWrappedKey } from "./keyEncryptingKey.ts";
export type {
  KeyHolder,
  KeyInfo,
  KeyInfoJson,
  KeyInfoOptions,
  KeyPurpose,
  RotationReminder,
} from "./keyInfo.ts";
export {
  describeKey,
  KEY_HOLDERS,
  KEY_PURPOSES,
  keyInfo,
  keyInfoJson,
  parseKeyInfo,
  rotationReminders,
} from "./keyInfo.ts";
export type { CreateMasterKeyOptions, MasterKey, SealedMasterKey, SealingKeys } from "./masterKey.ts";
export { createMasterKey, parseSealedMasterKey, useMasterKey } from "./masterKey.ts";
export type { MemoryBackendOptions } from "./memoryBackend.ts";
export { memoryBackend } from "./memoryBackend.ts";
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
export type { KeyStore, SealedBackendOptions, UnlockKeys } from "./sealedBackend.ts";
export { sealedBackend } from "./sealedBackend.ts";
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
export type { PasskeyPrf, PasskeyPrfOptions, PasskeyUnlockOptions } from "./webauthnUnlock.ts";
export { passkeyPrf, passkeyUnlock } from "./webauthnUnlock.ts";
export type { CryptoKeyRecord, CryptoKeyStore, WebCryptoBackendOptions } from "./webCryptoBackend.ts";
export { memoryCryptoKeys, webCryptoBackend } from "./webCryptoBackend.ts";
export { bytesOfWords, wordsOf } from "./words.ts";
