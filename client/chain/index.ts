export { accumulatorSource } from "./accumulatorSource.ts";
export type { ActionTerms, AgentAction, AgentActionOptions, AgentCall, AgentProof } from "./agentAction.ts";
export { agentAction, readActionTerms } from "./agentAction.ts";
export { chainError, decodeRevert } from "./decodeError.ts";
export type { EventPosition, Located } from "./decodeLogs.ts";
export { decodeAccumulatorLog, decodePolicyLog } from "./decodeLogs.ts";
export type { Deployment } from "./deployment.ts";
export { parseDeployment } from "./deployment.ts";
export type { DidCall, DidReceipt, DidSender } from "./didSend.ts";
export { didCall, executeDid } from "./didSend.ts";
export type { HttpSnapshotOptions } from "./didSnapshots.ts";
export { httpSnapshots } from "./didSnapshots.ts";
export type { DidSourceOptions, RpcNetworkOptions } from "./didSource.ts";
export { rpcNetwork, rpcSource } from "./didSource.ts";
export type { DryRun } from "./dryRun.ts";
export { dryRun } from "./dryRun.ts";
export type { ChainErrorCode, ContractErrorCode, NodeErrorCode } from "./errors.ts";
export { ChainError } from "./errors.ts";
export type { FoundGrant, GrantQuery } from "./findGrant.ts";
export { findGrant } from "./findGrant.ts";
export {
  AGENT_POLICY_REGISTRY_ABI,
  AGENT_PROOF_VERIFIER_ABI,
  AUTHORIZED_AGENT_ONLY_ABI,
  CONTRACT_ERROR_CODES,
} from "./generated/abi.ts";
export type { HttpJsonRpcOptions, JsonRpc } from "./jsonRpc.ts";
export { httpJsonRpc, providerJsonRpc } from "./jsonRpc.ts";
export type { LogQuery } from "./logs.ts";
export { readLogs } from "./logs.ts";
export { blockTimes, readPolicyState } from "./policyState.ts";
export type { Accumulators } from "./readAccumulators.ts";
export { readAccumulators } from "./readAccumulators.ts";
export type { PendingChangeSummary } from "./readGovernance.ts";
export { readPendingChanges, readProposerWait, readSettings } from "./readGovernance.ts";
export type { AgentSummary, PolicySummary, ProvingPeriod } from "./readPolicy.ts";
export { policyExists, readAgent, readAgents, readNonce, readPolicy, readProvedAt } from "./readPolicy.ts";
export type {
  ProposalSummary,
  RecoverySummary,
  TrusteeSetSummary,
  VoteSummary,
} from "./readRecovery.ts";
export {
  readBackupAnchor,
  readProposal,
  readRecovery,
  readTrusteeCapabilities,
  readTrusteeNonce,
  readTrusteeSet,
  readVote,
} from "./readRecovery.ts";
export type { FinalityRule, OpenRegistryOptions, Registry } from "./registry.ts";
export {
  atHead,
  callRegistry,
  connectRpc,
  isCanonical,
  openRegistry,
  readFinalized,
  readHead,
} from "./registry.ts";
export type { RetryPolicy } from "./retry.ts";
export { DEFAULT_RETRY, withRetry } from "./retry.ts";
export { rootsReader } from "./rootsReader.ts";
export type { Receipt, RegistryCall, TransactionSender } from "./send.ts";
export {
  approveChangeCall,
  awaitReceipt,
  checkOperation,
  checkpointCall,
  clearChangeCall,
  executeChangeCall,
  executeOperation,
  operationCall,
  sendCall,
} from "./send.ts";
export type { TrusteeVoice, TrusteeVoices } from "./trusteeCalls.ts";
export {
  authorizeWithTrusteesCall,
  cancelRecoveryCall,
  clearRecoveryCall,
  executeRecoveryCall,
  proposeRecoveryCall,
  revokeByTrusteesCall,
  voteRecoveryCall,
} from "./trusteeCalls.ts";
