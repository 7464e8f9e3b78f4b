// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {CommonBase} from "forge-std/Base.sol";
import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {WalletMock} from "../../../contracts/mocks/WalletMock.sol";
import {Acceptance, Offer} from "../../../contracts/types/Acceptance.sol";
import {Approval} from "../../../contracts/types/Approval.sol";
import {KeyId} from "../../../contracts/types/KeyId.sol";
import {KeyKinds} from "../../../contracts/types/KeyKinds.sol";
import {RootKey, RootSet} from "../../../contracts/types/RootSet.sol";
import {deployPolicyRegistry} from "./PolicyDeployment.sol";
import {PolicyHashes} from "./PolicyHashes.sol";

/// @dev Signs for agents and root keys that are known by small numbers. The last agents are wallet contracts.
abstract contract PolicyDriver is CommonBase {
    uint256 public constant AGENTS = 42;
    uint256 public constant WALLETS = 2;
    uint64 internal constant FOREVER = type(uint40).max;

    /// @dev Keys of each root set, two of which must sign.
    uint256 internal constant ROOT_KEYS = 3;
    uint256 private constant FIRST_ROOT_KEY = 1000;

    IAgentPolicy public registry;
    PolicyHashes internal _hashes;
    mapping(uint256 agent => address account) private _accounts;

    /// @dev Not in a constructor, as a test that inherits this is deployed before its cheatcodes work.
    function _deploy() internal {
        registry = deployPolicyRegistry();
        _hashes = new PolicyHashes();
        for (uint256 agent = 0; agent < AGENTS; ++agent) {
            address owner = vm.addr(_secret(agent));
            _accounts[agent] = kindOf(agent) == KeyKinds.CONTRACT ? address(new WalletMock(owner)) : owner;
        }
    }

    function kindOf(uint256 agent) public pure returns (uint8) {
        return agent + WALLETS < AGENTS || agent >= FIRST_ROOT_KEY ? KeyKinds.SECP256K1 : KeyKinds.CONTRACT;
    }

    function material(uint256 agent) public view returns (bytes memory) {
        return abi.encodePacked(agent < AGENTS ? _accounts[agent] : vm.addr(_secret(agent)));
    }

    function idOf(uint256 agent) public view returns (KeyId) {
        return KeyId.wrap(keccak256(material(agent)));
    }

    /// @dev Ascending by key id.
    function _sort(uint256[] memory agents) internal view {
        for (uint256 i = 1; i < agents.length; ++i) {
            for (uint256 j = i; j > 0 && _above(agents[j - 1], agents[j]); --j) {
                (agents[j - 1], agents[j]) = (agents[j], agents[j - 1]);
            }
        }
    }

    function _approve(uint256 agent, bytes32 structHash) internal view returns (Approval memory) {
        return _approveAs(agent, agent, structHash);
    }

    /// @dev An approval in the name of one agent with the signature of another.
    function _approveAs(uint256 agent, uint256 signer, bytes32 structHash) internal view returns (Approval memory) {
        return Approval(material(agent), _sign(signer, structHash));
    }

    function _accept(Offer memory offer, uint256 agent) internal view returns (Acceptance memory) {
        return Acceptance(FOREVER, _sign(agent, _hashes.hash(offer, FOREVER)));
    }

    /// @dev Root set number `number`, and the numbers of its keys.
    function _rootSet(uint256 number) internal view returns (RootSet memory set, uint256[] memory keys) {
        keys = new uint256[](ROOT_KEYS);
        for (uint256 i = 0; i < ROOT_KEYS; ++i) keys[i] = FIRST_ROOT_KEY + number * ROOT_KEYS + i;
        _sort(keys);
        set = RootSet(2, new RootKey[](ROOT_KEYS), bytes32(number));
        for (uint256 i = 0; i < ROOT_KEYS; ++i) set.keys[i] = RootKey(KeyKinds.SECP256K1, material(keys[i]));
    }

    function _secret(uint256 agent) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("dkms test agent", agent))) >> 1;
    }

    function _sign(uint256 agent, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(registry.domainSeparator(), structHash);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secret(agent), digest);
        return abi.encodePacked(r, s, v);
    }

    function _above(uint256 a, uint256 b) private view returns (bool) {
        return KeyId.unwrap(idOf(a)) > KeyId.unwrap(idOf(b));
    }
}
