// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {Approval} from "../types/Approval.sol";
import {DidControl} from "../types/DidControl.sol";
import {DidCreation, DidCreationHash} from "../types/DidCreation.sol";
import {DidDeactivation, DidDeactivationHash} from "../types/DidDeactivation.sol";
import {DidHead} from "../types/DidHead.sol";
import {DidId} from "../types/DidId.sol";
import {DidKeyId} from "../types/DidKeyId.sol";
import {DidRelationships} from "../types/DidRelationships.sol";
import {DidResolution} from "../types/DidResolution.sol";
import {DidReveal} from "../types/DidReveal.sol";
import {DidRotation, DidRotationHash} from "../types/DidRotation.sol";
import {DidSnapshot} from "../types/DidSnapshot.sol";
import {DidUpdate, DidUpdateHash} from "../types/DidUpdate.sol";
import {KeyId} from "../types/KeyId.sol";
import {DidControllers} from "./DidControllers.sol";
import {DidState} from "./DidState.sol";
import {HeadWord, HeadWords} from "./HeadWord.sol";
import {PackedBytes} from "./PackedBytes.sol";

/// @title DidRegistry
/// @notice The public record of the keys and services of `did:dkms` identifiers.
/// @dev No owner, no upgrade, no pause (P1). Calls no contract but controllers that are contracts, by STATICCALL and
/// before anything is written, so nothing re-enters.
contract DidRegistry is IDidRegistry, EIP712 {
    using PackedBytes for bytes;

    /// @dev What is stored of a DID. `next`: the pre-rotation commitment, which is part of the commitment as well.
    /// It has a slot of its own where there is one, so that revealing it needs nothing that the present controllers can
    /// change in front of it.
    struct Record {
        HeadWord head;
        bytes32 commitment;
        bytes32 next;
    }

    /// @dev What a commitment is made of, as it is hashed.
    struct Version {
        bytes32 previous;
        uint256 version;
        uint256 updated;
        bytes32 controllersHash;
        bytes32 next;
        bytes32 stateHash;
    }

    /// @dev An approval that nobody sent must not wait for its hour for ever.
    uint256 private constant MAX_DEADLINE_DELAY = 30 days;
    /// @dev Bytes of a state without content: three counts of zero.
    uint256 private constant EMPTY_STATE_LENGTH = 3;

    mapping(DidId did => Record record) private _records;

    constructor() EIP712("dkms DidRegistry", "1") {}

    // ---- Actions --------------------------------------------------------------------------------------------------

    /// @inheritdoc IDidRegistry
    function create(DidCreation calldata op, Approval[] calldata approvals) external {
        DidId did = op.did;
        bytes calldata controllers = op.controllers;
        bytes calldata state = op.state;
        Version memory made = Version(bytes32(DidId.unwrap(did)), 0, 0, controllers.hash(), op.next, state.hash());
        DidId computed = _didOf(made.controllersHash, made.next, op.salt);
        if (DidId.unwrap(did) != DidId.unwrap(computed)) revert DidRegistryIdMismatch(did, computed);
        if (_records[did].head.version() != 0) revert DidRegistryExists(did);
        _requireTime(op.deadline);
        DidControllers.check(controllers);
        DidState.check(state);
        bytes32 digest = _hashTypedDataV4(DidCreationHash.hash(op, made.controllersHash, made.stateHash));
        DidControllers.requireQuorum(did, controllers, approvals, digest, msg.sender);
        if (made.next != 0) _records[did].next = made.next;
        _apply(did, HeadWords.first(block.timestamp), made, controllers, state);
    }

    /// @inheritdoc IDidRegistry
    function update(DidUpdate calldata op, DidControl calldata current, Approval[] calldata approvals) external {
        DidId did = op.did;
        bytes calldata controllers = current.controllers;
        bytes calldata state = op.state;
        Version memory made = Version(current.previous, 0, 0, controllers.hash(), current.next, current.stateHash);
        HeadWord head_ = _open(did, made);
        _requireCurrent(did, op.version, op.previous, head_, made.previous);
        _requireTime(op.deadline);
        DidState.check(state);
        made.stateHash = state.hash();
        bytes32 digest = _hashTypedDataV4(DidUpdateHash.hash(op, made.stateHash));
        DidControllers.requireQuorum(did, controllers, approvals, digest, msg.sender);
        _apply(did, head_, made, controllers, state);
    }

    /// @inheritdoc IDidRegistry
    function rotate(DidRotation calldata op, DidControl calldata current, Approval[] calldata approvals) external {
        DidId did = op.did;
        (HeadWord head_, Version memory made) = _openUncommitted(did, current);
        _requireCurrent(did, op.version, op.previous, head_, made.previous);
        bytes32 digest = _checkRotation(op, made);
        DidControllers.requireQuorum(did, current.controllers, approvals, digest, msg.sender);
        _rotate(op, head_, made);
    }

    /// @inheritdoc IDidRegistry
    function rotateByReveal(DidRotation calldata op, bytes32 salt, Approval[] calldata approvals) external {
        DidId did = op.did;
        HeadWord head_ = _requireLive(did);
        bytes32 stored = _records[did].commitment;
        if (!_requireRevealVersion(did, op.version, op.previous, head_, stored)) {
            if (op.state.length != EMPTY_STATE_LENGTH) revert DidRegistryRevealStateNotEmpty(did, op.state.length);
        }
        Version memory made = Version(stored, 0, 0, 0, 0, 0);
        bytes32 digest = _checkRotation(op, made);
        _requireReveal(did, made.controllersHash, salt);
        DidControllers.requireQuorum(did, op.controllers, approvals, digest, msg.sender);
        _rotate(op, head_, made);
    }

    /// @inheritdoc IDidRegistry
    function deactivate(
        DidDeactivation calldata op,
        DidControl calldata current,
        Approval[] calldata approvals
    ) external {
        DidId did = op.did;
        (HeadWord head_, Version memory made) = _openUncommitted(did, current);
        _requireCurrent(did, op.version, op.previous, head_, made.previous);
        _requireTime(op.deadline);
        bytes32 digest = _hashTypedDataV4(DidDeactivationHash.hash(op));
        DidControllers.requireQuorum(did, current.controllers, approvals, digest, msg.sender);
        _deactivate(did, head_, made.previous);
    }

    /// @inheritdoc IDidRegistry
    function deactivateByReveal(
        DidDeactivation calldata op,
        DidReveal calldata reveal,
        Approval[] calldata approvals
    ) external {
        DidId did = op.did;
        HeadWord head_ = _requireLive(did);
        bytes32 stored = _records[did].commitment;
        _requireRevealVersion(did, op.version, op.previous, head_, stored);
        _requireTime(op.deadline);
        DidControllers.check(reveal.controllers);
        _requireReveal(did, reveal.controllers.hash(), reveal.salt);
        bytes32 digest = _hashTypedDataV4(DidDeactivationHash.hash(op));
        DidControllers.requireQuorum(did, reveal.controllers, approvals, digest, msg.sender);
        _deactivate(did, head_, stored);
    }

    /// @inheritdoc IDidRegistry
    function republish(DidId did, DidSnapshot calldata snapshot) external {
        HeadWord head_ = _requireLive(did);
        _requireOpening(
            did,
            head_,
            Version(snapshot.previous, 0, 0, snapshot.controllers.hash(), snapshot.next, snapshot.state.hash())
        );
        _records[did].head = head_.publish(block.number);
        emit DidRepublished(
            did,
            head_.version(),
            head_.updatedBlock(),
            head_.updated(),
            snapshot.previous,
            snapshot.controllers,
            snapshot.next,
            snapshot.state
        );
    }

    // ---- Queries --------------------------------------------------------------------------------------------------

    /// @inheritdoc IDidRegistry
    function resolve(DidId did) external view returns (DidResolution memory) {
        Record storage record = _records[did];
        return DidResolution(record.head.unpack(), record.commitment, block.number, block.timestamp, block.chainid);
    }

    /// @inheritdoc IDidRegistry
    function head(DidId did) external view returns (DidHead memory) {
        return _records[did].head.unpack();
    }

    /// @inheritdoc IDidRegistry
    function commitment(DidId did) external view returns (bytes32) {
        return _records[did].commitment;
    }

    /// @inheritdoc IDidRegistry
    function isDeactivated(DidId did) external view returns (bool) {
        return _records[did].head.deactivated();
    }

    /// @inheritdoc IDidRegistry
    function verifyKey(
        DidId did,
        DidSnapshot calldata snapshot,
        DidKeyId key,
        uint8 relationship
    ) external view returns (bool) {
        if (relationship == 0 || relationship > DidRelationships.ALL || relationship & (relationship - 1) != 0) {
            revert DidRegistryRelationshipUnknown(relationship);
        }
        HeadWord head_ = _requireKnown(did);
        if (head_.deactivated()) return false;
        _requireOpening(
            did,
            head_,
            Version(snapshot.previous, 0, 0, snapshot.controllers.hash(), snapshot.next, snapshot.state.hash())
        );
        return DidState.holds(snapshot.state, key, relationship, block.timestamp);
    }

    /// @inheritdoc IDidRegistry
    function isController(DidId did, DidControl calldata current, KeyId key) external view returns (bool) {
        if (_requireKnown(did).deactivated()) return false;
        _open(did, Version(current.previous, 0, 0, current.controllers.hash(), current.next, current.stateHash));
        return DidControllers.contains(current.controllers, key);
    }

    /// @inheritdoc IDidRegistry
    function didOf(bytes calldata controllers, bytes32 next, bytes32 salt) external view returns (DidId) {
        return _didOf(controllers.hash(), next, salt);
    }

    /// @inheritdoc IDidRegistry
    function checkControllers(bytes calldata controllers) external view {
        DidControllers.check(controllers);
    }

    /// @inheritdoc IDidRegistry
    function checkState(bytes calldata state) external pure {
        DidState.check(state);
    }

    // ---- Steps ----------------------------------------------------------------------------------------------------

    /// @dev Makes the version of a rotation that has been approved.
    function _rotate(DidRotation calldata op, HeadWord head_, Version memory made) private {
        Record storage record = _records[op.did];
        if (record.next != made.next) record.next = made.next;
        _apply(op.did, head_.takeControl(), made, op.controllers, op.state);
    }

    /// @dev Makes the last version of a DID, in place of the one with the commitment `previous`.
    function _deactivate(DidId did, HeadWord head_, bytes32 previous) private {
        HeadWord ended = _store(did, head_.end(), Version(previous, 0, 0, 0, 0, 0));
        emit DidDeactivated(did, ended.version(), head_.publishedBlock(), ended.updated(), previous);
    }

    /// @dev Makes and emits the next version of a DID whose head was `head_`.
    function _apply(
        DidId did,
        HeadWord head_,
        Version memory made,
        bytes calldata controllers,
        bytes calldata state
    ) private {
        HeadWord stored = _store(did, head_, made);
        emit DidUpdated(
            did,
            stored.version(),
            head_.publishedBlock(),
            stored.updated(),
            made.previous,
            controllers,
            made.next,
            state
        );
    }

    /// @dev Stores the next version and returns its head.
    function _store(DidId did, HeadWord head_, Version memory made) private returns (HeadWord stored) {
        stored = head_.advance(block.timestamp, block.number);
        Record storage record = _records[did];
        record.head = stored;
        made.version = stored.version();
        made.updated = stored.updated();
        record.commitment = _commit(made);
    }

    /// @dev Opens the commitment of a DID that has no pre-rotation commitment.
    function _openUncommitted(
        DidId did,
        DidControl calldata current
    ) private view returns (HeadWord head_, Version memory made) {
        bytes32 controllersHash = current.controllers.hash();
        made = Version(current.previous, 0, 0, controllersHash, current.next, current.stateHash);
        head_ = _open(did, made);
        if (made.next != 0) revert DidRegistryRevealMissing(did, made.next);
    }

    /// @dev Completes `current` from the head of a live DID and reverts unless it is what the commitment is made of;
    /// then makes it the start of the next version. Returns the head.
    function _open(DidId did, Version memory current) private view returns (HeadWord head_) {
        head_ = _requireLive(did);
        current.previous = _requireOpening(did, head_, current);
    }

    /// @dev The commitment of the DID with this head; reverts unless it is made of `opened`, completed from the head.
    function _requireOpening(DidId did, HeadWord head_, Version memory opened) private view returns (bytes32 stored) {
        opened.version = head_.version();
        opened.updated = head_.updated();
        stored = _records[did].commitment;
        bytes32 computed = _commit(opened);
        if (computed != stored) revert DidRegistryCommitmentMismatch(did, computed, stored);
    }

    /// @dev The head of a DID that was created and not deactivated.
    function _requireLive(DidId did) private view returns (HeadWord head_) {
        head_ = _requireKnown(did);
        if (head_.deactivated()) revert DidRegistryDeactivated(did);
    }

    /// @dev The head of a DID that was created.
    function _requireKnown(DidId did) private view returns (HeadWord head_) {
        head_ = _records[did].head;
        if (head_.version() == 0) revert DidRegistryUnknown(did);
    }

    /// @dev Checks a rotation apart from its approvals, takes over what it sets, and returns what is to be approved.
    function _checkRotation(DidRotation calldata op, Version memory made) private view returns (bytes32) {
        _requireTime(op.deadline);
        DidControllers.check(op.controllers);
        DidState.check(op.state);
        made.controllersHash = op.controllers.hash();
        made.next = op.next;
        made.stateHash = op.state.hash();
        return _hashTypedDataV4(DidRotationHash.hash(op, made.controllersHash, made.stateHash));
    }

    /// @dev Reverts unless controllers and salt open the pre-rotation commitment.
    function _requireReveal(DidId did, bytes32 controllersHash, bytes32 salt) private view {
        bytes32 next = _records[did].next;
        if (next == 0) revert DidRegistryRevealUnexpected(did);
        bytes32 computed = keccak256(abi.encode(salt, controllersHash));
        if (computed != next) revert DidRegistryRevealMismatch(did, computed, next);
    }

    /// @dev Reverts once the deadline has passed, or while it is too far off.
    function _requireTime(uint64 deadline) private view {
        unchecked {
            // One that has passed is too far off as well, by 2^256 less the seconds since.
            if (deadline - block.timestamp <= MAX_DEADLINE_DELAY) return;
            if (deadline < block.timestamp) revert DidRegistryDeadlinePassed(deadline, block.timestamp);
            revert DidRegistryDeadlineTooFar(deadline, block.timestamp + MAX_DEADLINE_DELAY);
        }
    }

    /// @dev The identifier that a creation with these parts gives.
    function _didOf(bytes32 controllersHash, bytes32 next, bytes32 salt) private view returns (DidId) {
        return DidId.wrap(bytes20(keccak256(abi.encode(block.chainid, address(this), controllersHash, next, salt))));
    }

    /// @dev Reverts unless an operation names the current version and its commitment.
    function _requireCurrent(DidId did, uint32 version, bytes32 previous, HeadWord head_, bytes32 stored) private pure {
        if (version != head_.version()) revert DidRegistryVersionMismatch(did, version, head_.version());
        if (previous != stored) revert DidRegistryPreviousMismatch(did, previous, stored);
    }

    /// @dev Reverts unless a reveal names the current version and its commitment, or no commitment and any version
    /// since the controllers were last set. What follows moves `controlVersion` past that version or ends the DID, so
    /// that an approval serves once. Returns whether it names the current version.
    function _requireRevealVersion(
        DidId did,
        uint32 version,
        bytes32 previous,
        HeadWord head_,
        bytes32 stored
    ) private pure returns (bool bound) {
        bound = previous != 0;
        if (bound) {
            _requireCurrent(did, version, previous, head_, stored);
        } else if (version < head_.controlVersion() || version > head_.version()) {
            revert DidRegistryVersionOutsideControl(did, version, head_.controlVersion(), head_.version());
        }
    }

    /// @dev keccak256(abi.encode(made)), without the copy.
    function _commit(Version memory made) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(made, 0xc0)
        }
    }
}
