// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP7702Utils} from "@openzeppelin/contracts/account/utils/EIP7702Utils.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {WebAuthn} from "@openzeppelin/contracts/utils/cryptography/WebAuthn.sol";
import {IAgentKeyErrors} from "../interfaces/IAgentKeyErrors.sol";
import {KeyId} from "../types/KeyId.sol";
import {KeyKinds} from "../types/KeyKinds.sol";

/// @title AgentSignatures
/// @notice Checks key material and signatures of every kind but SECP256K1, which AgentKeys has.
/// @dev Stateless; linked, so its address is fixed with its user's. No key names the code that checks it: the only
/// foreign code that is ever called is a CONTRACT key's own, about its own signatures and by STATICCALL, so that it
/// can neither write nor re-enter a function that does. What it reads of its caller may be half written: a wallet must
/// not decide on a registry's state. At most 32 bytes of its answer are copied, whatever it returns. It gets 63/64 of
/// the gas, without a limit, as honest wallets differ a hundredfold; it can therefore burn what the sender of the
/// transaction grants, and change its mind between simulation and execution. That harms only who relays for it, who
/// sets the gas limit. Gas that runs out inside the call is a refusal and never an approval.
///
/// WebAuthn: origin and relying party are not checked, as nothing on chain knows which are right; the digest, which is
/// the challenge, already binds chain and contract. That a key is device-bound is what its authenticator says at each
/// signature; a key that was made in software can say it as well. It protects owners with honest authenticators from
/// keys that are synced unnoticed, and proves nothing to others.
library AgentSignatures {
    /// @dev Bytes of the material of a CONTRACT key.
    uint256 private constant ADDRESS_LENGTH = 20;

    /// @dev Bytes of the material of a key that is a point, and of a P-256 signature.
    uint256 private constant WORD_PAIR_LENGTH = 64;

    /// @dev Where the flags are in the authenticator's data, after the hash of the relying party's id.
    uint256 private constant FLAGS_OFFSET = 32;

    /// @notice Reverts unless `key` is well-formed material of its kind. A CONTRACT key has code now, at least: an
    /// address that has none yet belongs to nobody who could be asked. An account that delegates (EIP-7702) is no
    /// contract: its private key signs past the code and exchanges it at will, so it is a SECP256K1 key.
    /// @param kind Any kind but SECP256K1.
    /// @param key The material.
    function requireKey(uint8 kind, bytes calldata key) external view {
        if (kind == KeyKinds.CONTRACT) {
            _requireLength(kind, key, ADDRESS_LENGTH);
            _requireContract(address(bytes20(key)));
        } else if (kind >= KeyKinds.P256 && kind <= KeyKinds.WEBAUTHN_DEVICE_BOUND) {
            _requireLength(kind, key, WORD_PAIR_LENGTH);
            (bytes32 x, bytes32 y) = _pair(key);
            if (!P256.isValidPublicKey(x, y)) revert IAgentKeyErrors.AgentKeyPointInvalid(x, y);
        } else {
            revert IAgentKeyErrors.AgentKeyKindUnknown(kind);
        }
    }

    /// @notice Reverts unless the key signed the digest. CONTRACT: nothing if `sender` is that contract, else anything
    /// that it accepts, be it empty. P256: r and s, 64 bytes, low s. WebAuthn: r (low s), s, index of the challenge,
    /// index of the type, authenticator data, client data, ABI-encoded as a list of arguments.
    /// @param kind Any kind but SECP256K1, with which `key` passed `requireKey`.
    /// @param key The material.
    /// @param digest What was signed.
    /// @param signature The signature.
    /// @param sender Who sent the transaction.
    function requireSignature(
        uint8 kind,
        bytes calldata key,
        bytes32 digest,
        bytes calldata signature,
        address sender
    ) external view {
        if (kind == KeyKinds.CONTRACT) {
            _requireContractSignature(key, digest, signature, sender);
        } else if (kind == KeyKinds.P256) {
            _requireP256Signature(key, digest, signature);
        } else if (kind == KeyKinds.WEBAUTHN) {
            _requireAssertion(key, digest, signature);
        } else if (kind == KeyKinds.WEBAUTHN_DEVICE_BOUND) {
            _requireDeviceBound(key, _requireAssertion(key, digest, signature));
        } else {
            revert IAgentKeyErrors.AgentKeyKindUnknown(kind);
        }
    }

    /// @dev Reverts unless the contract is the sender or accepts the signature.
    function _requireContractSignature(
        bytes calldata key,
        bytes32 digest,
        bytes calldata signature,
        address sender
    ) private view {
        address account = address(bytes20(key));
        if (signature.length == 0 && account == sender) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature)) {
            revert IAgentKeyErrors.AgentKeyContractRefused(_idOf(key), account);
        }
    }

    /// @dev Reverts unless the signature is r and s of the digest, and nothing else.
    function _requireP256Signature(bytes calldata key, bytes32 digest, bytes calldata signature) private view {
        if (signature.length != WORD_PAIR_LENGTH) {
            revert IAgentKeyErrors.AgentKeySignatureLengthWrong(_idOf(key), signature.length);
        }
        (bytes32 x, bytes32 y) = _pair(key);
        (bytes32 r, bytes32 s) = _pair(signature);
        if (!P256.verify(digest, r, s, x, y)) revert IAgentKeyErrors.AgentKeySignatureInvalid(_idOf(key));
    }

    /// @dev Reverts unless the signature is an assertion about the digest by a present user. Returns its flags.
    function _requireAssertion(
        bytes calldata key,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bytes1 flags) {
        (bool decoded, WebAuthn.WebAuthnAuth calldata auth) = WebAuthn.tryDecodeAuth(signature);
        if (!decoded || !_isCanonical(auth, signature)) {
            revert IAgentKeyErrors.AgentKeyAssertionMalformed(_idOf(key));
        }
        (bytes32 x, bytes32 y) = _pair(key);
        // WebAuthn adds to the index of the type without a check: one near 2^256 would be read in front of the text
        bool valid =
            auth.typeIndex < bytes(auth.clientDataJSON).length &&
                WebAuthn.verify(abi.encodePacked(digest), auth, x, y, false);
        if (!valid) revert IAgentKeyErrors.AgentKeySignatureInvalid(_idOf(key));
        // longer than the offset, as WebAuthn found the user present there
        return auth.authenticatorData[FLAGS_OFFSET];
    }

    /// @dev Reverts unless the user was verified and the key cannot leave the device.
    function _requireDeviceBound(bytes calldata key, bytes1 flags) private pure {
        if (flags & WebAuthn.AUTH_DATA_FLAGS_UV == 0) revert IAgentKeyErrors.AgentKeyUserNotVerified(_idOf(key));
        if (flags & WebAuthn.AUTH_DATA_FLAGS_BE != 0) revert IAgentKeyErrors.AgentKeyBackupEligible(_idOf(key));
    }

    /// @dev Reverts unless an account has code of its own.
    function _requireContract(address account) private view {
        if (account.code.length == 0) revert IAgentKeyErrors.AgentKeyWithoutCode(account);
        address delegate = EIP7702Utils.fetchDelegate(account);
        if (delegate != address(0)) revert IAgentKeyErrors.AgentKeyDelegated(account, delegate);
    }

    /// @dev Reverts unless material has this length.
    function _requireLength(uint8 kind, bytes calldata key, uint256 length) private pure {
        if (key.length != length) revert IAgentKeyErrors.AgentKeyLengthWrong(kind, key.length);
    }

    /// @dev Whether an assertion's encoding is the one that an encoder makes: no trailing bytes, no gaps, no overlaps,
    /// no dirty padding.
    function _isCanonical(WebAuthn.WebAuthnAuth calldata auth, bytes calldata encoded) private pure returns (bool) {
        bytes memory canonical = abi.encode(
            auth.r,
            auth.s,
            auth.challengeIndex,
            auth.typeIndex,
            auth.authenticatorData,
            auth.clientDataJSON
        );
        return keccak256(canonical) == keccak256(encoded);
    }

    /// @dev Two words of 64 bytes.
    function _pair(bytes calldata words) private pure returns (bytes32 first, bytes32 second) {
        return (bytes32(words[:32]), bytes32(words[32:]));
    }

    /// @dev As AgentKeys has it.
    function _idOf(bytes calldata key) private pure returns (KeyId) {
        return KeyId.wrap(keccak256(key));
    }
}
