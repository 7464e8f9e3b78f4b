// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What an agent may do besides proving, from now on; whether it proves is left as it is.
/// `kind`, `key`: the agent's key; a known agent keeps its kind. `authorizations`: of PROVE_GRANT, PROVE_REVOKE and
/// ADMIN, those that it holds afterwards.
struct AgentPower {
    uint8 kind;
    bytes key;
    uint8 authorizations;
}

/// @title AgentPowerHash
/// @notice EIP-712 hash of lists of `AgentPower`.
library AgentPowerHash {
    /// @dev The type as wallets see it.
    bytes32 internal constant TYPEHASH = keccak256("AgentPower(uint8 kind,bytes key,uint8 authorizations)");

    /// @dev An array is hashed as the concatenation of its elements' hashes.
    function hash(AgentPower[] calldata agents) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](agents.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            AgentPower calldata agent = agents[i];
            hashes[i] = keccak256(abi.encode(TYPEHASH, agent.kind, keccak256(agent.key), agent.authorizations));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
