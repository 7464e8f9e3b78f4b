// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrusteeSettings} from "../../../contracts/types/TrusteeSettings.sol";

/// @title RecoveryRosters
/// @notice The trustee sets that policies of the suite can have, by number: facts of the scene, not rules.
/// @dev Parties 0 to 7 are devices, of the owner and of thieves, 8 to 14 are people; one device is a trustee as well.
library RecoveryRosters {
    uint256 internal constant PARTIES = 15;

    uint256 internal constant NOBODY = 0;
    /// @dev Three of five people.
    uint256 internal constant FIVE = 1;
    /// @dev Half of four people, so that two proposals can have a quorum; a fifth may only revoke.
    uint256 internal constant FOUR = 2;
    /// @dev All of three, one of them a device, one with two leaves, one whose consent runs out.
    uint256 internal constant THREE = 3;
    /// @dev Two of three devices, of thieves.
    uint256 internal constant THIEVES = 4;
    /// @dev No policy takes these: one trustee alone recovers, and a recovery takes longer than allowed.
    uint256 internal constant HASTY = 5;
    uint256 internal constant SLOW = 6;
    uint256 internal constant COUNT = 7;

    uint256 internal constant TWIN = 14;
    uint256 internal constant FICKLE = 8;
    uint256 internal constant FICKLE_LIFE = 24 days;

    uint8 internal constant REVOKE = 2;
    uint8 internal constant PROVISION = 4;
    uint8 internal constant ADMIN = 8;

    /// @dev The set of parties.
    function membersOf(uint256 roster) internal pure returns (uint256) {
        if (roster == NOBODY) return 0;
        if (roster == FOUR) return 31 << 10;
        if (roster == THREE) return (1 << 1) | (1 << FICKLE) | (1 << TWIN);
        if (roster == THIEVES) return 7 << 5;
        return 31 << 8;
    }

    function capabilitiesOf(uint256 roster, uint256 party) internal pure returns (uint8) {
        if (membersOf(roster) & (1 << party) == 0) return 0;
        if (roster == FOUR && party == 14) return REVOKE;
        // not all of the five may do everything
        if (roster == FIVE && party > 10) return party == 11 ? 15 & ~REVOKE : 15 & ~PROVISION;
        return 15;
    }

    /// @dev The parties with a capability.
    function ableOf(uint256 roster, uint8 capability) internal pure returns (uint256 set) {
        for (uint256 i = 0; i < PARTIES; ++i) if (capabilitiesOf(roster, i) & capability != 0) set |= 1 << i;
    }

    /// @dev How many leaves a party has.
    function leavesOf(uint256 roster, uint256 party) internal pure returns (uint256) {
        if (membersOf(roster) & (1 << party) == 0) return 0;
        return roster == THREE && party == TWIN ? 2 : 1;
    }

    /// @dev The last second at which a set with the party may come into force.
    function consentOf(uint256 roster, uint256 party, uint256 start) internal pure returns (uint64) {
        bool fickle = roster == THREE && party == FICKLE;
        return fickle ? uint64(start + FICKLE_LIFE) : type(uint40).max;
    }

    /// @dev The settings but for the root.
    function settingsOf(uint256 roster) internal pure returns (TrusteeSettings memory s) {
        if (roster == FOUR) return TrusteeSettings(0, 4, 2, 5, 1, 4, 1, 4, 2, 5 days, 1 days, "b");
        if (roster == THREE) return TrusteeSettings(0, 3, 2, 0, 0, 3, 1, 3, 3, 20 days, 3 days, "c");
        if (roster == THIEVES) return TrusteeSettings(0, 0, 0, 3, 1, 3, 1, 3, 2, 2 days, 2 days, "d");
        if (roster != NOBODY) s = TrusteeSettings(0, 5, 3, 4, 2, 4, 2, 5, 3, 14 days, 7 days, "a");
        if (roster == HASTY) s.adminQuorum = 1;
        if (roster == SLOW) s.delay = 90 days + 1;
    }
}
