// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title WalletMock
/// @notice The least wallet contract of one owner: what the owner signed, or approved on chain, is its signature.
contract WalletMock is IERC1271 {
    error WalletMockNotOwner(address sender);

    address private immutable _owner;

    mapping(bytes32 digest => bool approved) private _approved;

    constructor(address owner_) {
        _owner = owner_;
    }

    /// @notice Approves a digest; an empty signature stands for it from now on.
    /// @param digest The digest.
    function approve(bytes32 digest) external {
        _requireOwner();
        _approved[digest] = true;
    }

    /// @notice Sends a call from the wallet.
    /// @param target Whom to call.
    /// @param data The call.
    function execute(address target, bytes calldata data) external {
        _requireOwner();
        Address.functionCall(target, data);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length == 0) return _approved[digest] ? this.isValidSignature.selector : bytes4(0);
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, signature);
        return signer == _owner ? this.isValidSignature.selector : bytes4(0);
    }

    /// @dev Reverts unless the owner calls.
    function _requireOwner() private view {
        if (msg.sender != _owner) revert WalletMockNotOwner(msg.sender);
    }
}
