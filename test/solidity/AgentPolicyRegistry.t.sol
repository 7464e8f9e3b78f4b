// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicyRegistry} from "../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {Acceptance, Offer} from "../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../contracts/types/AgentChange.sol";
import {Approval} from "../../contracts/types/Approval.sol";
import {Authorizations} from "../../contracts/types/Authorizations.sol";
import {Authorize} from "../../contracts/types/Authorize.sol";
import {CreatePolicy} from "../../contracts/types/CreatePolicy.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../contracts/types/PolicySettings.sol";
import {Renounce} from "../../contracts/types/Renounce.sol";
import {AgentRevocation, Revoke} from "../../contracts/types/Revoke.sol";
import {PolicyDriver} from "./harness/PolicyDriver.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Single operations of a policy with one agent, under fuzz.
contract AgentPolicyRegistryTest is TestBase, PolicyDriver {
    uint256 private constant CREATOR = 1;
    uint256 private constant OTHER = 2;
    uint256 private constant NOW = 1_900_000_000 - (1_900_000_000 % 3600);

    PolicyId private _policy;

    function setUp() public {
        vm.warp(NOW - 1);
        _deploy();
        _policy = registry.policyAddress(11, idOf(CREATOR));
        AgentChange[] memory agents = new AgentChange[](1);
        agents[0] = AgentChange(kindOf(CREATOR), material(CREATOR), Authorizations.ALL, 12, FOREVER);
        PolicySettings memory settings = PolicySettings(1, 1, false, 1 hours, 1 days, 0);
        CreatePolicy memory op = CreatePolicy(_policy, 11, agents, settings, false, uint64(block.timestamp));
        registry.createPolicy(op, new Acceptance[](1), _approve(CREATOR, _hashes.hash(op)));
    }

    /// @dev After a fork of the chain nothing that was signed before counts on the other side.
    function test_renounce_revertsWhenTheChainIdChanged() public {
        Renounce memory op = _renounce(Authorizations.PROVE);
        Approval memory approval = _approve(CREATOR, _hashOf(op));
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
        other = bound(other, 2, AGENTS - 1);
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

    /// @dev No counter counts but the agent's present one.
    function testFuzz_renounce_revertsForAnyOtherCounter(uint32 counter) public {
        counter = uint32(bound(counter, 1, type(uint32).max));
        Renounce memory op = _renounce(Authorizations.PROVE);
        Approval memory approval = _approve(CREATOR, _hashes.counted(_hashes.encodeRenounce(op), counter));
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeySignatureInvalid.selector, idOf(CREATOR)));
        registry.renounce(op, approval);
    }

    /// @dev Material that hashes to another id than the agent's is not the agent, whatever its length.
    function testFuzz_renounce_revertsForAnyOtherKey(bytes calldata key) public {
        Renounce memory op = _renounce(Authorizations.PROVE);
        KeyId creator = idOf(CREATOR);
        if (keccak256(key) == KeyId.unwrap(creator)) return;
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicyRegistry.AgentPolicyProposerNotApproving.selector, creator));
        registry.renounce(op, Approval(key, ""));
    }

    function testFuzz_renounce_takesExactlyTheNamedBits(uint8 bits) public {
        bits = uint8(bound(bits, 1, Authorizations.ALL & ~Authorizations.ADMIN));
        Renounce memory op = _renounce(bits);
        registry.renounce(op, _approve(CREATOR, _hashOf(op)));
        assertEq(registry.agentOf(_policy, idOf(CREATOR)).authorizations, Authorizations.ALL & ~bits);
        assertEq(registry.liveLeavesOf(_policy).length, bits & Authorizations.PROVE == 0 ? 1 : 0);
    }

    /// @dev Half of the inputs are full hours, a quarter of them around now and around 2^40.
    function testFuzz_authorize_acceptsExactlyFullHoursToCome(uint64 expiry, uint8 shape) public {
        vm.warp(NOW + (shape % 3) - 1);
        if (shape & 4 != 0) expiry -= expiry % 3600;
        if (shape & 24 == 24) {
            expiry = (uint64(bound(expiry, block.timestamp - 7200, block.timestamp + 7200)) / 3600) * 3600;
        }
        if (shape & 24 == 16) expiry = (uint64(bound(expiry, 0, (1 << 40) + 7200)) / 3600) * 3600;
        AgentChange[] memory changes = new AgentChange[](1);
        changes[0] = AgentChange(kindOf(OTHER), material(OTHER), Authorizations.PROVE, 77, expiry);
        uint64 deadline = uint64(block.timestamp + 30 days);
        Authorize memory op = Authorize(_policy, 1, changes, false, idOf(CREATOR), 0, 0, deadline);
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = _approve(CREATOR, _hashes.counted(_hashes.encodeAuthorize(op), 0));
        Acceptance[] memory acceptances = new Acceptance[](1);
        acceptances[0] = _accept(
            Offer(_policy, 1, kindOf(OTHER), idOf(OTHER), 77, Authorizations.PROVE, expiry),
            OTHER
        );
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
        Revoke memory op = Revoke(_policy, 1, revocations, idOf(CREATOR), 0, 0, uint64(block.timestamp));
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = _approve(CREATOR, _hashes.counted(_hashes.encodeRevoke(op), 0));
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicyRegistry.AgentPolicyAgentUnknown.selector, _policy, agent));
        registry.revoke(op, approvals);
    }

    /// @dev The second of the deadline is the last, and 30 days before it the first.
    function testFuzz_renounce_isGoodFor30Days(uint64 deadline, bool near) public {
        if (near) deadline = uint64(bound(deadline, block.timestamp - 2, block.timestamp + 30 days + 2));
        Renounce memory op = Renounce(_policy, 1, Authorizations.PROVE, idOf(CREATOR), 0, 0, deadline);
        Approval memory approval = _approve(CREATOR, _hashOf(op));
        bytes4 refusal = 0;
        if (deadline < block.timestamp) refusal = IAgentPolicyRegistry.AgentPolicyDeadlinePassed.selector;
        if (deadline > block.timestamp + 30 days) refusal = IAgentPolicyRegistry.AgentPolicyDeadlineTooFar.selector;
        if (refusal != 0) vm.expectPartialRevert(refusal);
        registry.renounce(op, approval);
    }

    function _renounce(uint8 bits) private view returns (Renounce memory) {
        return Renounce(_policy, 1, bits, idOf(CREATOR), 0, 0, uint64(block.timestamp));
    }

    function _hashOf(Renounce memory op) private view returns (bytes32) {
        return _hashes.counted(_hashes.encodeRenounce(op), 0);
    }

    function _expiryError(uint64 expiry) private pure returns (bytes4) {
        if (expiry >= 1 << 40) return IAgentPolicyRegistry.AgentPolicyExpiryTooLate.selector;
        if (expiry % 3600 != 0) return IAgentPolicyRegistry.AgentPolicyExpiryNotHourly.selector;
        return IAgentPolicyRegistry.AgentPolicyExpiryPassed.selector;
    }
}
