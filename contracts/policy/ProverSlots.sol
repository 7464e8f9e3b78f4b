// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {LeafId} from "../types/LeafId.sol";

/// @title ProverSlots
/// @notice The leaves of a policy's agents that prove now, at most 32: places in a fixed array, used ones marked in a
/// bitmap that the policy's head holds (protocol §2).
/// @dev A place is freed by clearing its mark; what it holds is stale then. A place whose expiry has passed is freed
/// when all others are taken: its leaf is dead, so nobody needs to be told.
library ProverSlots {
    /// @dev Places in a policy, and bits of the bitmap.
    uint256 internal constant COUNT = 32;

    /// @dev Seconds of an hour, the unit of expiries.
    uint256 private constant HOUR = 3600;

    /// @dev The hour that never passes, of leaves without expiry and of those that expire after the year 3883.
    uint24 private constant NEVER = type(uint24).max;

    /// @dev A place: leaf id << 24 | hour of the expiry; four to a storage word.
    struct State {
        uint64[COUNT] places;
    }

    /// @dev Writes a place.
    function put(State storage self, uint256 slot, LeafId leaf, uint40 expiry) internal {
        uint256 hour = expiry / HOUR;
        if (hour > NEVER) hour = NEVER;
        self.places[slot] = (uint64(LeafId.unwrap(leaf)) << 24) | uint64(hour);
    }

    /// @dev The lowest unmarked place, `COUNT` if there is none.
    function lowestFree(uint32 marks) internal pure returns (uint256 slot) {
        // to add 1 sets the lowest clear bit, which is that of COUNT if all are marked
        return Math.log2(~uint256(marks) & (uint256(marks) + 1));
    }

    /// @dev The marks without those of places whose expiry has passed.
    function unexpired(State storage self, uint32 marks) internal view returns (uint32 left) {
        left = marks;
        for (uint256 slot = 0; slot < COUNT; ++slot) {
            if (marks & (1 << slot) == 0) continue;
            uint24 hour = uint24(self.places[slot]);
            if (hour != NEVER && hour * HOUR < block.timestamp) left &= ~uint32(1 << slot);
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
            if (marks & (1 << slot) != 0) list[filled++] = LeafId.wrap(uint40(self.places[slot] >> 24));
        }
    }
}
