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

    /// @dev What is stored of a DID.
    struct Record {
        HeadWord head;
        bytes32 commitment;
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
        _apply(did, HeadWords.first(block.timestamp), made, controllers, state);
    }

    /// @inheritdoc IDidRegistry
    function update(DidUpdate calldata op, DidControl calldata current, Approval[] calldata approvals) external {
        DidId did = op.did;
        bytes calldata controllers = current.controllers;
        bytes calldata state = op.state;
        Version memory made = Version(current.previous, 0, 0, controllers.hash(), current.next, current.stateHash);
        HeadWord head_ = _open(did, made);
        _requireCurrent(did, op.version, head_);
        _requireTime(op.deadline);
        DidState.check(state);
        made.stateHash = state.hash();
        bytes32 digest = _hashTypedDataV4(DidUpdateHash.hash(op, made.stateHash));
        DidControllers.requireQuorum(did, controllers, approvals, digest, msg.sender);
        _apply(did, head_, made, controllers, state);
    }

    /// @inheritdoc IDidRegistry
    function rotate(
        DidRotation calldata op,
        DidControl calldata current,
        bytes32 salt,
        Approval[] calldata approvals
    ) external {
        DidId did = op.did;
        bytes calldata controllers = op.controllers;
        bytes calldata state = op.state;
        Version memory made = Version(
            current.previous,
            0,
            0,
            current.controllers.hash(),
            current.next,
            current.stateHash
        );
        HeadWord head_ = _open(did, made);
        _requireTime(op.deadline);
        DidControllers.check(controllers);
        DidState.check(state);
        made.controllersHash = controllers.hash();
        made.stateHash = state.hash();
        bytes32 digest = _hashTypedDataV4(DidRotationHash.hash(op, made.controllersHash, made.stateHash));
        if (made.next == 0) {
            if (salt != 0) revert DidRegistryRevealUnexpected(did);
            _requireCurrent(did, op.version, head_);
            DidControllers.requireQuorum(did, current.controllers, approvals, digest, msg.sender);
        } else {
            _requireReveal(did, op.version, head_, made.next, made.controllersHash, salt);
            DidControllers.requireQuorum(did, controllers, approvals, digest, msg.sender);
        }
        made.next = op.next;
        _apply(did, head_.takeControl(), made, controllers, state);
    }

    /// @inheritdoc IDidRegistry
    function deactivate(
        DidDeactivation calldata op,
        DidControl calldata current,
        DidReveal calldata reveal,
        Approval[] calldata approvals
    ) external {
        DidId did = op.did;
        Version memory made = Version(
            current.previous,
            0,
            0,
            current.controllers.hash(),
            current.next,
            current.stateHash
        );
        HeadWord head_ = _open(did, made);
        _requireTime(op.deadline);
        bytes32 digest = _hashTypedDataV4(DidDeactivationHash.hash(op));
        if (made.next == 0) {
            if (reveal.salt != 0 || reveal.controllers.length != 0) revert DidRegistryRevealUnexpected(did);
            _requireCurrent(did, op.version, head_);
            DidControllers.requireQuorum(did, current.controllers, approvals, digest, msg.sender);
        } else {
            DidControllers.check(reveal.controllers);
            _requireReveal(did, op.version, head_, made.next, reveal.controllers.hash(), reveal.salt);
            DidControllers.requireQuorum(did, reveal.controllers, approvals, digest, msg.sender);
        }
        HeadWord ended = _store(did, head_.end(), Version(made.previous, 0, 0, 0, 0, 0));
        emit DidDeactivated(did, ended.version(), head_.publishedBlock(), ended.updated(), made.previous);
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

    /// @dev Reverts once the deadline has passed.
    function _requireTime(uint64 deadline) private view {
        if (block.timestamp > deadline) revert DidRegistryDeadlinePassed(deadline, block.timestamp);
    }

    /// @dev The identifier that a creation with these parts gives.
    function _didOf(bytes32 controllersHash, bytes32 next, bytes32 salt) private view returns (DidId) {
        return DidId.wrap(bytes20(keccak256(abi.encode(block.chainid, address(this), controllersHash, next, salt))));
    }

    /// @dev Reverts unless an operation names the current version.
    function _requireCurrent(DidId did, uint32 version, HeadWord head_) private pure {
        if (version != head_.version()) revert DidRegistryVersionMismatch(did, version, head_.version());
    }

    /// @dev Reverts unless controllers and salt open the pre-rotation commitment, for a version since it was made.
    /// The rotation that follows moves `controlVersion` past that version, so the approval serves once.
    function _requireReveal(
        DidId did,
        uint32 version,
        HeadWord head_,
        bytes32 next,
        bytes32 controllersHash,
        bytes32 salt
    ) private pure {
        if (version < head_.controlVersion() || version > head_.version()) {
            revert DidRegistryVersionOutsideControl(did, version, head_.controlVersion(), head_.version());
        }
        bytes32 computed = keccak256(abi.encode(salt, controllersHash));
        if (computed != next) revert DidRegistryRevealMismatch(did, computed, next);
    }

    /// @dev keccak256(abi.encode(made)), without the copy.
    function _commit(Version memory made) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(made, 0xc0)
        }
    }
}
