export type { AgentProof } from "../chain/index.ts";
export type { AgentStatus, LatestConsent } from "./agents/agentView.ts";
export type { AgentTerms, ContractProofOptions } from "./agents/contractProof.ts";
export { proveToContract } from "./agents/contractProof.ts";
export type {
  Admission,
  Consent,
  Invitation,
  InvitationAnswer,
  InviteOptions,
  Occasion,
} from "./agents/invitation.ts";
export {
  answerInvitation,
  inviteAgent,
  parseAnswer,
  parseInvitation,
  serializeAnswer,
  serializeInvitation,
} from "./agents/invitation.ts";
export type { CreateOptions, DraftOptions } from "./agents/policyActions.ts";
export {
  authorizeAgents,
  createPolicy,
  draftPolicy,
  renounceAuthorizations,
  revokeAgents,
} from "./agents/policyActions.ts";
export type { ProvingAgentOptions, Shown, ShowOptions } from "./agents/provingAgent.ts";
export { ProvingAgent } from "./agents/provingAgent.ts";
export type { AgentRecord } from "./agents/record.ts";
export {
  decodeAgentRecord,
  encodeAgentRecord,
  grantOf,
  policySecretsOf,
  withPolicySecrets,
} from "./agents/record.ts";
export type { RenewActor, RenewalOptions } from "./agents/renewal.ts";
export { draftRenewal, renewAgent } from "./agents/renewal.ts";
export type { OffChainVerifierOptions } from "./agents/verifier.ts";
export { OffChainVerifier } from "./agents/verifier.ts";
export type { ShareAnchorWriterOptions } from "./backups/anchors.ts";
export {
  anchorBackup,
  permitBackups,
  policyBackupAnchor,
  policyShareAnchor,
  policyShareAnchorWriter,
  previousBackup,
} from "./backups/anchors.ts";
export type { BackUpOptions, BackupName, BackupPlace, RestoreNewestOptions } from "./backups/backUp.ts";
export { backUp, restoreNewest, storedBackups } from "./backups/backUp.ts";
export type { OwnerBackups, OwnerBackupsOptions } from "./backups/ownerBackups.ts";
export { ownerBackups } from "./backups/ownerBackups.ts";
export type { AppErrorCode } from "./errors.ts";
export { AppError } from "./errors.ts";
export type { Actor, LoneActor, PolicyActor } from "./execute.ts";
export type { ChangeIntent, Proposed, Relay } from "./governance/changes.ts";
export {
  approveChange,
  approveGathered,
  clearChange,
  executeChange,
  gatherChange,
  proposeChange,
  resumeGrants,
  stopGrants,
  submitBundle,
  vetoChange,
  voidApprovals,
  withdrawApproval,
} from "./governance/changes.ts";
export type { RootKit } from "./governance/rootKit.ts";
export { makeRootKit, rootKitFromWords, rootKitPage, rootSigner } from "./governance/rootKit.ts";
export type { EmergencyRotateActor, RotationOptions } from "./governance/rotation.ts";
export { draftRotation, emergencyRotate } from "./governance/rotation.ts";
export type { DidKeyRotation, RegistryDidRotationOptions } from "./restoration/didRotation.ts";
export { registryDidRotation } from "./restoration/didRotation.ts";
export type {
  DrillCheck,
  DrilledTrustee,
  DrillFinding,
  DrillOptions,
  DrillReport,
} from "./restoration/drill.ts";
export { drill } from "./restoration/drill.ts";
export type { OwnerRecord } from "./restoration/ownerRecord.ts";
export {
  decodeOwnerRecord,
  encodeOwnerRecord,
  ownerRecordOf,
  policyOfOwner,
} from "./restoration/ownerRecord.ts";
export type { RestoreOutcome } from "./restoration/restoreOwner.ts";
export { restoreOwner } from "./restoration/restoreOwner.ts";
export type { RestoreStep, RestoreWay } from "./restoration/state.ts";
export { RESTORE_STEPS } from "./restoration/state.ts";
export type { RestoreAuthority, RestoreOptions, RestoreProgress, Waiting } from "./restoration/work.ts";
export type { OfferTrusteeshipOptions } from "./trustees/changeTrustees.ts";
export {
  dismissTrustees,
  draftTrustees,
  gatherTrustees,
  offerTrusteeship,
  proposeTrustees,
} from "./trustees/changeTrustees.ts";
export {
  appointmentMessage,
  consentOf,
  offerCapabilities,
  requestCapabilities,
} from "./trustees/enrolment.ts";
export { heartbeatKeyName, policyHeartbeatKey, verifyHeartbeatKey } from "./trustees/heartbeatKeys.ts";
export type { AppointmentStanding, JointOperation, TrusteeActor } from "./trustees/operations.ts";
export {
  clearRecovery,
  draftTrusteeRevoke,
  executeRecovery,
  gatherCancellation,
  gatherGrant,
  proposeRecovery,
  signAsTrustee,
  submitWithTrustees,
  verifyAppointment,
  voteRecovery,
} from "./trustees/operations.ts";
export type {
  ConsentToRecoveryOptions,
  RecoveryConsent,
  RecoveryRequest,
  RecoveryRequestOptions,
} from "./trustees/recoveryRequest.ts";
export {
  checkRecoveryRequest,
  consentToRecovery,
  recoveryRequestWords,
  requestRecovery,
} from "./trustees/recoveryRequest.ts";
export {
  parseAppointment,
  parseRecoveryConsent,
  parseRecoveryRequest,
  parseTrusteeConsent,
  parseTrusteeOffer,
  parseTrusteeRevoke,
  parseTrusteeSet,
  parseTrusteeVoice,
  serializeAppointment,
  serializeRecoveryConsent,
  serializeRecoveryRequest,
  serializeTrusteeConsent,
  serializeTrusteeOffer,
  serializeTrusteeRevoke,
  serializeTrusteeSet,
  serializeTrusteeVoice,
} from "./trustees/texts.ts";
export type { WatchReport, WatchSink } from "./watch/outlet.ts";
export type { WebhookOptions } from "./watch/sinks.ts";
export { logSink, webhookSink } from "./watch/sinks.ts";
export type { PolicyWatcherOptions } from "./watch/watcher.ts";
export { PolicyWatcher } from "./watch/watcher.ts";
