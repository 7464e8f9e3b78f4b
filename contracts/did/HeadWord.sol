// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidHead} from "../types/DidHead.sol";

/// @dev A `DidHead` in one word, which Solidity would write field by field. From the low bits: version 32,
/// controlVersion 32, created 40, updated 40, updatedBlock 48, publishedBlock 48, deactivated 1.
type HeadWord is uint256;

using HeadWords for HeadWord global;

/// @title HeadWords
/// @notice Reads and writes the head of a DID.
/// @dev Times are below 2^40 and block numbers below 2^48 for tens of thousands of years. Only its own controllers
/// could make 2^32 versions of a DID.
library HeadWords {
    uint256 private constant CONTROL_VERSION = 32;
    uint256 private constant CREATED = 64;
    uint256 private constant UPDATED = 104;
    uint256 private constant UPDATED_BLOCK = 144;
    uint256 private constant PUBLISHED_BLOCK = 192;
    uint256 private constant DEACTIVATED = 1 << 240;

    /// @dev What the next version keeps: controlVersion, created, deactivated.
    uint256 private constant KEPT = (((1 << 72) - 1) << CONTROL_VERSION) | DEACTIVATED;

    /// @dev What is known before the first version is made: its time, and that it sets the controllers.
    function first(uint256 time) internal pure returns (HeadWord) {
        return HeadWord.wrap((1 << CONTROL_VERSION) | (time << CREATED));
    }

    /// @dev The next version, made and published now.
    function advance(HeadWord self, uint256 time, uint256 number) internal pure returns (HeadWord) {
        unchecked {
            uint256 word = (HeadWord.unwrap(self) & KEPT) | (uint256(self.version()) + 1);
            return HeadWord.wrap(word | (time << UPDATED) | (number << UPDATED_BLOCK) | (number << PUBLISHED_BLOCK));
        }
    }

    /// @dev Says that the version to come sets the controllers.
    function takeControl(HeadWord self) internal pure returns (HeadWord) {
        unchecked {
            uint256 others = HeadWord.unwrap(self) & ~(uint256(type(uint32).max) << CONTROL_VERSION);
            return HeadWord.wrap(others | ((uint256(self.version()) + 1) << CONTROL_VERSION));
        }
    }

    /// @dev The same version, published again.
    function publish(HeadWord self, uint256 number) internal pure returns (HeadWord) {
        uint256 others = HeadWord.unwrap(self) & ~(uint256(type(uint48).max) << PUBLISHED_BLOCK);
        return HeadWord.wrap(others | (number << PUBLISHED_BLOCK));
    }

    /// @dev Says that the version to come is the last.
    function end(HeadWord self) internal pure returns (HeadWord) {
        return HeadWord.wrap(HeadWord.unwrap(self) | DEACTIVATED);
    }

    function version(HeadWord self) internal pure returns (uint32) {
        return uint32(HeadWord.unwrap(self));
    }

    function controlVersion(HeadWord self) internal pure returns (uint32) {
        return uint32(HeadWord.unwrap(self) >> CONTROL_VERSION);
    }

    function updated(HeadWord self) internal pure returns (uint40) {
        return uint40(HeadWord.unwrap(self) >> UPDATED);
    }

    function updatedBlock(HeadWord self) internal pure returns (uint48) {
        return uint48(HeadWord.unwrap(self) >> UPDATED_BLOCK);
    }

    function publishedBlock(HeadWord self) internal pure returns (uint48) {
        return uint48(HeadWord.unwrap(self) >> PUBLISHED_BLOCK);
    }

    function deactivated(HeadWord self) internal pure returns (bool) {
        return HeadWord.unwrap(self) & DEACTIVATED != 0;
    }

    /// @dev All of it.
    function unpack(HeadWord self) internal pure returns (DidHead memory) {
        return
            DidHead({
                version: self.version(),
                controlVersion: self.controlVersion(),
                created: uint40(HeadWord.unwrap(self) >> CREATED),
                updated: self.updated(),
                updatedBlock: self.updatedBlock(),
                publishedBlock: self.publishedBlock(),
                deactivated: self.deactivated()
            });
    }
}
