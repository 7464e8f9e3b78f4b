// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The place of a leaf in the accumulators, `generation << 24 | index` (protocol §3.1); ascending as leaves are
/// provisioned. Indices of one generation lie in one pair of trees, bit `index % 256` of word `index / 256` revokes
/// it.
type LeafId is uint40;

using {generation, index} for LeafId global;

/// @dev The place `index_` in the trees of `generation_`.
function leafId(uint16 generation_, uint24 index_) pure returns (LeafId) {
    return LeafId.wrap((uint40(generation_) << 24) | index_);
}

/// @dev The pair of trees in which the leaf lies.
function generation(LeafId id) pure returns (uint16) {
    return uint16(LeafId.unwrap(id) >> 24);
}

/// @dev The position of the leaf in its generation.
function index(LeafId id) pure returns (uint24) {
    return uint24(LeafId.unwrap(id));
}
