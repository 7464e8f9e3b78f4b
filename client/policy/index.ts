export type { Alert, AlertCode } from "./alert.ts";
export { policyAlerts } from "./alerts.ts";
export { applyPolicyEvent } from "./applyEvent.ts";
export type { Acceptance, AcceptanceCheck, Approval, SignedOperation } from "./approvals.ts";
export {
  accept,
  acceptancesFor,
  acceptRecovery,
  approve,
  checkAcceptance,
  checkApproval,
  checkRecoveryAcceptance,
  directApproval,
  NO_ACCEPTANCE,
  sortApprovals,
} from "./approvals.ts";
export type { Authorization, Authorizations } from "./authorizations.ts";
export {
  ALL_AUTHORIZATIONS,
  AUTHORIZATION_BITS,
  authorizationBits,
  authorizationsFromBits,
  normalizeAuthorizations,
} from "./authorizations.ts";
export type {
  AcceptanceOptions,
  AuthorizeOptions,
  CreatePolicyOptions,
  OperationContext,
  RenounceOptions,
  RevokeOptions,
  Timing,
} from "./builders.ts";
export {
  buildAcceptance,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  DEFAULT_DEADLINE_SECONDS,
  MAX_CHANGES,
  MAX_DEADLINE_SECONDS,
} from "./builders.ts";
export type { ApprovalBundle, MissingApprovals } from "./bundle.ts";
export {
  addApproval,
  approveBundle,
  describeMissing,
  mergeBundles,
  missingApprovals,
  openBundle,
} from "./bundle.ts";
export type { TrusteeCapabilities, TrusteeCapability } from "./capabilities.ts";
export {
  ALL_CAPABILITIES,
  CAPABILITY_BITS,
  capabilitiesFromBits,
  capabilityBits,
  normalizeCapabilities,
} from "./capabilities.ts";
export type { DescribeOptions } from "./describe.ts";
export { describeChange, describeOperation, describeTrusteeOperation } from "./describe.ts";
export type { PolicyErrorCode } from "./errors.ts";
export { PolicyError } from "./errors.ts";
export type { LeafPlace, PolicyEvent, PolicyRecoveryEvent, ProposedPower } from "./events.ts";
export type { Expiry } from "./expiry.ts";
export { EXPIRY_STEP_SECONDS, expiry, expiryAfter, isLive, NO_EXPIRY } from "./expiry.ts";
export type {
  ChangeStatementOptions,
  EmergencyRotateOptions,
  GovernanceChangeOptions,
  OwnStatementOptions,
  PowerDelta,
  RenewOptions,
  StatementOptions,
} from "./governance.ts";
export {
  buildEmergencyRotate,
  buildGovernanceChange,
  buildLiftStop,
  buildRenew,
  buildStop,
  buildVeto,
  buildVoidApprovals,
  buildWithdraw,
  powerAfter,
} from "./governance.ts";
export type { HealthOptions } from "./health.ts";
export { health } from "./health.ts";
export type { HealthCode, HealthFinding } from "./healthFinding.ts";
export type {
  OwnerCommitment,
  PolicyId,
  ProverLeaf,
  RegistryLocation,
  SecretCommitment,
} from "./identifiers.ts";
export {
  commitToAgentSecrets,
  commitToPolicySecrets,
  creatorOf,
  ownerCommitment,
  policyAddress,
  policyId,
  proverLeaf,
  secretCommitment,
} from "./identifiers.ts";
export type { Need, NeedsOptions } from "./needs.ts";
export { approvalNeeds } from "./needs.ts";
export type { AgentPower, Replay, RotatedSettings, Statement } from "./operationParts.ts";
export type {
  Abandonment,
  AcceptanceOffer,
  AgentChange,
  AgentRevocation,
  Authorize,
  CreatePolicy,
  EmergencyRotate,
  GovernanceChange,
  LiftStop,
  Operation,
  ProveGrant,
  Renew,
  Renounce,
  Revoke,
  SlowChange,
  Stop,
  Veto,
  VoidApprovals,
  Withdraw,
} from "./operations.ts";
export type { Right } from "./quorums.ts";
export { counts, holdersOf, isHolder, isMajority } from "./quorums.ts";
export { describeRunning } from "./recoveryAlerts.ts";
export type { RootSet, RootSetOptions } from "./rootSet.ts";
export {
  checkReveal,
  makeRootSet,
  parseRootSet,
  printRootSet,
  rootCommitment,
  rootSetStruct,
} from "./rootSet.ts";
export { parseBundle, parseOperation, serializeBundle, serializeOperation } from "./serialize.ts";
export type { PolicySettings } from "./settings.ts";
export {
  checkSettings,
  DEFAULT_DELAY,
  DEFAULT_WINDOW,
  MAX_DELAY,
  MAX_POWERFUL,
  MAX_WINDOW,
  MIN_DELAY,
  MIN_WINDOW,
  majorityOf,
  NO_ROOT_KEYS,
  SETTING_BITS,
  SETTING_NAMES,
  safeSettings,
  settingsFields,
  settingsFromFields,
  settingsStruct,
} from "./settings.ts";
export type {
  AgentState,
  BackupState,
  Grant,
  PendingChange,
  PolicyState,
  RecoveryProposalState,
  RecoveryState,
  TrusteesState,
} from "./state.ts";
export {
  authorizationsAt,
  FIRST_EPOCH,
  isTrustedBackup,
  nextNonce,
  provedAt,
  trustedBackup,
  votersOf,
} from "./state.ts";
export type {
  AnchorBackupOptions,
  CancelRecoveryOptions,
  PermitAnchorOptions,
  RecoveryAcceptanceOptions,
  RecoveryProposalOptions,
  RecoveryVoteOptions,
  TrusteeChangeOptions,
  TrusteeRevokeOptions,
  TrusteeTiming,
} from "./trusteeBuilders.ts";
export {
  buildAnchorBackup,
  buildCancelRecovery,
  buildPermitAnchor,
  buildRecoveryAcceptance,
  buildRecoveryProposal,
  buildRecoveryVote,
  buildTrusteeChange,
  buildTrusteeRevoke,
} from "./trusteeBuilders.ts";
export type { KnownTrustee, TrusteeHealthOptions } from "./trusteeHealth.ts";
export type {
  AnchorBackup,
  CancelRecovery,
  PermitAnchor,
  RecoveryOffer,
  RecoveryProposal,
  RecoveryVote,
  TrusteeChange,
  TrusteeOperation,
  TrusteeRevoke,
} from "./trusteeOperations.ts";
export type { TrusteeQuorum, TrusteeSettings } from "./trusteeSettings.ts";
export {
  checkTrusteeSettings,
  DEFAULT_RECOVERY_DELAY,
  DEFAULT_RECOVERY_WINDOW,
  isNobody,
  MAX_RECOVERY_DELAY,
  NO_HASH,
  NO_TRUSTEES,
  trusteeQuorumsFrom,
  trusteeSettingsHash,
  trusteeSettingsStruct,
} from "./trusteeSettings.ts";
export {
  acceptanceTypedData,
  carriesCounter,
  changeIdOf,
  operationStruct,
  operationTypedData,
  proposalIdOf,
  recoveryAcceptanceTypedData,
  registryDomain,
  trusteeStruct,
  trusteeTypedData,
} from "./typedData.ts";
export type { AgentNames } from "./words.ts";
export { shortPolicyId } from "./words.ts";
