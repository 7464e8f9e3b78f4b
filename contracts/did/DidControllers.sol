// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {AgentKeys} from "../libraries/AgentKeys.sol";
import {Approval} from "../types/Approval.sol";
import {DidId} from "../types/DidId.sol";
import {KeyId} from "../types/KeyId.sol";

/// @title DidControllers
/// @notice The packed list of a DID's controllers, and whether a quorum of them approves.
/// @dev Format: threshold u8, then 1 … 16 entries of kind u8, length u8, key, strictly ascending by key id. The
/// length is there so that a new kind of key leaves this parser as it is. Loops are bounded by 16 entries.
library DidControllers {
    /// @dev Most controllers of a DID.
    uint256 internal constant LIMIT = 16;

    /// @dev Bytes of an entry before its key.
    uint256 private constant ENTRY_HEAD = 2;

    /// @dev Reverts unless the list is well-formed and its threshold can be reached.
    function check(bytes calldata list) internal pure {
        if (list.length == 0) revert IDidRegistry.DidRegistryControllersTruncated(0);
        uint256 threshold = uint8(list[0]);
        uint256 count = 0;
        KeyId previous;
        for (uint256 offset = 1; offset < list.length; ++count) {
            uint8 kind;
            bytes calldata key;
            (kind, key, offset) = _entryAt(list, offset);
            AgentKeys.requireKey(kind, key);
            KeyId id = AgentKeys.idOf(key);
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
    ) internal pure {
        if (approvals.length < uint8(list[0])) {
            revert IDidRegistry.DidRegistryQuorumMissing(did, approvals.length, uint8(list[0]));
        }
        uint256 offset = 1;
        KeyId previous;
        for (uint256 i = 0; i < approvals.length; ++i) {
            KeyId id = AgentKeys.idOf(approvals[i].key);
            if (KeyId.unwrap(id) <= KeyId.unwrap(previous)) {
                revert IDidRegistry.DidRegistryApprovalsNotAscending(previous, id);
            }
            uint8 kind;
            bytes calldata key;
            (kind, key, offset) = _find(did, list, offset, id);
            AgentKeys.requireSignature(kind, key, digest, approvals[i].signature, sender);
            previous = id;
        }
    }

    /// @dev Whether a key is in a list that has passed `check`.
    function contains(bytes calldata list, KeyId key) internal pure returns (bool) {
        for (uint256 offset = 1; offset < list.length;) {
            bytes calldata entry;
            (, entry, offset) = _entryAt(list, offset);
            if (KeyId.unwrap(AgentKeys.idOf(entry)) == KeyId.unwrap(key)) return true;
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
        } while (KeyId.unwrap(AgentKeys.idOf(key)) != KeyId.unwrap(id));
    }

    /// @dev The entry at an offset, and where the next one begins.
    function _entryAt(
        bytes calldata list,
        uint256 offset
    ) private pure returns (uint8 kind, bytes calldata key, uint256 end) {
        uint256 start = offset + ENTRY_HEAD;
        if (start > list.length) revert IDidRegistry.DidRegistryControllersTruncated(list.length);
        kind = uint8(list[offset]);
        end = start + uint8(list[offset + 1]);
        if (end > list.length) revert IDidRegistry.DidRegistryControllersTruncated(list.length);
        key = list[start:end];
    }
}
