// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDidRegistry} from "../interfaces/IDidRegistry.sol";
import {DidCodecs} from "../types/DidCodecs.sol";
import {DidKeyId} from "../types/DidKeyId.sol";
import {PackedBytes} from "./PackedBytes.sol";

/// @title DidState
/// @notice The packed keys, services and other names of a DID.
/// @dev The format is in `IDidRegistry`. One content has one encoding: every list is strictly ascending by hash, so
/// that order carries no meaning and nothing occurs twice. One pass. Unchecked throughout: every offset is at most
/// `MAX_LENGTH` plus an element of 2^16 bytes when it is compared with the length, and counts only fall to zero.
library DidState {
    using PackedBytes for bytes;

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
    uint256 private constant PRIVATE_KEYS = 0x13;

    /// @dev Which bitmasks of relationships a key may have, one bit for each value: for signatures any without key
    /// agreement (4) but none (0), for key agreement that alone, and either under a codec not known here.
    uint256 private constant SIGNATURE = 0x0f0f0f0e;
    uint256 private constant AGREEMENT = 1 << 4;
    uint256 private constant EITHER = SIGNATURE | AGREEMENT;

    /// @dev One in each byte of a word.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @dev Reverts unless the state is well-formed.
    function check(bytes calldata state) internal pure {
        if (state.length > MAX_LENGTH) revert IDidRegistry.DidRegistryStateTooLong(state.length, MAX_LENGTH);
        uint256 end = _checkAlsoKnownAs(state, _checkServices(state, _checkKeys(state)));
        if (end != state.length) revert IDidRegistry.DidRegistryStateTrailing(state.length, end);
    }

    /// @dev Whether a state that has passed `check` has a key with a relationship that holds at a time.
    function holds(bytes calldata state, DidKeyId key, uint8 relationship, uint256 time) internal pure returns (bool) {
        unchecked {
            uint256 offset = 1;
            for (uint256 left = uint8(state[0]); left != 0; --left) {
                uint256 entry = state.wordAt(offset);
                uint256 end = offset + KEY_HEAD + uint16(entry >> 176);
                if (state.hash(offset + KEY_HEAD, end, entry >> 240) == DidKeyId.unwrap(key)) {
                    return uint8(entry >> 232) & relationship != 0 && time <= uint40(entry >> 192);
                }
                offset = end;
            }
            return false;
        }
    }

    /// @dev Checks the keys; returns where the services begin. An entry whose head is cut off ends beyond the state,
    /// whatever length is read for it, so one comparison bounds it. In one piece, as each call costs 30 gas a key.
    function _checkKeys(bytes calldata state) private pure returns (uint256 offset) {
        unchecked {
            uint256 count = _countAt(state, 0);
            if (count > MAX_KEYS) revert IDidRegistry.DidRegistryKeyCount(count, MAX_KEYS);
            offset = 1;
            uint256 previous = 0;
            for (; count != 0; --count) {
                uint256 entry = state.wordAt(offset);
                uint256 codec = entry >> 240;
                uint256 length = (entry >> 176) & 0xffff;
                uint256 end = offset + KEY_HEAD + length;
                if (end > state.length) revert IDidRegistry.DidRegistryStateTruncated(state.length, offset);
                uint256 allowed = SIGNATURE;
                if (codec == DidCodecs.SECP256K1 || codec == DidCodecs.P256) {
                    if (length != 33) revert IDidRegistry.DidRegistryKeyLengthWrong(uint16(codec), length);
                    if ((entry >> 169) & 0x7f != 1) {
                        revert IDidRegistry.DidRegistryKeyPrefixWrong(uint16(codec), uint8(entry >> 168));
                    }
                } else if (codec == DidCodecs.ED25519 || codec == DidCodecs.X25519) {
                    if (length != 32) revert IDidRegistry.DidRegistryKeyLengthWrong(uint16(codec), length);
                    if (codec == DidCodecs.X25519) allowed = AGREEMENT;
                } else {
                    if (codec >> 8 == PRIVATE_KEYS) revert IDidRegistry.DidRegistryKeyPrivate(uint16(codec));
                    if (length < MIN_UNKNOWN_LENGTH) {
                        revert IDidRegistry.DidRegistryKeyLengthWrong(uint16(codec), length);
                    }
                    allowed = EITHER;
                }
                if ((allowed >> ((entry >> 232) & 0xff)) & 1 == 0) {
                    revert IDidRegistry.DidRegistryRelationshipsInvalid(uint16(codec), uint8(entry >> 232));
                }
                uint256 id = uint256(state.hash(offset + KEY_HEAD, end, codec));
                if (id <= previous) {
                    revert IDidRegistry.DidRegistryKeysNotAscending(
                        DidKeyId.wrap(bytes32(previous)),
                        DidKeyId.wrap(bytes32(id))
                    );
                }
                previous = id;
                offset = end;
            }
        }
    }

    /// @dev Checks the services; returns where the other names begin.
    function _checkServices(bytes calldata state, uint256 start) private pure returns (uint256 offset) {
        unchecked {
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
    }

    /// @dev Checks the other names; returns where they end.
    function _checkAlsoKnownAs(bytes calldata state, uint256 start) private pure returns (uint256 offset) {
        unchecked {
            uint256 count = _countAt(state, start);
            if (count > MAX_ALSO_KNOWN_AS) {
                revert IDidRegistry.DidRegistryAlsoKnownAsCount(count, MAX_ALSO_KNOWN_AS);
            }
            offset = start + 1;
            bytes32 previous;
            for (; count != 0; --count) {
                bytes32 name;
                (name, offset) = _checkText(state, offset, 2);
                if (name <= previous) revert IDidRegistry.DidRegistryAlsoKnownAsNotAscending(previous, name);
                previous = name;
            }
        }
    }

    /// @dev Checks a text whose length takes `width` bytes; returns its hash and where it ends.
    function _checkText(
        bytes calldata state,
        uint256 offset,
        uint256 width
    ) private pure returns (bytes32 hash, uint256 end) {
        unchecked {
            uint256 start = offset + width;
            end = start + (state.wordAt(offset) >> (256 - 8 * width));
            if (end > state.length) revert IDidRegistry.DidRegistryStateTruncated(state.length, offset);
            if (end == start) revert IDidRegistry.DidRegistryTextEmpty(offset);
            for (uint256 i = start; i < end; i += 32) {
                uint256 word = state.wordAt(i);
                // What lies beyond the end is replaced by printable bytes.
                if (end - i < 32) {
                    uint256 beyond = type(uint256).max >> (8 * (end - i));
                    word = (word & ~beyond) | ((ONES * 0x21) & beyond);
                }
                if (!_isPrintable(word)) revert IDidRegistry.DidRegistryTextNotPrintable(offset);
            }
            hash = state.slice(start, end).hash();
        }
    }

    /// @dev Whether all 32 bytes are 0x21 … 0x7e. Bit 7 of a byte tells: it is set in the byte itself from 0x80 on,
    /// in byte + 1 at 0x7f, and not in byte + 0x5f below 0x21. No sum carries into the next byte unless one is ≥
    /// 0x80.
    function _isPrintable(uint256 word) private pure returns (bool) {
        unchecked {
            return (word | (word + ONES) | ~(word + ONES * 0x5f)) & (ONES * 0x80) == 0;
        }
    }

    /// @dev The count at an offset.
    function _countAt(bytes calldata state, uint256 offset) private pure returns (uint256) {
        if (offset >= state.length) revert IDidRegistry.DidRegistryStateTruncated(state.length, offset);
        return state.wordAt(offset) >> 248;
    }
}
