// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentPolicyRegistry} from "../interfaces/IAgentPolicyRegistry.sol";
import {IAgentProofVerifier} from "../interfaces/IAgentProofVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {HashToG1} from "../libraries/HashToG1.sol";
import {Checkpoint} from "../types/Checkpoint.sol";
import {Presentation} from "../types/Presentation.sol";
import {PresentationRequest} from "../types/PresentationRequest.sol";
import {RootStatus} from "../types/RootStatus.sol";
import {AgentAuthorizationKey as Key} from "./generated/AgentAuthorizationKey.sol";

/// @title AgentProofVerifier
/// @notice Verifies presentations of agents against the roots of one registry (protocol §6.5).
/// @dev Stateless. Soundness rests on the sigma proof: the pairing check alone accepts points that anyone can choose
/// if H is one of them. The roots and the time are those of the block it runs in.
contract AgentProofVerifier is IAgentProofVerifier {
    using Bn254 for uint256[5];

    /// @dev Bits of `disclose`.
    uint8 private constant OWNER = 1;
    uint8 private constant DEVICE = 2;
    uint8 private constant SHARED = 4;

    bytes32 private constant TAG = keccak256("DKMS-V1-PRESENTATION");

    /// @dev Words of the sigma challenge, of which the last six are the commitments (protocol §6.4).
    uint256 private constant TRANSCRIPT_WORDS = 35;
    uint256 private constant COMMITMENT_H = 29;
    uint256 private constant COMMITMENT_OWNER = 31;
    uint256 private constant COMMITMENT_DEVICE = 33;

    IAgentPolicyRegistry private immutable _registry;

    /// @dev Checks what the generated constants cannot show: that there is a registry and that the chain has the
    /// pairing precompile; and, as it allows it, that α, β and δ are what they should be (protocol §6.6).
    constructor(IAgentPolicyRegistry registry_) {
        if (address(registry_).code.length == 0) revert AgentProofRegistryMissing(address(registry_));
        _registry = registry_;
        _checkKey();
    }

    /// @inheritdoc IAgentProofVerifier
    function verify(
        PresentationRequest calldata request,
        Presentation calldata presentation
    ) external view returns (bytes32 owner, bytes32 device) {
        _checkRequest(request);
        _checkForm(request.disclose, presentation);
        _checkRoots(request, presentation);
        _checkSigma(request, presentation);
        _checkPairing(presentation);
        if (request.disclose & OWNER != 0) owner = _pseudonym(presentation.ownerPseudonym);
        if (request.disclose & DEVICE != 0) device = _pseudonym(presentation.devicePseudonym);
    }

    /// @inheritdoc IAgentProofVerifier
    function registry() external view returns (IAgentPolicyRegistry) {
        return _registry;
    }

    /// @inheritdoc IAgentProofVerifier
    function verifyingKeyHash() external pure returns (bytes32) {
        return Key.HASH;
    }

    /// @dev The request is in time and makes sense.
    function _checkRequest(PresentationRequest calldata request) private view {
        uint8 disclose = request.disclose;
        if (block.timestamp > request.expiresAt) {
            revert AgentProofRequestExpired(request.expiresAt, block.timestamp);
        }
        if (disclose > (OWNER | DEVICE | SHARED) || disclose == SHARED) revert AgentProofDiscloseInvalid(disclose);
        if (disclose == 0) {
            if (request.scope != 0) revert AgentProofScopeUnexpected(request.scope);
        } else if (request.scope == 0) {
            revert AgentProofScopeMissing(disclose);
        }
    }

    /// @dev The presentation is in time, its scalars are canonical, and exactly the points asked for are there.
    function _checkForm(uint8 disclose, Presentation calldata p) private view {
        if (block.timestamp > p.validUntil) revert AgentProofExpired(p.validUntil, block.timestamp);
        _checkScalar(p.validUntil);
        _checkScalar(p.provisionedRoot);
        _checkScalar(p.revokedRoot);
        _checkScalar(p.sigmaChallenge);
        _checkScalar(p.sPolicy);
        _checkScalar(p.sOwner);
        _checkScalar(p.sDevice);
        _checkScalar(p.sZ);
        if (p.a[0] | p.a[1] == 0) revert AgentProofPointZero(0);
        if (p.b[0] | p.b[1] | p.b[2] | p.b[3] == 0) revert AgentProofPointZero(1);
        if (p.c[0] | p.c[1] == 0) revert AgentProofPointZero(2);
        if (p.h[0] | p.h[1] == 0) revert AgentProofPointZero(3);
        _checkPresence(disclose, OWNER, p.ownerPseudonym);
        _checkPresence(disclose, DEVICE, p.devicePseudonym);
    }

    /// @dev The roots belong together, hide enough agents, and no revocation is older than the window.
    function _checkRoots(PresentationRequest calldata request, Presentation calldata p) private view {
        (Checkpoint memory record, RootStatus status, uint40 supersededAt) = _registry.rootsOf(
            p.provisionedRoot,
            p.revokedRoot
        );
        if (record.size == 0) revert AgentProofProvisionedRootUnknown(p.provisionedRoot);
        if (record.size < request.minAgents) revert AgentProofTooFewAgents(record.size, request.minAgents);
        if (status == RootStatus.Unknown) revert AgentProofRevokedRootUnknown(record.generation, p.revokedRoot);
        uint64 window = request.maxRevocationAge;
        if (status == RootStatus.Superseded && block.timestamp - supersededAt >= window) {
            revert AgentProofRevokedRootSuperseded(p.revokedRoot, supersededAt, window);
        }
    }

    /// @dev Recomputes the commitments of the sigma proof, and from them the challenge (protocol §6.4).
    function _checkSigma(PresentationRequest calldata request, Presentation calldata p) private view {
        uint256[TRANSCRIPT_WORDS] memory transcript = _transcript(request, p);
        uint256 minusC;
        unchecked {
            // c is below r. r − c is r when c is 0, which the precompile takes for 0 (protocol §9).
            minusC = Bn254.R - p.sigmaChallenge;
        }
        _commitHidden(transcript, p, minusC);
        _commitPseudonyms(transcript, request, p, minusC);
        uint256 expected;
        // expected = uint256(keccak256(abi.encode(transcript))) >> 3, without the copy: 3,000 gas less
        assembly ("memory-safe") {
            expected := shr(3, keccak256(transcript, mul(TRANSCRIPT_WORDS, 0x20)))
        }
        if (expected != p.sigmaChallenge) revert AgentProofSigmaMismatch(expected, p.sigmaChallenge);
    }

    /// @dev T_H = s4·L4 + s5·L5 + s6·L6 + sz·[δ]1 − c·H.
    function _commitHidden(
        uint256[TRANSCRIPT_WORDS] memory transcript,
        Presentation calldata p,
        uint256 minusC
    ) private view {
        uint256[5] memory sum;
        if (
            !(sum.setMultiple(Key.L4_X, Key.L4_Y, p.sPolicy) &&
                sum.addMultiple(Key.L5_X, Key.L5_Y, p.sOwner) &&
                sum.addMultiple(Key.L6_X, Key.L6_Y, p.sDevice) &&
                sum.addMultiple(Key.DELTA1_X, Key.DELTA1_Y, p.sZ) &&
                sum.addMultiple(p.h[0], p.h[1], minusC))
        ) revert AgentProofBadPoint();
        (transcript[COMMITMENT_H], transcript[COMMITMENT_H + 1]) = (sum[0], sum[1]);
    }

    /// @dev T_o = s5·B_o − c·N_o and T_d = s6·B_d − c·N_d, each if asked for, with the bases that the hints locate.
    function _commitPseudonyms(
        uint256[TRANSCRIPT_WORDS] memory transcript,
        PresentationRequest calldata request,
        Presentation calldata p,
        uint256 minusC
    ) private view {
        uint8 disclose = request.disclose;
        uint256[] calldata hints = p.hints;
        uint256 used = 0;
        if (disclose != 0) {
            bool shared = disclose & SHARED != 0;
            bytes32 seed = _scopeSeed(shared, request.scope);
            uint256 x;
            uint256 y;
            if (disclose & OWNER != 0) {
                (x, y, used) = shared
                    ? HashToG1.point("DKMS-V1-OWNER-SHARED", 20, seed, hints, used)
                    : HashToG1.point("DKMS-V1-OWNER", 13, seed, hints, used);
                (transcript[COMMITMENT_OWNER], transcript[COMMITMENT_OWNER + 1]) = _commit(
                    x,
                    y,
                    p.sOwner,
                    p.ownerPseudonym,
                    minusC
                );
            }
            if (disclose & DEVICE != 0) {
                (x, y, used) = shared
                    ? HashToG1.point("DKMS-V1-DEVICE-SHARED", 21, seed, hints, used)
                    : HashToG1.point("DKMS-V1-DEVICE", 14, seed, hints, used);
                (transcript[COMMITMENT_DEVICE], transcript[COMMITMENT_DEVICE + 1]) = _commit(
                    x,
                    y,
                    p.sDevice,
                    p.devicePseudonym,
                    minusC
                );
            }
        }
        if (used != hints.length) revert HashToG1HintSurplus(used, hints.length);
    }

    /// @dev e(A',B') · e(−α,β) · e(L0 + x1·L1 + x2·L2 + x3·L3 + H, −g2) · e(C',−δ2) = 1.
    function _checkPairing(Presentation calldata p) private view {
        uint256[5] memory sum;
        if (
            !(sum.setMultiple(Key.L1_X, Key.L1_Y, p.provisionedRoot) &&
                sum.addMultiple(Key.L2_X, Key.L2_Y, p.revokedRoot) &&
                sum.addMultiple(Key.L3_X, Key.L3_Y, p.validUntil) &&
                sum.addPoint(Key.L0_X, Key.L0_Y) &&
                sum.addPoint(p.h[0], p.h[1]))
        ) revert AgentProofBadPoint();
        uint256[24] memory pairs;
        (pairs[0], pairs[1]) = (p.a[0], p.a[1]);
        (pairs[2], pairs[3], pairs[4], pairs[5]) = (p.b[0], p.b[1], p.b[2], p.b[3]);
        (pairs[6], pairs[7]) = (Key.ALPHA_X, Key.NEGATED_ALPHA_Y);
        (pairs[8], pairs[9], pairs[10], pairs[11]) = (Key.BETA_XC1, Key.BETA_XC0, Key.BETA_YC1, Key.BETA_YC0);
        (pairs[12], pairs[13]) = (sum[0], sum[1]);
        (pairs[14], pairs[15]) = (Key.GAMMA_XC1, Key.GAMMA_XC0);
        (pairs[16], pairs[17]) = (Key.NEGATED_GAMMA_YC1, Key.NEGATED_GAMMA_YC0);
        (pairs[18], pairs[19]) = (p.c[0], p.c[1]);
        (pairs[20], pairs[21]) = (Key.DELTA2_XC1, Key.DELTA2_XC0);
        (pairs[22], pairs[23]) = (Key.NEGATED_DELTA2_YC1, Key.NEGATED_DELTA2_YC0);
        (bool success, bool one) = Bn254.pairingProduct(pairs);
        if (!success) revert AgentProofBadPoint();
        if (!one) revert AgentProofPairingMismatch();
    }

    /// @dev The words of the sigma challenge but the commitments, which are left 0.
    function _transcript(
        PresentationRequest calldata request,
        Presentation calldata p
    ) private view returns (uint256[TRANSCRIPT_WORDS] memory transcript) {
        transcript[0] = uint256(TAG);
        transcript[1] = block.chainid;
        transcript[2] = uint160(address(_registry));
        transcript[3] = uint160(address(this));
        transcript[4] = uint256(Key.HASH);
        transcript[5] = uint160(msg.sender);
        // transcript[6 .. 11] = (request.scope, …, request.expiresAt), whose padding Solidity has checked on reading;
        // transcript[12 .. 28] = (p.provisionedRoot, …, p.devicePseudonym)
        assembly ("memory-safe") {
            calldatacopy(add(transcript, 0xC0), request, 0xC0)
            calldatacopy(add(transcript, 0x180), p, 0x220)
        }
    }

    /// @dev s·(x, y) − c·pseudonym.
    function _commit(
        uint256 x,
        uint256 y,
        uint256 s,
        uint256[2] calldata pseudonym,
        uint256 minusC
    ) private view returns (uint256, uint256) {
        uint256[5] memory sum;
        if (!(sum.setMultiple(x, y, s) && sum.addMultiple(pseudonym[0], pseudonym[1], minusC))) {
            revert AgentProofBadPoint();
        }
        return (sum[0], sum[1]);
    }

    /// @dev What the pseudonyms' bases are hashed from (protocol §6.3).
    function _scopeSeed(bool shared, bytes32 scope) private view returns (bytes32) {
        return shared ? keccak256(abi.encode(scope)) : keccak256(abi.encode(msg.sender, scope));
    }

    /// @dev e([δ]1,−g2) · e(g1,δ2) · e(α,β) · e(−α,β) = 1, all of them points of their groups.
    function _checkKey() private view {
        uint256[24] memory pairs;
        (pairs[0], pairs[1]) = (Key.DELTA1_X, Key.DELTA1_Y);
        (pairs[2], pairs[3]) = (Key.GAMMA_XC1, Key.GAMMA_XC0);
        (pairs[4], pairs[5]) = (Key.NEGATED_GAMMA_YC1, Key.NEGATED_GAMMA_YC0);
        (pairs[6], pairs[7]) = (1, 2);
        (pairs[8], pairs[9]) = (Key.DELTA2_XC1, Key.DELTA2_XC0);
        (pairs[10], pairs[11]) = (Bn254.P - Key.NEGATED_DELTA2_YC1, Bn254.P - Key.NEGATED_DELTA2_YC0);
        (pairs[12], pairs[13]) = (Key.ALPHA_X, Bn254.P - Key.NEGATED_ALPHA_Y);
        (pairs[14], pairs[15], pairs[16], pairs[17]) = (Key.BETA_XC1, Key.BETA_XC0, Key.BETA_YC1, Key.BETA_YC0);
        (pairs[18], pairs[19]) = (Key.ALPHA_X, Key.NEGATED_ALPHA_Y);
        (pairs[20], pairs[21], pairs[22], pairs[23]) = (Key.BETA_XC1, Key.BETA_XC0, Key.BETA_YC1, Key.BETA_YC0);
        (bool success, bool one) = Bn254.pairingProduct(pairs);
        if (!success || !one) revert AgentProofKeyInvalid();
    }

    /// @dev A pseudonym is there exactly if it was asked for.
    function _checkPresence(uint8 disclose, uint8 bit, uint256[2] calldata pseudonym) private pure {
        bool absent = pseudonym[0] | pseudonym[1] == 0;
        bool asked = disclose & bit != 0;
        if (asked && absent) revert AgentProofPseudonymMissing(bit);
        if (!asked && !absent) revert AgentProofPseudonymUnexpected(bit);
    }

    /// @dev How a pseudonym is shown and stored: keccak256(x ‖ y).
    function _pseudonym(uint256[2] calldata point) private pure returns (bytes32 pseudonym) {
        // pseudonym = keccak256(abi.encode(point)), through the scratch space
        assembly ("memory-safe") {
            calldatacopy(0x00, point, 0x40)
            pseudonym := keccak256(0x00, 0x40)
        }
    }

    /// @dev Values are never reduced (protocol §1.1).
    function _checkScalar(uint256 value) private pure {
        if (value >= Bn254.R) revert AgentProofScalarNotCanonical(value);
    }
}
