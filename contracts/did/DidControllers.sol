// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Approval} from "../types/Approval.sol";
import {DidId} from "../types/DidId.sol";
import {KeyId} from "../types/KeyId.sol";
import {PackedBytes} from "./PackedBytes.sol";

/// @title DidControllers
/// @notice The packed list of a DID's controllers, and whether a quorum of them approves.
/// @dev Format: threshold u8, then 1 … 16 entries of kind u8, length u8, key, strictly ascending by key id. The
/// length is there so that a new kind of key leaves this parser as it is. Loops are bounded by 16 entries.
library DidControllers {
    using PackedBytes for bytes;

    /// @dev Most controllers of a DID.
    uint256 internal constant LIMIT = 16;

    /// @dev Bytes of an entry before its key.
    uint256 private constant ENTRY_HEAD = 2;

    /// @dev Reverts unless the list is well-formed and its threshold can be reached.
    function check(bytes calldata list) internal view {
        if (list.length == 0) revert IDidRegistry.DidRegistryControllersTruncated(0);
        uint256 threshold = list.wordAt(0) >> 248;
        uint256 count = 0;
        KeyId previous;
        for (uint256 offset = 1; offset < list.length; ++count) {
            uint8 kind;
            bytes calldata key;
            (kind, key, offset) = _entryAt(list, offset);
            AgentKeys.requireKey(kind, key);
            KeyId id = KeyId.wrap(key.hash());
            if (KeyId.unwrap(id) <= KeyId.unwrap(previous)) {
                revert IDidRegistry.DidRegistryControllersNotAscending(previous, id);
            }
            previous = id;
        }
        if (count == 0 || count > LIMIT) revert IDidRegistry.DidRegistryControllerCount(count, LIMIT);
        if (threshold == 0 || threshold > count) {
            revert IDidRegistry.DidRegistryThresholdUnreachable(threshold, count);
        }
    }

    /// @notice Reverts unless distinct controllers of the list, at least as many as its threshold, approve.
    /// @param did The DID, for the errors.
    /// @param list A list that has passed `check`.
    /// @param approvals Strictly ascending by key id, as the list is: one pass finds them all.
    /// @param digest What they approve.
    /// @param sender Who sent the transaction.
    function requireQuorum(
        DidId did,
        bytes calldata list,
        Approval[] calldata approvals,
        bytes32 digest,
        address sender
    ) internal view {
        uint256 threshold = list.wordAt(0) >> 248;
        if (approvals.length < threshold) {
            revert IDidRegistry.DidRegistryQuorumMissing(did, approvals.length, threshold);
        }
        uint256 offset = 1;
        KeyId previous;
        uint256 count = approvals.length;
        for (uint256 i = 0; i < count; ++i) {
            Approval calldata approval = approvals[i];
            KeyId id = KeyId.wrap(approval.key.hash());
            if (KeyId.unwrap(id) <= KeyId.unwrap(previous)) {
                revert IDidRegistry.DidRegistryApprovalsNotAscending(previous, id);
            }
            uint8 kind;
            bytes calldata key;
            (kind, key, offset) = _find(did, list, offset, id);
            AgentKeys.requireSignature(kind, key, digest, approval.signature, sender);
            previous = id;
        }
    }

    /// @dev Whether a key is in a list that has passed `check`.
    function contains(bytes calldata list, KeyId key) internal pure returns (bool) {
        for (uint256 offset = 1; offset < list.length;) {
            bytes calldata entry;
            (, entry, offset) = _entryAt(list, offset);
            if (entry.hash() == KeyId.unwrap(key)) return true;
        }
        return false;
    }

    /// @dev The entry of a key at or after an offset; reverts if there is none.
    function _find(
        DidId did,
        bytes calldata list,
        uint256 offset,
        KeyId id
    ) private pure returns (uint8 kind, bytes calldata key, uint256 end) {
        end = offset;
        do {
            if (end >= list.length) revert IDidRegistry.DidRegistryNotController(did, id);
            (kind, key, end) = _entryAt(list, end);
        } while (key.hash() != KeyId.unwrap(id));
    }

    /// @dev The entry at an offset, and where the next one begins. If its head is cut off, it ends beyond the list
    /// whatever length is read for it. Unchecked: the offset is below the length, and a length below 2^8.
    function _entryAt(
        bytes calldata list,
        uint256 offset
    ) private pure returns (uint8 kind, bytes calldata key, uint256 end) {
        unchecked {
            uint256 start = offset + ENTRY_HEAD;
            uint256 entry = list.wordAt(offset);
            kind = uint8(entry >> 248);
            end = start + uint8(entry >> 240);
            if (end > list.length) revert IDidRegistry.DidRegistryControllersTruncated(list.length);
            key = list.slice(start, end);
        }
    }
}
