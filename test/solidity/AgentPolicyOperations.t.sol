// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicyRegistry} from "../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {AgentPolicyRegistry} from "../../contracts/policy/AgentPolicyRegistry.sol";
import {Acceptance, AgentAcceptance, AgentAcceptanceHash} from "../../contracts/types/Acceptance.sol";
import {AgentChange, AgentChangeHash} from "../../contracts/types/AgentChange.sol";
import {Approval} from "../../contracts/types/Approval.sol";
import {Authorizations} from "../../contracts/types/Authorizations.sol";
import {Authorize, AuthorizeHash} from "../../contracts/types/Authorize.sol";
import {CreatePolicyHash} from "../../contracts/types/CreatePolicy.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {Renounce, RenounceHash} from "../../contracts/types/Renounce.sol";
import {AgentRevocation, Revoke, RevokeHash} from "../../contracts/types/Revoke.sol";
import {PolicyDriver} from "./harness/PolicyDriver.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Types and hashes of the signed operations are those of the struct definitions; single operations under fuzz.
contract AgentPolicyOperationsTest is TestBase, PolicyDriver {
    uint256 private constant CREATOR = 1;
    uint256 private constant OTHER = 2;

    PolicyId private _policy;

    function setUp() public {
        registry = new AgentPolicyRegistry();
        _policy = _open(CREATOR, 11, 12);
    }

    function test_typehash_ofCreatePolicy() public pure {
        assertEq(CreatePolicyHash.TYPEHASH, vm.eip712HashType("CreatePolicy"));
    }

    function test_typehash_ofAuthorize() public pure {
        assertEq(AuthorizeHash.TYPEHASH, vm.eip712HashType("Authorize"));
    }

    function test_typehash_ofRevoke() public pure {
        assertEq(RevokeHash.TYPEHASH, vm.eip712HashType("Revoke"));
    }

    function test_typehash_ofRenounce() public pure {
        assertEq(RenounceHash.TYPEHASH, vm.eip712HashType("Renounce"));
    }

    function test_typehash_ofAgentChange() public pure {
        assertEq(AgentChangeHash.TYPEHASH, vm.eip712HashType("AgentChange"));
    }

    function test_typehash_ofAgentRevocation() public pure {
        assertEq(RevokeHash.AGENT_REVOCATION_TYPEHASH, vm.eip712HashType("AgentRevocation"));
    }

    function test_typehash_ofAgentAcceptance() public pure {
        assertEq(AgentAcceptanceHash.TYPEHASH, vm.eip712HashType("AgentAcceptance"));
    }

    function testFuzz_hash_ofAuthorizeIsThatOfTheStruct(Authorize calldata op) public view {
        assertEq(this.hashOf(op), vm.eip712HashStruct("Authorize", abi.encode(op)));
    }

    function testFuzz_hash_ofRevokeIsThatOfTheStruct(Revoke calldata op) public view {
        assertEq(this.hashOf(op), vm.eip712HashStruct("Revoke", abi.encode(op)));
    }

    function testFuzz_hash_ofRenounceIsThatOfTheStruct(Renounce calldata op) public view {
        assertEq(this.hashOf(op), vm.eip712HashStruct("Renounce", abi.encode(op)));
    }

    function testFuzz_hash_ofAcceptanceIsThatOfTheStruct(
        PolicyId policy,
        AgentChange calldata change,
        uint64 deadline
    ) public view {
        AgentAcceptance memory acceptance = AgentAcceptance(
            policy,
            EPOCH,
            change.key,
            change.commitment,
            change.authorizations,
            change.expiry,
            deadline
        );
        assertEq(
            this.hashOf(policy, KeyId.wrap(keccak256(change.key)), change, deadline),
            vm.eip712HashStruct("AgentAcceptance", abi.encode(acceptance))
        );
    }

    /// @dev After a fork of the chain nothing that was signed before counts on the other side.
    function test_renounce_revertsWhenTheChainIdChanged() public {
        Renounce memory op = _renounce(Authorizations.PROVE);
        Approval memory approval = _approve(CREATOR, this.hashOf(op));
        bytes32 before = registry.domainSeparator();
        vm.chainId(block.chainid + 1);
        assertNotEq(registry.domainSeparator(), before);
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeySignatureInvalid.selector, idOf(CREATOR)));
        registry.renounce(op, approval);
    }

    function test_policyAddress_dependsOnTheChain() public {
        PolicyId here = registry.policyAddress(11, idOf(CREATOR));
        vm.chainId(block.chainid + 1);
        assertNotEq(PolicyId.unwrap(registry.policyAddress(11, idOf(CREATOR))), PolicyId.unwrap(here));
    }

    function testFuzz_policyAddress_isTheCreatorsAlone(uint256 ownerCommitment, uint256 other) public view {
        ownerCommitment = bound(ownerCommitment, 1, type(uint248).max);
        other = bound(other, 2, 1000);
        assertNotEq(
            PolicyId.unwrap(registry.policyAddress(ownerCommitment, idOf(CREATOR))),
            PolicyId.unwrap(registry.policyAddress(ownerCommitment, idOf(other)))
        );
    }

    /// @dev No signature counts but the key's own: neither random bytes, nor anything of another length.
    function testFuzz_renounce_revertsForAnyOtherSignature(bytes calldata signature) public {
        Renounce memory op = _renounce(Authorizations.PROVE);
        Approval memory approval = Approval(material(CREATOR), signature);
        bytes memory refusal =
            signature.length == 0
                ? abi.encodeWithSelector(IAgentKeyErrors.AgentKeySenderMismatch.selector, idOf(CREATOR), address(this))
                : abi.encodeWithSelector(IAgentKeyErrors.AgentKeySignatureInvalid.selector, idOf(CREATOR));
        vm.expectRevert(refusal);
        registry.renounce(op, approval);
    }

    /// @dev Material that hashes to no agent of the policy is a stranger, whatever its length.
    function testFuzz_renounce_revertsForAnyOtherKey(bytes calldata key) public {
        Renounce memory op = _renounce(Authorizations.PROVE);
        KeyId id = KeyId.wrap(keccak256(key));
        if (KeyId.unwrap(id) == KeyId.unwrap(idOf(CREATOR))) return;
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicyRegistry.AgentPolicyApproverUnknown.selector, _policy, id));
        registry.renounce(op, Approval(key, ""));
    }

    function testFuzz_renounce_takesExactlyTheNamedBits(uint8 bits) public {
        bits = uint8(bound(bits, 1, Authorizations.ALL & ~Authorizations.ADMIN));
        Renounce memory op = _renounce(bits);
        registry.renounce(op, _approve(CREATOR, this.hashOf(op)));
        assertEq(registry.agentOf(_policy, idOf(CREATOR)).authorizations, Authorizations.ALL & ~bits);
        assertEq(registry.liveLeavesOf(_policy).length, bits & Authorizations.PROVE == 0 ? 1 : 0);
    }

    /// @dev Half of the inputs are full hours, a quarter of them around now and around 2^40.
    function testFuzz_authorize_acceptsExactlyFullHoursToCome(uint64 expiry, uint8 shape) public {
        vm.warp(1_900_000_000 - (1_900_000_000 % 3600) + (shape % 3) - 1);
        if (shape & 4 != 0) expiry -= expiry % 3600;
        if (shape & 24 == 24)
            expiry = (uint64(bound(expiry, block.timestamp - 7200, block.timestamp + 7200)) / 3600) * 3600;
        if (shape & 24 == 16) expiry = (uint64(bound(expiry, 0, (1 << 40) + 7200)) / 3600) * 3600;
        AgentChange[] memory changes = new AgentChange[](1);
        changes[0] = _change(OTHER, Authorizations.PROVE, 77, expiry);
        Authorize memory op = Authorize(_policy, EPOCH, changes, false, idOf(CREATOR), 0, 0, FOREVER);
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = _approve(CREATOR, this.hashOf(op));
        Acceptance[] memory acceptances = new Acceptance[](1);
        acceptances[0] = _accept(_policy, OTHER, changes[0]);
        bool good = expiry == FOREVER || (expiry < 1 << 40 && expiry % 3600 == 0 && expiry > block.timestamp);
        if (!good) vm.expectPartialRevert(_expiryError(expiry));
        registry.authorize(op, acceptances, approvals);
        if (good) assertEq(registry.agentOf(_policy, idOf(OTHER)).expiry, expiry);
    }

    function testFuzz_revoke_refusesWhoIsNoAgent(KeyId agent, uint8 bits) public {
        bits = uint8(bound(bits, 1, Authorizations.ALL));
        if (KeyId.unwrap(agent) == KeyId.unwrap(idOf(CREATOR))) return;
        AgentRevocation[] memory revocations = new AgentRevocation[](1);
        revocations[0] = AgentRevocation(agent, bits);
        Revoke memory op = Revoke(_policy, EPOCH, revocations, idOf(CREATOR), 0, 0, FOREVER);
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = _approve(CREATOR, this.hashOf(op));
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicyRegistry.AgentPolicyAgentUnknown.selector, _policy, agent));
        registry.revoke(op, approvals);
    }

    function _renounce(uint8 bits) private view returns (Renounce memory) {
        return Renounce(_policy, EPOCH, bits, idOf(CREATOR), 0, 0, FOREVER);
    }

    function _expiryError(uint64 expiry) private pure returns (bytes4) {
        if (expiry >= 1 << 40) return IAgentPolicyRegistry.AgentPolicyExpiryTooLate.selector;
        if (expiry % 3600 != 0) return IAgentPolicyRegistry.AgentPolicyExpiryNotHourly.selector;
        return IAgentPolicyRegistry.AgentPolicyExpiryPassed.selector;
    }
}
