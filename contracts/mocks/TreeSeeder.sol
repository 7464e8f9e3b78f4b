// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EmptyNodes} from "../accumulator/EmptyNodes.sol";
import {ProvisionedTree} from "../accumulator/ProvisionedTree.sol";
import {RevokedTree} from "../accumulator/RevokedTree.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";

/// @title TreeSeeder
/// @notice Brings a pair of fresh trees to any size without the appends, for tests and benchmarks.
/// @dev All leaves are equal and so are all words, hence all full nodes of a level: a few hashes give every node. Only
/// those are stored that later appends, checkpoints and revocations next to the last leaf read. Views that need others
/// (witnesses and ranges far from the last leaf) give wrong answers on a seeded state.
library TreeSeeder {
    /// @notice Seeds the first generation.
    /// @param provisioned Fresh trees of leaves.
    /// @param revoked Fresh revoked trees.
    /// @param size Leaves, at least 1.
    /// @param leaf The value of every leaf.
    /// @param word Every word of the revoked tree, 0 for no revocation; the last word's bits must have leaves too.
    function seed(
        ProvisionedTree.State storage provisioned,
        RevokedTree.State storage revoked,
        uint32 size,
        uint256 leaf,
        uint256 word
    ) external {
        _seedProvisioned(provisioned, size, leaf);
        _seedRevoked(revoked, (uint256(size) + 255) >> 8, word);
    }

    /// @dev Stores, at each level, the last full node and those before it with the same parent.
    function _seedProvisioned(ProvisionedTree.State storage self, uint32 size, uint256 leaf) private {
        uint256 full = leaf;
        for (uint256 level = 0; size >> (2 * level) != 0; ++level) {
            uint256 last = (size >> (2 * level)) - 1;
            for (uint256 position = last & ~uint256(3); position <= last; ++position) {
                self.nodes[(level << 24) | position] = full;
            }
            full = Poseidon2.n4(full, full, full, full);
        }
        self.head.size = size;
    }

    /// @dev Stores the last word, the nodes above it and their siblings, and registers the root: the empty one as
    /// version 1, any other as version 2.
    function _seedRevoked(RevokedTree.State storage self, uint256 words, uint256 word) private {
        uint256 depth = ProvisionedTree.depthOf(words);
        if (word == 0) {
            self.current[0] = EmptyNodes.revoked(depth);
            self.roots[0][self.current[0]] = 1 << 40;
            return;
        }
        self.words[words - 1] = word;
        uint256 full = Poseidon2.c4(5, uint128(word), word >> 128, 0);
        uint256 edge = full;
        for (uint256 level = 0; level < depth; ++level) {
            uint256 last = (words - 1) >> (2 * level);
            uint256[4] memory child;
            for (uint256 c = 0; c < 4; ++c) {
                uint256 position = (last & ~uint256(3)) + c;
                child[c] =
                    position < last
                        ? full
                        : position == last
                            ? edge
                            : EmptyNodes.revoked(level);
                if (position <= last) self.nodes[(level << 16) | position] = child[c];
            }
            edge = Poseidon2.n4(child[0], child[1], child[2], child[3]);
            full = Poseidon2.n4(full, full, full, full);
        }
        self.current[0] = edge;
        self.roots[0][edge] = 2 << 40;
    }
}
