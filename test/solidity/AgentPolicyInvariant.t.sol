// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentPolicyRegistry} from "../../contracts/policy/AgentPolicyRegistry.sol";
import {AgentView} from "../../contracts/types/Agent.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {LeafId} from "../../contracts/types/LeafId.sol";
import {PolicyView} from "../../contracts/types/Policy.sol";
import {PolicyHandler} from "./harness/PolicyHandler.sol";
import {Member, PolicyModel} from "./harness/PolicyModel.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The fuzzer calls contracts of this file only.
contract AgentPolicyHandler is PolicyHandler {}

/// @dev The registry against a plain model of its rules. That only rightful approvals change bits is checked with every
/// call, by comparing verdicts; here is what must hold of the state between calls.
contract AgentPolicyInvariantTest is TestBase {
    PolicyHandler private _handler;
    PolicyModel private _model;
    AgentPolicyRegistry private _registry;

    function setUp() public {
        vm.warp(1_900_000_000);
        _handler = new AgentPolicyHandler();
        _handler.start();
        _model = _handler.model();
        _registry = _handler.registry();
        targetContract(address(_handler));
    }

    function invariant_theRegistryIsTheModel() public view {
        _atMost32Provers();
        _aPolicyKeepsAnAdmin();
        _recordsAreTheModels();
        _liveLeavesAreThoseOfWhoProves();
        _revokedIsExactlyWhoLostProveBeforeItsExpiry();
        _noncesRiseByOne();
        _commitmentsAreUsedOnce();
    }

    /// @dev Guards the others against a handler that does nothing, or whose operations are all refused.
    function test_handler_acts() public {
        uint256 most = 0;
        for (uint256 seed = 0; seed < 60; ++seed) {
            _handler.authorize(seed);
            if (seed % 3 == 0) _handler.revoke(seed);
            if (seed % 4 == 0) _handler.renounce(seed);
            if (seed % 8 == 0) _handler.pass(seed);
            if (seed % 9 == 0) _handler.replay();
            if (_model.provers(0) > most) most = _model.provers(0);
        }
        assertGt(_handler.accepted(), 20);
        assertGt(_handler.refused(), 10);
        assertGt(most, 12);
        invariant_theRegistryIsTheModel();
    }

    function _atMost32Provers() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            PolicyView memory policy = _registry.policyOf(_handler.policies(p));
            assertLe(policy.liveProvers, 32);
            assertEq(policy.liveProvers, _model.provers(p));
            assertEq(_registry.liveLeavesOf(_handler.policies(p)).length, policy.liveProvers);
        }
    }

    function _aPolicyKeepsAnAdmin() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            uint256 admins = _registry.policyOf(_handler.policies(p)).adminCount;
            assertGt(admins, 0);
            assertEq(admins, _model.admins(p));
        }
    }

    function _recordsAreTheModels() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            AgentView[] memory agents = _registry.agentsOf(_handler.policies(p), 0, type(uint256).max);
            assertEq(agents.length, _model.joined(p));
            for (uint256 i = 0; i < agents.length; ++i) {
                uint256 agent = _model.order(p, i);
                Member memory member = _model.member(p, agent);
                assertEq(KeyId.unwrap(agents[i].id), KeyId.unwrap(_handler.idOf(agent)));
                assertEq(agents[i].authorizations, _model.bitsOf(p, agent));
                assertEq(agents[i].removed, member.bits == 0);
                if (agents[i].provedFrom == 0) continue;
                assertEq(agents[i].index, member.leaf);
                assertEq(agents[i].expiry, member.expiry);
                assertEq(agents[i].provedUntil == 0, agents[i].authorizations & 1 != 0);
            }
        }
    }

    function _liveLeavesAreThoseOfWhoProves() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            LeafId[] memory leaves = _registry.liveLeavesOf(_handler.policies(p));
            uint256 listed = 0;
            for (uint256 i = 0; i < leaves.length; ++i) listed |= 1 << LeafId.unwrap(leaves[i]) % 256;
            uint256 expected = 0;
            for (uint256 agent = 0; agent < _model.AGENTS(); ++agent) {
                if (_model.bitsOf(p, agent) & 1 != 0) expected |= 1 << _model.member(p, agent).leaf % 256;
            }
            assertEq(listed, expected);
        }
    }

    function _revokedIsExactlyWhoLostProveBeforeItsExpiry() private view {
        uint32 size = _registry.provisionedSize(0);
        assertEq(size, _model.leaves());
        uint256[] memory words = _registry.revokedWords(0, 0, (size + 255) / 256);
        for (uint256 leaf = 0; leaf < words.length * 256; ++leaf) {
            bool set = words[leaf / 256] & (1 << (leaf % 256)) != 0;
            assertEq(set, leaf < size && _model.revoked(leaf));
        }
    }

    function _noncesRiseByOne() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            for (uint256 agent = 0; agent < _model.AGENTS(); ++agent) {
                for (uint192 lane = 0; lane < 2; ++lane) {
                    assertEq(
                        _registry.nonceOf(_handler.policies(p), _handler.idOf(agent), lane),
                        _handler.nonces(p, agent, lane)
                    );
                }
            }
        }
    }

    function _commitmentsAreUsedOnce() private view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            for (uint256 commitment = 600; commitment < 1600; commitment += 7) {
                assertEq(_registry.isCommitmentUsed(_handler.policies(p), commitment), _model.used(p, commitment));
            }
        }
    }
}
