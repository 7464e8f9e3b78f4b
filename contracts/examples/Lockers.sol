// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentProofVerifier} from "../interfaces/IAgentProofVerifier.sol";
import {AgentProof, AgentTerms} from "../types/AgentProof.sol";
import {AuthorizedAgentOnly} from "../verifier/AuthorizedAgentOnly.sol";

/// @title Lockers
/// @notice Example: lockers that open to any device of their holder, without anyone learning who that is.
/// @dev A locker belongs to the owner's pseudonym that used it first. Phone and laptop of one owner show the same
/// pseudonym here and nowhere else; a lost phone that its owner has revoked opens nothing any more.
contract Lockers is AuthorizedAgentOnly {
    /// @notice Emitted when something is put into a locker.
    /// @param locker The locker's number.
    /// @param holder The pseudonym of the holder.
    /// @param content What lies in it now.
    event LockerFilled(uint256 indexed locker, bytes32 indexed holder, bytes32 content);

    /// @notice Thrown when a locker belongs to somebody else.
    /// @param locker The locker's number.
    error LockerTaken(uint256 locker);

    struct Locker {
        bytes32 holder;
        bytes32 content;
    }

    /// @notice What pseudonyms are for here.
    bytes32 public constant SCOPE = keccak256("dkms.examples.lockers");

    /// @notice Only the owner's pseudonym is asked for.
    uint8 public constant DISCLOSE = 1;

    /// @notice A revoked device may get in for so many seconds more, and nobody can void what others have in flight.
    uint64 public constant MAX_REVOCATION_AGE = 300;

    /// @notice The least number of agents that a visitor hides among.
    uint64 public immutable MIN_AGENTS;

    mapping(uint256 number => Locker) private _lockers;

    /// @notice Opens the hall of lockers.
    /// @param verifier_ Verifies the visitors' proofs.
    /// @param minAgents The least number of agents that a visitor hides among.
    constructor(IAgentProofVerifier verifier_, uint64 minAgents) AuthorizedAgentOnly(verifier_) {
        MIN_AGENTS = minAgents;
    }

    /// @notice Puts something into a locker that is free or one's own.
    /// @param locker The locker's number.
    /// @param content What to put in.
    /// @param proof By an agent of the holder; `arguments` of its challenge are (locker, content).
    function put(uint256 locker, bytes32 content, AgentProof calldata proof) external {
        (bytes32 holder, ) = _authorizeAgent(_terms(), keccak256(abi.encode(locker, content)), proof);
        Locker storage it = _lockers[locker];
        if (it.holder == 0) it.holder = holder;
        if (it.holder != holder) revert LockerTaken(locker);
        it.content = content;
        emit LockerFilled(locker, holder, content);
    }

    /// @notice Who holds a locker and what is in it.
    /// @param locker The locker's number.
    /// @return holder The holder's pseudonym; 0 if it is free.
    /// @return content What is in it.
    function lockerOf(uint256 locker) external view returns (bytes32 holder, bytes32 content) {
        Locker storage it = _lockers[locker];
        return (it.holder, it.content);
    }

    /// @dev What a visitor has to prove.
    function _terms() private view returns (AgentTerms memory) {
        return AgentTerms(SCOPE, DISCLOSE, MAX_REVOCATION_AGE, MIN_AGENTS);
    }
}
