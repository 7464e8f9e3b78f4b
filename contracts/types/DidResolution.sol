// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DidHead} from "./DidHead.sol";

/// @dev All that a resolver asks of the chain's state, from one block.
struct DidResolution {
    DidHead head;
    bytes32 commitment;
    uint256 blockNumber;
    uint256 time;
    uint256 chainId;
}
