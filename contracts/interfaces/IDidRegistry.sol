// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IAgentKeyErrors} from "./IAgentKeyErrors.sol";
import {Approval} from "../types/Approval.sol";
import {DidControl} from "../types/DidControl.sol";
import {DidCreation} from "../types/DidCreation.sol";
import {DidDeactivation} from "../types/DidDeactivation.sol";
import {DidHead} from "../types/DidHead.sol";
import {DidId} from "../types/DidId.sol";
import {DidKeyId} from "../types/DidKeyId.sol";
import {DidResolution} from "../types/DidResolution.sol";
import {DidReveal} from "../types/DidReveal.sol";
import {DidRotation} from "../types/DidRotation.sol";
import {DidSnapshot} from "../types/DidSnapshot.sol";
import {DidUpdate} from "../types/DidUpdate.sol";
import {KeyId} from "../types/KeyId.sol";

/// @title IDidRegistry
/// @notice The public record of the keys and services of `did:dkms` identifiers, under the control of their own keys.
/// @dev A record is a head and a commitment, two slots, and a third for the pre-rotation commitment where there is one;
/// everything else travels in calldata and in the events, and is checked against the commitment when it comes back
/// (D1-D4):
///
///     commitment = keccak256(abi.encode(previous, version, updated, keccak256(controllers), next, keccak256(state)))
///
/// where `previous` is the commitment of the version before, and the DID itself, left-aligned, at version 1. A
/// deactivated DID has zero for the last three. Byte formats, integers big-endian, nothing before, between or after:
///
///     controllers = threshold u8, then 1 … 16 of: kind u8, length u8, key          strictly ascending by KeyId
///     state       = count u8 ≤ 32, of: codec u16, relationships u8, expiry u40, length u16, key     by DidKeyId
///                   count u8 ≤ 16, of: length u8, id, length u8, type, length u16, endpoint         by keccak256(id)
///                   count u8 ≤ 16, of: length u16, alsoKnownAs                                      by its keccak256
///
/// A key's expiry is the last second at which it holds, 2^40 - 1 for none. Texts are non-empty, of bytes 0x21 … 0x7e.
/// An operation is an EIP-712 struct which a quorum of controllers approves and anyone sends, at most 30 days before
/// its deadline. It must name the current version and its commitment, so that one approved for another version, or by
/// somebody who was shown a false one, does nothing.
interface IDidRegistry is IAgentKeyErrors, IERC5267 {
    // ---- Events ---------------------------------------------------------------------------------------------------

    /// @notice Emitted when a DID is created, updated or its controllers are rotated.
    /// @param did The DID.
    /// @param version Its new version.
    /// @param previousBlock The block with the last event that shows the version before, 0 at creation.
    /// @param updated The time of this change, which the commitment covers.
    /// @param previous The commitment of the version before; with the rest it opens the new commitment.
    /// @param controllers Its controllers.
    /// @param next Its pre-rotation commitment.
    /// @param state Its state.
    event DidUpdated(
        DidId indexed did,
        uint32 indexed version,
        uint48 previousBlock,
        uint40 updated,
        bytes32 previous,
        bytes controllers,
        bytes32 next,
        bytes state
    );

    /// @notice Emitted when a DID is deactivated: the last of its events.
    /// @param did The DID.
    /// @param version Its new version.
    /// @param previousBlock The block with the last event that shows the version before.
    /// @param updated The time of this change, which the commitment covers.
    /// @param previous The commitment of the version before.
    event DidDeactivated(
        DidId indexed did,
        uint32 indexed version,
        uint48 previousBlock,
        uint40 updated,
        bytes32 previous
    );

    /// @notice Emitted when somebody publishes the current version again.
    /// @param did The DID.
    /// @param version Its current version.
    /// @param updatedBlock The block in which this version was made, with its `DidUpdated`.
    /// @param updated The time at which this version was made, which the commitment covers.
    /// @param previous The commitment of the version before; with the rest it opens the current commitment.
    /// @param controllers Its controllers.
    /// @param next Its pre-rotation commitment.
    /// @param state Its state.
    event DidRepublished(
        DidId indexed did,
        uint32 indexed version,
        uint48 updatedBlock,
        uint40 updated,
        bytes32 previous,
        bytes controllers,
        bytes32 next,
        bytes state
    );

    // ---- Errors: record -------------------------------------------------------------------------------------------

    /// @notice Thrown when no such DID was ever created.
    error DidRegistryUnknown(DidId did);

    /// @notice Thrown when a DID is created that exists or has existed.
    error DidRegistryExists(DidId did);

    /// @notice Thrown when a DID has been deactivated, which is final.
    error DidRegistryDeactivated(DidId did);

    /// @notice Thrown when a new DID is not the one that its controllers, pre-rotation commitment and salt give.
    error DidRegistryIdMismatch(DidId did, DidId computed);

    /// @notice Thrown when what is said to be the current version's content does not give its commitment.
    error DidRegistryCommitmentMismatch(DidId did, bytes32 computed, bytes32 commitment);

