// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Approval} from "../../../contracts/types/Approval.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Deed, Frame, Kind} from "./PolicyDeeds.sol";
import {PolicyDriver} from "./PolicyDriver.sol";
import {PolicyModel} from "./PolicyModel.sol";
import {Member, PolicyState} from "./PolicyModelState.sol";
import {PolicyWitness} from "./PolicyWitness.sol";

/// @dev Something signed: what the registry is sent, and the same for the model.
struct Letter {
    Deed deed;
    bytes call;
    bytes play;
}

/// @title PolicyActors
/// @notice Who acts, with which keys, and what becomes of it: registry and model must be of one mind.
abstract contract PolicyActors is PolicyDriver {
    error VerdictsDiffer(Kind kind, bool registry, bool model, bytes reason, bytes why);
    error Panicked(Kind kind, bytes reason);

    uint256 public constant POLICIES = 2;
    uint256 private constant LANES = 2;
    uint256 private constant LETTERS = 32;

    /// @dev Letters longer than this are not kept, nor forged for another policy.
    uint256 private constant LONGEST = 4000;

    PolicyModel public model;
    PolicyWitness public witness;
    PolicyId[POLICIES] public policies;
    mapping(Kind kind => uint256) public accepted;
    mapping(Kind kind => uint256) public refused;

    /// @dev What a relayer holds.
    Letter[] internal _letters;
    uint256 private _received;

    /// @dev Which of the letters was held back last.
    uint256 internal _heldBack;

    /// @dev Sends what was signed, unless it is held back; a relayer keeps it in any case.
    function _send(Deed memory deed, bytes memory call, bytes memory play, uint256 seed) internal returns (bool) {
        uint256 place = call.length <= LONGEST ? _keep(Letter(deed, call, play)) : _heldBack;
        if (_pick(seed, "withheld", 8) != 0) return _deliver(deed, call, play);
        _heldBack = place;
        return false;
    }

    /// @dev What the registry accepts the model must accept, and the other way round.
    function _deliver(Deed memory deed, bytes memory call, bytes memory play) internal returns (bool done) {
        bytes memory reason;
        (done, reason) = witness.send(deed, call);
        (bool allowed, bytes memory why) = address(model).call(play);
        if (done != allowed) revert VerdictsDiffer(deed.kind, done, allowed, reason, why);
        if (done) {
            ++accepted[deed.kind];
            return true;
        }
        ++refused[deed.kind];
        // Error(string) and Panic(uint256) are no answers
        bytes4 selector = bytes4(reason);
        if (reason.length < 4 || selector == 0x08c379a0 || selector == 0x4e487b71) revert Panicked(deed.kind, reason);
    }

    /// @dev A frame that is mostly good.
    function _frame(uint256 policy, uint256[] memory approvers, uint256 seed) internal view returns (Frame memory f) {
        _sort(approvers);
        uint256 fault = _pick(seed, "fault", 40);
        (f.policy, f.approvers) = (policy, approvers);
        f.epoch = model.stateOf(policy).epoch;
        if (fault == 0) f.epoch = f.epoch == 1 ? 2 : f.epoch - 1;
        f.deadline = uint64(block.timestamp + 30 days - (_pick(seed, "deadline", 4) * 10 days));
        if (fault == 1) f.deadline += 31 days;
        if (fault == 2) f.deadline -= 31 days;
        f.proposer = approvers[_pick(seed, "proposer", approvers.length)];
        if (fault == 3) f.proposer = (f.proposer + 1) % AGENTS;
        f.lane = uint192(_pick(seed, "lane", LANES));
        f.nonce = model.nonces(policy, f.proposer, f.lane);
        if (fault == 4) f.nonce += 1;
        f.forged = fault == 5;
        f.counters = new uint32[](approvers.length);
        for (uint256 i = 0; i < approvers.length; ++i) f.counters[i] = model.member(policy, approvers[i]).counter;
        if (fault == 6) ++f.counters[0];
    }

    /// @dev The frame of one agent's operation.
    function _frameOf(uint256 policy, uint256 agent, uint256 seed) internal view returns (Frame memory f) {
        uint256[] memory approvers = new uint256[](1);
        approvers[0] = agent;
        f = _frame(policy, approvers, seed);
        // only what several agents may approve can name another proposer
        if (f.proposer != agent) (f.proposer, f.nonce) = (agent, model.nonces(policy, agent, f.lane));
    }

    /// @dev The approvals of a frame. Where one is forged, a thief signed it with its own key.
    function _approvals(Frame memory f, bytes memory encoded) internal view returns (Approval[] memory approvals) {
        approvals = new Approval[](f.approvers.length);
        for (uint256 i = 0; i < approvals.length; ++i) {
            uint256 signer = f.approvers[i];
            if (f.forged && i + 1 == approvals.length) signer = signer == 0 ? 1 : 0;
            approvals[i] = _approveAs(f.approvers[i], signer, _hashes.counted(encoded, f.counters[i]));
        }
    }

    function _deed(Kind kind, Frame memory f) internal pure returns (Deed memory deed) {
        (deed.kind, deed.policy) = (kind, f.policy);
        for (uint256 i = 0; i < f.approvers.length; ++i) deed.signers |= 1 << f.approvers[i];
        if (f.forged) deed.signers &= ~(1 << f.approvers[f.approvers.length - 1]);
    }

    /// @dev Who acts together: the owner with some of her ADMINs, two colluding ones, a thief with any one key of the
    /// policy, or a stranger.
    function _coalition(uint256 policy, uint256 seed) internal view returns (uint256[] memory) {
        uint256 roll = _pick(seed, "actor", 16);
        uint256 admins = model.voters(policy, 8);
        if (roll < 9) return _some(admins, 1 + _pick(seed, "size", 5), seed);
        if (roll < 12) return _some(admins, 2, seed);
        if (roll < 13) return _some(model.voters(policy, 2), 2, seed);
        if (roll < 15) return _some(model.holders(policy, 15), 1, seed);
        return _some(1 << _pick(seed, "stranger", AGENTS), 1, seed);
    }

    /// @dev One agent that holds something, mostly one of a set.
    function _oneOf(uint256 policy, uint256 set, uint256 seed) internal view returns (uint256) {
        uint256 roll = _pick(seed, "who", 12);
        if (roll == 0) return _pick(seed, "stranger", AGENTS);
        if (set == 0 || roll < 3) set = model.holders(policy, 15);
        return set == 0 ? _pick(seed, "stranger", AGENTS) : _some(set, 1, seed)[0];
    }

    /// @dev At most so many agents of a set, at least one.
    function _some(uint256 set, uint256 most, uint256 seed) internal pure returns (uint256[] memory agents) {
        if (set == 0) set = 1;
        uint256 size = 0;
        for (uint256 rest = set; rest != 0; rest &= rest - 1) ++size;
        if (most > size) most = size;
        agents = new uint256[](most);
        // picks run through the set from a random place on, with random gaps
        uint256 place = _pick(seed, "from", 256);
        for (uint256 i = 0; i < most; ++i) {
            while (set & (1 << place % 256) == 0) ++place;
            agents[i] = place % 256;
            set &= ~(1 << agents[i]);
            place += _pick(seed, string(abi.encode("gap", i)), 4);
        }
    }

    function _pick(uint256 seed, string memory salt, uint256 below) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % below;
    }

    function _keep(Letter memory letter) private returns (uint256 place) {
        place = _received++;
        if (place < LETTERS) {
            _letters.push(letter);
        } else {
            place = uint256(keccak256(abi.encode(place))) % LETTERS;
            _letters[place] = letter;
        }
    }
}
