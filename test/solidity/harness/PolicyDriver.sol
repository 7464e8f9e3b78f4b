// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";

import {AgentPolicyRegistry} from "../../../contracts/policy/AgentPolicyRegistry.sol";
import {Acceptance, AgentAcceptanceHash} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {Authorizations} from "../../../contracts/types/Authorizations.sol";
import {Authorize, AuthorizeHash} from "../../../contracts/types/Authorize.sol";
import {CreatePolicy, CreatePolicyHash} from "../../../contracts/types/CreatePolicy.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {KeyKinds} from "../../../contracts/types/KeyKinds.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Renounce, RenounceHash} from "../../../contracts/types/Renounce.sol";
import {Revoke, RevokeHash} from "../../../contracts/types/Revoke.sol";

/// @dev Signs operations with keys that are known by a small number, and sends them.
abstract contract PolicyDriver is CommonBase, StdUtils {
    uint32 internal constant EPOCH = 1;
    uint64 internal constant FOREVER = type(uint40).max;

    AgentPolicyRegistry public registry;

    function material(uint256 agent) public pure returns (bytes memory) {
        return abi.encodePacked(vm.addr(_secret(agent)));
    }

    function idOf(uint256 agent) public pure returns (KeyId) {
        return KeyId.wrap(keccak256(material(agent)));
    }

    function hashOf(CreatePolicy calldata op) external pure returns (bytes32) {
        return CreatePolicyHash.hash(op);
    }

    function hashOf(Authorize calldata op) external pure returns (bytes32) {
        return AuthorizeHash.hash(op);
    }

    function hashOf(Revoke calldata op) external pure returns (bytes32) {
        return RevokeHash.hash(op);
    }

    function hashOf(Renounce calldata op) external pure returns (bytes32) {
        return RenounceHash.hash(op);
    }

    function hashOf(
        PolicyId policy,
        KeyId agent,
        AgentChange calldata change,
        uint64 deadline
    ) external pure returns (bytes32) {
        return AgentAcceptanceHash.hash(policy, EPOCH, agent, change, deadline);
    }

    function _secret(uint256 agent) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("dkms test agent", agent))) >> 1;
    }

    function _approve(uint256 agent, bytes32 structHash) internal view returns (Approval memory) {
        return Approval(material(agent), _sign(agent, structHash));
    }

    /// @dev One approval for each agent, ascending by key id.
    function _approveAll(
        uint256[] memory agents,
        bytes32 structHash
    ) internal view returns (Approval[] memory approvals) {
        for (uint256 i = 1; i < agents.length; ++i) {
            for (uint256 j = i; j > 0 && _above(agents[j - 1], agents[j]); --j) {
                (agents[j - 1], agents[j]) = (agents[j], agents[j - 1]);
            }
        }
        approvals = new Approval[](agents.length);
        for (uint256 i = 0; i < agents.length; ++i) approvals[i] = _approve(agents[i], structHash);
    }

    function _accept(
        PolicyId policy,
        uint256 agent,
        AgentChange memory change
    ) internal view returns (Acceptance memory) {
        bytes32 structHash = this.hashOf(policy, idOf(agent), change, FOREVER);
        return Acceptance(FOREVER, _sign(agent, structHash));
    }

    function _change(
        uint256 agent,
        uint8 bits,
        uint256 commitment,
        uint64 expiry
    ) internal pure returns (AgentChange memory) {
        return AgentChange(KeyKinds.SECP256K1, material(agent), bits, commitment, expiry);
    }

    /// @dev Opens a policy of one agent.
    function _open(uint256 creator, uint256 ownerCommitment, uint256 commitment) internal returns (PolicyId policy) {
        policy = registry.policyAddress(ownerCommitment, idOf(creator));
        AgentChange[] memory agents = new AgentChange[](1);
        agents[0] = _change(creator, Authorizations.ALL, commitment, FOREVER);
        CreatePolicy memory op = CreatePolicy(policy, ownerCommitment, agents, false, FOREVER);
        registry.createPolicy(op, new Acceptance[](1), _approve(creator, this.hashOf(op)));
    }

    function _sign(uint256 agent, bytes32 structHash) private view returns (bytes memory) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(registry.domainSeparator(), structHash);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secret(agent), digest);
        return abi.encodePacked(r, s, v);
    }

    function _above(uint256 a, uint256 b) private pure returns (bool) {
        return KeyId.unwrap(idOf(a)) > KeyId.unwrap(idOf(b));
    }
}
