// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IAccumulators} from "./IAccumulators.sol";
import {IAgentKeyErrors} from "./IAgentKeyErrors.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AgentView} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {Authorize} from "../types/Authorize.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {CreatePolicy} from "../types/CreatePolicy.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId} from "../types/LeafId.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {PolicyView} from "../types/Policy.sol";
import {Renounce} from "../types/Renounce.sol";
import {Revoke} from "../types/Revoke.sol";
import {RootStatus} from "../types/RootStatus.sol";

/// @title IAgentPolicyRegistry
/// @notice The public record of which agents an identity owner has authorized for what, and the two accumulators by
/// which agents prove it without saying who they are.
/// @dev Authority comes from the keys of a policy's own agents: there is no owner, no upgrade, no pause (P1). Every
/// action is one EIP-712 struct, signed by agents, sent by anyone (A3). Lists hold 1 … 32 elements. What changes power
/// is in `IAgentPolicyGovernance`, at the same address.
interface IAgentPolicyRegistry is IAccumulators, IAgentKeyErrors, IERC5267 {
    // ---- Events ----------------------------------------------------------------------------------------------------

    /// @notice Emitted when a policy address comes into use.
    /// @param policy The policy address.
    /// @param creator The id of the creator's key.
    /// @param ownerCommitment O.
    event PolicyCreated(PolicyId indexed policy, KeyId indexed creator, uint256 ownerCommitment);

    /// @notice Emitted when a key joins a policy, before its first `AgentAuthorizationsChanged`.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param epoch In which it was added.
    /// @param kind Of the key.
    /// @param key The key's material.
    event AgentAdded(PolicyId indexed policy, KeyId indexed agent, uint32 epoch, uint8 kind, bytes key);

    /// @notice Emitted when the bits of an agent change; 0 `afterwards` means that it is removed. A PROVE whose
    /// expiry has passed still counts in `before`.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param before The bits until now.
    /// @param afterwards The bits from now on.
    event AgentAuthorizationsChanged(PolicyId indexed policy, KeyId indexed agent, uint8 before, uint8 afterwards);

    /// @notice Emitted when an agent gains PROVE; `LeafAppended` follows for the same place.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param generation The pair of trees.
    /// @param index The leaf's position.
    /// @param commitment K.
    /// @param expiry The last second at which PROVE holds.
    event AgentProvisioned(
        PolicyId indexed policy,
        KeyId indexed agent,
        uint16 generation,
        uint24 index,
        uint256 commitment,
        uint40 expiry
    );

    /// @notice Emitted when an agent loses PROVE before its expiry; `IndexRevoked` follows for the same place.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param generation The pair of trees.
    /// @param index The leaf's position.
    event AgentRevoked(PolicyId indexed policy, KeyId indexed agent, uint16 generation, uint24 index);

    /// @notice Emitted when an operation's approvals hold and its nonce is used; the events of its changes follow.
    /// @param policy The policy address.
    /// @param proposer The id of the proposer's key.
    /// @param lane Of the nonce.
    /// @param nonce That was used.
    event OperationExecuted(PolicyId indexed policy, KeyId indexed proposer, uint192 lane, uint64 nonce);

    // ---- Errors: policy --------------------------------------------------------------------------------------------

    /// @notice Thrown when no policy has this address.
    error AgentPolicyUnknown(PolicyId policy);

    /// @notice Thrown when the address is in use; it can never be used again.
    error AgentPolicyExists(PolicyId policy);

    /// @notice Thrown when the address signed for is not the one that owner commitment and creator's key give.
    error AgentPolicyAddressMismatch(PolicyId policy, PolicyId computed);

    /// @notice Thrown when an owner commitment is zero or not below r.
    error AgentPolicyOwnerCommitmentInvalid(uint256 ownerCommitment);

    /// @notice Thrown when the creator, the first of the initial agents, is to get anything but all authorizations.
    error AgentPolicyCreatorNeedsAll(uint8 authorizations);

    /// @notice Thrown when the approval of a new policy is not its creator's.
    error AgentPolicyCreatorNotApproving(KeyId creator, KeyId approver);

    /// @notice Thrown when an operation was signed for another epoch of the policy.
    error AgentPolicyEpochMismatch(PolicyId policy, uint32 epoch, uint32 current);

    /// @notice Thrown when the policy has ended for ever.
    error AgentPolicyEnded(PolicyId policy);

    /// @notice Thrown when a quorum would be 0, or above the number of agents that could reach it. `right` is
    /// PROVE_GRANT or ADMIN.
    error AgentPolicyQuorumUnreachable(PolicyId policy, uint8 right, uint8 quorum, uint256 holders);

