// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentKeyErrors} from "../../contracts/interfaces/IAgentKeyErrors.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentPolicyGovernance} from "../../contracts/interfaces/IAgentPolicyGovernance.sol";
import {IAgentPolicyRecovery} from "../../contracts/interfaces/IAgentPolicyRecovery.sol";
import {IAgentPolicyRegistry} from "../../contracts/interfaces/IAgentPolicyRegistry.sol";
import {IAgentPolicySafeguards} from "../../contracts/interfaces/IAgentPolicySafeguards.sol";
import {IAgentPolicyTrustees} from "../../contracts/interfaces/IAgentPolicyTrustees.sol";
import {PolicyId} from "../../contracts/types/PolicyId.sol";
import {ProposalView} from "../../contracts/types/Recovery.sol";
import {Act, size} from "./harness/RecoveryDeeds.sol";
import {RecoveryAdmins} from "./harness/RecoveryAdmins.sol";
import {RecoveryHandler} from "./harness/RecoveryHandler.sol";
import {RecoveryModel} from "./harness/RecoveryModel.sol";
import {Polity} from "./harness/RecoveryModelState.sol";
import {RecoveryRelayer} from "./harness/RecoveryRelayer.sol";
import {RecoveryRosters} from "./harness/RecoveryRosters.sol";
import {Sight} from "./harness/RecoverySight.sol";
import {RecoveryTrustees} from "./harness/RecoveryTrustees.sol";
import {Backing} from "./harness/RecoveryTally.sol";
import {RecoveryWitness} from "./harness/RecoveryWitness.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The fuzzer calls contracts of this file only.
contract AgentRecoveryHandler is RecoveryHandler {}

