// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {DidRegistry} from "../../../contracts/did/DidRegistry.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {DidControl} from "../../../contracts/types/DidControl.sol";
import {DidCreation} from "../../../contracts/types/DidCreation.sol";
import {DidDeactivation} from "../../../contracts/types/DidDeactivation.sol";
import {DidId} from "../../../contracts/types/DidId.sol";
import {DidReveal} from "../../../contracts/types/DidReveal.sol";
import {DidRotation} from "../../../contracts/types/DidRotation.sol";
import {DidSnapshot} from "../../../contracts/types/DidSnapshot.sol";
import {DidUpdate} from "../../../contracts/types/DidUpdate.sol";
import {DidSigners} from "./DidSigners.sol";
import {DidStates} from "./DidStates.sol";

/// @dev What the handler believes of a DID.
struct Believed {
    DidId did;
    uint256 set;
    bytes32 next;
    bytes32 previous;
    bytes32 commitment;
    bytes state;
    uint256 keySeed;
    uint256 keyCount;
    uint32 version;
    uint32 controlVersion;
    uint40 created;
    uint40 updated;
    bool deactivated;
}

/// @dev Changes DIDs as their controllers may, two of three each, keeps a plain model of them, and attacks them in every
/// way that must fail. Each rotation moves to the next set of controllers.
contract DidHandler is CommonBase, StdUtils {
    uint256 public constant MAX_DIDS = 6;
    bytes private constant EMPTY = hex"000000";

    DidRegistry public immutable registry;
    Believed[] private _dids;
    bytes[] private _sent;
    uint256 public breaches;
    uint256 public attacks;
    mapping(string name => uint256 count) public acted;

    constructor(DidRegistry registry_) {
        registry = registry_;
    }

    function count() external view returns (uint256) {
        return _dids.length;
    }

    function believed(uint256 i) external view returns (Believed memory) {
        return _dids[i];
    }

    // ---- What controllers may do -------------------------------------------------------------------------------------

    function create(uint256 seed) external {
        if (_dids.length == MAX_DIDS) return;
        uint256 set = _dids.length * 50;
        bytes memory controllers = DidSigners.controllersOf(set);
        bytes32 next = seed & 1 == 1 ? DidSigners.nextOf(set + 1) : bytes32(0);
        bytes memory state = _stateOf(seed, seed % 5);
        DidId did = registry.didOf(controllers, next, bytes32(seed));
        DidCreation memory op = DidCreation(did, controllers, next, bytes32(seed), state, _deadline());
        bytes32 structHash = DidSigners.hashOf(op);
        _send("create", abi.encodeCall(DidRegistry.create, (op, _approve(set, 2, structHash))));
        Believed storage b = _dids.push();
        (b.did, b.set, b.next, b.created, b.controlVersion) = (did, set, next, uint40(block.timestamp), 1);
        b.commitment = bytes32(DidId.unwrap(did));
        _advance(b, state, seed, seed % 5);
    }

    function update(uint256 seed) external {
        (bool found, Believed storage b) = _live(seed);
        if (!found) return;
        bytes memory state = _stateOf(seed, seed % 7);
        DidUpdate memory op = DidUpdate(b.did, b.version, b.commitment, state, _deadline());
        Approval[] memory approvals = _approve(b.set, 2 + ((seed >> 8) & 1), DidSigners.hashOf(op));
        _send("update", abi.encodeCall(DidRegistry.update, (op, _control(b), approvals)));
        _advance(b, state, seed, seed % 7);
    }

    function rotate(uint256 seed) external {
        (bool found, Believed storage b) = _live(seed);
        if (!found) return;
        bytes32 next = (seed >> 9) & 1 == 1 ? DidSigners.nextOf(b.set + 2) : bytes32(0);
        // A reveal is bound to the version or to none since the controllers were set.
        bool bound = b.next == 0 || (seed >> 10) & 1 == 1;
        uint256 keys = bound ? (seed >> 11) % 4 : 0;
        DidRotation memory op = DidRotation({
            did: b.did,
            version: bound ? b.version : uint32(_bound(seed >> 16, b.controlVersion, b.version)),
            previous: bound ? b.commitment : bytes32(0),
            controllers: DidSigners.controllersOf(b.set + 1),
            next: next,
            state: bound ? _stateOf(seed, keys) : EMPTY,
            deadline: _deadline()
        });
        Approval[] memory approvals = _approve(b.next == 0 ? b.set : b.set + 1, 2, DidSigners.hashOf(op));
        if (b.next == 0) {
            _send("rotate", abi.encodeCall(DidRegistry.rotate, (op, _control(b), approvals)));
        } else {
            bytes32 salt = DidSigners.saltOf(b.set + 1);
            _send("rotate", abi.encodeCall(DidRegistry.rotateByReveal, (op, salt, approvals)));
        }
        b.set += 1;
        b.next = next;
        b.controlVersion = b.version + 1;
        _advance(b, op.state, seed, keys);
    }

    function deactivate(uint256 seed) external {
        (bool found, Believed storage b) = _live(seed);
        if (!found || (seed >> 8) & 7 != 0) return;
        bytes32 previous = b.next != 0 && (seed >> 11) & 1 == 1 ? bytes32(0) : b.commitment;
        DidDeactivation memory op = DidDeactivation(b.did, b.version, previous, _deadline());
        uint256 approvers = b.next == 0 ? b.set : b.set + 1;
        Approval[] memory approvals = _approve(approvers, 2, DidSigners.hashOf(op));
        if (b.next == 0) {
            _send("deactivate", abi.encodeCall(DidRegistry.deactivate, (op, _control(b), approvals)));
        } else {
            DidReveal memory reveal = DidReveal(DidSigners.controllersOf(approvers), DidSigners.saltOf(approvers));
            _send("deactivate", abi.encodeCall(DidRegistry.deactivateByReveal, (op, reveal, approvals)));
        }
        b.deactivated = true;
        (b.previous, b.version, b.updated) = (b.commitment, b.version + 1, uint40(block.timestamp));
        b.commitment = keccak256(abi.encode(b.previous, b.version, b.updated, bytes32(0), bytes32(0), bytes32(0)));
    }

    function republish(uint256 seed) external {
        (bool found, Believed storage b) = _live(seed);
        if (!found) return;
        registry.republish(b.did, snapshotOf(b));
        ++acted["republish"];
    }

    function pass(uint256 seconds_) external {
        vm.warp(block.timestamp + _bound(seconds_, 1, 1 days));
        vm.roll(block.number + 1);
    }

    // ---- What nobody may do ------------------------------------------------------------------------------------------

    /// @dev Whatever was done once can not be done again.
    function replay(uint256 seed) external {
        if (_sent.length == 0) return;
        _mustFail(_sent[seed % _sent.length]);
    }

    /// @dev One of the two needed, or two of another set, for another state, with another opening, or by a quorum that
    /// was shown a false version.
    function attackUpdate(uint256 seed) external {
        (bool found, Believed storage b) = _any(seed);
        if (!found) return;
        DidUpdate memory op = DidUpdate(b.did, b.version, b.commitment, _stateOf(seed, 1), _deadline());
        DidControl memory control = _control(b);
        uint256 way = (seed >> 8) % 5;
        bytes32 approved = DidSigners.hashOf(op);
        if (way == 2) {
            approved = DidSigners.hashOf(DidUpdate(b.did, b.version, b.commitment, EMPTY, op.deadline));
        } else if (way == 3) {
            control.controllers = DidSigners.controllersOf(b.set + 1);
        } else if (way == 4) {
            op.previous = keccak256(abi.encode(b.previous, "as a lying node has it"));
            approved = DidSigners.hashOf(op);
        }
        bool present = way == 0 || way == 2 || way == 4;
        Approval[] memory approvals = _approve(present ? b.set : b.set + 1, way == 0 ? 1 : 2, approved);
        _mustFail(abi.encodeCall(DidRegistry.update, (op, control, approvals)));
    }

    /// @dev The new set where the present one has to approve, and the other way round.
    function attackControl(uint256 seed) external {
        (bool found, Believed storage b) = _any(seed);
        if (!found) return;
        bool committed = b.next != 0;
        bytes memory to = DidSigners.controllersOf(committed ? b.set + 1 : b.set + 40);
        DidRotation memory op = DidRotation(b.did, b.version, b.commitment, to, 0, EMPTY, _deadline());
        // Without a commitment the new set may not approve, with one the present set may not.
        uint256 approvers = committed ? b.set : b.set + 40;
        bytes32 salt = committed ? DidSigners.saltOf(b.set + 1) : bytes32(0);
        if ((seed >> 8) & 1 == 0) {
            Approval[] memory approvals = _approve(approvers, 3, DidSigners.hashOf(op));
            _mustFail(abi.encodeCall(DidRegistry.rotate, (op, _control(b), approvals)));
            _mustFail(abi.encodeCall(DidRegistry.rotateByReveal, (op, salt, approvals)));
        } else {
            DidDeactivation memory end = DidDeactivation(b.did, b.version, b.commitment, _deadline());
            Approval[] memory approvals = _approve(approvers, 3, DidSigners.hashOf(end));
            _mustFail(abi.encodeCall(DidRegistry.deactivate, (end, _control(b), approvals)));
            _mustFail(abi.encodeCall(DidRegistry.deactivateByReveal, (end, DidReveal(to, salt), approvals)));
        }
    }

    /// @dev A reveal by those who may, which is bound to no version and yet would publish something, or is too old.
    function attackReveal(uint256 seed) external {
        (bool found, Believed storage b) = _live(seed);
        if (!found || b.next == 0) return;
        bool old = (seed >> 8) & 1 == 1;
        DidRotation memory op = DidRotation({
            did: b.did,
            version: old ? b.controlVersion - 1 : b.version,
            previous: 0,
            controllers: DidSigners.controllersOf(b.set + 1),
            next: 0,
            state: old ? EMPTY : _stateOf(seed, 1),
            deadline: _deadline()
        });
        Approval[] memory approvals = _approve(b.set + 1, 2, DidSigners.hashOf(op));
        _mustFail(abi.encodeCall(DidRegistry.rotateByReveal, (op, DidSigners.saltOf(b.set + 1), approvals)));
    }

    // ---- Model -------------------------------------------------------------------------------------------------------

    function snapshotOf(Believed memory b) public pure returns (DidSnapshot memory) {
        return DidSnapshot(b.previous, DidSigners.controllersOf(b.set), b.next, b.state);
    }

    function _advance(Believed storage b, bytes memory state, uint256 keySeed, uint256 keyCount) private {
        (b.state, b.keySeed, b.keyCount) = (state, keySeed, keyCount);
        (b.previous, b.version, b.updated) = (b.commitment, b.version + 1, uint40(block.timestamp));
        bytes32 controllers = keccak256(DidSigners.controllersOf(b.set));
        b.commitment = keccak256(abi.encode(b.previous, b.version, b.updated, controllers, b.next, keccak256(state)));
    }

    function _live(uint256 seed) private view returns (bool, Believed storage b) {
        (bool found, Believed storage any) = _any(seed);
        b = any;
        return (found && !b.deactivated && b.set % 50 < 38, b);
    }

    function _any(uint256 seed) private view returns (bool, Believed storage b) {
        if (_dids.length == 0) {
            assembly ("memory-safe") {
                b.slot := 0
            }
            return (false, b);
        }
        return (true, _dids[(seed >> 128) % _dids.length]);
    }

    function _control(Believed storage b) private view returns (DidControl memory) {
        return DidControl(b.previous, DidSigners.controllersOf(b.set), b.next, keccak256(b.state));
    }

    function _stateOf(uint256 seed, uint256 keyCount) private pure returns (bytes memory) {
        return DidStates.encode(DidStates.keysOf(seed, keyCount), seed >> 4);
    }

    function _deadline() private view returns (uint64) {
        return uint64(block.timestamp + 30 days);
    }

    // ---- Sending -----------------------------------------------------------------------------------------------------

    function _send(string memory name, bytes memory call) private {
        (bool good, bytes memory why) = address(registry).call(call);
        if (!good) {
            assembly ("memory-safe") {
                revert(add(why, 32), mload(why))
            }
        }
        _sent.push(call);
        ++acted[name];
    }

    function _mustFail(bytes memory call) private {
        (bool good, ) = address(registry).call(call);
        if (good) ++breaches;
        ++attacks;
    }

    function _approve(uint256 set, uint256 amount, bytes32 structHash) private view returns (Approval[] memory) {
        return DidSigners.approve(registry, set, amount, structHash);
    }
}

/// @dev Linked to the suites, which would exceed the size of a contract with the handler's code in theirs.
library DidHandlers {
    function deploy(DidRegistry registry) public returns (DidHandler) {
        return new DidHandler(registry);
    }
}