    /// @notice Thrown when a quorum would need every one of several agents, so that losing one locks the policy, and
    /// there are no root keys to help.
    error AgentPolicyQuorumNeedsRootKeys(PolicyId policy, uint8 right, uint8 quorum);

    /// @notice Thrown when more than `limit` agents would hold more than PROVE.
    error AgentPolicyPowerLimit(PolicyId policy, uint256 count, uint256 limit);

    /// @notice Thrown when a governance delay is not within 1 hour and 30 days.
    error AgentPolicyDelayOutOfRange(uint32 delay);

    /// @notice Thrown when a window is not within 1 and 30 days.
    error AgentPolicyWindowOutOfRange(uint32 window);

    /// @notice Thrown when power would change at once that only a governance change may (docs/policy.md).
    error AgentPolicyGovernanceNeeded(PolicyId policy, KeyId agent, uint8 authorizations);

    /// @notice Thrown when PROVE would be granted, or a change scheduled, while a recovery runs.
    error AgentPolicyRecovering(PolicyId policy);

    /// @notice Thrown when PROVE would be granted while grants are stopped.
    error AgentPolicyGrantsStopped(PolicyId policy, KeyId stopper);

    /// @notice Thrown when more than 32 agents would prove at once (protocol §2).
    error AgentPolicyProverLimit(PolicyId policy, uint256 limit);

    // ---- Errors: operation -----------------------------------------------------------------------------------------

    /// @notice Thrown when an operation's deadline has passed.
    error AgentPolicyDeadlinePassed(uint64 deadline, uint256 time);

    /// @notice Thrown when an operation's deadline is more than 30 days off.
    error AgentPolicyDeadlineTooFar(uint64 deadline, uint256 time);

    /// @notice Thrown when the nonce is not the next of its lane.
    error AgentPolicyNonceMismatch(PolicyId policy, KeyId proposer, uint192 lane, uint64 nonce, uint64 expected);

    /// @notice Thrown when an operation changes no agent or more than `limit`.
    error AgentPolicyBatchSize(uint256 size, uint256 limit);

    /// @notice Thrown when an agent occurs twice in one operation.
    error AgentPolicyAgentRepeated(KeyId agent);

    // ---- Errors: approvals and acceptances -------------------------------------------------------------------------

    /// @notice Thrown when nobody or more than `limit` approve.
    error AgentPolicyApprovalCount(uint256 count, uint256 limit);

    /// @notice Thrown when approvals are not strictly ascending by key id.
    error AgentPolicyApprovalsNotAscending(KeyId previous, KeyId next);

    /// @notice Thrown when the proposer, whose nonce would be used, is not among the approvals.
    error AgentPolicyProposerNotApproving(KeyId proposer);

    /// @notice Thrown when an approval is not of an agent of the policy.
    error AgentPolicyApproverUnknown(PolicyId policy, KeyId approver);

    /// @notice Thrown when an approval is of an agent that was removed.
    error AgentPolicyApproverRemoved(PolicyId policy, KeyId approver);

    /// @notice Thrown when an approver holds none of the rights that the operation needs, each of which ADMIN
    /// includes.
    error AgentPolicyApproverWithoutRight(PolicyId policy, KeyId approver, uint8 held, uint8 needed);

    /// @notice Thrown when fewer approvers than required hold a right that the operation needs.
    error AgentPolicyRightMissing(PolicyId policy, uint8 right, uint256 approvers, uint256 required);

    /// @notice Thrown when there is not one acceptance for each change.
    error AgentPolicyAcceptanceCount(uint256 count, uint256 expected);

    /// @notice Thrown when an agent that is new or gains PROVE has not accepted (deadline 0).
    error AgentPolicyAcceptanceMissing(KeyId agent);

    /// @notice Thrown when an acceptance's deadline has passed.
    error AgentPolicyAcceptanceExpired(KeyId agent, uint64 deadline, uint256 time);

    /// @notice Thrown when an acceptance is given where none is needed: the agent approves, or gains no PROVE.
    error AgentPolicyAcceptanceNotNeeded(KeyId agent);

    // ---- Errors: agents --------------------------------------------------------------------------------------------

    /// @notice Thrown when the policy has no such agent.
    error AgentPolicyAgentUnknown(PolicyId policy, KeyId agent);

    /// @notice Thrown when the agent lost all its authorizations and cannot return in this epoch.
    error AgentPolicyAgentRemoved(PolicyId policy, KeyId agent);

