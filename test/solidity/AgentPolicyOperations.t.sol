// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AgentAcceptance, AgentAcceptanceHash, Offer} from "../../contracts/types/Acceptance.sol";
import {AgentChangeHash} from "../../contracts/types/AgentChange.sol";
import {AgentPowerHash} from "../../contracts/types/AgentPower.sol";
import {Authorize, AuthorizeHash} from "../../contracts/types/Authorize.sol";
import {CreatePolicy, CreatePolicyHash} from "../../contracts/types/CreatePolicy.sol";
import {EmergencyRotate, EmergencyRotateHash} from "../../contracts/types/EmergencyRotate.sol";
import {GovernanceChange, GovernanceChangeHash} from "../../contracts/types/GovernanceChange.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {LiftStop, LiftStopHash} from "../../contracts/types/LiftStop.sol";
import {PolicySettingsHash} from "../../contracts/types/PolicySettings.sol";
import {Renew, RenewHash} from "../../contracts/types/Renew.sol";
import {Renounce, RenounceHash} from "../../contracts/types/Renounce.sol";
import {Revoke, RevokeHash} from "../../contracts/types/Revoke.sol";
import {RootSet, RootSetHash} from "../../contracts/types/RootSet.sol";
import {Stop, StopHash} from "../../contracts/types/Stop.sol";
import {Veto, VetoHash} from "../../contracts/types/Veto.sol";
import {VoidApprovals, VoidApprovalsHash} from "../../contracts/types/VoidApprovals.sol";
import {Withdraw, WithdrawHash} from "../../contracts/types/Withdraw.sol";
import {PolicyHashes} from "./harness/PolicyHashes.sol";
import {
    Authorize as SignedAuthorize,
    GovernanceChange as SignedGovernanceChange,
    LiftStop as SignedLiftStop,
    Renew as SignedRenew,
    Renounce as SignedRenounce,
    Revoke as SignedRevoke,
    Stop as SignedStop,
    Veto as SignedVeto,
    VoidApprovals as SignedVoidApprovals,
    Withdraw as SignedWithdraw
} from "./harness/SignedOperations.sol";
import {TestBase} from "./TestBase.sol";

