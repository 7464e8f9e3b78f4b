pragma circom 2.2.0;

include "poseidon2.circom";

/// @title DepthSelector
/// @notice One-hot form of a depth. Exactly one selector fires, so a depth out of 1 … max has no solution.
/// @param max The largest depth.
/// @input depth Depth of the tree, 1 to max.
/// @output out out[i] is 1 if depth = i + 1, else 0.
/// constraints: max + 1
template DepthSelector(max) {
    assert(0 < max && max <= 64);
    signal input depth;
    signal output out[max];

    var count = 0;
    var position = 0;
    for (var i = 0; i < max; i++) {
        // A hint; booleans that sum to 1 are one-hot, and the weighted sum fixes which.
        out[i] <-- depth == i + 1 ? 1 : 0;
        out[i] * (out[i] - 1) === 0;
        count += out[i];
        position += (i + 1) * out[i];
    }
    count === 1;
    position === depth;
}

/// @title QuadChildren
/// @notice Puts a node among its siblings.
/// @input node The path's own node.
/// @input siblings The other three, in child order.
/// @input bits Position of the node, low and high bit; the caller has constrained each to 0 or 1.
/// @output out The four children in order.
/// constraints: 5
template QuadChildren() {
    signal input node;
    signal input siblings[3];
    signal input bits[2];
    signal output out[4];

    signal isLast <== bits[0] * bits[1];
    // isFirst = (1 - bits[0]) * (1 - bits[1])
    signal isFirst <== 1 - bits[0] - bits[1] + isLast;
    out[0] <== siblings[0] + isFirst * (node - siblings[0]);
    out[3] <== siblings[2] + isLast * (node - siblings[2]);
    // Second child: of a low position, the node or the sibling before it; of a high one, the sibling behind that.
    signal low <== siblings[0] + bits[0] * (node - siblings[0]);
    out[1] <== low + bits[1] * (siblings[1] - low);
    // The children are the node and its siblings, so the sum gives the one left.
    out[2] <== node + siblings[0] + siblings[1] + siblings[2] - out[0] - out[1] - out[3];
}

/// @title QuadTreeRoot
/// @notice Root of a 4-ary tree of N4 from a leaf and its path (protocol §3.1). Levels at and above the depth are
/// computed from whatever siblings are given and not selected; path bits there must be 0, or one leaf would have
/// several positions.
/// @param levels The largest depth.
/// @input leaf The leaf. That it is one, and no inner node, follows from its hash: leaves are C4 with a tag.
/// @input bits Position of the leaf, lowest first; the caller has constrained each to 0 or 1.
/// @input siblings For each level the other three children, in child order.
/// @input depth Depth of the tree, 1 to levels.
/// @output root Root of the tree.
/// constraints: 272 levels - 1
template QuadTreeRoot(levels) {
    assert(0 < levels && levels <= 16);
    signal input leaf;
    signal input bits[2 * levels];
    signal input siblings[levels][3];
    signal input depth;
    signal output root;

    signal selectors[levels] <== DepthSelector(levels)(depth);

    signal nodes[levels + 1];
    nodes[0] <== leaf;
    signal children[levels][4];
    for (var i = 0; i < levels; i++) {
        children[i] <== QuadChildren()(nodes[i], siblings[i], [bits[2 * i], bits[2 * i + 1]]);
        nodes[i + 1] <== N4()(children[i]);
    }

    signal selected[levels];
    var sum = 0;
    for (var i = 0; i < levels; i++) {
        selected[i] <== selectors[i] * nodes[i + 1];
        sum += selected[i];
    }
    root <== sum;

    // 1 where the level is at or above the depth. Two bits sum to 0 only if both are.
    var above = 0;
    for (var i = 1; i < levels; i++) {
        above += selectors[i - 1];
        above * (bits[2 * i] + bits[2 * i + 1]) === 0;
    }
}
