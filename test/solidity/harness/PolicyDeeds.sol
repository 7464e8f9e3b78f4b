// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";

// What the suite does to policies, in plain numbers: policies and agents are known by small ones.

enum Kind {
    Authorize,
    Revoke,
    Renounce,
    Renew,
    Stop,
    LiftStop,
    VoidApprovals,
    Schedule,
    ApproveChange,
    Withdraw,
    Veto,
    Execute,
    Clear,
    EmergencyRotate
}

/// @dev Who signed an operation, and what binds it to a place and a time. `counters`: what each approver signed with.
/// `forged`: one of the signatures is a thief's.
struct Frame {
    uint256 policy;
    uint32 epoch;
    uint64 deadline;
    uint256 proposer;
    uint192 lane;
    uint64 nonce;
    uint256[] approvers;
    uint32[] counters;
    bool forged;
}

/// @dev One element of an operation on agents. `accepted`: the agent's acceptance comes with it.
struct Move {
    uint256 agent;
    uint8 bits;
    uint256 commitment;
    uint40 expiry;
    bool accepted;
}

/// @dev An agent's power after a change or rotation.
struct Power {
    uint256 agent;
    uint8 bits;
    bool accepted;
}

/// @dev What a governance change does.
struct Plan {
    bytes32 id;
    Power[] powers;
    uint8 fields;
    PolicySettings settings;
    bool abandon;
    bytes32 successor;
}

/// @dev What root keys do. `revealed`: the commitment to the set that signs; `signers`: how many of its keys did.
struct Rotation {
    uint256 policy;
    uint32 epoch;
    uint64 deadline;
    bytes32 revealed;
    uint256 signers;
    Power[] powers;
    PolicySettings settings;
    uint256[] survivors;
}

/// @dev What a witness needs to know of an operation: who really signed it (a set of agents, or a number of root keys),
/// and which powers it names. `plan.id`: the change that it is about, if any.
struct Deed {
    Kind kind;
    uint256 policy;
    uint256 signers;
    uint256 rootSigners;
    Plan plan;
}
