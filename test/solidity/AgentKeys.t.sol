// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IAgentKeyErrors} from "../../contracts/interfaces/IAgentKeyErrors.sol";
import {AgentKeysHarness} from "../../contracts/mocks/AgentKeysHarness.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {KeyKinds} from "../../contracts/types/KeyKinds.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Signatures by the tool's own implementations of both curves.
contract AgentKeysTest is TestBase {
    bytes32 private constant OTHER = keccak256("other");

    AgentKeysHarness private immutable _keys = new AgentKeysHarness();

    function testFuzz_requireSignature_acceptsSecp256k1(uint256 secret, bytes32 digest) public view {
        (bytes memory key, bytes memory signature) = _secp256k1(secret, digest);
        _keys.requireKey(KeyKinds.SECP256K1, key);
        _keys.requireSignature(KeyKinds.SECP256K1, key, digest, signature, address(0));
    }

    function testFuzz_requireSignature_refusesAlteredSecp256k1(uint256 secret, bytes32 digest, uint256 bit) public {
        (bytes memory key, bytes memory signature) = _secp256k1(secret, digest);
        _flip(signature, bit);
        _expectInvalid(key);
        _keys.requireSignature(KeyKinds.SECP256K1, key, digest, signature, address(0));
    }

    function testFuzz_requireSignature_acceptsP256(uint256 secret, bytes32 digest) public view {
        (bytes memory key, bytes memory signature) = _p256(secret, digest);
        _keys.requireKey(KeyKinds.P256, key);
        _keys.requireSignature(KeyKinds.P256, key, digest, signature, address(0));
    }

    function testFuzz_requireSignature_refusesAlteredP256(uint256 secret, bytes32 digest, uint256 bit) public {
        (bytes memory key, bytes memory signature) = _p256(secret, digest);
        _flip(signature, bit);
        _expectInvalid(key);
        _keys.requireSignature(KeyKinds.P256, key, digest, signature, address(0));
    }

    function testFuzz_requireSignature_refusesP256OfOtherDigest(uint256 secret, bytes32 digest) public {
        (bytes memory key, bytes memory signature) = _p256(secret, digest);
        _expectInvalid(key);
        _keys.requireSignature(KeyKinds.P256, key, digest ^ OTHER, signature, address(0));
    }

    function testFuzz_requireKey_refusesAlteredPoint(uint256 secret, uint256 bit) public {
        (bytes memory key, ) = _p256(secret, 0);
        // of y: its only other value on the curve is p - y, which differs in more than a bit
        _flip(key, 256 + bound(bit, 0, 255));
        (bytes32 x, bytes32 y) = abi.decode(key, (bytes32, bytes32));
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeyPointInvalid.selector, x, y));
        _keys.requireKey(KeyKinds.WEBAUTHN, key);
    }

    function testFuzz_requireSignature_refusesArbitraryBytes(uint256 secret, bytes32 digest, bytes memory junk) public {
        (bytes memory key, ) = _p256(secret, digest);
        _expectMalformed(key);
        _keys.requireSignature(KeyKinds.WEBAUTHN, key, digest, junk, address(0));
    }

    /// @dev Whatever stands where an encoder writes an offset or a length: no panic, and no second encoding.
    function testFuzz_requireSignature_refusesOtherOffsetsAndLengths(
        bytes32 digest,
        bytes memory authenticatorData,
        bytes memory clientData,
        uint256 which,
        uint256 value
    ) public {
        (bytes memory key, ) = _p256(1, digest);
        bytes memory encoded = abi.encode(0, 0, 0, 0, authenticatorData, clientData);
        uint256[4] memory places = [uint256(0x80), 0xa0, _wordAt(encoded, 0x80), _wordAt(encoded, 0xa0)];
        uint256 place = places[bound(which, 0, 3)];
        uint256 written = _wordAt(encoded, place);
        // half of the values lie near the right one, where mistakes would
        if (value % 2 == 0) value = bound(value, 0, encoded.length + 64);
        if (value == written) ++value;
        assembly ("memory-safe") {
            mstore(add(add(encoded, 0x20), place), value)
        }
        _expectMalformed(key);
        _keys.requireSignature(KeyKinds.WEBAUTHN_DEVICE_BOUND, key, digest, encoded, address(0));
    }

    function testFuzz_requireKey_refusesUnknownKinds(uint8 kind, bytes memory key) public {
        kind = uint8(bound(kind, KeyKinds.WEBAUTHN_DEVICE_BOUND + 1, type(uint8).max));
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeyKindUnknown.selector, kind));
        _keys.requireKey(kind, key);
    }

    function _secp256k1(
        uint256 secret,
        bytes32 digest
    ) private pure returns (bytes memory key, bytes memory signature) {
        secret = bound(secret, 1, SECP256K1_ORDER - 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return (abi.encodePacked(vm.addr(secret)), abi.encodePacked(r, s, v));
    }

    function _p256(uint256 secret, bytes32 digest) private pure returns (bytes memory key, bytes memory signature) {
        secret = bound(secret, 1, P256.N - 1);
        (uint256 x, uint256 y) = vm.publicKeyP256(secret);
        (bytes32 r, bytes32 s) = vm.signP256(secret, digest);
        if (uint256(s) > P256.N / 2) s = bytes32(P256.N - uint256(s));
        return (abi.encodePacked(x, y), abi.encodePacked(r, s));
    }

    function _flip(bytes memory data, uint256 bit) private pure {
        bit %= data.length * 8;
        data[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
    }

    function _wordAt(bytes memory data, uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), place))
        }
    }

    function _expectMalformed(bytes memory key) private {
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeyAssertionMalformed.selector, keccak256(key)));
    }

    function _expectInvalid(bytes memory key) private {
        KeyId id = KeyId.wrap(keccak256(key));
        vm.expectRevert(abi.encodeWithSelector(IAgentKeyErrors.AgentKeySignatureInvalid.selector, id));
    }
}
