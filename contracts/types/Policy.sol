// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What the registry tells of a policy. `agentCount`: all agents ever added, removed ones included. `liveProvers`:
/// agents whose PROVE holds now, at most 32.
struct PolicyView {
    uint32 epoch;
    uint32 agentCount;
    uint32 adminCount;
    uint8 liveProvers;
    uint40 createdAt;
}
