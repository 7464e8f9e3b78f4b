// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyId} from "../types/KeyId.sol";

/// @title IAgentKeyErrors
/// @notice Why a key or a signature is refused.
interface IAgentKeyErrors {
    // ---- Keys ------------------------------------------------------------------------------------------------------

    /// @notice Thrown when a key is of a kind that this contract cannot check.
    error AgentKeyKindUnknown(uint8 kind);

    /// @notice Thrown when key material has not the length of its kind.
    error AgentKeyLengthWrong(uint8 kind, uint256 length);

    /// @notice Thrown when the key is the zero address, for which nobody can sign.
    error AgentKeyZero();

    /// @notice Thrown when a key is to be a contract and there is no code at its address.
    error AgentKeyWithoutCode(address account);

    /// @notice Thrown when a key is to be a contract and is an account that delegates to one (EIP-7702).
    error AgentKeyDelegated(address account, address delegate);

    /// @notice Thrown when a key is to be a point of P-256 and is none, or the point at infinity.
    error AgentKeyPointInvalid(bytes32 x, bytes32 y);

    // ---- Signatures ------------------------------------------------------------------------------------------------

    /// @notice Thrown when a signature was not made by the key, is malleable or malformed.
    error AgentKeySignatureInvalid(KeyId key);

    /// @notice Thrown when a signature is empty and the sender of the transaction is not that key.
    error AgentKeySenderMismatch(KeyId key, address sender);

    /// @notice Thrown when a signature is empty and the sender is the SECP256K1 key's account, but runs code: the key
    /// itself has to sign.
    error AgentKeySenderHasCode(KeyId key, address sender);

    /// @notice Thrown when the contract that is the key does not answer that the signature is its own.
    error AgentKeyContractRefused(KeyId key, address account);

    /// @notice Thrown when a P-256 signature is not 64 bytes.
    error AgentKeySignatureLengthWrong(KeyId key, uint256 length);

    /// @notice Thrown when a WebAuthn assertion is not encoded in the one way that is accepted.
    error AgentKeyAssertionMalformed(KeyId key);

    /// @notice Thrown when the assertion of a device-bound key says that the user was only present, not verified.
    error AgentKeyUserNotVerified(KeyId key);

    /// @notice Thrown when the assertion of a device-bound key says that the key may be backed up.
    error AgentKeyBackupEligible(KeyId key);
}
