// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {DidCodecs} from "../types/DidCodecs.sol";
import {DidKeyId} from "../types/DidKeyId.sol";
import {DidRelationships} from "../types/DidRelationships.sol";

/// @title DidState
/// @notice The packed keys, services and other names of a DID.
/// @dev The format is in `IDidRegistry`. One set of content has one encoding: every list is strictly ascending by
/// hash, so that order carries no meaning and nothing occurs twice. One pass, bounded by `MAX_LENGTH`.
library DidState {
    /// @dev Most bytes of a state; room for several post-quantum keys.
    uint256 internal constant MAX_LENGTH = 8192;
    /// @dev Most keys.
    uint256 internal constant MAX_KEYS = 32;
    /// @dev Most services.
    uint256 internal constant MAX_SERVICES = 16;
    /// @dev Most other names.
    uint256 internal constant MAX_ALSO_KNOWN_AS = 16;

    /// @dev Bytes of a key's entry before the key: codec 2, relationships 1, expiry 5, length 2.
    uint256 private constant KEY_HEAD = 10;
    /// @dev No public key worth having is shorter, whatever its codec.
    uint256 private constant MIN_UNKNOWN_LENGTH = 32;
    /// @dev The high byte of multicodec's codes for private keys.
    uint16 private constant PRIVATE_KEYS = 0x13;

    /// @dev One in each byte of a word.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @dev Reverts unless the state is well-formed.
    function check(bytes calldata state) internal pure {
        if (state.length > MAX_LENGTH) revert IDidRegistry.DidRegistryStateTooLong(state.length, MAX_LENGTH);
        uint256 offset = _checkAlsoKnownAs(state, _checkServices(state, _checkKeys(state)));
        if (offset != state.length) revert IDidRegistry.DidRegistryStateTrailing(state.length, offset);
    }

    /// @dev Whether a state that has passed `check` has a key with a relationship that holds at a time.
    function holds(bytes calldata state, DidKeyId key, uint8 relationship, uint256 time) internal pure returns (bool) {
        uint256 offset = 1;
        for (uint256 left = uint8(state[0]); left != 0; --left) {
            uint256 entry = _wordAt(state, offset);
            uint256 end = offset + KEY_HEAD + _lengthOf(entry);
            if (DidKeyId.unwrap(_idOf(entry, state[offset + KEY_HEAD:end])) == DidKeyId.unwrap(key)) {
                return uint8(entry >> 232) & relationship != 0 && time <= uint40(entry >> 192);
            }
            offset = end;
        }
        return false;
    }

    /// @dev Checks the keys; returns where the services begin.
    function _checkKeys(bytes calldata state) private pure returns (uint256 offset) {
        uint256 count = _countAt(state, 0);
        if (count > MAX_KEYS) revert IDidRegistry.DidRegistryKeyCount(count, MAX_KEYS);
        offset = 1;
        DidKeyId previous;
        for (; count != 0; --count) {
            uint256 start = offset + KEY_HEAD;
            _requireLength(state, start);
            uint256 entry = _wordAt(state, offset);
            offset = start + _lengthOf(entry);
            _requireLength(state, offset);
            _requireKey(uint16(entry >> 240), uint8(entry >> 232), _lengthOf(entry), uint8(entry >> 168));
            DidKeyId id = _idOf(entry, state[start:offset]);
            if (DidKeyId.unwrap(id) <= DidKeyId.unwrap(previous)) {
                revert IDidRegistry.DidRegistryKeysNotAscending(previous, id);
            }
            previous = id;
        }
    }

    /// @dev Checks the services; returns where the other names begin.
    function _checkServices(bytes calldata state, uint256 start) private pure returns (uint256 offset) {
        uint256 count = _countAt(state, start);
        if (count > MAX_SERVICES) revert IDidRegistry.DidRegistryServiceCount(count, MAX_SERVICES);
        offset = start + 1;
        bytes32 previous;
        for (; count != 0; --count) {
            bytes32 id;
            (id, offset) = _checkText(state, offset, 1);
            if (id <= previous) revert IDidRegistry.DidRegistryServicesNotAscending(previous, id);
            previous = id;
            (, offset) = _checkText(state, offset, 1);
            (, offset) = _checkText(state, offset, 2);
        }
    }

    /// @dev Checks the other names; returns where they end.
    function _checkAlsoKnownAs(bytes calldata state, uint256 start) private pure returns (uint256 offset) {
        uint256 count = _countAt(state, start);
        if (count > MAX_ALSO_KNOWN_AS) revert IDidRegistry.DidRegistryAlsoKnownAsCount(count, MAX_ALSO_KNOWN_AS);
        offset = start + 1;
        bytes32 previous;
        for (; count != 0; --count) {
            bytes32 name;
            (name, offset) = _checkText(state, offset, 2);
            if (name <= previous) revert IDidRegistry.DidRegistryAlsoKnownAsNotAscending(previous, name);
            previous = name;
        }
    }

    /// @dev Reverts unless length, first byte and relationships suit the codec.
    function _requireKey(uint16 codec, uint8 relationships, uint256 length, uint8 first) private pure {
        bool agreement = relationships == DidRelationships.KEY_AGREEMENT;
        bool suits = agreement;
        if (!agreement) {
            suits =
                relationships != 0 &&
                relationships <= DidRelationships.ALL &&
                relationships & DidRelationships.KEY_AGREEMENT == 0;
        }
        if (codec == DidCodecs.ED25519) {
            _requireKeyLength(codec, length, 32);
            suits = suits && !agreement;
        } else if (codec == DidCodecs.X25519) {
            _requireKeyLength(codec, length, 32);
            suits = agreement;
        } else if (codec == DidCodecs.SECP256K1 || codec == DidCodecs.P256) {
            _requireKeyLength(codec, length, 33);
            if (first >> 1 != 1) revert IDidRegistry.DidRegistryKeyPrefixWrong(codec, first);
            suits = suits && !agreement;
        } else {
            if (codec >> 8 == PRIVATE_KEYS) revert IDidRegistry.DidRegistryKeyPrivate(codec);
            if (length < MIN_UNKNOWN_LENGTH) revert IDidRegistry.DidRegistryKeyLengthWrong(codec, length);
        }
        if (!suits) revert IDidRegistry.DidRegistryRelationshipsInvalid(codec, relationships);
    }

    /// @dev Reverts unless a key has the length of its codec.
    function _requireKeyLength(uint16 codec, uint256 length, uint256 expected) private pure {
        if (length != expected) revert IDidRegistry.DidRegistryKeyLengthWrong(codec, length);
    }

    /// @dev Checks a text whose length takes `width` bytes; returns its hash and where it ends.
    function _checkText(
        bytes calldata state,
        uint256 offset,
        uint256 width
    ) private pure returns (bytes32 hash, uint256 end) {
        uint256 start = offset + width;
        _requireLength(state, start);
        end = start + (_wordAt(state, offset) >> (256 - 8 * width));
        _requireLength(state, end);
        if (end == start) revert IDidRegistry.DidRegistryTextEmpty(offset);
        for (uint256 i = start; i < end; i += 32) {
            uint256 word = _wordAt(state, i);
            // The bytes beyond the end are replaced by a printable one.
            if (end - i < 32) {
                uint256 beyond = type(uint256).max >> (8 * (end - i));
                word = (word & ~beyond) | ((ONES * 0x21) & beyond);
            }
            if (!_isPrintable(word)) revert IDidRegistry.DidRegistryTextNotPrintable(offset);
        }
        hash = keccak256(state[start:end]);
    }

    /// @dev Whether all 32 bytes are 0x21 … 0x7e. Bit 7 of a byte tells: it is set in the byte itself from 0x80 on,
    /// in byte + 1 at 0x7f, and not in byte + 0x5f below 0x21. No sum carries into the next byte unless one is ≥
    /// 0x80.
    function _isPrintable(uint256 word) private pure returns (bool) {
        unchecked {
            return (word | (word + ONES) | ~(word + ONES * 0x5f)) & (ONES * 0x80) == 0;
        }
    }

    /// @dev The identity of a key, given the word at its entry.
    function _idOf(uint256 entry, bytes calldata key) private pure returns (DidKeyId) {
        return DidKeyId.wrap(keccak256(abi.encodePacked(uint16(entry >> 240), key)));
    }

    /// @dev The length of a key, given the word at its entry.
    function _lengthOf(uint256 entry) private pure returns (uint256) {
        return uint16(entry >> 176);
    }

    /// @dev The count at an offset.
    function _countAt(bytes calldata state, uint256 offset) private pure returns (uint256) {
        _requireLength(state, offset + 1);
        return uint8(state[offset]);
    }

    /// @dev The 32 bytes at an offset within the state, zeros beyond its end.
    function _wordAt(bytes calldata state, uint256 offset) private pure returns (uint256) {
        return uint256(bytes32(state[offset:]));
    }

    /// @dev Reverts unless the state has this many bytes.
    function _requireLength(bytes calldata state, uint256 needed) private pure {
        if (needed > state.length) revert IDidRegistry.DidRegistryStateTruncated(state.length, needed);
    }
}
