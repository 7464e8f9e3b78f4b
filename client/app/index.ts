export type { AgentProof } from "../chain/index.ts";
export type { AgentStatus, LatestConsent } from "./agentView.ts";
export type { AgentTerms, ContractProofOptions } from "./contractProof.ts";
export { proveToContract } from "./contractProof.ts";
export type { AppErrorCode } from "./errors.ts";
export { AppError } from "./errors.ts";
export type { Admission, Invitation, InvitationAnswer, InviteOptions } from "./invitation.ts";
export {
  answerInvitation,
  inviteAgent,
  parseAnswer,
  parseInvitation,
  serializeAnswer,
  serializeInvitation,
} from "./invitation.ts";
export type { Actor, CreateOptions, DraftOptions, PolicyActor } from "./policyActions.ts";
export {
  authorizeAgents,
  changeAuthorizations,
  createPolicy,
  draftPolicy,
  renounceAuthorizations,
  revokeAgents,
} from "./policyActions.ts";
export type { ProvingAgentOptions, Shown, ShowOptions } from "./provingAgent.ts";
export { ProvingAgent } from "./provingAgent.ts";
export type { AgentRecord } from "./record.ts";
export {
  decodeAgentRecord,
  encodeAgentRecord,
  grantOf,
  policySecretsOf,
  withPolicySecrets,
} from "./record.ts";
export type { OffChainVerifierOptions } from "./verifier.ts";
export { OffChainVerifier } from "./verifier.ts";
