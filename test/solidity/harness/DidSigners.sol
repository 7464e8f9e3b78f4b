// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";
import {DidRegistry} from "../../../contracts/did/DidRegistry.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {DidCreation, DidCreationHash} from "../../../contracts/types/DidCreation.sol";
import {DidDeactivation, DidDeactivationHash} from "../../../contracts/types/DidDeactivation.sol";
import {DidRotation, DidRotationHash} from "../../../contracts/types/DidRotation.sol";
import {DidUpdate, DidUpdateHash} from "../../../contracts/types/DidUpdate.sol";

/// @dev Sets of three controllers, two of whom are needed: set n has the private keys 3n + 1 … 3n + 3.
library DidSigners {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The controllers of a set, packed.
    function controllersOf(uint256 set) internal pure returns (bytes memory) {
        address[3] memory a = _sorted(set);
        return abi.encodePacked(uint8(2), hex"0114", a[0], hex"0114", a[1], hex"0114", a[2]);
    }

    /// @dev The salt with which a set is committed to.
    function saltOf(uint256 set) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", set));
    }

    /// @dev The pre-rotation commitment to a set.
    function nextOf(uint256 set) internal pure returns (bytes32) {
        return keccak256(abi.encode(saltOf(set), keccak256(controllersOf(set))));
    }

    /// @dev Approvals of the first `amount` keys of a set, ascending by key id.
    function approve(
        DidRegistry registry,
        uint256 set,
        uint256 amount,
        bytes32 structHash
    ) internal view returns (Approval[] memory list) {
        address[3] memory sorted = _sorted(set);
        list = new Approval[](amount);
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _domain(registry), structHash));
        for (uint256 i = 0; i < amount; ++i) {
            for (uint256 key = 3 * set + 1; key <= 3 * set + 3; ++key) {
                if (VM.addr(key) != sorted[i]) continue;
                (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
                list[i] = Approval(abi.encodePacked(sorted[i]), abi.encodePacked(r, s, v));
            }
        }
    }

    function hashOf(DidCreation memory op) internal pure returns (bytes32) {
        bytes32 typehash = DidCreationHash.TYPEHASH;
        bytes32 controllers = keccak256(op.controllers);
        return keccak256(abi.encode(typehash, op.did, controllers, op.next, op.salt, keccak256(op.state), op.deadline));
    }

    function hashOf(DidUpdate memory op) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(DidUpdateHash.TYPEHASH, op.did, op.version, op.previous, keccak256(op.state), op.deadline)
            );
    }

    function hashOf(DidRotation memory op) internal pure returns (bytes32) {
        bytes32 typehash = DidRotationHash.TYPEHASH;
        bytes32 controllers = keccak256(op.controllers);
        bytes32 state = keccak256(op.state);
        return
            keccak256(abi.encode(typehash, op.did, op.version, op.previous, controllers, op.next, state, op.deadline));
    }

    function hashOf(DidDeactivation memory op) internal pure returns (bytes32) {
        return keccak256(abi.encode(DidDeactivationHash.TYPEHASH, op.did, op.version, op.previous, op.deadline));
    }

    function _sorted(uint256 set) private pure returns (address[3] memory a) {
        for (uint256 i = 0; i < 3; ++i) {
            address key = VM.addr(3 * set + 1 + i);
            uint256 j = i;
            for (; j > 0 && _id(a[j - 1]) > _id(key); --j) a[j] = a[j - 1];
            a[j] = key;
        }
    }

    function _id(address key) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(key)));
    }

    function _domain(DidRegistry registry) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        return
            keccak256(
                abi.encode(typehash, keccak256("dkms DidRegistry"), keccak256("1"), block.chainid, address(registry))
            );
    }
}
