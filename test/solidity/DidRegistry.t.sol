// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DidRegistry} from "../../contracts/did/DidRegistry.sol";
import {DidHead} from "../../contracts/types/DidHead.sol";
import {DidId} from "../../contracts/types/DidId.sol";
import {DidKeyId} from "../../contracts/types/DidKeyId.sol";
import {DidSnapshot} from "../../contracts/types/DidSnapshot.sol";
import {Believed, DidHandler, DidHandlers} from "./harness/DidHandler.sol";
import {DidStates, TestKey} from "./harness/DidStates.sol";
import {TestBase} from "./TestBase.sol";

/// @dev The parser against a plain reading of the format.
contract DidStateFuzzTest is TestBase {
    DidRegistry private immutable _registry = new DidRegistry();

    function testFuzz_checkState_acceptsEveryValidState(uint256 seed, uint256 keys, uint256 extras) public view {
        bytes memory state = _stateOf(seed, keys, extras);
        assertTrue(DidStates.isState(state));
        _registry.checkState(state);
    }

    /// @dev Mutations around each element: a byte changed, cut off, added, or swapped with its neighbour.
    function testFuzz_checkState_agreesWithTheReference(
        uint256 seed,
        uint256 keys,
        uint256 place,
        uint8 value,
        uint8 way
    ) public view {
        bytes memory state = _stateOf(seed, keys, seed >> 200);
        place = bound(place, 0, state.length - 1);
        if (way % 4 == 0) state[place] = bytes1(value);
        if (way % 4 == 1) state = _cut(state, place);
        if (way % 4 == 2) state = abi.encodePacked(state, value);
        if (way % 4 == 3 && place > 0) (state[place - 1], state[place]) = (state[place], state[place - 1]);
        _agree(state);
    }

    function testFuzz_checkState_agreesOnAnyBytes(bytes memory state) public view {
        _agree(state);
    }

    /// @dev Reverts are never panics: every refusal is a typed error.
    function _agree(bytes memory state) private view {
        try _registry.checkState(state) {
            assertTrue(DidStates.isState(state));
        } catch (bytes memory why) {
            assertFalse(DidStates.isState(state));
            assertGe(why.length, 4);
            assertTrue(bytes4(why) != bytes4(keccak256("Panic(uint256)")));
        }
    }

    function _stateOf(uint256 seed, uint256 keys, uint256 extras) private pure returns (bytes memory) {
        return DidStates.encode(DidStates.keysOf(seed, bound(keys, 0, 9)), extras);
    }

    function _cut(bytes memory state, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) part[i] = state[i];
    }
}

/// @dev What holds whatever anybody does.
contract DidRegistryInvariantTest is TestBase {
    DidHandler private _handler;
    DidRegistry private immutable _registry = new DidRegistry();

    function setUp() public {
        _handler = DidHandlers.deploy(_registry);
        targetContract(address(_handler));
    }

    /// @dev Version, time and commitment are those of the changes that a quorum made, so nothing else changed anything;
    /// a version strictly rises as the model adds one for each; what is deactivated stays as it was.
    function invariant_onlyAQuorumChangesAnything() public view {
        assertEq(_handler.breaches(), 0);
        for (uint256 i = 0; i < _handler.count(); ++i) {
            Believed memory b = _handler.believed(i);
            DidHead memory head = _registry.head(b.did);
            assertEq(head.version, b.version);
            assertEq(head.controlVersion, b.controlVersion);
            assertEq(head.created, b.created);
            assertEq(head.updated, b.updated);
            assertEq(head.deactivated, b.deactivated);
            assertEq(_registry.commitment(b.did), b.commitment);
            assertGe(head.publishedBlock, head.updatedBlock);
        }
    }

    /// @dev The keys of the state verify as long as they live, no other does, and none of a deactivated DID.
    function invariant_onlyKeysOfTheStateVerify() public view {
        for (uint256 i = 0; i < _handler.count(); ++i) {
            Believed memory b = _handler.believed(i);
            DidSnapshot memory snapshot = _handler.snapshotOf(b);
            TestKey[] memory keys = DidStates.keysOf(b.keySeed, b.keyCount);
            for (uint256 k = 0; k < keys.length; ++k) {
                for (uint8 bit = 1; bit < 32; bit *= 2) {
                    bool live = !b.deactivated && block.timestamp <= keys[k].expiry;
                    bool expected = live && keys[k].relationships & bit != 0;
                    assertEq(_registry.verifyKey(b.did, snapshot, DidStates.keyIdOf(keys[k]), bit), expected);
                }
            }
            DidKeyId stranger = _strange(b.did, b.version);
            for (uint8 bit = 1; bit < 32; bit *= 2) {
                assertFalse(_registry.verifyKey(b.did, snapshot, stranger, bit));
            }
        }
    }

    function _strange(DidId did, uint256 version) private pure returns (DidKeyId) {
        return DidKeyId.wrap(keccak256(abi.encode(did, version, "nobody's")));
    }
}

/// @dev Guards the invariants against a handler that does nothing.
contract DidHandlerTest is TestBase {
    DidHandler private immutable _handler = DidHandlers.deploy(new DidRegistry());

    function test_handler_acts() public {
        uint256 second = 1 << 128;
        _handler.create(1);
        _handler.create(2);
        _handler.update(3);
        _handler.update(second | 4);
        _handler.rotate((1 << 16) | (1 << 9));
        _handler.rotate(second);
        _handler.republish(0);
        for (uint256 i = 0; i < 12; ++i) {
            _handler.replay(i);
            _handler.attackUpdate(i << 8);
            _handler.attackControl((i << 8) | (i % 2 == 0 ? second : 0));
            _handler.attackReveal((i << 8) | (i % 2 == 0 ? second : 0));
        }
        _handler.deactivate(0);
        _handler.deactivate(second);
        assertEq(_handler.acted("create"), 2);
        assertEq(_handler.acted("update"), 2);
        assertEq(_handler.acted("rotate"), 2);
        assertEq(_handler.acted("republish"), 1);
        assertEq(_handler.acted("deactivate"), 2);
        for (uint256 i = 0; i < 8; ++i) _handler.replay(i);
        assertEq(_handler.attacks(), 62);
        assertTrue(_handler.registry().isDeactivated(_handler.believed(0).did));
        assertEq(_handler.breaches(), 0);
    }
}
