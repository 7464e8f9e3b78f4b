export type { Acceptance, AcceptanceCheck, Approval, SignedOperation } from "./approvals.ts";
export {
  accept,
  acceptancesFor,
  approve,
  checkAcceptance,
  checkApproval,
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
  FIRST_EPOCH,
  MAX_CHANGES,
} from "./builders.ts";
export type { AgentNames } from "./describe.ts";
export { describeOperation, shortPolicyId } from "./describe.ts";
export type { PolicyErrorCode } from "./errors.ts";
export { PolicyError } from "./errors.ts";
export type { LeafPlace, PolicyEvent } from "./events.ts";
export type { Expiry } from "./expiry.ts";
export { EXPIRY_STEP_SECONDS, expiry, expiryAfter, isLive, NO_EXPIRY } from "./expiry.ts";
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
export type {
  AcceptanceOffer,
  AgentChange,
  AgentRevocation,
  Authorize,
  CreatePolicy,
  Operation,
  ProveGrant,
  Renounce,
  Replay,
  Revoke,
} from "./operations.ts";
export type { AgentState, Grant, PolicyState } from "./state.ts";
export { applyPolicyEvent, authorizationsAt, nextNonce } from "./state.ts";
export { acceptanceTypedData, operationStruct, operationTypedData, registryDomain } from "./typedData.ts";
