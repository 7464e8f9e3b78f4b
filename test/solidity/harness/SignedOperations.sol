// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentChange} from "../../../contracts/types/AgentChange.sol";
import {AgentPower} from "../../../contracts/types/AgentPower.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {PolicySettings} from "../../../contracts/types/PolicySettings.sol";
import {AgentRevocation} from "../../../contracts/types/Revoke.sol";

// The operations as approvers sign them: what is sent, and last the approver's own counter. Named as the types that
// wallets show, so that type hashes and encodings are checked against these definitions.

struct Authorize {
    PolicyId policy;
    uint32 epoch;
    AgentChange[] changes;
    bool checkpoint;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
    uint32 counter;
}

struct Revoke {
    PolicyId policy;
    uint32 epoch;
    AgentRevocation[] revocations;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
    uint32 counter;
}

struct Renounce {
    PolicyId policy;
    uint32 epoch;
    uint8 authorizations;
    KeyId agent;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
    uint32 counter;
}

struct Renew {
    PolicyId policy;
    uint32 epoch;
    uint256 commitment;
    uint64 expiry;
    bool checkpoint;
    KeyId agent;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
    uint32 counter;
}

struct Stop {
    PolicyId policy;
    uint32 epoch;
    KeyId agent;
    uint64 deadline;
    uint32 counter;
}

struct LiftStop {
    PolicyId policy;
    uint32 epoch;
    KeyId stopper;
    uint64 deadline;
    uint32 counter;
}

struct VoidApprovals {
    PolicyId policy;
    uint32 epoch;
    KeyId agent;
    uint64 deadline;
    uint32 counter;
}

struct GovernanceChange {
    PolicyId policy;
    uint32 epoch;
    AgentPower[] agents;
    uint8 fields;
    PolicySettings settings;
    bool abandon;
    bytes32 successor;
    KeyId proposer;
    uint192 lane;
    uint64 nonce;
    uint64 deadline;
    uint32 counter;
}

struct Veto {
    PolicyId policy;
    uint32 epoch;
    bytes32 change;
    KeyId agent;
    uint64 deadline;
    uint32 counter;
}

struct Withdraw {
    PolicyId policy;
    uint32 epoch;
    bytes32 change;
    KeyId agent;
    uint64 deadline;
    uint32 counter;
}
