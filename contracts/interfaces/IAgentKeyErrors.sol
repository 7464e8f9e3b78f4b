// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "../types/KeyId.sol";

/// @title IAgentKeyErrors
/// @notice Why a key or a signature is refused.
interface IAgentKeyErrors {
    /// @notice Thrown when a key is of a kind that this contract cannot check.
    error AgentKeyKindUnknown(uint8 kind);

    /// @notice Thrown when key material has not the length of its kind.
    error AgentKeyLengthWrong(uint8 kind, uint256 length);

    /// @notice Thrown when the key is the zero address, for which nobody can sign.
    error AgentKeyZero();

    /// @notice Thrown when a signature was not made by the key, is malleable or malformed.
    error AgentKeySignatureInvalid(KeyId key);

    /// @notice Thrown when a signature is empty and the sender of the transaction is not that key.
    error AgentKeySenderMismatch(KeyId key, address sender);
}
