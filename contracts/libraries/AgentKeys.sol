// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAgentKeyErrors} from "../interfaces/IAgentKeyErrors.sol";
import {KeyId} from "../types/KeyId.sol";
import {KeyKinds} from "../types/KeyKinds.sol";
import {AgentSignatures} from "./AgentSignatures.sol";

/// @title AgentKeys
/// @notice Checks key material and signatures by the kind of the key.
/// @dev Stateless. SECP256K1 is checked here, and asks no contract: the answer depends on material, digest and
/// signature alone, so that code or a delegation (EIP-7702) at the address neither helps nor hinders it. All other
/// kinds are left to a linked library, for the sake of the size of who uses this one.
library AgentKeys {
    /// @dev Bytes of the material of a SECP256K1 key.
    uint256 private constant SECP256K1_LENGTH = 20;

    /// @dev The identity of a key. The kind is not part of it: one key cannot appear under two kinds.
    function idOf(bytes calldata key) internal pure returns (KeyId) {
        return KeyId.wrap(keccak256(key));
    }

    /// @dev Reverts unless `key` is well-formed material of a known kind.
    function requireKey(uint8 kind, bytes calldata key) internal view {
        if (kind != KeyKinds.SECP256K1) {
            AgentSignatures.requireKey(kind, key);
            return;
        }
        if (key.length != SECP256K1_LENGTH) revert IAgentKeyErrors.AgentKeyLengthWrong(kind, key.length);
        if (_addressOf(key) == address(0)) revert IAgentKeyErrors.AgentKeyZero();
    }

    /// @notice Reverts unless the key signed the digest: as AgentSignatures has it, or for SECP256K1, 65 bytes with low
    /// s, or nothing if `sender` is that key and has no code.
    /// @param kind The key's kind, from a record or passed by `requireKey`.
    /// @param key Material that passed `requireKey` with this kind.
    /// @param digest What was signed.
    /// @param signature The signature.
    /// @param sender Who sent the transaction.
    function requireSignature(
        uint8 kind,
        bytes calldata key,
        bytes32 digest,
        bytes calldata signature,
        address sender
    ) internal view {
        if (kind != KeyKinds.SECP256K1) {
            AgentSignatures.requireSignature(kind, key, digest, signature, sender);
            return;
        }
        address account = _addressOf(key);
        if (signature.length == 0) {
            if (account != sender) revert IAgentKeyErrors.AgentKeySenderMismatch(idOf(key), sender);
            // code that acts for the account, a delegate of EIP-7702 say, does not speak for its key
            if (sender.code.length != 0) revert IAgentKeyErrors.AgentKeySenderHasCode(idOf(key), sender);
            return;
        }
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure != ECDSA.RecoverError.NoError || signer != account) {
            revert IAgentKeyErrors.AgentKeySignatureInvalid(idOf(key));
        }
    }

    /// @dev The address that the material of a SECP256K1 key is.
    function _addressOf(bytes calldata key) private pure returns (address) {
        return address(bytes20(key));
    }
}
