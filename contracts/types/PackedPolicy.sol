// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Policy} from "./Policy.sol";

/// @dev A head as it is stored: its members as wide as they are, the first lowest, 200 bits.
type PackedPolicy is uint256;

/// @title PolicyPacking
/// @notice Turns a head into its word and back. Every operation does both, and the compiler, for a struct of so many
/// members, at three times the price.
library PolicyPacking {
    /// @dev The word of a head.
    function pack(Policy memory head) internal pure returns (PackedPolicy) {
        uint256 word = head.epoch;
        word |= uint256(head.agentCount) << 32;
        word |= uint256(head.provers) << 64;
        word |= uint256(head.createdAt) << 96;
        word |= uint256(head.powerful) << 136;
        word |= uint256(head.admins) << 144;
        word |= uint256(head.contractAdmins) << 152;
        word |= uint256(head.granters) << 160;
        word |= uint256(head.contractGranters) << 168;
        word |= uint256(head.grantQuorum) << 176;
        word |= uint256(head.adminQuorum) << 184;
        word |= uint256(head.flags) << 192;
        return PackedPolicy.wrap(word);
    }

    /// @dev Fills a head from its word: to return it would cost its initialization once more.
    function unpack(PackedPolicy packed, Policy memory head) internal pure {
        uint256 word = PackedPolicy.unwrap(packed);
        head.epoch = uint32(word);
        head.agentCount = uint32(word >> 32);
        head.provers = uint32(word >> 64);
        head.createdAt = uint40(word >> 96);
        head.powerful = uint8(word >> 136);
        head.admins = uint8(word >> 144);
        head.contractAdmins = uint8(word >> 152);
        head.granters = uint8(word >> 160);
        head.contractGranters = uint8(word >> 168);
        head.grantQuorum = uint8(word >> 176);
        head.adminQuorum = uint8(word >> 184);
        head.flags = uint8(word >> 192);
    }
}
