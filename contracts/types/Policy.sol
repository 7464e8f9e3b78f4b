// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The head of a policy, one slot: 168 bits. `epoch`: 0 = no such policy. `agentCount`: keys ever added.
/// `provers`: marks of the slots taken by leaves that prove, or did when their slot was last needed.
struct Policy {
    uint32 epoch;
    uint32 agentCount;
    uint32 adminCount;
    uint32 provers;
    uint40 createdAt;
}

/// @dev What the registry tells of a policy. `agentCount`: all agents ever added, removed ones included.
/// `liveProvers`: agents whose PROVE holds now, at most 32.
struct PolicyView {
    uint32 epoch;
    uint32 agentCount;
    uint32 adminCount;
    uint8 liveProvers;
    uint40 createdAt;
}
