// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {PowerChange} from "./PendingChange.sol";
import {PolicySettings} from "./PolicySettings.sol";

/// @dev What the registry tells of a policy's recovery. `number`: of the present one. `proposal`: the one that runs, 0
/// if none does. `earliest`, `latest`: the first and last second at which it can be executed. `refused`: root keys used
/// their one refusal of this trustee set.
struct RecoveryView {
    uint64 number;
    bytes32 proposal;
    uint40 earliest;
    uint40 latest;
    bool refused;
}

/// @dev What the registry tells of a proposal. `lapses`: the last second at which it takes votes.
struct ProposalView {
    uint40 lapses;
    uint8 votes;
    PowerChange[] agents;
    PolicySettings settings;
}

/// @dev What the registry tells of a policy's trustees. `number`: of the set, 0 before the first. `since`: when it came
/// into force. `settings`: the hash of its `TrusteeSettings`, 0 if there are no trustees.
struct TrusteeSetView {
    uint32 number;
    uint40 since;
    bytes32 settings;
}

/// @dev The newest backup recorded. `agent`: the key that did.
struct BackupAnchor {
    uint64 sequence;
    uint40 time;
    bytes32 backup;
    bytes32 agent;
}