    // ---- Errors: operation ----------------------------------------------------------------------------------------

    /// @notice Thrown when an operation's deadline has passed.
    error DidRegistryDeadlinePassed(uint64 deadline, uint256 time);

    /// @notice Thrown when an operation's deadline is more than 30 days off, after `latest`.
    error DidRegistryDeadlineTooFar(uint64 deadline, uint256 latest);

    /// @notice Thrown when an operation was approved for another version than the current one.
    error DidRegistryVersionMismatch(DidId did, uint32 version, uint32 current);

    /// @notice Thrown when an operation was approved for other content of the current version than it has.
    error DidRegistryPreviousMismatch(DidId did, bytes32 previous, bytes32 commitment);

    /// @notice Thrown when a reveal was approved for a version before the controllers were last set, or for a future
    /// one.
    error DidRegistryVersionOutsideControl(DidId did, uint32 version, uint32 controlVersion, uint32 current);

    /// @notice Thrown when the controllers and the salt revealed do not give the pre-rotation commitment.
    error DidRegistryRevealMismatch(DidId did, bytes32 computed, bytes32 next);

    /// @notice Thrown when something is revealed although the DID has no pre-rotation commitment.
    error DidRegistryRevealUnexpected(DidId did);

    /// @notice Thrown when the pre-rotation commitment has to be revealed: the present controllers have no say.
    error DidRegistryRevealMissing(DidId did, bytes32 next);

    /// @notice Thrown when a reveal that is bound to no commitment has a state with content: it could bring back what
    /// was revoked after it was approved.
    error DidRegistryRevealStateNotEmpty(DidId did, uint256 length);

    // ---- Errors: controllers and approvals ------------------------------------------------------------------------

    /// @notice Thrown when a list of controllers ends within an entry.
    error DidRegistryControllersTruncated(uint256 length);

    /// @notice Thrown when there is no controller or more than `limit`.
    error DidRegistryControllerCount(uint256 count, uint256 limit);

    /// @notice Thrown when the threshold is zero or more than there are controllers.
    error DidRegistryThresholdUnreachable(uint256 threshold, uint256 count);

    /// @notice Thrown when controllers are not strictly ascending by key id.
    error DidRegistryControllersNotAscending(KeyId previous, KeyId next);

    /// @notice Thrown when approvals are not strictly ascending by key id.
    error DidRegistryApprovalsNotAscending(KeyId previous, KeyId next);

    /// @notice Thrown when an approval is not of one of the controllers that have to approve.
    error DidRegistryNotController(DidId did, KeyId key);

    /// @notice Thrown when fewer controllers approve than the threshold demands.
    error DidRegistryQuorumMissing(DidId did, uint256 approvals, uint256 threshold);

    // ---- Errors: state --------------------------------------------------------------------------------------------

    /// @notice Thrown when a state has more than `limit` bytes.
    error DidRegistryStateTooLong(uint256 length, uint256 limit);

    /// @notice Thrown when a state ends within the element that begins at `offset`, or before it.
    error DidRegistryStateTruncated(uint256 length, uint256 offset);

    /// @notice Thrown when a state goes on after its last element.
    error DidRegistryStateTrailing(uint256 length, uint256 end);

    /// @notice Thrown when a state has more than `limit` keys.
    error DidRegistryKeyCount(uint256 count, uint256 limit);

    /// @notice Thrown when a key has not the length of its codec, or under a codec not known here less than 32 bytes.
    error DidRegistryKeyLengthWrong(uint16 codec, uint256 length);

    /// @notice Thrown when a compressed point does not begin with 2 or 3.
    error DidRegistryKeyPrefixWrong(uint16 codec, uint8 prefix);

    /// @notice Thrown when a codec is one of multicodec's for private keys (0x1300 … 0x13ff).
    error DidRegistryKeyPrivate(uint16 codec);

    /// @notice Thrown when a key has no relationship, an unknown one, or one that its codec does not serve: X25519 is
    /// for key agreement only, signature keys never, and no key for key agreement and anything else.
    error DidRegistryRelationshipsInvalid(uint16 codec, uint8 relationships);

    /// @notice Thrown when keys are not strictly ascending by key id; so none occurs twice.
    error DidRegistryKeysNotAscending(DidKeyId previous, DidKeyId next);

    /// @notice Thrown when a state has more than `limit` services.
    error DidRegistryServiceCount(uint256 count, uint256 limit);

    /// @notice Thrown when services are not strictly ascending by the keccak256 of their ids.
    error DidRegistryServicesNotAscending(bytes32 previous, bytes32 next);

    /// @notice Thrown when a state has more than `limit` other names.
    error DidRegistryAlsoKnownAsCount(uint256 count, uint256 limit);

    /// @notice Thrown when other names are not strictly ascending by their keccak256.
    error DidRegistryAlsoKnownAsNotAscending(bytes32 previous, bytes32 next);

    /// @notice Thrown when a text of a state is empty.
    error DidRegistryTextEmpty(uint256 offset);

    /// @notice Thrown when a text of a state has a byte outside 0x21 … 0x7e.
    error DidRegistryTextNotPrintable(uint256 offset);

