/**
 * What most programs need, in one place; everything else is under the name of its module: `dkms/policy`, `dkms/proof`,
 * `dkms/chain` and so on.
 */
export type {
  Admission,
  AgentRecord,
  AgentStatus,
  AgentTerms,
  ChangeIntent,
  Invitation,
  InvitationAnswer,
  Occasion,
  OffChainVerifierOptions,
  PolicyActor,
  ProvingAgentOptions,
  RootKit,
  Shown,
} from "./app/index.ts";
export {
  answerInvitation,
  approveChange,
  approveGathered,
  authorizeAgents,
  createPolicy,
  decodeAgentRecord,
  draftPolicy,
  draftRenewal,
  emergencyRotate,
  encodeAgentRecord,
  executeChange,
  gatherChange,
  inviteAgent,
  makeRootKit,
  OffChainVerifier,
  ProvingAgent,
  parseAnswer,
  parseInvitation,
  policySecretsOf,
  proposeChange,
  proveToContract,
  renewAgent,
  renounceAuthorizations,
  resumeGrants,
  revokeAgents,
  rootKitFromWords,
  rootKitPage,
  rootSigner,
  serializeAnswer,
  serializeInvitation,
  stopGrants,
  submitBundle,
  vetoChange,
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
export {
  generateLinkSecret,
  keyIdOf,
  linkSecretFrom,
  registerPasskey,
  Secret,
  secp256k1Key,
  webauthnSigner,
} from "./keys/index.ts";
export type { Authorizations, Expiry, PolicyId } from "./policy/index.ts";
export {
  describeMissing,
  describeOperation,
  expiryAfter,
  health,
  mergeBundles,
  NO_EXPIRY,
  parseBundle,
  policyAlerts,
  policyId,
  serializeBundle,
} from "./policy/index.ts";
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
