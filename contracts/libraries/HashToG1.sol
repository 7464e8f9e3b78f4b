// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashToG1Errors} from "../interfaces/IHashToG1Errors.sol";
import {Bn254} from "./Bn254.sol";

/// @title HashToG1
/// @notice Checks a try-and-increment hash to BN254's G1 by square roots that the caller gives (protocol §6.3).
/// @dev The first counter that hits stays enforced: -1 is no square mod p, so exactly one of v = x^3 + 3 and -v has a
/// root, and a root of -v proves that this counter is to be skipped. Every hint is below p and even, so there is just
/// one list of hints for a point: an odd root of v would be another point, and a second pseudonym.
library HashToG1 {
    /// @dev One byte counts.
    uint256 private constant MAX_COUNTERS = 256;

    /// @dev The point of `tag` (ASCII, left-aligned, at most 32 bytes) and `seed`. `hints` from `start` on are roots,
    /// one for each counter up to the one that hits. Returns x, y and the position after the last hint used.
    function point(
        bytes32 tag,
        uint256 tagLength,
        bytes32 seed,
        uint256[] calldata hints,
        uint256 start
    ) internal pure returns (uint256 x, uint256 y, uint256 next) {
        unchecked {
            // Counters end at 256 and positions at hints.length: neither can overflow.
            for (uint256 counter = 0; counter < MAX_COUNTERS; ++counter) {
                uint256 position = start + counter;
                if (position >= hints.length) revert IHashToG1Errors.HashToG1HintMissing(position);
                y = hints[position];
                if (y >= Bn254.P) revert IHashToG1Errors.HashToG1HintNotCanonical(position, y);
                if (y & 1 != 0) revert IHashToG1Errors.HashToG1HintOdd(position, y);
                x = _hash(tag, tagLength, seed, counter) % Bn254.P;
                uint256 value = addmod(mulmod(mulmod(x, x, Bn254.P), x, Bn254.P), 3, Bn254.P);
                uint256 square = mulmod(y, y, Bn254.P);
                if (square == value) return (x, y, position + 1);
                // Neither is 0: a point with y = 0 would have order 2, and the group's order is odd.
                if (square != Bn254.P - value) revert IHashToG1Errors.HashToG1HintWrong(position, y);
            }
            revert IHashToG1Errors.HashToG1HintMissing(start + MAX_COUNTERS);
        }
    }

    /// @dev keccak256(tag ‖ seed ‖ counter), without copying the tag for every counter.
    function _hash(bytes32 tag, uint256 tagLength, bytes32 seed, uint256 counter) private pure returns (uint256 hash) {
        // hash = uint256(keccak256(abi.encodePacked(tag[:tagLength], seed, uint8(counter)))), beyond the free memory
        assembly ("memory-safe") {
            let message := mload(0x40)
            mstore(message, tag)
            mstore(add(message, tagLength), seed)
            mstore8(add(message, add(tagLength, 0x20)), counter)
            hash := keccak256(message, add(tagLength, 0x21))
        }
    }
}
