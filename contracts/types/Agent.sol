// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "./KeyId.sol";
import {LeafId} from "./LeafId.sol";

/// @dev An agent's record, one slot: 256 bits. `authorizations`: the bits last set; 0 = removed. `provedUntil`: when
/// PROVE was lost, 0 while the bit is set. `expiry`, `leaf`, `slot`: of PROVE last granted; the slot is the agent's
/// only while PROVE holds. `counter`: what the agent's approvals must carry. `barred`: a stop of its was lifted in this
/// epoch.
struct Agent {
    uint8 authorizations;
    uint8 kind;
    uint32 epoch;
    uint40 provedFrom;
    uint40 provedUntil;
    uint40 expiry;
    LeafId leaf;
    uint8 slot;
    uint32 counter;
    bool barred;
}

/// @dev What the registry tells of an agent.
/// `authorizations`: the bits in effect now, so without PROVE once its expiry has passed. `removed`: lost all its
/// bits and cannot return in this epoch. `epoch`: in which it was added. `provedFrom`: when PROVE was last granted, 0
/// if never.
/// `provedUntil`: when that PROVE ended, by revocation or expiry; 0 while it holds. `expiry`, `generation`, `index`:
/// of the leaf last granted; without meaning while `provedFrom` is 0. `counter`: that its approvals must carry.
struct AgentView {
    KeyId id;
    uint8 kind;
    uint8 authorizations;
    bool removed;
    uint32 epoch;
    uint40 provedFrom;
    uint40 provedUntil;
    uint40 expiry;
    uint16 generation;
    uint24 index;
    uint32 counter;
}
