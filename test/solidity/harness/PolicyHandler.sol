// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentPolicyRegistry} from "../../../contracts/policy/AgentPolicyRegistry.sol";
import {Acceptance} from "../../../contracts/types/Acceptance.sol";
import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {Authorize} from "../../../contracts/types/Authorize.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Renounce} from "../../../contracts/types/Renounce.sol";
import {AgentRevocation, Revoke} from "../../../contracts/types/Revoke.sol";
import {PolicyDriver} from "./PolicyDriver.sol";
import {Move, PolicyModel} from "./PolicyModel.sol";

/// @title PolicyHandler
/// @notice Sends operations of random agents in two policies that share keys, good and bad ones, and plays the same on
/// the model: what one of them accepts the other must accept.
contract PolicyHandler is PolicyDriver {
    error VerdictsDiffer(bool registry, bool model, bytes reason);
    error CheckDiffers(bool action, bool check, bytes reason);

    uint256 public constant POLICIES = 2;
    uint256 private constant LANES = 2;

    PolicyModel public immutable model = new PolicyModel();
    PolicyId[POLICIES] public policies;
    uint256 public accepted;
    uint256 public refused;
    mapping(uint256 policy => mapping(uint256 agent => mapping(uint192 lane => uint64 count))) public nonces;

    /// @dev The operation that was executed last, to be sent again.
    bytes private _last;
    uint256 private _fresh = 1000;

    /// @notice Opens the policies, once; not in the constructor, as hashing needs the handler's own code.
    function start() external {
        if (address(registry) != address(0)) return;
        registry = new AgentPolicyRegistry();
        for (uint256 p = 0; p < POLICIES; ++p) {
            policies[p] = _open(p, 500 + p, 600 + p);
            model.found(p, p, 600 + p);
        }
    }

    /// @notice Sets the bits of one agent or several.
    function authorize(uint256 seed) external {
        (uint256 p, uint256[] memory approvers) = _who(seed);
        // every fourth batch is large, so that the limit of provers is met
        uint256 count = _pick(seed, "count", 4) == 0 ? 1 + _pick(seed, "many", 20) : 1 + _pick(seed, "few", 2);
        Move[] memory moves = new Move[](count);
        AgentChange[] memory changes = new AgentChange[](count);
        uint256 next = _pick(seed, "start", model.AGENTS());
        for (uint256 i = 0; i < count; ++i) {
            if (count > 2) (moves[i], next) = _granting(p, next);
            else moves[i] = _setting(p, uint256(keccak256(abi.encode(seed, i))));
            changes[i] = _change(moves[i].agent, moves[i].bits, moves[i].commitment, uint64(moves[i].expiry));
        }
        uint192 lane = uint192(_pick(seed, "lane", LANES));
        Authorize memory op = Authorize(
            policies[p],
            EPOCH,
            changes,
            _pick(seed, "checkpoint", 4) == 0,
            idOf(approvers[0]),
            lane,
            nonces[p][approvers[0]][lane],
            FOREVER
        );
        bytes memory check = abi.encodeCall(registry.checkAuthorize, (op, _ids(approvers)));
        uint256 proposer = approvers[0];
        Acceptance[] memory acceptances = _acceptances(p, moves, changes, approvers);
        bytes memory call = abi.encodeCall(
            registry.authorize,
            (op, acceptances, _approveAll(approvers, this.hashOf(op)))
        );
        _send(p, moves, approvers, call, check, false, proposer, lane);
    }

    /// @notice Takes bits from agents.
    function revoke(uint256 seed) external {
        (uint256 p, uint256[] memory approvers) = _who(seed);
        uint256 count = 1 + _pick(seed, "count", 3);
        Move[] memory moves = new Move[](count);
        AgentRevocation[] memory revocations = new AgentRevocation[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, "element", i)));
            moves[i] = Move(_pick(roll, "agent", model.AGENTS()), true, uint8(_pick(roll, "bits", 17)), 0, 0);
            revocations[i] = AgentRevocation(idOf(moves[i].agent), moves[i].bits);
        }
        uint192 lane = uint192(_pick(seed, "lane", LANES));
        uint256 proposer = approvers[0];
        Revoke memory op = Revoke(
            policies[p],
            EPOCH,
            revocations,
            idOf(proposer),
            lane,
            nonces[p][proposer][lane],
            FOREVER
        );
        bytes memory check = abi.encodeCall(registry.checkRevoke, (op, _ids(approvers)));
        bytes memory call = abi.encodeCall(registry.revoke, (op, _approveAll(approvers, this.hashOf(op))));
        _send(p, moves, approvers, call, check, false, proposer, lane);
    }

    /// @notice Gives up bits of an agent's own.
    function renounce(uint256 seed) external {
        uint256 p = _pick(seed, "policy", POLICIES);
        uint256[] memory approvers = new uint256[](1);
        approvers[0] = _pick(seed, "agent", model.AGENTS());
        Move[] memory moves = new Move[](1);
        moves[0] = Move(approvers[0], true, uint8(_pick(seed, "bits", 17)), 0, 0);
        uint192 lane = uint192(_pick(seed, "lane", LANES));
        Renounce memory op = Renounce(
            policies[p],
            EPOCH,
            moves[0].bits,
            idOf(approvers[0]),
            lane,
            nonces[p][approvers[0]][lane],
            FOREVER
        );
        bytes memory check = abi.encodeCall(registry.checkRenounce, (op));
        bytes memory call = abi.encodeCall(registry.renounce, (op, _approve(approvers[0], this.hashOf(op))));
        _send(p, moves, approvers, call, check, true, approvers[0], lane);
    }

    /// @notice Sends the last operation again, which must fail.
    function replay() external {
        if (_last.length == 0) return;
        (bool done, ) = address(registry).call(_last);
        if (done) revert VerdictsDiffer(true, false, "");
        ++refused;
    }

    /// @notice Lets hours pass, so that some authorizations run out.
    function pass(uint256 seed) external {
        vm.warp(block.timestamp + _pick(seed, "time", 5400));
    }

    function checkpoint() external {
        registry.checkpoint(0);
    }

    /// @dev The registry's verdict, its check's and the model's must be the same.
    function _send(
        uint256 p,
        Move[] memory moves,
        uint256[] memory approvers,
        bytes memory call,
        bytes memory check,
        bool renounces,
        uint256 proposer,
        uint192 lane
    ) private {
        (bool checked, ) = address(registry).staticcall(check);
        (bool done, bytes memory reason) = address(registry).call(call);
        if (checked != done) revert CheckDiffers(done, checked, reason);
        bool allowed = false;
        try model.play(p, moves, approvers, renounces) {
            allowed = true;
        } catch {}
        if (done != allowed) revert VerdictsDiffer(done, allowed, reason);
        if (!done) {
            ++refused;
            return;
        }
        ++accepted;
        ++nonces[p][proposer][lane];
        _last = call;
    }

    /// @dev One or two distinct approvers, mostly agents that hold something.
    function _who(uint256 seed) private view returns (uint256 p, uint256[] memory approvers) {
        p = _pick(seed, "policy", POLICIES);
        approvers = new uint256[](1 + _pick(seed, "second", 3) / 2);
        approvers[0] = _someone(p, seed, "first");
        if (approvers.length == 2) {
            approvers[1] = _someone(p, seed, "other");
            if (approvers[1] == approvers[0]) approvers[1] = (approvers[0] + 1) % model.AGENTS();
        }
    }

    /// @dev Mostly an admin, else an agent that joined, or anyone now and then.
    function _someone(uint256 p, uint256 seed, string memory salt) private view returns (uint256) {
        uint256 roll = _pick(seed, string.concat(salt, "kind"), 16);
        uint256 agent = _pick(seed, salt, model.AGENTS());
        if (roll == 0) return agent;
        if (roll < 5) return model.order(p, _pick(seed, salt, model.joined(p)));
        while (model.bitsOf(p, agent) & 8 == 0) agent = (agent + 1) % model.AGENTS();
        return agent;
    }

    /// @dev Any change of any agent; usually well formed, so that most operations get far.
    function _setting(uint256 p, uint256 roll) private returns (Move memory move) {
        move.agent = _pick(roll, "agent", model.AGENTS());
        move.bits = uint8(_pick(roll, "bits", 17));
        bool gains = move.bits & 1 != 0 && model.bitsOf(p, move.agent) & 1 == 0;
        if (_pick(roll, "fault", 12) == 0) gains = !gains;
        if (gains) _lease(move, p, roll);
    }

    /// @dev PROVE for the next agent, from `from` on, that may have it and does not.
    function _granting(uint256 p, uint256 from) private returns (Move memory move, uint256 next) {
        for (uint256 tries = 0; tries < model.AGENTS(); ++tries) {
            move.agent = (from + tries) % model.AGENTS();
            bool removed = model.member(p, move.agent).known && model.member(p, move.agent).bits == 0;
            if (!removed && model.bitsOf(p, move.agent) & 1 == 0) break;
        }
        move.bits = model.bitsOf(p, move.agent) | 1;
        _lease(move, p, uint256(keccak256(abi.encode(_fresh))) | 1);
        return (move, (move.agent + 1) % model.AGENTS());
    }

    /// @dev A commitment, now and then a used one, and an expiry, now and then one that has passed.
    function _lease(Move memory move, uint256 p, uint256 roll) private {
        move.commitment = _pick(roll, "reuse", 40) == 0 ? 600 + p : ++_fresh;
        uint256 hour = block.timestamp / 3600 + (_pick(roll, "late", 40) == 0 ? 0 : 1 + _pick(roll, "hours", 5));
        move.expiry = _pick(roll, "bounded", 2) == 0 ? FOREVER : hour * 3600;
    }

    /// @dev Of those who are new or gain PROVE and do not approve.
    function _acceptances(
        uint256 p,
        Move[] memory moves,
        AgentChange[] memory changes,
        uint256[] memory approvers
    ) private view returns (Acceptance[] memory acceptances) {
        acceptances = new Acceptance[](moves.length);
        for (uint256 i = 0; i < moves.length; ++i) {
            bool needed = !model.member(p, moves[i].agent).known || moves[i].commitment != 0;
            for (uint256 j = 0; j < approvers.length; ++j) if (approvers[j] == moves[i].agent) needed = false;
            if (needed) acceptances[i] = _accept(policies[p], moves[i].agent, changes[i]);
        }
    }

    function _ids(uint256[] memory agents) private pure returns (KeyId[] memory ids) {
        ids = new KeyId[](agents.length);
        for (uint256 i = 0; i < agents.length; ++i) ids[i] = idOf(agents[i]);
        if (ids.length == 2 && KeyId.unwrap(ids[0]) > KeyId.unwrap(ids[1])) (ids[0], ids[1]) = (ids[1], ids[0]);
    }

    function _pick(uint256 seed, string memory salt, uint256 below) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt))) % below;
    }
}