/// @dev Types and hashes of what is signed are those of the struct definitions, whatever the values.
contract AgentPolicyOperationsTest is TestBase {
    PolicyHashes private _hashes;

    function setUp() public {
        _hashes = new PolicyHashes();
    }

    function test_typehash_ofCreatePolicy() public pure {
        assertEq(CreatePolicyHash.TYPEHASH, vm.eip712HashType("CreatePolicy"));
    }

    function test_typehash_ofEmergencyRotate() public pure {
        assertEq(EmergencyRotateHash.TYPEHASH, vm.eip712HashType("EmergencyRotate"));
    }

    function test_typehash_ofAgentAcceptance() public pure {
        assertEq(AgentAcceptanceHash.TYPEHASH, vm.eip712HashType("AgentAcceptance"));
    }

    function test_typehash_ofAgentChange() public pure {
        assertEq(AgentChangeHash.TYPEHASH, vm.eip712HashType("AgentChange"));
    }

    function test_typehash_ofAgentPower() public pure {
        assertEq(AgentPowerHash.TYPEHASH, vm.eip712HashType("AgentPower"));
    }

    function test_typehash_ofPolicySettings() public pure {
        assertEq(PolicySettingsHash.TYPEHASH, vm.eip712HashType("PolicySettings"));
    }

    function test_typehash_ofRootSet() public pure {
        assertEq(RootSetHash.TYPEHASH, vm.eip712HashType("RootSet"));
    }

    function test_typehash_ofAuthorize() public pure {
        assertEq(AuthorizeHash.TYPEHASH, vm.eip712HashType("Authorize"));
    }

    function test_typehash_ofRevoke() public pure {
        assertEq(RevokeHash.TYPEHASH, vm.eip712HashType("Revoke"));
    }

    function test_typehash_ofRenounce() public pure {
        assertEq(RenounceHash.TYPEHASH, vm.eip712HashType("Renounce"));
    }

    function test_typehash_ofRenew() public pure {
        assertEq(RenewHash.TYPEHASH, vm.eip712HashType("Renew"));
    }

    function test_typehash_ofStop() public pure {
        assertEq(StopHash.TYPEHASH, vm.eip712HashType("Stop"));
    }

    function test_typehash_ofLiftStop() public pure {
        assertEq(LiftStopHash.TYPEHASH, vm.eip712HashType("LiftStop"));
    }

    function test_typehash_ofVoidApprovals() public pure {
        assertEq(VoidApprovalsHash.TYPEHASH, vm.eip712HashType("VoidApprovals"));
    }

    function test_typehash_ofGovernanceChange() public pure {
        assertEq(GovernanceChangeHash.TYPEHASH, vm.eip712HashType("GovernanceChange"));
    }

    function test_typehash_ofVeto() public pure {
        assertEq(VetoHash.TYPEHASH, vm.eip712HashType("Veto"));
    }

    function test_typehash_ofWithdraw() public pure {
        assertEq(WithdrawHash.TYPEHASH, vm.eip712HashType("Withdraw"));
    }

    function testFuzz_hash_ofCreatePolicyIsThatOfTheStruct(CreatePolicy calldata op) public view {
        assertEq(_hashes.hash(op), vm.eip712HashStruct("CreatePolicy", abi.encode(op)));
    }

    function testFuzz_hash_ofEmergencyRotateIsThatOfTheStruct(EmergencyRotate calldata op) public view {
        assertEq(_hashes.hash(op), vm.eip712HashStruct("EmergencyRotate", abi.encode(op)));
    }

    function testFuzz_hash_ofRootSetIsThatOfTheStruct(RootSet calldata op) public view {
        assertEq(_hashes.hash(op), vm.eip712HashStruct("RootSet", abi.encode(op)));
    }

    function testFuzz_hash_ofAcceptanceIsThatOfTheStruct(AgentAcceptance calldata op) public view {
        KeyId agent = KeyId.wrap(keccak256(op.key));
        Offer memory offer = Offer(op.policy, op.epoch, op.kind, agent, op.commitment, op.authorizations, op.expiry);
        assertEq(_hashes.hash(offer, op.deadline), vm.eip712HashStruct("AgentAcceptance", abi.encode(op)));
    }

    function testFuzz_hash_ofAuthorizeIsThatOfTheStruct(Authorize calldata op, uint32 counter) public view {
        SignedAuthorize memory signed = SignedAuthorize(
            op.policy,
            op.epoch,
            op.changes,
            op.checkpoint,
            op.proposer,
            op.lane,
            op.nonce,
            op.deadline,
            counter
        );
        _requireSame("Authorize", abi.encode(signed), _hashes.encodeAuthorize(op), counter);
    }

    function testFuzz_hash_ofRevokeIsThatOfTheStruct(Revoke calldata op, uint32 counter) public view {
        SignedRevoke memory signed = SignedRevoke(
            op.policy,
            op.epoch,
            op.revocations,
            op.proposer,
            op.lane,
            op.nonce,
            op.deadline,
            counter
        );
        _requireSame("Revoke", abi.encode(signed), _hashes.encodeRevoke(op), counter);
    }

    function testFuzz_hash_ofRenounceIsThatOfTheStruct(Renounce calldata op, uint32 counter) public view {
        SignedRenounce memory signed = SignedRenounce(
            op.policy,
            op.epoch,
            op.authorizations,
            op.agent,
            op.lane,
            op.nonce,
            op.deadline,
            counter
        );
        _requireSame("Renounce", abi.encode(signed), _hashes.encodeRenounce(op), counter);
    }

    function testFuzz_hash_ofRenewIsThatOfTheStruct(Renew calldata op, uint32 counter) public view {
        SignedRenew memory signed = SignedRenew(
            op.policy,
            op.epoch,
            op.commitment,
            op.expiry,
            op.checkpoint,
            op.agent,
            op.lane,
            op.nonce,
            op.deadline,
            counter
        );
        _requireSame("Renew", abi.encode(signed), _hashes.encodeRenew(op), counter);
    }

    function testFuzz_hash_ofStopIsThatOfTheStruct(Stop calldata op, uint32 counter) public view {
        SignedStop memory signed = SignedStop(op.policy, op.epoch, op.agent, op.deadline, counter);
        _requireSame("Stop", abi.encode(signed), _hashes.encodeStop(op), counter);
    }

    function testFuzz_hash_ofLiftStopIsThatOfTheStruct(LiftStop calldata op, uint32 counter) public view {
        SignedLiftStop memory signed = SignedLiftStop(op.policy, op.epoch, op.stopper, op.deadline, counter);
        _requireSame("LiftStop", abi.encode(signed), _hashes.encodeLiftStop(op), counter);
    }

    function testFuzz_hash_ofVoidApprovalsIsThatOfTheStruct(VoidApprovals calldata op, uint32 counter) public view {
        SignedVoidApprovals memory signed = SignedVoidApprovals(op.policy, op.epoch, op.agent, op.deadline, counter);
        _requireSame("VoidApprovals", abi.encode(signed), _hashes.encodeVoidApprovals(op), counter);
    }

    function testFuzz_hash_ofGovernanceChangeIsThatOfTheStruct(
        GovernanceChange calldata op,
        uint32 counter
    ) public view {
        SignedGovernanceChange memory signed = SignedGovernanceChange(
            op.policy,
            op.epoch,
            op.agents,
            op.fields,
            op.settings,
            op.abandon,
            op.successor,
            op.proposer,
            op.lane,
            op.nonce,
            op.deadline,
            counter
        );
        _requireSame("GovernanceChange", abi.encode(signed), _hashes.encodeGovernanceChange(op), counter);
    }

    function testFuzz_hash_ofVetoIsThatOfTheStruct(Veto calldata op, uint32 counter) public view {
        SignedVeto memory signed = SignedVeto(op.policy, op.epoch, op.change, op.agent, op.deadline, counter);
        _requireSame("Veto", abi.encode(signed), _hashes.encodeVeto(op), counter);
    }

    function testFuzz_hash_ofWithdrawIsThatOfTheStruct(Withdraw calldata op, uint32 counter) public view {
        SignedWithdraw memory signed = SignedWithdraw(op.policy, op.epoch, op.change, op.agent, op.deadline, counter);
        _requireSame("Withdraw", abi.encode(signed), _hashes.encodeWithdraw(op), counter);
    }

    function _requireSame(string memory name, bytes memory signed, bytes memory encoded, uint32 counter) private view {
        assertEq(_hashes.counted(encoded, counter), vm.eip712HashStruct(name, signed));
    }
}
