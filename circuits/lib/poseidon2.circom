pragma circom 2.2.0;

include "poseidon2Constants.circom";

/// @title Pow5
/// @notice The S-box of Poseidon2.
/// @input in Any field element.
/// @output out in^5.
/// constraints: 3
template Pow5() {
    signal input in;
    signal output out;

    signal square <== in * in;
    signal fourth <== square * square;
    out <== fourth * in;
}

/// @title Poseidon2ExternalMatrix
/// @notice The linear layer of the external rounds.
/// @input in State of four words.
/// @output out The matrix [5 7 1 3; 4 6 1 1; 1 3 5 7; 1 1 4 6] times the state.
/// constraints: 0
template Poseidon2ExternalMatrix() {
    signal input in[4];
    signal output out[4];

    out[0] <== 5 * in[0] + 7 * in[1] + in[2] + 3 * in[3];
    out[1] <== 4 * in[0] + 6 * in[1] + in[2] + in[3];
    out[2] <== in[0] + 3 * in[1] + 5 * in[2] + 7 * in[3];
    out[3] <== in[0] + in[1] + 4 * in[2] + 6 * in[3];
}

/// @title Poseidon2ExternalRound
/// @notice Constants and S-box on all four words, then the external matrix.
/// @param round Which of the eight external rounds, 0 to 7.
/// @input in State before.
/// @output out State after.
/// constraints: 12
template Poseidon2ExternalRound(round) {
    assert(0 <= round && round < POSEIDON2_EXTERNAL_ROUNDS());
    signal input in[4];
    signal output out[4];

    var constants[4] = POSEIDON2_EXTERNAL_CONSTANTS(round);
    signal powers[4];
    for (var i = 0; i < 4; i++) {
        powers[i] <== Pow5()(in[i] + constants[i]);
    }
    out <== Poseidon2ExternalMatrix()(powers);
}

/// @title Poseidon2InternalRound
/// @notice Constant and S-box on the first word, then the internal matrix: out_i = diagonal_i * s_i + sum(s).
/// @param round Which of the 56 internal rounds, 0 to 55.
/// @input in State before.
/// @output out State after.
/// constraints: 3
template Poseidon2InternalRound(round) {
    assert(0 <= round && round < POSEIDON2_INTERNAL_ROUNDS());
    signal input in[4];
    signal output out[4];

    var diagonal[4] = POSEIDON2_INTERNAL_DIAGONAL();
    signal power <== Pow5()(in[0] + POSEIDON2_INTERNAL_CONSTANT(round));
    signal sum <== power + in[1] + in[2] + in[3];
    out[0] <== diagonal[0] * power + sum;
    for (var i = 1; i < 4; i++) {
        out[i] <== diagonal[i] * in[i] + sum;
    }
}

/// @title Poseidon2
/// @notice The permutation P over four words (protocol §1.2).
/// @input in Four field elements.
/// @output out P(in).
/// constraints: 264
template Poseidon2() {
    signal input in[4];
    signal output out[4];

    var externalRounds = POSEIDON2_EXTERNAL_ROUNDS();
    var internalRounds = POSEIDON2_INTERNAL_ROUNDS();
    var rounds = externalRounds + internalRounds;
    var half = externalRounds / 2;

    signal state[rounds + 1][4];
    state[0] <== Poseidon2ExternalMatrix()(in);
    for (var i = 0; i < half; i++) {
        state[i + 1] <== Poseidon2ExternalRound(i)(state[i]);
    }
    for (var i = half; i < half + internalRounds; i++) {
        state[i + 1] <== Poseidon2InternalRound(i - half)(state[i]);
    }
    for (var i = half + internalRounds; i < rounds; i++) {
        state[i + 1] <== Poseidon2ExternalRound(i - internalRounds)(state[i]);
    }
    out <== state[rounds];
}

/// @title C4
/// @notice Hash for commitments, leaves, words and keys: P(in)[0] + in[0]. The first input is a domain tag.
/// @input in Four field elements.
/// @output out The hash.
/// constraints: 264
template C4() {
    signal input in[4];
    signal output out;

    signal permuted[4] <== Poseidon2()(in);
    out <== permuted[0] + in[0];
}

/// @title N4
/// @notice Hash for inner tree nodes and nothing else: P(in)[1] + in[1]. Were it C4, a leaf whose opening its owner
/// chose would also be an inner node (protocol §1.2).
/// @input in Four children.
/// @output out The node.
/// constraints: 264
template N4() {
    signal input in[4];
    signal output out;

    signal permuted[4] <== Poseidon2()(in);
    out <== permuted[1] + in[1];
}
