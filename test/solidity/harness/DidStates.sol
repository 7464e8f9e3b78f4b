// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DidKeyId} from "../../../contracts/types/DidKeyId.sol";

/// @dev A key of a state, unpacked.
struct TestKey {
    uint16 codec;
    uint8 relationships;
    uint40 expiry;
    bytes key;
}

/// @dev Makes states from seeds, and judges any bytes by a plain reading of the format: slow, checked arithmetic, no
/// code in common with the contract.
library DidStates {
    /// @dev `count` valid keys, ascending by id.
    function keysOf(uint256 seed, uint256 count) internal pure returns (TestKey[] memory keys) {
        keys = new TestKey[](count);
        for (uint256 i = 0; i < count; ++i) {
            TestKey memory made = keyOf(uint256(keccak256(abi.encode(seed, i))));
            uint256 j = i;
            for (; j > 0 && idOf(keys[j - 1]) > idOf(made); --j) keys[j] = keys[j - 1];
            keys[j] = made;
        }
    }

    /// @dev A valid key of any kind.
    function keyOf(uint256 seed) internal pure returns (TestKey memory made) {
        uint16[6] memory codecs = [0xe7, 0xec, 0xed, 0x1200, 0x1210, 0x1207];
        made.codec = codecs[seed % 6];
        uint8 mask = uint8(seed >> 8) % 32 & ~uint8(4);
        made.relationships = mask == 0 ? 1 : mask;
        if (made.codec == 0xec || (made.codec == 0x1207 && (seed >> 24) & 1 == 1)) made.relationships = 4;
        made.expiry = (seed >> 25) & 1 == 1 ? type(uint40).max : uint40(seed >> 32);
        bytes32 body = keccak256(abi.encode(seed));
        made.key = abi.encodePacked(body);
        if (made.codec == 0xe7 || made.codec == 0x1200)
            made.key = abi.encodePacked(uint8(2 + ((seed >> 26) & 1)), body);
        if (made.codec == 0x1210) made.key = abi.encodePacked(body, new bytes(uint8(seed >> 80)));
    }

    /// @dev The state with these keys, a service and another name by the low bits of `extras`.
    function encode(TestKey[] memory keys, uint256 extras) internal pure returns (bytes memory state) {
        state = abi.encodePacked(uint8(keys.length));
        for (uint256 i = 0; i < keys.length; ++i) {
            TestKey memory k = keys[i];
            state = abi.encodePacked(state, k.codec, k.relationships, k.expiry, uint16(k.key.length), k.key);
        }
        state = abi.encodePacked(state, uint8(extras & 1));
        if (extras & 1 == 1)
            state = abi.encodePacked(state, uint8(2), "in", uint8(3), "Box", uint16(11), "https://a.b");
        state = abi.encodePacked(state, uint8((extras >> 1) & 1));
        if ((extras >> 1) & 1 == 1) state = abi.encodePacked(state, uint16(13), "did:example:1");
    }

    function idOf(TestKey memory k) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(k.codec, k.key)));
    }

    function keyIdOf(TestKey memory k) internal pure returns (DidKeyId) {
        return DidKeyId.wrap(bytes32(idOf(k)));
    }

    /// @dev Whether bytes are a state, element by element.
    function isState(bytes memory state) internal pure returns (bool) {
        if (state.length > 8192) return false;
        (bool good, uint256 pos) = _keys(state);
        if (good) (good, pos) = _services(state, pos);
        if (good) (good, pos) = _names(state, pos);
        return good && pos == state.length;
    }

    function _keys(bytes memory state) private pure returns (bool, uint256 pos) {
        if (state.length == 0 || uint8(state[0]) > 32) return (false, 0);
        pos = 1;
        uint256 last = 0;
        for (uint256 i = 0; i < uint8(state[0]); ++i) {
            if (pos + 10 > state.length) return (false, 0);
            TestKey memory k = TestKey(uint16(_number(state, pos, 2)), uint8(state[pos + 2]), 0, "");
            uint256 length = _number(state, pos + 8, 2);
            if (pos + 10 + length > state.length) return (false, 0);
            k.key = _part(state, pos + 10, length);
            if (!_isKey(k) || idOf(k) <= last) return (false, 0);
            last = idOf(k);
            pos += 10 + length;
        }
        return (true, pos);
    }

    function _isKey(TestKey memory k) private pure returns (bool) {
        bool agreement = k.relationships == 4;
        bool signature = k.relationships > 0 && k.relationships < 32 && (k.relationships / 4) % 2 == 0;
        if (k.codec == 0xed) return signature && k.key.length == 32;
        if (k.codec == 0xec) return agreement && k.key.length == 32;
        if (k.codec == 0xe7 || k.codec == 0x1200) {
            return signature && k.key.length == 33 && (k.key[0] == 0x02 || k.key[0] == 0x03);
        }
        return (signature || agreement) && k.key.length >= 32 && (k.codec < 0x1300 || k.codec > 0x13ff);
    }

    function _services(bytes memory state, uint256 start) private pure returns (bool good, uint256 pos) {
        if (start >= state.length || uint8(state[start]) > 16) return (false, 0);
        pos = start + 1;
        uint256 last = 0;
        for (uint256 i = 0; i < uint8(state[start]); ++i) {
            uint256 id;
            (good, pos, id) = _text(state, pos, 1);
            if (!good || id <= last) return (false, 0);
            last = id;
            (good, pos, ) = _text(state, pos, 1);
            if (!good) return (false, 0);
            (good, pos, ) = _text(state, pos, 2);
            if (!good) return (false, 0);
        }
        return (true, pos);
    }

    function _names(bytes memory state, uint256 start) private pure returns (bool good, uint256 pos) {
        if (start >= state.length || uint8(state[start]) > 16) return (false, 0);
        pos = start + 1;
        uint256 last = 0;
        for (uint256 i = 0; i < uint8(state[start]); ++i) {
            uint256 name;
            (good, pos, name) = _text(state, pos, 2);
            if (!good || name <= last) return (false, 0);
            last = name;
        }
        return (true, pos);
    }

    function _text(
        bytes memory state,
        uint256 pos,
        uint256 width
    ) private pure returns (bool good, uint256 end, uint256 id) {
        if (pos + width > state.length) return (false, 0, 0);
        uint256 length = _number(state, pos, width);
        if (length == 0 || pos + width + length > state.length) return (false, 0, 0);
        bytes memory text = _part(state, pos + width, length);
        for (uint256 i = 0; i < length; ++i) if (text[i] < 0x21 || text[i] > 0x7e) return (false, 0, 0);
        return (true, pos + width + length, uint256(keccak256(text)));
    }

    function _number(bytes memory data, uint256 pos, uint256 width) private pure returns (uint256 value) {
        for (uint256 i = 0; i < width; ++i) value = value * 256 + uint8(data[pos + i]);
    }

    function _part(bytes memory data, uint256 pos, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) part[i] = data[pos + i];
    }
}
