// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DidCreationHash} from "../../contracts/types/DidCreation.sol";
import {DidDeactivationHash} from "../../contracts/types/DidDeactivation.sol";
import {DidRotationHash} from "../../contracts/types/DidRotation.sol";
import {DidUpdateHash} from "../../contracts/types/DidUpdate.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The type hashes are those of the struct definitions.
contract DidOperationsTest is TestBase {
    function test_typehash_ofCreation() public pure {
        assertEq(DidCreationHash.TYPEHASH, vm.eip712HashType("DidCreation"));
    }

    function test_typehash_ofUpdate() public pure {
        assertEq(DidUpdateHash.TYPEHASH, vm.eip712HashType("DidUpdate"));
    }

    function test_typehash_ofRotation() public pure {
        assertEq(DidRotationHash.TYPEHASH, vm.eip712HashType("DidRotation"));
    }

    function test_typehash_ofDeactivation() public pure {
        assertEq(DidDeactivationHash.TYPEHASH, vm.eip712HashType("DidDeactivation"));
    }
}
