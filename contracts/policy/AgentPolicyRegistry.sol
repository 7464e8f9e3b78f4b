// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {IAccumulators} from "../interfaces/IAccumulators.sol";
import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AgentView} from "../types/Agent.sol";
import {AgentChange} from "../types/AgentChange.sol";
import {Approval} from "../types/Approval.sol";
import {Authorize} from "../types/Authorize.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {CreatePolicy} from "../types/CreatePolicy.sol";
import {KeyId} from "../types/KeyId.sol";
import {LeafId, leafId} from "../types/LeafId.sol";
import {PolicyView} from "../types/Policy.sol";
import {PolicyId} from "../types/PolicyId.sol";
import {Renounce} from "../types/Renounce.sol";
import {Revoke} from "../types/Revoke.sol";
import {RootStatus} from "../types/RootStatus.sol";
import {AgentRecords} from "./AgentRecords.sol";
import {PolicyAddress} from "./PolicyAddress.sol";
import {Context, PolicyAgents} from "./PolicyAgents.sol";
import {PolicyAuthority} from "./PolicyAuthority.sol";
import {PolicyQueries} from "./PolicyQueries.sol";
import {PolicyRevocations} from "./PolicyRevocations.sol";

/// @title AgentPolicyRegistry
/// @notice Who may act for an owner, and the accumulators by which agents prove it.
/// @dev Holds all state and all entry points; the linked libraries work on this storage by delegatecall to addresses
/// fixed when it was deployed. The only contract that appends a leaf or sets a bit. Calls nothing else, so nothing
/// re-enters.
contract AgentPolicyRegistry is IAgentPolicyRegistry, EIP712 {
    PolicyAuthority.State private _authority;
    AgentRecords.State private _agents;
    ProvisionedTree.State private _provisioned;
    RevokedTree.State private _revoked;

    constructor() EIP712("dkms AgentPolicyRegistry", "1") {}

    // ---- Actions ---------------------------------------------------------------------------------------------------

    /// @inheritdoc IAgentPolicyRegistry
    function createPolicy(
        CreatePolicy calldata op,
        Acceptance[] calldata acceptances,
        Approval calldata approval
    ) external returns (PolicyId policy) {
        LeafId[] memory provisioned = PolicyAgents.create(_agents, _provisioned, op, acceptances, approval, _context());
        _append(op.policy, op.agents, provisioned, op.checkpoint);
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
            _context()
        );
        _append(op.policy, op.changes, provisioned, op.checkpoint);
        _revoke(revoked);
    }

    /// @inheritdoc IAgentPolicyRegistry
    function revoke(Revoke calldata op, Approval[] calldata approvals) external {
        _revoke(PolicyRevocations.revoke(_agents, _authority, op, approvals, _domainSeparatorV4(), msg.sender));
    }

    /// @inheritdoc IAgentPolicyRegistry
    function renounce(Renounce calldata op, Approval calldata approval) external {
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = approval;
        _revoke(PolicyAgents.renounce(_agents, _authority, op, approvals, _context()));
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

    /// @dev Appends the leaf of every change with a commitment, which only comes with PROVE; a generation that they
    /// fill is checkpointed with the one that they open.
    function _append(
        PolicyId policy,
        AgentChange[] calldata changes,
        LeafId[] memory provisioned,
        bool checkpointed
    ) private {
        uint16 generation = _provisioned.head.generation;
        uint256 count = 0;
        for (uint256 i = 0; i < changes.length; ++i) {
            uint256 commitment = changes[i].commitment;
            if (commitment == 0) continue;
            LeafId leaf = ProvisionedTree.append(_provisioned, policy, commitment, uint40(changes[i].expiry));
            // the agent's record says so already
            assert(LeafId.unwrap(leaf) == LeafId.unwrap(provisioned[count++]));
            if (RevokedTree.growsAt(leaf.index())) RevokedTree.grow(_revoked, leaf);
        }
        if (!checkpointed) return;
        for (; generation <= _provisioned.head.generation; ++generation) {
            ProvisionedTree.checkpoint(_provisioned, generation);
        }
    }

    /// @dev Sets the bits of leaves under which agents may prove no more.
    function _revoke(LeafId[] memory leaves) private {
        if (leaves.length == 1) RevokedTree.set(_revoked, _provisioned, leaves[0]);
        else if (leaves.length > 1) RevokedTree.setMany(_revoked, _provisioned, leaves);
    }

    /// @dev What the libraries check signatures against; they do not ask for the sender themselves.
    function _context() private view returns (Context memory) {
        return Context(_domainSeparatorV4(), msg.sender);
    }
}