    /// @notice Thrown when a known agent's key comes with another kind than its record's.
    error AgentPolicyKindMismatch(KeyId agent, uint8 kind, uint8 recorded);

    /// @notice Thrown when bits are given that are no authorizations.
    error AgentPolicyAuthorizationsUnknown(KeyId agent, uint8 authorizations);

    /// @notice Thrown when a new agent would get, or an agent lose, no authorization.
    error AgentPolicyAuthorizationsEmpty(KeyId agent);

    /// @notice Thrown when an agent has the authorizations it is to have, or lacks all that it is to lose.
    error AgentPolicyNothingChanges(PolicyId policy, KeyId agent);

    /// @notice Thrown when all that a revocation names is gone already.
    error AgentPolicyNothingToRevoke(PolicyId policy);

    /// @notice Thrown when PROVE would be gained without a commitment.
    error AgentPolicyCommitmentMissing(KeyId agent);

    /// @notice Thrown when a commitment comes without PROVE being gained.
    error AgentPolicyCommitmentUnexpected(KeyId agent, uint256 commitment);

    /// @notice Thrown when a commitment is not below r.
    error AgentPolicyCommitmentNotCanonical(uint256 commitment);

    /// @notice Thrown when the policy has seen this commitment before, revoked or not (A4).
    error AgentPolicyCommitmentUsed(PolicyId policy, uint256 commitment);

    /// @notice Thrown when an expiry comes without PROVE being gained: it never changes in place.
    error AgentPolicyExpiryUnexpected(KeyId agent, uint64 expiry);

    /// @notice Thrown when an expiry is not below 2^40.
    error AgentPolicyExpiryTooLate(uint64 expiry);

    /// @notice Thrown when an expiry is neither a multiple of 3600 nor 2^40 - 1.
    error AgentPolicyExpiryNotHourly(uint64 expiry);

    /// @notice Thrown when an expiry is not in the future.
    error AgentPolicyExpiryPassed(uint64 expiry, uint256 time);

    // ---- Errors: queries -------------------------------------------------------------------------------------------

    /// @notice Thrown when the answer is not in the latest spell of proving but in the logs.
    error AgentPolicyTimeBeforeSpell(PolicyId policy, KeyId agent, uint40 time, uint40 provedFrom);

    /// @notice Thrown when a time lies in the future.
    error AgentPolicyTimeInFuture(uint40 time, uint256 now_);

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @notice Opens a policy at the address that the owner commitment and the creator's key give (A1).
    /// @dev Only the creator's approval is needed, so nobody else can take the address (protocol §2).
    /// @param op What is signed; `op.agents[0]` is the creator.
    /// @param acceptances One for each of `op.agents`; the creator's is all zero, as it approves.
    /// @param approval The creator's.
    /// @return policy The policy address.
    function createPolicy(
        CreatePolicy calldata op,
        Acceptance[] calldata acceptances,
        Approval calldata approval
    ) external returns (PolicyId policy);

