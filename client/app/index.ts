export type { AgentProof } from "../chain/index.ts";
export type { AgentStatus, LatestConsent } from "./agentView.ts";
export type { ShareAnchorWriterOptions } from "./anchors.ts";
export {
  anchorBackup,
  permitBackups,
  policyBackupAnchor,
  policyShareAnchor,
  policyShareAnchorWriter,
  previousBackup,
} from "./anchors.ts";
export type { BackUpOptions, BackupName, BackupPlace, RestoreNewestOptions } from "./backups.ts";
export { backUp, restoreNewest, storedBackups } from "./backups.ts";
export type { AgentTerms, ContractProofOptions } from "./contractProof.ts";
export { proveToContract } from "./contractProof.ts";
export type { DidKeyRotation, RegistryDidRotationOptions } from "./didRotation.ts";
export { registryDidRotation } from "./didRotation.ts";
export type { DrillCheck, DrilledTrustee, DrillFinding, DrillOptions, DrillReport } from "./drill.ts";
export { drill } from "./drill.ts";
export type { AppErrorCode } from "./errors.ts";
export { AppError } from "./errors.ts";
export type { Actor, LoneActor, PolicyActor } from "./execute.ts";
export type { ChangeIntent, Proposed, Relay } from "./governance.ts";
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
} from "./governance.ts";
export { heartbeatKeyName, policyHeartbeatKey, verifyHeartbeatKey } from "./heartbeatKeys.ts";
export type {
  Admission,
  Consent,
  Invitation,
  InvitationAnswer,
  InviteOptions,
  Occasion,
} from "./invitation.ts";
export {
  answerInvitation,
  inviteAgent,
  parseAnswer,
  parseInvitation,
  serializeAnswer,
  serializeInvitation,
} from "./invitation.ts";
export type { OwnerBackups, OwnerBackupsOptions } from "./ownerBackups.ts";
export { ownerBackups } from "./ownerBackups.ts";
export type { OwnerRecord } from "./ownerRecord.ts";
export { decodeOwnerRecord, encodeOwnerRecord, ownerRecordOf, policyOfOwner } from "./ownerRecord.ts";
export type { CreateOptions, DraftOptions } from "./policyActions.ts";
export {
  authorizeAgents,
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
export type {
  ConsentToRecoveryOptions,
  RecoveryConsent,
  RecoveryRequest,
  RecoveryRequestOptions,
} from "./recoveryRequest.ts";
export {
  checkRecoveryRequest,
  consentToRecovery,
  recoveryRequestWords,
  requestRecovery,
} from "./recoveryRequest.ts";
export type { RenewActor, RenewalOptions } from "./renewal.ts";
export { draftRenewal, renewAgent } from "./renewal.ts";
export type { RestoreOutcome } from "./restoration.ts";
export { restoreOwner } from "./restoration.ts";
export type { RestoreStep, RestoreWay } from "./restoreState.ts";
export { RESTORE_STEPS } from "./restoreState.ts";
export type { RestoreAuthority, RestoreOptions, RestoreProgress, Waiting } from "./restoreWork.ts";
export type { RootKit } from "./rootKit.ts";
export { makeRootKit, rootKitFromWords, rootKitPage, rootSigner } from "./rootKit.ts";
export type { EmergencyRotateActor, RotationOptions } from "./rotation.ts";
export { draftRotation, emergencyRotate } from "./rotation.ts";
export {
  appointmentMessage,
  consentOf,
  offerCapabilities,
  requestCapabilities,
} from "./trusteeEnrolment.ts";
export type { OfferTrusteeshipOptions } from "./trustees.ts";
export {
  dismissTrustees,
  draftTrustees,
  gatherTrustees,
  offerTrusteeship,
  proposeTrustees,
} from "./trustees.ts";
export type { AppointmentStanding, JointOperation, TrusteeActor } from "./trusteeship.ts";
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
} from "./trusteeship.ts";
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
} from "./trusteeTexts.ts";
export type { OffChainVerifierOptions } from "./verifier.ts";
export { OffChainVerifier } from "./verifier.ts";
export type { PolicyWatcherOptions, WatchReport, WatchSink } from "./watcher.ts";
export { PolicyWatcher } from "./watcher.ts";
export type { WebhookOptions } from "./watchSinks.ts";
export { logSink, webhookSink } from "./watchSinks.ts";
