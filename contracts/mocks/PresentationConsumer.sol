// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAgentProofVerifier} from "../interfaces/IAgentProofVerifier.sol";
import {Presentation} from "../types/Presentation.sol";
import {PresentationRequest} from "../types/PresentationRequest.sol";

/// @title PresentationConsumer
/// @notice The least that a contract can do with a presentation: have it verified. It consumes no challenge.
contract PresentationConsumer {
    IAgentProofVerifier private immutable _verifier;

    constructor(IAgentProofVerifier verifier_) {
        _verifier = verifier_;
    }

    /// @notice The pseudonyms of a presentation; sent as a transaction, it is what gas figures are taken of.
    /// @param request What is demanded.
    /// @param presentation What is shown.
    /// @return owner The owner's pseudonym.
    /// @return device The device's pseudonym.
    function check(
        PresentationRequest calldata request,
        Presentation calldata presentation
    ) external view returns (bytes32 owner, bytes32 device) {
        return _verifier.verify(request, presentation);
    }
}
