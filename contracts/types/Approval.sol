// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev An agent's approval of an operation: its key material, and its signature over the operation's digest. An empty
/// signature counts only if the sender of the transaction is that key.
struct Approval {
    bytes key;
    bytes signature;
}
