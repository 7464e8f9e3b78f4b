/**
 * What most programs need, in one place; everything else is under the name of its module: `dkms/policy`, `dkms/proof`,
 * `dkms/chain` and so on.
 */
export type {
  Admission,
  AgentRecord,
  AgentStatus,
  AgentTerms,
  Invitation,
  InvitationAnswer,
  OffChainVerifierOptions,
  PolicyActor,
  ProvingAgentOptions,
  Shown,
} from "./app/index.ts";
export {
  answerInvitation,
  authorizeAgents,
  changeAuthorizations,
  createPolicy,
  decodeAgentRecord,
  draftPolicy,
  encodeAgentRecord,
  inviteAgent,
  OffChainVerifier,
  ProvingAgent,
  parseAnswer,
  parseInvitation,
  policySecretsOf,
  proveToContract,
  renounceAuthorizations,
  revokeAgents,
  serializeAnswer,
  serializeInvitation,
  withPolicySecrets,
} from "./app/index.ts";
export type {
  AgentAction,
  AgentProof,
  AgentSummary,
  PolicySummary,
  Receipt,
  Registry,
} from "./chain/index.ts";
export {
  agentAction,
  connectRpc,
  openRegistry,
  parseDeployment,
  readAgents,
  readHead,
  readPolicy,
  readPolicyState,
} from "./chain/index.ts";
export type { Hex, Hex20, Hex32 } from "./core/index.ts";
export { DkmsError, hex20, hex32, isDkmsError } from "./core/index.ts";
export type { AgentKey, KeyId, LinkSecret, PolicySigner } from "./keys/index.ts";
export { generateLinkSecret, keyIdOf, linkSecretFrom, Secret, secp256k1Key } from "./keys/index.ts";
export type { Authorizations, Expiry, PolicyId } from "./policy/index.ts";
export { describeOperation, expiryAfter, NO_EXPIRY, policyId } from "./policy/index.ts";
export type { Presentation, Prover, RequestMessage, Verified } from "./proof/index.ts";
export {
  DISCLOSE,
  didAudience,
  parsePresentation,
  parseRequest,
  SnarkjsProver,
  serializePresentation,
  serializeRequest,
  webAudience,
} from "./proof/index.ts";
