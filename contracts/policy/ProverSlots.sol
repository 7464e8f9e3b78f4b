// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LeafId} from "../types/LeafId.sol";

/// @title ProverSlots
/// @notice The leaves of a policy's agents that prove now, at most 32: places in a fixed array, used ones marked in a
/// bitmap that the policy's head holds (protocol §2).
/// @dev A place is freed by clearing its mark; what it holds is stale then. A place whose expiry has passed is freed when
/// all others are taken: its leaf is dead, so nobody needs to be told.
library ProverSlots {
    /// @dev Places in a policy, and bits of the bitmap.
    uint256 internal constant COUNT = 32;

    /// @dev Bits of a place: leaf id 40, expiry 40.
    uint256 private constant WIDTH = 80;

    /// @dev Places in a storage word.
    uint256 private constant PER_WORD = 3;

    /// @dev ⌈32 / 3⌉ words.
    struct State {
        uint256[11] words;
    }

    /// @dev Writes a place.
    function put(State storage self, uint256 slot, LeafId leaf, uint40 expiry) internal {
        uint256 shift = WIDTH * (slot % PER_WORD);
        uint256 word = self.words[slot / PER_WORD];
        uint256 place = (uint256(LeafId.unwrap(leaf)) << 40) | expiry;
        self.words[slot / PER_WORD] = (word & ~(((1 << WIDTH) - 1) << shift)) | (place << shift);
    }

    /// @dev The lowest unmarked place, `COUNT` if there is none.
    function lowestFree(uint32 marks) internal pure returns (uint256 slot) {
        while (slot < COUNT && marks & (1 << slot) != 0) ++slot;
    }

    /// @dev The marks without those of places whose expiry has passed.
    function unexpired(State storage self, uint32 marks) internal view returns (uint32 left) {
        left = marks;
        for (uint256 slot = 0; slot < COUNT; ++slot) {
            if (marks & (1 << slot) == 0) continue;
            if (uint40(_place(self, slot)) < block.timestamp) left &= ~uint32(1 << slot);
        }
    }

    /// @dev The number of marks.
    function count(uint32 marks) internal pure returns (uint256 total) {
        for (uint256 rest = marks; rest != 0; rest &= rest - 1) ++total;
    }

    /// @dev The leaves in the marked places.
    function leaves(State storage self, uint32 marks) internal view returns (LeafId[] memory list) {
        list = new LeafId[](count(marks));
        uint256 filled = 0;
        for (uint256 slot = 0; slot < COUNT; ++slot) {
            if (marks & (1 << slot) == 0) continue;
            list[filled++] = LeafId.wrap(uint40(_place(self, slot) >> 40));
        }
    }

    /// @dev What a place holds: leaf id and expiry; bits above them belong to its neighbours.
    function _place(State storage self, uint256 slot) private view returns (uint256) {
        return self.words[slot / PER_WORD] >> (WIDTH * (slot % PER_WORD));
    }
}
