pragma circom 2.2.0;

include "bits.circom";
include "domains.circom";
include "limits.circom";
include "poseidon2.circom";

/// @title RevocationWord
/// @notice Leaf of the revoked tree, with the proof that one bit of its word is 0 (protocol §4.1, §5).
/// @input low Bits 0 … 127 of the word.
/// @input high Bits 128 … 255 of the word.
/// @input bits Position in the word, lowest first; the caller has constrained each to 0 or 1.
/// @output leaf C4(5, low, high, 0).
/// constraints: 520
template RevocationWord() {
    var halfBits = WORD_INDEX_BITS() - 1;
    signal input low;
    signal input high;
    signal input bits[halfBits + 1];
    signal output leaf;

    // Only the half that holds the bit is decomposed: the other is bound by the hash alone, as is all of the word.
    signal half <== low + bits[halfBits] * (high - low);
    signal decomposed[1 << halfBits] <== ToBits(1 << halfBits)(half);
    signal position[halfBits];
    for (var i = 0; i < halfBits; i++) {
        position[i] <== bits[i];
    }
    signal revoked <== PickBit(halfBits)(decomposed, position);
    revoked === 0;

    leaf <== C4()([DOMAIN_REVOCATION_WORD(), low, high, 0]);
}
