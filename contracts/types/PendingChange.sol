// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {PolicySettings} from "./PolicySettings.sol";

/// @dev An agent's power after a change. `key`: its material if the change makes it an agent of this epoch, else empty.
struct PowerChange {
    KeyId agent;
    uint8 kind;
    uint8 authorizations;
    bytes key;
}

/// @dev What the registry tells of a governance change that waits. `id`: its EIP-712 hash with counter 0. `earliest`,
/// `latest`: the first and last second at which it can be executed. `majority`: most ADMINs approved it when it was
/// last approved. `trustees`: the hash of the `TrusteeSettings` that it sets, 0 if it sets none; `TrusteesProposed`
/// tells them. The rest as it was signed.
struct PendingChangeView {
    bytes32 id;
    KeyId proposer;
    uint40 earliest;
    uint40 latest;
    bool majority;
    KeyId[] approvers;
    PowerChange[] agents;
    uint8 fields;
    PolicySettings settings;
    bool abandon;
    bytes32 successor;
    bytes32 trustees;
}
