// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";

/// @dev The head of a policy, stored as one word, `PackedPolicy`. `epoch`: 0 = no such policy. `agentCount`: keys ever
/// added. `provers`: marks of the slots taken by leaves that prove, or did when their slot was last needed. `powerful`:
/// agents that hold more than PROVE in this epoch. `admins`, `granters`: those with ADMIN, and with PROVE_GRANT or
/// ADMIN, of kinds that always count; `contractAdmins`, `contractGranters`: the same of kind CONTRACT. `flags`:
/// `PolicyFlags`.
struct Policy {
    uint32 epoch;
    uint32 agentCount;
    uint32 provers;
    uint40 createdAt;
    uint8 powerful;
    uint8 admins;
    uint8 contractAdmins;
    uint8 granters;
    uint8 contractGranters;
    uint8 grantQuorum;
    uint8 adminQuorum;
    uint8 flags;
}

/// @title PolicyFlags
/// @notice What a policy's head says by single bits.
library PolicyFlags {
    /// @dev Keys of kind CONTRACT count in quorums and majorities.
    uint8 internal constant CONTRACT_KEYS_COUNT = 1;
    /// @dev There is a commitment to root keys.
    uint8 internal constant ROOT_KEYS = 2;
    /// @dev Grants of PROVE are stopped.
    uint8 internal constant STOPPED = 4;
    /// @dev The policy has ended for ever.
    uint8 internal constant ABANDONED = 8;
    /// @dev A recovery runs.
    uint8 internal constant RECOVERING = 16;
}

/// @dev What the registry tells of a policy. `agentCount`: all agents ever added, removed ones included. `adminCount`,
/// `granterCount`: agents that count in quorums. `powerfulCount`: agents that hold more than PROVE. `liveProvers`:
/// agents whose PROVE holds now, at most 32. `stopper`: who stopped grants, 0 unless they are stopped.
struct PolicyView {
    uint32 epoch;
    uint32 agentCount;
    uint8 adminCount;
    uint8 granterCount;
    uint8 powerfulCount;
    uint8 liveProvers;
    uint40 createdAt;
    bool abandoned;
    KeyId stopper;
}