    /// @notice Sets the authorizations of agents, new or known; all or nothing.
    /// @dev PROVE can be gained by the grant quorum of agents with PROVE_GRANT or ADMIN, and lost by one with
    /// PROVE_REVOKE or ADMIN; PROVE_GRANT and PROVE_REVOKE can be lost, by agents without ADMIN, by the ADMIN quorum.
    /// Nothing else changes at once.
    /// @param op What is signed.
    /// @param acceptances One for each change; needed of an agent that is new or gains PROVE and does not approve.
    /// @param approvals Of agents of the policy, strictly ascending by key id, the proposer's among them.
    function authorize(
        Authorize calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external;

    /// @notice Takes authorizations from agents; who loses PROVE can prove no more from this block on.
    /// @dev Skips what is gone already, and reverts if all is: a front-run element cannot block a batch (protocol
    /// §4.3). The rights needed follow from what is named, gone or not: one PROVE_REVOKE or ADMIN for PROVE, the ADMIN
    /// quorum for PROVE_GRANT and PROVE_REVOKE of agents without ADMIN.
    /// @param op What is signed.
    /// @param approvals Of agents of the policy, strictly ascending by key id, the proposer's among them.
    function revoke(Revoke calldata op, Approval[] calldata approvals) external;

    /// @notice Gives up authorizations of one's own, as far as the policy can act afterwards; bits that the agent lacks
    /// are skipped.
    /// @param op What is signed.
    /// @param approval The agent's own.
    function renounce(Renounce calldata op, Approval calldata approval) external;

    // ---- Checks: what an action would say to all but its signatures and acceptances --------------------------------

    /// @notice Reverts with the error that `createPolicy` would revert with.
    /// @param op What is to be signed.
    function checkCreatePolicy(CreatePolicy calldata op) external view;

    /// @notice Reverts with the error that `authorize` would revert with.
    /// @param op What is to be signed.
    /// @param approvers Who would approve, strictly ascending.
    function checkAuthorize(Authorize calldata op, KeyId[] calldata approvers) external view;

    /// @notice Reverts with the error that `revoke` would revert with.
    /// @param op What is to be signed.
    /// @param approvers Who would approve, strictly ascending.
    function checkRevoke(Revoke calldata op, KeyId[] calldata approvers) external view;

    /// @notice Reverts with the error that `renounce` would revert with.
    /// @param op What is to be signed.
    function checkRenounce(Renounce calldata op) external view;

    // ---- Queries ---------------------------------------------------------------------------------------------------

    /// @notice The address that a policy of this owner commitment and creator has on this chain and registry
    /// (protocol §2).
    /// @param ownerCommitment O.
    /// @param creator The id of the creator's key.
    /// @return policy The address, whether in use or not.
    function policyAddress(uint256 ownerCommitment, KeyId creator) external view returns (PolicyId policy);

    /// @notice A policy's state.
    /// @param policy Its address; reverts if unknown.
    function policyOf(PolicyId policy) external view returns (PolicyView memory);

    /// @notice An agent's record.
    /// @param policy The policy address.
    /// @param agent The id of its key; reverts if the policy never had it.
    function agentOf(PolicyId policy, KeyId agent) external view returns (AgentView memory);

    /// @notice The agents of a policy in the order in which they were added, removed ones included (A6).
    /// @param policy The policy address.
    /// @param start Position of the first.
    /// @param count At most how many; the answer ends with the last agent.
    /// @return agents Empty past the last one.
    function agentsOf(PolicyId policy, uint256 start, uint256 count) external view returns (AgentView[] memory agents);

    /// @notice The leaves under which agents of the policy prove now, at most 32, in no particular order.
    /// @param policy The policy address.
    /// @return leaves Where they lie.
    function liveLeavesOf(PolicyId policy) external view returns (LeafId[] memory leaves);

    /// @notice Whether an agent proved at a time of its latest spell. The second of a revocation is outside of it, that
    /// of an expiry within.
    /// @dev For an earlier spell the answer is in the logs.
    /// @param policy The policy address.
    /// @param agent The id of its key.
    /// @param time Unix time, not in the future.
    function provedAt(PolicyId policy, KeyId agent, uint40 time) external view returns (bool);

    /// @notice The nonce that the next operation of a proposer has in a lane.
    /// @param policy The policy address.
    /// @param proposer The id of the proposer's key.
    /// @param lane Any number; operations in different lanes do not wait for each other.
    /// @return nonce 0 in a lane never used.
    function nonceOf(PolicyId policy, KeyId proposer, uint192 lane) external view returns (uint64 nonce);

    /// @notice True if the policy has seen this commitment (A4).
    /// @param policy The policy address.
    /// @param commitment K.
    /// @return used Whether it was ever granted, also if revoked since.
    function isCommitmentUsed(PolicyId policy, uint256 commitment) external view returns (bool used);

    /// @notice The values of both accumulators now (A6).
    /// @return generation The pair of trees that takes the next leaf.
    /// @return size Leaves in it.
    /// @return provisionedRoot The root over them; acceptable to verifiers once it is checkpointed.
    /// @return revokedRoot The current root of its revoked tree.
    /// @return version The revocation version. All are 0 before the first leaf.
    function accumulators()
        external
        view
        returns (uint16 generation, uint32 size, uint256 provisionedRoot, uint256 revokedRoot, uint64 version);

    /// @notice All that a verifier asks of two roots (protocol §6.5).
    /// @param provisionedRoot The root under which an agent proves membership.
    /// @param revokedRoot The root under which it proves not to be revoked.
    /// @return record What is recorded of the provisioned root; size 0 if it never was a checkpoint.
    /// @return status What the generation of that record knows of the revoked root.
    /// @return supersededAt Since when the revoked root lacks a bit; 0 unless superseded.
    function rootsOf(
        uint256 provisionedRoot,
        uint256 revokedRoot
    ) external view returns (Checkpoint memory record, RootStatus status, uint40 supersededAt);

    /// @notice The EIP-712 domain separator of this registry on this chain.
    function domainSeparator() external view returns (bytes32);
}
