// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdInvariant} from "forge-std/StdInvariant.sol";
import {StdUtils} from "forge-std/StdUtils.sol";

/// @dev The parts of forge-std that the suites use; its `Test` brings warnings of its own and twice the build time.
abstract contract TestBase is CommonBase, StdAssertions, StdInvariant, StdUtils {
    bool public constant IS_TEST = true;
}