/// @dev Policies with trustees against a plain model of docs/policy.md, whose verdict on every deed must be the
/// registry's, for the same reason, and under the eyes of a witness that wants to know of every change who signed it
/// and for how long they stood by it (both with every call, see RecoveryActors and RecoveryWitness). Here is what must
/// hold of the state between calls.
contract RecoveryInvariantTest is TestBase {
    uint256 private constant RUNS = 24;
    uint256 private constant DEPTH = 150;

    RecoveryHandler private _handler;
    RecoveryModel private _model;
    RecoveryWitness private _witness;
    IAgentPolicy private _registry;
    mapping(uint256 act => uint256) private _accepted;
    mapping(uint256 reason => uint256) private _refused;
    mapping(uint256 pair => uint256) private _refusedAs;
    uint256 private _late;
    uint256 private _misdirected;

    function setUp() public {
        vm.warp(1_900_000_000);
        _handler = new AgentRecoveryHandler();
        _handler.start();
        _model = _handler.model();
        _witness = _handler.witness();
        _registry = _handler.registry();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), _deeds()));
    }

    /// @dev One invariant, so that one campaign serves all.
    function invariant_powerIsKept() public view {
        for (uint256 p = 0; p < _handler.POLICIES(); ++p) {
            Sight memory sight = _witness.look(p);
            _stateIsTheModels(p, sight);
            _votesAreThoseOfTheirTrustees(p, sight);
        }
        _proposalsHaveWhatTrusteesStandBy();
        _revokedIsProvisioned();
    }

    function _stateIsTheModels(uint256 p, Sight memory sight) private view {
        Polity memory polity = _model.polityOf(p);
        assertEq(sight.head.epoch, polity.epoch);
        assertEq(sight.head.abandoned, polity.abandoned);
        assertEq(sight.settings.grantQuorum, polity.grantQuorum);
        assertEq(sight.settings.adminQuorum, polity.adminQuorum);
        assertEq(sight.settings.delay, polity.delay);
        assertEq(sight.settings.window, polity.window);
        assertEq(sight.trustees.number, polity.set);
        assertEq(sight.trustees.since, polity.since);
        assertEq(sight.trustees.settings == 0, polity.roster == RecoveryRosters.NOBODY);
        assertEq(sight.recovery.number, polity.recovery);
        assertEq(sight.recovery.proposal, polity.running);
        assertEq(sight.recovery.refused, polity.refused);
        if (polity.running != 0) {
            assertEq(sight.recovery.earliest, polity.earliest);
            assertEq(sight.recovery.latest, polity.latest);
        }
        for (uint256 i = 0; i < RecoveryRosters.PARTIES; ++i) assertEq(sight.bits[i], _model.bitsOf(p, i));
        assertEq(sight.leaves.length, size(_model.holders(p, 1)));
        assertEq(_registry.pendingChangesOf(_handler.policies(p)).length, _model.openOf(p).length);
    }

    /// @dev One vote for each trustee, which is the last one that it signed.
    function _votesAreThoseOfTheirTrustees(uint256 p, Sight memory sight) private view {
        PolicyId policy = _handler.policies(p);
        for (uint256 party = 0; party < RecoveryRosters.PARTIES; ++party) {
            (bytes32 id, uint32 sequence) = _registry.voteOf(policy, _handler.idOf(party));
            (bytes32 seen, uint32 last) = _witness.voteOf(p, sight.recovery.number, party);
            assertEq(id, seen);
            assertEq(sequence, last);
        }
        uint256 refusals = _witness.refusals(p, sight.trustees.number);
        assertEq(refusals, sight.recovery.refused ? 1 : 0);
    }

    function _proposalsHaveWhatTrusteesStandBy() private view {
        for (uint256 i = 0; i < _witness.proposalCount(); ++i) {
            bytes32 id = _witness.proposals(i);
            Backing memory backing = _witness.backingOf(id);
            ProposalView memory proposal = _registry.proposalOf(_handler.policies(backing.deed.policy), id);
            assertEq(proposal.votes, size(backing.behind));
            assertEq(proposal.votes, _model.votesFor(id));
            assertEq(proposal.agents.length, backing.deed.powers.length);
        }
    }

    /// @dev Bits are set of leaves that exist and whose agents lost PROVE, and of no others.
    function _revokedIsProvisioned() private view {
        uint256 total = _registry.provisionedSize(0);
        assertEq(total, _model.leaves());
        uint256[] memory words = _registry.revokedWords(0, 0, uint32((total + 255) / 256));
        for (uint256 i = 0; i < 256 * words.length; ++i) {
            assertEq(words[i / 256] & (1 << (i % 256)) != 0, i < total && _model.revoked(i));
        }
    }

    /// @dev Guards the others against a handler that does nothing, or whose deeds are all refused, or all for the same
    /// reasons.
    /// @dev Reading an environment variable also keeps Hardhat from replaying a failure step by step, which would take
    /// more memory than there is.
    function test_handler_acts() public {
        // a seed that brings about what is rare
        uint256 salt = vm.envOr("RECOVERY_SEED", uint256(10));
        bytes4[] memory reasons = _reasons();
        (Act[] memory acts, bytes4[] memory rules) = _pairs();
        for (uint256 run = 0; run < RUNS; ++run) {
            setUp();
            for (uint256 i = 0; i < DEPTH; ++i) _act(uint256(keccak256(abi.encode(salt, run, i))));
            for (uint256 act = 0; act <= uint256(type(Act).max); ++act) _accepted[act] += _handler.accepted(Act(act));
            for (uint256 i = 0; i < reasons.length; ++i) _refused[i] += _handler.refused(reasons[i]);
            for (uint256 i = 0; i < acts.length; ++i) _refusedAs[i] += _handler.refusedAs(acts[i], rules[i]);
            _late += _handler.late();
            _misdirected += _handler.misdirected();
            invariant_powerIsKept();
        }
        for (uint256 act = 0; act <= uint256(type(Act).max); ++act) {
            assertGt(_accepted[act], 0, string.concat("never accepted: ", vm.toString(act)));
        }
        for (uint256 i = 0; i < reasons.length; ++i) {
            assertGt(_refused[i], 0, string.concat("never refused for ", vm.toString(bytes32(reasons[i]))));
        }
        for (uint256 i = 0; i < acts.length; ++i) {
            assertGt(_refusedAs[i], 0, string.concat("never tried: ", vm.toString(i)));
        }
        assertGt(_late, 0, "no letter accepted late");
        assertGt(_misdirected, 0, "no letter misdirected");
    }

    /// @dev What protects power: each must have been tried.
    function _reasons() private pure returns (bytes4[] memory list) {
        list = new bytes4[](31);
        list[0] = IAgentPolicyRecovery.AgentPolicyRecoveryMismatch.selector;
        list[1] = IAgentPolicyRecovery.AgentPolicyRecoveryNotRunning.selector;
        list[2] = IAgentPolicyRecovery.AgentPolicyRecoveryTooEarly.selector;
        list[3] = IAgentPolicyRecovery.AgentPolicyRecoveryTooLate.selector;
        list[4] = IAgentPolicyRecovery.AgentPolicyRecoveryNotLapsed.selector;
        list[5] = IAgentPolicyRecovery.AgentPolicyProposalExists.selector;
        list[6] = IAgentPolicyRecovery.AgentPolicyProposalOpen.selector;
        list[7] = IAgentPolicyRecovery.AgentPolicyProposalUnknown.selector;
        list[8] = IAgentPolicyRecovery.AgentPolicyProposalLapsed.selector;
        list[9] = IAgentPolicyRecovery.AgentPolicyVoteOutOfSequence.selector;
        list[10] = IAgentPolicyRecovery.AgentPolicyVoteIdle.selector;
        list[11] = IAgentPolicyRecovery.AgentPolicyRootMismatch.selector;
        list[12] = IAgentPolicyRecovery.AgentPolicyRootQuorumMissing.selector;
        list[13] = IAgentPolicyRegistry.AgentPolicyRecovering.selector;
        list[14] = IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector;
        list[15] = IAgentPolicyTrustees.AgentPolicyTrusteeSettingsMismatch.selector;
        list[16] = IAgentPolicyTrustees.AgentPolicyTrusteeUnknown.selector;
        list[17] = IAgentPolicyTrustees.AgentPolicyTrusteeConsentExpired.selector;
        list[18] = IAgentPolicyTrustees.AgentPolicyTrusteeIncapable.selector;
        list[19] = IAgentPolicyTrustees.AgentPolicyTrusteesNotAscending.selector;
        list[20] = IAgentPolicyTrustees.AgentPolicyTrusteeQuorumMissing.selector;
        list[21] = IAgentPolicyTrustees.AgentPolicyTrusteeApprovesTwice.selector;
        list[22] = IAgentPolicyTrustees.AgentPolicyTrusteeNonceMismatch.selector;
        list[23] = IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange.selector;
        list[24] = IAgentPolicyTrustees.AgentPolicyTrusteesUnchanged.selector;
        list[25] = IAgentPolicySafeguards.AgentPolicyMajorityMissing.selector;
        list[26] = IAgentPolicyGovernance.AgentPolicyChangeUnknown.selector;
        list[27] = IAgentPolicyGovernance.AgentPolicyChangeTooEarly.selector;
        list[28] = IAgentPolicyGovernance.AgentPolicyChangeHasMajority.selector;
        list[29] = IAgentKeyErrors.AgentKeySignatureInvalid.selector;
        list[30] = IAgentPolicyRegistry.AgentPolicyEnded.selector;
    }

    /// @dev No approval counts for another set or recovery, and no change outlasts a recovery: tried in all ways.
    function _pairs() private pure returns (Act[] memory acts, bytes4[] memory rules) {
        bytes4 set = IAgentPolicyTrustees.AgentPolicyTrusteeSetMismatch.selector;
        bytes4 recovery = IAgentPolicyRecovery.AgentPolicyRecoveryMismatch.selector;
        bytes4 signature = IAgentKeyErrors.AgentKeySignatureInvalid.selector;
        bytes4 outrun = IAgentPolicyTrustees.AgentPolicyRecoveryDelayOutOfRange.selector;
        (acts, rules) = (new Act[](9), new bytes4[](9));
        (acts[0], rules[0]) = (Act.Vote, set);
        (acts[1], rules[1]) = (Act.Vote, recovery);
        (acts[2], rules[2]) = (Act.Propose, set);
        (acts[3], rules[3]) = (Act.Propose, recovery);
        (acts[4], rules[4]) = (Act.RevokeByTrustees, set);
        (acts[5], rules[5]) = (Act.Cancel, signature);
        (acts[6], rules[6]) = (Act.GrantWithTrustees, signature);
        (acts[7], rules[7]) = (Act.Schedule, outrun);
        (acts[8], rules[8]) = (Act.Execute, outrun);
    }

    /// @dev A quorum that persists recovers within two recovery delays, whatever a thief does.
    function testFuzz_quorum_persists(uint256 seed) public {
        assertLe(_handler.race(seed), 28 days);
        assertLe(_handler.setbacks(), 1);
    }

    /// @dev Guards the race against a thief who does nothing: he wins time, but no race.
    function test_thief_winsTime() public {
        uint256 slowest = 0;
        for (uint256 seed = 0; seed < RUNS; ++seed) {
            setUp();
            uint256 time = _handler.race(seed);
            _late += _handler.setbacks();
            if (time > slowest) slowest = time;
        }
        assertGt(_late, 1);
        assertGt(slowest, 21 days);
    }

    function _act(uint256 seed) private {
        bytes4[] memory deeds = _deeds();
        (bool done, bytes memory reason) = address(_handler).call(
            abi.encodeWithSelector(deeds[seed % deeds.length], seed)
        );
        if (done) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }

    /// @dev What actors do, some of it more often.
    function _deeds() private pure returns (bytes4[] memory list) {
        list = new bytes4[](16);
        list[0] = RecoveryHandler.pass.selector;
        list[1] = RecoveryTrustees.propose.selector;
        list[2] = RecoveryTrustees.vote.selector;
        list[3] = RecoveryTrustees.agree.selector;
        list[4] = RecoveryTrustees.finish.selector;
        list[5] = RecoveryTrustees.cancel.selector;
        list[6] = RecoveryTrustees.revokeByTrustees.selector;
        list[7] = RecoveryTrustees.grantWithTrustees.selector;
        list[8] = RecoveryAdmins.scheduleTrustees.selector;
        list[9] = RecoveryAdmins.schedule.selector;
        list[10] = RecoveryAdmins.settle.selector;
        list[11] = RecoveryAdmins.rotate.selector;
        list[12] = RecoveryAdmins.agents.selector;
        list[13] = RecoveryRelayer.relay.selector;
        list[14] = RecoveryAdmins.overtake.selector;
        list[15] = RecoveryAdmins.settle.selector;
    }
}