    /// @notice Thrown when a relationship asked for is not exactly one of the five.
    error DidRegistryRelationshipUnknown(uint8 relationship);

    // ---- Actions --------------------------------------------------------------------------------------------------

    /// @notice Creates a DID, approved by a quorum of its controllers.
    /// @param op The operation.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function create(DidCreation calldata op, Approval[] calldata approvals) external;

    /// @notice Replaces the state of a DID, approved by a quorum of its controllers.
    /// @param op The operation.
    /// @param current Opens the current commitment.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function update(DidUpdate calldata op, DidControl calldata current, Approval[] calldata approvals) external;

    /// @notice Replaces the controllers, the pre-rotation commitment and the state of a DID without pre-rotation
    /// commitment, approved by a quorum of its controllers.
    /// @param op The operation.
    /// @param current Opens the current commitment.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function rotate(DidRotation calldata op, DidControl calldata current, Approval[] calldata approvals) external;

    /// @notice Replaces controllers, pre-rotation commitment and state of a DID. The new controllers are those that it
    /// has committed to, and a quorum of them approves; the present ones have no say.
    /// @dev Thieves of the present keys cannot stop it: it needs nothing that they can change. With `op.previous` 0 its
    /// approvals hold for every version since the controllers were last set, and its state must be empty (`000000`), as
    /// it could else bring back a key revoked meanwhile. With the commitment of `op.version` any state is taken.
    /// @param op The operation.
    /// @param salt The salt of the pre-rotation commitment.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function rotateByReveal(DidRotation calldata op, bytes32 salt, Approval[] calldata approvals) external;

    /// @notice Ends a DID without pre-rotation commitment for ever, approved by a quorum of its controllers.
    /// @param op The operation.
    /// @param current Opens the current commitment.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function deactivate(
        DidDeactivation calldata op,
        DidControl calldata current,
        Approval[] calldata approvals
    ) external;

    /// @notice Ends a DID for ever, approved by a quorum of the controllers it has committed to.
    /// @dev With `op.previous` 0 its approvals hold for every version since the controllers were last set.
    /// @param op The operation.
    /// @param reveal Opens the pre-rotation commitment.
    /// @param approvals Approvals of it, strictly ascending by key id.
    function deactivateByReveal(
        DidDeactivation calldata op,
        DidReveal calldata reveal,
        Approval[] calldata approvals
    ) external;

    /// @notice Publishes the current version of a DID again, for those whose node has lost its event. Anyone may.
    /// @param did The DID.
    /// @param snapshot Opens the current commitment.
    function republish(DidId did, DidSnapshot calldata snapshot) external;

    // ---- Queries --------------------------------------------------------------------------------------------------

    /// @notice All that a resolver asks of the chain's state. An unknown DID has version 0.
    /// @param did The DID.
    /// @return The head and the commitment of the DID, and the number, time and chain of the block they are read
    /// from.
    function resolve(DidId did) external view returns (DidResolution memory);

    /// @notice The head of a DID, all zero if it is unknown.
    /// @param did The DID.
    /// @return Its head.
    function head(DidId did) external view returns (DidHead memory);

    /// @notice The commitment of a DID's current version, zero if it is unknown.
    /// @param did The DID.
    /// @return Its commitment.
    function commitment(DidId did) external view returns (bytes32);

    /// @notice Whether a DID has been deactivated; false if it is unknown.
    /// @param did The DID.
    /// @return Whether it has.
    function isDeactivated(DidId did) external view returns (bool);

    /// @notice Whether a DID has, now, this key for this use. False if deactivated; reverts if unknown.
    /// @param did The DID.
    /// @param snapshot Opens the current commitment.
    /// @param key The key's id, keccak256(uint16 codec ‖ key).
    /// @param relationship One bit of `DidRelationships`.
    /// @return Whether the key is in the state with that relationship and has not expired.
    function verifyKey(
        DidId did,
        DidSnapshot calldata snapshot,
        DidKeyId key,
        uint8 relationship
    ) external view returns (bool);

    /// @notice Whether a key is among the controllers of a DID. False if deactivated; reverts if unknown.
    /// @param did The DID.
    /// @param current Opens the current commitment.
    /// @param key The id of the key: keccak256 of its material.
    /// @return Whether it is.
    function isController(DidId did, DidControl calldata current, KeyId key) external view returns (bool);

    /// @notice The DID that a creation with these parts gives on this chain, in this registry.
    /// @param controllers The first controllers.
    /// @param next The pre-rotation commitment, 0 for none.
    /// @param salt Any 32 bytes; another salt gives another DID.
    /// @return The DID.
    function didOf(bytes calldata controllers, bytes32 next, bytes32 salt) external view returns (DidId);

    /// @notice Reverts with the error that a creation or rotation to these controllers would give, if any.
    /// @param controllers The controllers.
    function checkControllers(bytes calldata controllers) external view;

    /// @notice Reverts with the error that an update to this state would give, if any.
    /// @param state The state.
    function checkState(bytes calldata state) external pure;
}
