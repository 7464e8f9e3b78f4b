// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IHashToG1Errors
/// @notice Why the hints that locate a hashed point are refused (protocol §6.3).
interface IHashToG1Errors {
    /// @notice Thrown when the hints end before a counter hits, or none of the 256 counters does.
    error HashToG1HintMissing(uint256 position);

    /// @notice Thrown when a hint is not below p.
    error HashToG1HintNotCanonical(uint256 position, uint256 hint);

    /// @notice Thrown when a hint is odd: the even root is the one that counts.
    error HashToG1HintOdd(uint256 position, uint256 hint);

    /// @notice Thrown when a hint is no root of x^3 + 3 nor of its negative, x being that of its counter.
    error HashToG1HintWrong(uint256 position, uint256 hint);

    /// @notice Thrown when hints are left over.
    error HashToG1HintSurplus(uint256 used, uint256 given);
}
