// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title HostileWallet
/// @notice A contract that answers a question for its signature in one way that no wallet should.
contract HostileWallet {
    enum Trick {
        RevertWithMagic,
        AnswerNothing,
        AnswerFourBytes,
        AnswerTrue,
        AnswerDirty,
        AnswerMegabyte,
        RevertWithMegabyte,
        BurnGas,
        Write
    }

    /// @dev What ERC-1271 wants to hear, as a word.
    bytes32 private constant MAGIC = bytes32(bytes4(0x1626ba7e));

    Trick private immutable _trick;
    uint256 private _written;

    constructor(Trick trick) {
        _trick = trick;
    }

    /// @notice Takes the question of ERC-1271, which is of a view, and may answer it in another form.
    function isValidSignature(bytes32, bytes calldata) external {
        if (_trick == Trick.RevertWithMagic) _revert(32);
        if (_trick == Trick.AnswerNothing) _return(0, MAGIC);
        if (_trick == Trick.AnswerFourBytes) _return(4, MAGIC);
        if (_trick == Trick.AnswerTrue) _return(32, bytes32(uint256(1)));
        if (_trick == Trick.AnswerDirty) _return(32, MAGIC | bytes32(uint256(1)));
        if (_trick == Trick.AnswerMegabyte) _return(1 << 20, MAGIC);
        if (_trick == Trick.RevertWithMegabyte) _revert(1 << 20);
        if (_trick == Trick.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        ++_written;
        _return(32, MAGIC);
    }

    /// @dev Ends the call with an answer that begins with a word.
    function _return(uint256 length, bytes32 word) private pure {
        assembly {
            mstore(0, word)
            return(0, length)
        }
    }

    /// @dev Ends the call with a failure that begins with the right answer.
    function _revert(uint256 length) private pure {
        bytes32 word = MAGIC;
        assembly {
            mstore(0, word)
            revert(0, length)
        }
    }
}
