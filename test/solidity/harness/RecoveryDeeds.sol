// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Power} from "./PolicyDeeds.sol";

// What the suite does to policies with trustees, in plain numbers: policies and parties are known by small ones.

enum Act {
    Propose,
    Vote,
    Cancel,
    Recover,
    ClearRecovery,
    Rotate,
    ScheduleTrustees,
    Schedule,
    Execute,
    ClearChange,
    Veto,
    Grant,
    GrantWithTrustees,
    Renew,
    Revoke,
    RevokeByTrustees
}

/// @dev What was signed, by whom, for what. `epoch`, `recovery`, `set`: the numbers that it names. `roster`: whose
/// settings are shown, or to come into force. `signers`, `trustees`: sets of parties in whose names it is signed, as
/// agents and as trustees; `rootSigners`: how many keys of the root set `rootSet` sign. `forged`: the last signature is
/// somebody else's. `twice`: the last trustee is there twice. `id`: the proposal or change. `powers`, `grantQuorum`,
/// `adminQuorum`, `nextRoot`, `nextCommitment`: what it sets. `targets`: who is to lose PROVE, or to keep it through a rotation.
struct Deed {
    Act act;
    uint256 policy;
    uint32 epoch;
    uint64 recovery;
    uint32 set;
    uint256 roster;
    uint64 deadline;
    bytes32 id;
    uint32 sequence;
    uint256 proposer;
    uint64 nonce;
    uint256 signers;
    uint256 trustees;
    uint256 rootSigners;
    uint256 rootSet;
    bool forged;
    bool twice;
    Power[] powers;
    uint8 grantQuorum;
    uint8 adminQuorum;
    uint256 nextRoot;
    bytes32 nextCommitment;
    uint32 delay;
    bool abandon;
    uint256 targets;
    uint256 commitment;
}

/// @dev How many parties a set has.
function size(uint256 set) pure returns (uint256 total) {
    for (; set != 0; set &= set - 1) ++total;
}

/// @dev Whether a set has a party.
function has(uint256 set, uint256 party) pure returns (bool) {
    return set & (1 << party) != 0;
}
