// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {IAccumulators} from "../interfaces/IAccumulators.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../interfaces/IAgentPolicySafeguards.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AgentView} from "../types/Agent.sol";
import {Approval} from "../types/Approval.sol";
import {Authorize} from "../types/Authorize.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {CreatePolicy} from "../types/CreatePolicy.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId, leafId} from "../types/LeafId.sol";
import {LiftStop} from "../types/LiftStop.sol";
import {PolicyView} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Renew} from "../types/Renew.sol";
import {Renounce} from "../types/Renounce.sol";
import {Revoke} from "../types/Revoke.sol";
import {RootStatus} from "../types/RootStatus.sol";
import {Stop} from "../types/Stop.sol";
import {VoidApprovals} from "../types/VoidApprovals.sol";
import {AgentPolicyState} from "./AgentPolicyState.sol";
import {PolicyAddress} from "./PolicyAddress.sol";
import {PolicyAgents} from "./PolicyAgents.sol";
import {PolicyQueries} from "./PolicyQueries.sol";
import {PolicyRevocations} from "./PolicyRevocations.sol";
import {PolicySafeguards} from "./PolicySafeguards.sol";

/// @title AgentPolicyRegistry
/// @notice Who may act for an owner, and the accumulators by which agents prove it.
/// @dev Holds all state. What changes power does not fit into one contract: calls that this one does not know run the
/// code of `AgentPolicyGovernance` on this storage, and those that that one does not know `AgentPolicyRecovery`. Both
/// and the linked libraries are fixed when this contract is deployed; nothing can be exchanged. It calls nothing else
/// but, to check a signature, the contract that is an agent's key, which by a static call can change nothing.
contract AgentPolicyRegistry is IAgentPolicyRegistry, IAgentPolicySafeguards, AgentPolicyState {
    /// @dev The code of `IAgentPolicyGovernance`.
    address private immutable _GOVERNANCE;

    /// @notice Fixes the other parts.
    /// @param governance The governance part. It has the same libraries and no state of its own.
    constructor(address governance) {
        _GOVERNANCE = governance;
    }

    /// @notice Answers by the next part what this one does not know.
    /// @dev On this storage. OpenZeppelin's `Proxy` has assembly for it that is not memory-safe, which takes
    /// optimizations from all of a contract's actions.
    /// @param call The call as it came.
    /// @return What the next part returns, as it is.
    fallback(bytes calldata call) external returns (bytes memory) {
        return Address.functionDelegateCall(_GOVERNANCE, call);
    }

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRegistry
    function createPolicy(
        CreatePolicy calldata op,
        Acceptance[] calldata acceptances,
        Approval calldata approval
    ) external returns (PolicyId policy) {
        LeafId[] memory provisioned = PolicyAgents.create(
            _agents,
            _rules,
            _provisioned,
            op,
            acceptances,
            approval,
            _context()
        );
        _appendAll(op.policy, op.agents, provisioned, op.checkpoint);
        return op.policy;
    }

    /// @inheritdoc IAgentPolicyRegistry
    function authorize(
        Authorize calldata op,
        Acceptance[] calldata acceptances,
        Approval[] calldata approvals
    ) external {
        (LeafId[] memory provisioned, LeafId[] memory revoked) = PolicyAgents.authorize(
            _agents,
            _authority,
            _provisioned,
            op,
            acceptances,
            approvals,
            0,
            _context()
        );
        _appendAll(op.policy, op.changes, provisioned, op.checkpoint);
        _revoke(revoked);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function revoke(Revoke calldata op, Approval[] calldata approvals) external {
        _revoke(PolicyRevocations.revoke(_agents, _authority, op, approvals, _context()));
    }

    /// @inheritdoc IAgentPolicyRegistry
    function renounce(Renounce calldata op, Approval calldata approval) external {
        _revoke(PolicyAgents.renounce(_agents, _authority, op, approval, _context()));
    }

    /// @inheritdoc IAgentPolicySafeguards
    function stop(Stop calldata op, Approval calldata approval) external {
        PolicySafeguards.stop(_agents, op, approval, _context());
    }

    /// @inheritdoc IAgentPolicySafeguards
    function liftStop(LiftStop calldata op, Approval[] calldata approvals) external {
        PolicySafeguards.lift(_agents, op, approvals, _context());
    }

    /// @inheritdoc IAgentPolicySafeguards
    function renew(Renew calldata op, Approval calldata approval) external {
        uint16 generation = _provisioned.head.generation;
        (LeafId provisioned, LeafId revoked) = PolicySafeguards.renew(
            _agents,
            _authority,
            _provisioned,
            op,
            approval,
            _context()
        );
        _append(op.policy, op.commitment, uint40(op.expiry), provisioned);
        RevokedTree.set(_revoked, _provisioned, revoked);
        if (op.checkpoint) _checkpointFrom(generation);
    }

    /// @inheritdoc IAgentPolicySafeguards
    function voidApprovals(VoidApprovals calldata op, Approval calldata approval) external {
        PolicySafeguards.voidApprovals(_agents, op, approval, _context());
    }

    /// @inheritdoc IAccumulators
    function checkpoint(uint16 generation) external returns (uint256 root, bool added) {
        return ProvisionedTree.checkpoint(_provisioned, generation);
    }

    // ---- Checks ----------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRegistry
    function checkCreatePolicy(CreatePolicy calldata op) external view {
        PolicyAgents.checkCreate(_agents, _provisioned, op);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function checkAuthorize(Authorize calldata op, KeyId[] calldata approvers) external view {
        PolicyAgents.checkAuthorize(_agents, _authority, _provisioned, op, approvers);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function checkRevoke(Revoke calldata op, KeyId[] calldata approvers) external view {
        PolicyAgents.checkRevoke(_agents, _authority, op, approvers);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function checkRenounce(Renounce calldata op) external view {
        PolicyAgents.checkRenounce(_agents, _authority, op);
    }

    // ---- Queries: policies -----------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRegistry
    function policyAddress(uint256 ownerCommitment, KeyId creator) external view returns (PolicyId policy) {
        return PolicyAddress.compute(address(this), ownerCommitment, creator);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function policyOf(PolicyId policy) external view returns (PolicyView memory) {
        return PolicyQueries.policyOf(_agents, policy);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function agentOf(PolicyId policy, KeyId agent) external view returns (AgentView memory) {
        return PolicyQueries.agentOf(_agents, policy, agent);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function agentsOf(PolicyId policy, uint256 start, uint256 count) external view returns (AgentView[] memory agents) {
        return PolicyQueries.agentsOf(_agents, policy, start, count);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function liveLeavesOf(PolicyId policy) external view returns (LeafId[] memory leaves) {
        return PolicyQueries.liveLeavesOf(_agents, policy);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function provedAt(PolicyId policy, KeyId agent, uint40 time) external view returns (bool) {
        return PolicyQueries.provedAt(_agents, policy, agent, time);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function nonceOf(PolicyId policy, KeyId proposer, uint192 lane) external view returns (uint64 nonce) {
        return _authority.nonces[policy][proposer][lane];
    }

    /// @inheritdoc IAgentPolicyRegistry
    function isCommitmentUsed(PolicyId policy, uint256 commitment) external view returns (bool used) {
        return _agents.commitments[policy][commitment];
    }

    /// @inheritdoc IAgentPolicyRegistry
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ---- Queries: accumulators -------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRegistry
    function accumulators()
        external
        view
        returns (uint16 generation, uint32 size, uint256 provisionedRoot_, uint256 revokedRoot_, uint64 version)
    {
        generation = _provisioned.head.generation;
        size = _provisioned.head.size;
        if (size == 0) return (0, 0, 0, 0, 0);
        provisionedRoot_ = ProvisionedTree.rootAt(_provisioned, generation, size);
        (revokedRoot_, version) = RevokedTree.currentRoot(_revoked, _provisioned, generation);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function rootsOf(
        uint256 provisionedRoot_,
        uint256 revokedRoot_
    ) external view returns (Checkpoint memory record, RootStatus status, uint40 supersededAt) {
        record = _provisioned.checkpoints[provisionedRoot_];
        if (record.size == 0) return (record, RootStatus.Unknown, 0);
        (status, supersededAt) = RevokedTree.statusOf(_revoked, record.generation, revokedRoot_);
    }

    /// @inheritdoc IAccumulators
    function checkpointOf(uint256 root) external view returns (Checkpoint memory record) {
        return _provisioned.checkpoints[root];
    }

    /// @inheritdoc IAccumulators
    function rootStatus(
        uint16 generation,
        uint256 root
    ) external view returns (RootStatus status, uint40 supersededAt) {
        return RevokedTree.statusOf(_revoked, generation, root);
    }

    /// @inheritdoc IAccumulators
    function currentGeneration() external view returns (uint16 generation) {
        return _provisioned.head.generation;
    }

    /// @inheritdoc IAccumulators
    function provisionedSize(uint16 generation) external view returns (uint32 size) {
        return ProvisionedTree.sizeOf(_provisioned, generation);
    }

    /// @inheritdoc IAccumulators
    function provisionedRoot(uint16 generation, uint32 size) external view returns (uint256 root) {
        return ProvisionedTree.rootAt(_provisioned, generation, size);
    }

    /// @inheritdoc IAccumulators
    function provisionedNodes(
        uint16 generation,
        uint32 size,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes) {
        return ProvisionedTree.nodesAt(_provisioned, generation, size, level, start, count);
    }

    /// @inheritdoc IAccumulators
    function provisionedWitness(
        uint16 generation,
        uint32 size,
        uint24 index
    ) external view returns (uint256[] memory siblings) {
        return ProvisionedTree.witnessAt(_provisioned, generation, size, index);
    }

    /// @inheritdoc IAccumulators
    function revokedRoot(uint16 generation) external view returns (uint256 root, uint64 version) {
        return RevokedTree.currentRoot(_revoked, _provisioned, generation);
    }

    /// @inheritdoc IAccumulators
    function revokedWords(
        uint16 generation,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory words) {
        return RevokedTree.wordsOf(_revoked, _provisioned, generation, start, count);
    }

    /// @inheritdoc IAccumulators
    function revokedNodes(
        uint16 generation,
        uint8 level,
        uint32 start,
        uint32 count
    ) external view returns (uint256[] memory nodes) {
        return RevokedTree.nodesOf(_revoked, _provisioned, generation, level, start, count);
    }

    /// @inheritdoc IAccumulators
    function revokedWitness(
        uint16 generation,
        uint24 index
    ) external view returns (uint256 word, uint256[] memory siblings) {
        return RevokedTree.witnessOf(_revoked, _provisioned, leafId(generation, index));
    }

    // ---- Internal --------------------------------------------------------------------------------------------------

    /// @dev Sets the bits of leaves under which agents may prove no more.
    function _revoke(LeafId[] memory leaves) private {
        if (leaves.length == 1) RevokedTree.set(_revoked, _provisioned, leaves[0]);
        else _revokeMany(leaves);
    }
}
