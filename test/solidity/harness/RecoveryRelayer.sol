// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PolicyId} from "../../../contracts/types/PolicyId.sol";
import {Letter} from "./RecoveryActors.sol";
import {Act} from "./RecoveryDeeds.sol";
import {RecoveryAdmins} from "./RecoveryAdmins.sol";

/// @title RecoveryRelayer
/// @notice Who sends what others signed: late, twice, and to the wrong policy.
abstract contract RecoveryRelayer is RecoveryAdmins {
    error AcceptedElsewhere(Act act);

    /// @notice How often the relayer's letters were accepted, or sent to the wrong policy.
    uint256 public late;
    uint256 public misdirected;

    /// @notice Sends something that was signed before, whether or not it was sent already.
    function relay(uint256 seed) public {
        if (_letters.length == 0) return;
        Letter memory letter = _letters[_pick(seed, "letter", _letters.length)];
        if (_pick(seed, "misdirected", 4) == 0) return _misdirect(letter);
        if (_deliver(letter.deed, letter.call)) ++late;
    }

    /// @dev What was signed for one policy means nothing to another, even if the same trustees are in force there.
    function _misdirect(Letter memory letter) private {
        letter.deed.policy = 1 - letter.deed.policy;
        bytes memory data = letter.call;
        uint256 policy = PolicyId.unwrap(policies[letter.deed.policy]);
        Act act = letter.deed.act;
        // operations without lists begin at once, others lie where the first word says; the policy is the first word
        bool flat = act == Act.Vote || act == Act.Cancel || act == Act.ScheduleTrustees || act == Act.Renew;
        flat = flat || act == Act.Veto;
        assembly ("memory-safe") {
            let start_ := add(data, 36)
            mstore(add(start_, mul(iszero(flat), mload(start_))), policy)
        }
        (bool done, ) = witness.send(letter.deed, data);
        if (done) revert AcceptedElsewhere(act);
        ++misdirected;
    }
}
