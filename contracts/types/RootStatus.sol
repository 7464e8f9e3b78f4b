// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What a generation knows of a root of its revoked tree (protocol §4.2). A time alone could not tell a root that
/// never was from the current one (protocol §9).
enum RootStatus {
    Unknown,
    Current,
    Superseded
}
