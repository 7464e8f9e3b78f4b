// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {AgentView} from "../../contracts/types/Agent.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {KeyKinds} from "../../contracts/types/KeyKinds.sol";
import {LeafId} from "../../contracts/types/LeafId.sol";
import {PendingChangeView} from "../../contracts/types/PendingChange.sol";
import {PolicyView} from "../../contracts/types/Policy.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../contracts/types/PolicySettings.sol";
import {Kind} from "./harness/PolicyDeeds.sol";
import {PolicyHandler} from "./harness/PolicyHandler.sol";
import {ModelChange, PolicyModel} from "./harness/PolicyModel.sol";
import {Member, PolicyState} from "./harness/PolicyModelState.sol";
import {PolicyWitness, Record} from "./harness/PolicyWitness.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The fuzzer calls contracts of this file only.
contract AgentPolicyHandler is PolicyHandler {}

/// @dev The registry against a plain model of docs/policy.md, whose verdict on every operation must be the registry's,
/// and under the eyes of a witness that wants to know of every change who signed it and who could have stopped it (both
/// with every call, see PolicyActors and PolicyWitness). Here is what must hold of the state between calls.
contract AgentPolicyInvariantTest is TestBase {
    uint8 private constant PROVE = 1;
    uint8 private constant PROVE_GRANT = 2;
    uint8 private constant ADMIN = 8;
    uint8 private constant POWER = 14;

    PolicyHandler private _handler;
    PolicyModel private _model;
    PolicyWitness private _witness;
    IAgentPolicy private _registry;
    uint256 private _agents;

    function setUp() public {
        vm.warp(1_900_000_000);
        _handler = new AgentPolicyHandler();
        _handler.start();
        _model = _handler.model();
        _witness = _handler.witness();
        _registry = _handler.registry();
        _agents = _handler.AGENTS();
        targetContract(address(_handler));
    }

    /// @dev One invariant, so that one campaign serves all.
    function invariant_authorityIsKept() public {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            PolicyId policy = _handler.policies(p);
            AgentView[] memory agents = _registry.agentsOf(policy, 0, type(uint256).max);
            _countsAreThoseOfAllAgents(policy, agents);
            _recordsAreTheModels(p, agents);
            _noncesRiseByOne(p, policy);
            _commitmentsAreUsedOnce(p, policy);
            _nothingPendingIsBrickedOrHurried(p, policy);
        }
        _revokedIsExactlyWhoLostProveBeforeItsExpiry();
    }

    /// @dev Guards the others against a handler that does nothing, or whose operations are all refused.
    /// @dev Reading an environment variable also keeps Hardhat from replaying a failure step by step, which would take
    /// more memory than there is.
    function test_handler_acts() public {
        // a seed that brings policies near both bounds; most fill them less
        uint256 salt = vm.envOr("POLICY_SEED", uint256(10));
        uint256 provers = 0;
        uint256 powerful = 0;
        for (uint256 seed = 0; seed < 700; ++seed) {
            _act(uint256(keccak256(abi.encode(salt, seed))));
            for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
                PolicyView memory head = _registry.policyOf(_handler.policies(p));
                if (head.liveProvers > provers) provers = head.liveProvers;
                if (head.powerfulCount > powerful) powerful = head.powerfulCount;
            }
        }
        for (uint256 kind = 0; kind <= uint256(type(Kind).max); ++kind) {
            assertGt(_handler.accepted(Kind(kind)), 0, string.concat("never accepted: ", vm.toString(kind)));
            assertGt(_handler.refused(Kind(kind)), 0, string.concat("never refused: ", vm.toString(kind)));
        }
        assertGt(_handler.late(), 0, "no letter accepted late");
        assertGt(_handler.misdirected(), 0, "no letter misdirected");
        assertGt(provers, 24, "few provers");
        assertGt(powerful, 13, "few with power");
        invariant_authorityIsKept();
    }

    function _act(uint256 seed) private {
        uint256 what = seed % 18;
        if (what == 0) _handler.authorize(seed);
        if (what == 1) _handler.revoke(seed);
        if (what == 2) _handler.renounce(seed);
        if (what == 3) _handler.renew(seed);
        if (what == 4) _handler.stop(seed);
        if (what == 5) _handler.voidApprovals(seed);
        if (what == 6 || what == 14 || what == 15) _handler.schedule(seed);
        if (what == 7 || what == 16) _handler.approveChange(seed);
        if (what == 8) _handler.withdraw(seed);
        if (what == 9) _handler.veto(seed);
        if (what == 10) _handler.execute(seed);
        if (what == 11) _handler.emergencyRotate(seed);
        if (what == 12 || what == 17) _handler.relay(seed);
        if (what == 13) _handler.pass(seed);
    }

    /// @dev The head keeps counts; here everyone is counted anew. Both quorums can be reached, nobody is indispensable
    /// without root keys, and the bounds hold; at the end of a policy nobody is left.
    function _countsAreThoseOfAllAgents(PolicyId policy, AgentView[] memory agents) private view {
        PolicyView memory head = _registry.policyOf(policy);
        PolicySettings memory settings = _registry.settingsOf(policy);
        uint256 provers = 0;
        uint256 powerful = 0;
        uint256 granters = 0;
        uint256 admins = 0;
        for (uint256 i = 0; i < agents.length; ++i) {
            uint8 bits = agents[i].authorizations;
            assertTrue(bits == 0 || agents[i].epoch == head.epoch, "an old epoch acts");
            if (bits & PROVE != 0) ++provers;
            if (bits & POWER != 0) ++powerful;
            if (agents[i].kind == KeyKinds.CONTRACT && !settings.contractKeysCount) continue;
            if (bits & (PROVE_GRANT | ADMIN) != 0) ++granters;
            if (bits & ADMIN != 0) ++admins;
        }
        assertLe(provers, 32);
        assertLe(powerful, 16);
        if (head.abandoned) {
            assertEq(provers + powerful + _registry.liveLeavesOf(policy).length, 0);
            return;
        }
        assertEq(head.liveProvers, provers);
        assertEq(head.powerfulCount, powerful);
        assertEq(head.granterCount, granters);
        assertEq(head.adminCount, admins);
        _isReachable(settings.grantQuorum, granters, settings.rootCommitment);
        _isReachable(settings.adminQuorum, admins, settings.rootCommitment);
    }

    function _isReachable(uint256 quorum, uint256 voices, bytes32 rootCommitment) private pure {
        assertGt(quorum, 0);
        assertLe(quorum, voices);
        assertTrue(quorum == 1 || quorum < voices || rootCommitment != 0);
    }

    function _recordsAreTheModels(uint256 p, AgentView[] memory agents) private view {
        PolicyState memory state = _model.stateOf(p);
        PolicyId policy = _handler.policies(p);
        PolicyView memory head = _registry.policyOf(policy);
        assertEq(head.epoch, state.epoch);
        assertEq(head.abandoned, state.abandoned);
        bytes32 stopper = state.stopper == 0 ? bytes32(0) : KeyId.unwrap(_handler.idOf(state.stopper - 1));
        assertEq(KeyId.unwrap(head.stopper), stopper);
        assertEq(keccak256(abi.encode(_registry.settingsOf(policy))), keccak256(abi.encode(state.settings)));
        assertEq(agents.length, state.joined);
        uint256 leaves = 0;
        for (uint256 i = 0; i < agents.length; ++i) {
            uint256 agent = _model.order(p, i);
            Member memory member = _model.member(p, agent);
            assertEq(KeyId.unwrap(agents[i].id), KeyId.unwrap(_handler.idOf(agent)));
            assertEq(agents[i].authorizations, _model.bitsOf(p, agent));
            assertEq(agents[i].counter, member.counter);
            assertEq(agents[i].epoch, member.epoch);
            if (agents[i].provedFrom == 0) continue;
            assertEq(agents[i].index, member.leaf);
            assertEq(agents[i].expiry, member.expiry);
            assertEq(agents[i].provedUntil == 0, agents[i].authorizations & PROVE != 0);
            if (agents[i].provedUntil == 0) leaves |= 1 << (member.leaf % 256);
        }
        LeafId[] memory live = _registry.liveLeavesOf(policy);
        for (uint256 i = 0; i < live.length; ++i) leaves ^= 1 << (LeafId.unwrap(live[i]) % 256);
        assertEq(leaves, 0, "live leaves");
    }

    function _noncesRiseByOne(uint256 p, PolicyId policy) private view {
        for (uint256 agent = 0; agent < 9; ++agent) {
            for (uint192 lane = 0; lane < 2; ++lane) {
                uint64 nonce = _registry.nonceOf(policy, _handler.idOf(agent), lane);
                assertEq(nonce, _model.nonces(p, agent, lane));
            }
        }
    }

    /// @dev Every commitment ever accepted is used for ever; that none is taken twice the verdicts say.
    function _commitmentsAreUsedOnce(uint256 p, PolicyId policy) private view {
        for (uint256 commitment = 1000; commitment < 1400; commitment += 23) {
            assertEq(_registry.isCommitmentUsed(policy, commitment), _model.used(p, commitment));
        }
    }

    /// @dev A change keeps the times that it got, and can be executed then and not a second before, unless something
    /// happened that may keep it from it.
    function _nothingPendingIsBrickedOrHurried(uint256 p, PolicyId policy) private {
        PendingChangeView[] memory pending = _registry.pendingChangesOf(policy);
        bytes32[] memory open = _model.openOf(p);
        assertEq(pending.length, open.length);
        if (_model.stateOf(p).abandoned) return;
        uint256 time = block.timestamp;
        for (uint256 i = 0; i < pending.length; ++i) {
            PendingChangeView memory change = pending[i];
            ModelChange memory expected = _model.changeOf(change.id);
            Record memory record = _witness.recordOf(change.id);
            assertTrue(expected.open);
            assertEq(change.earliest, record.earliest);
            assertEq(change.latest, record.latest);
            assertEq(change.majority, expected.majority);
            assertEq(_setOf(change.approvers), record.signers);
            if (time < change.earliest) {
                vm.warp(change.earliest - 1);
                assertFalse(_witness.couldExecute(p, change.id), "hurried");
                vm.warp(change.earliest);
            }
            bool could = _witness.couldExecute(p, change.id);
            if (time > change.latest) assertFalse(could, "late");
            else if (!record.disturbed) assertTrue(could, "bricked");
            vm.warp(time);
        }
    }

    function _setOf(KeyId[] memory ids) private view returns (uint256 set) {
        for (uint256 i = 0; i < ids.length; ++i) {
            for (uint256 agent = 0; agent < _agents; ++agent) {
                if (KeyId.unwrap(_handler.idOf(agent)) == KeyId.unwrap(ids[i])) set |= 1 << agent;
            }
        }
    }

    function _revokedIsExactlyWhoLostProveBeforeItsExpiry() private view {
        uint32 size = _registry.provisionedSize(0);
        assertEq(size, _model.leaves());
        uint256[] memory words = _registry.revokedWords(0, 0, (size + 255) / 256);
        for (uint256 w = 0; w < words.length; ++w) {
            uint256 expected = 0;
            for (uint256 i = 0; i < 256 && 256 * w + i < size; ++i) {
                if (_model.revoked(256 * w + i)) expected |= 1 << i;
            }
            assertEq(words[w], expected);
        }
    }
}
