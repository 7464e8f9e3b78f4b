// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What the chain tells of a DID without being given anything; one slot. All zero: never created.
/// `version`: how many changes there have been, creation included. `controlVersion`: the version that set the
/// controllers. `created`, `updated`: times in seconds. `updatedBlock`: where the current version was made.
/// `publishedBlock`: where its state was last emitted, later than `updatedBlock` once somebody has republished it.
struct DidHead {
    uint32 version;
    uint32 controlVersion;
    uint40 created;
    uint40 updated;
    uint48 updatedBlock;
    uint48 publishedBlock;
    bool deactivated;
}
