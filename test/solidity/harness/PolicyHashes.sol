// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentAcceptanceHash, Offer} from "../../../contracts/types/Acceptance.sol";
import {Authorize, AuthorizeHash} from "../../../contracts/types/Authorize.sol";
import {CreatePolicy, CreatePolicyHash} from "../../../contracts/types/CreatePolicy.sol";
import {EmergencyRotate, EmergencyRotateHash} from "../../../contracts/types/EmergencyRotate.sol";
import {GovernanceChange, GovernanceChangeHash} from "../../../contracts/types/GovernanceChange.sol";
import {LiftStop, LiftStopHash} from "../../../contracts/types/LiftStop.sol";
import {Renew, RenewHash} from "../../../contracts/types/Renew.sol";
import {Renounce, RenounceHash} from "../../../contracts/types/Renounce.sol";
import {Revoke, RevokeHash} from "../../../contracts/types/Revoke.sol";
import {RootSet, RootSetHash} from "../../../contracts/types/RootSet.sol";
import {Stop, StopHash} from "../../../contracts/types/Stop.sol";
import {Veto, VetoHash} from "../../../contracts/types/Veto.sol";
import {VoidApprovals, VoidApprovalsHash} from "../../../contracts/types/VoidApprovals.sol";
import {Withdraw, WithdrawHash} from "../../../contracts/types/Withdraw.sol";

/// @dev The contracts' own encoders, which take calldata. `encode`: all that is signed but the approver's counter.
contract PolicyHashes {
    function hash(CreatePolicy calldata op) external pure returns (bytes32) {
        return CreatePolicyHash.hash(op);
    }

    function hash(EmergencyRotate calldata op) external pure returns (bytes32) {
        return EmergencyRotateHash.hash(op);
    }

    function hash(RootSet calldata set) external pure returns (bytes32) {
        return RootSetHash.hash(set);
    }

    function hash(Offer calldata offer, uint64 deadline) external pure returns (bytes32) {
        return AgentAcceptanceHash.hash(offer, deadline);
    }

    function encodeAuthorize(Authorize calldata op) external pure returns (bytes memory) {
        return AuthorizeHash.encode(op);
    }

    function encodeRevoke(Revoke calldata op) external pure returns (bytes memory) {
        return RevokeHash.encode(op);
    }

    function encodeRenounce(Renounce calldata op) external pure returns (bytes memory) {
        return RenounceHash.encode(op);
    }

    function encodeRenew(Renew calldata op) external pure returns (bytes memory) {
        return RenewHash.encode(op);
    }

    function encodeStop(Stop calldata op) external pure returns (bytes memory) {
        return StopHash.encode(op);
    }

    function encodeLiftStop(LiftStop calldata op) external pure returns (bytes memory) {
        return LiftStopHash.encode(op);
    }

    function encodeVoidApprovals(VoidApprovals calldata op) external pure returns (bytes memory) {
        return VoidApprovalsHash.encode(op);
    }

    function encodeGovernanceChange(GovernanceChange calldata op) external pure returns (bytes memory) {
        return GovernanceChangeHash.encode(op);
    }

    function encodeVeto(Veto calldata op) external pure returns (bytes memory) {
        return VetoHash.encode(op);
    }

    function encodeWithdraw(Withdraw calldata op) external pure returns (bytes memory) {
        return WithdrawHash.encode(op);
    }

    /// @dev hashStruct of what an approver with this counter signs.
    function counted(bytes calldata encoded, uint32 counter) external pure returns (bytes32) {
        return keccak256(bytes.concat(encoded, bytes32(uint256(counter))));
    }
}
