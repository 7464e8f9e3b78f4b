// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What an agent shows (protocol §6.2). The first 17 words are in the order of the sigma challenge. Points are
/// affine, (0, 0) if absent.
struct Presentation {
    uint256 provisionedRoot;
    uint256 revokedRoot;
    /// Last second at which it is accepted.
    uint256 validUntil;
    uint256[2] a;
    /// In the order of EIP-197: x.c1, x.c0, y.c1, y.c0.
    uint256[4] b;
    uint256[2] c;
    /// x4·L4 + x5·L5 + x6·L6 + z·[delta]1: the hidden inputs, blinded.
    uint256[2] h;
    uint256[2] ownerPseudonym;
    uint256[2] devicePseudonym;
    uint256 sigmaChallenge;
    uint256 sPolicy;
    uint256 sOwner;
    uint256 sDevice;
    uint256 sZ;
    /// Square roots that locate the bases of the owner's, then the device's pseudonym (protocol §6.3).
    uint256[] hints;
}
