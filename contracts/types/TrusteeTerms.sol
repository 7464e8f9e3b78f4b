// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What a policy keeps in clear of its trustee settings: the recovery delay and window, in seconds.
struct TrusteeTerms {
    uint32 delay;
    uint32 window;
}
