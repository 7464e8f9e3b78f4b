// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title PackedBytes
/// @notice Reads packed bytes in calldata without Solidity's bounds checks, which cost more than all else in parsing.
/// @dev The caller has checked every bound; what lies beyond the end of `data` is other calldata, not zeros.
library PackedBytes {
    /// @dev The 32 bytes at an offset: uint256(bytes32(data[offset:offset + 32])).
    function wordAt(bytes calldata data, uint256 offset) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    /// @dev data[start:end].
    function slice(bytes calldata data, uint256 start, uint256 end) internal pure returns (bytes calldata part) {
        assembly ("memory-safe") {
            part.offset := add(data.offset, start)
            part.length := sub(end, start)
        }
    }

    /// @dev keccak256(abi.encodePacked(uint16(prefix), data[start:end])), leaving the memory it uses free.
    function hash(
        bytes calldata data,
        uint256 start,
        uint256 end,
        uint256 prefix
    ) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let length := sub(end, start)
            let free := mload(0x40)
            mstore(free, shl(240, prefix))
            calldatacopy(add(free, 2), add(data.offset, start), length)
            result := keccak256(free, add(length, 2))
        }
    }

    /// @dev keccak256(data), leaving the memory it uses free.
    function hash(bytes calldata data) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            result := keccak256(free, data.length)
        }
    }
}
