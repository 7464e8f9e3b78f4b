pragma circom 2.2.0;

/// @title ToBits
/// @notice Decomposes a number, which is also its range check: there is no solution unless in < 2^n.
/// @param n Number of bits, at most 253 so that 2^n < r and the decomposition is the only one.
/// @input in The number.
/// @output out Its bits, lowest first.
/// constraints: n
template ToBits(n) {
    assert(0 < n && n <= 253);
    signal input in;
    signal output out[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        // A hint; the two constraints below leave no other value.
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * (1 << i);
    }
    sum === in;
}

/// @title PickBit
/// @notice Picks one of 2^n signals.
/// @param n Number of index bits.
/// @input in The signals.
/// @input index Position as bits, lowest first; the caller has constrained each to 0 or 1.
/// @output out in[index].
/// constraints: 2^n - 1
template PickBit(n) {
    assert(0 < n && n <= 8);
    signal input in[1 << n];
    signal input index[n];
    signal output out;

    // Level l halves the candidates by index bit l; they lie behind one another in one array.
    var total = 2 * (1 << n) - 1;
    signal candidates[total];
    for (var i = 0; i < 1 << n; i++) {
        candidates[i] <== in[i];
    }
    var from = 0;
    var count = 1 << n;
    for (var level = 0; level < n; level++) {
        for (var i = 0; i < count / 2; i++) {
            var even = from + 2 * i;
            candidates[from + count + i] <== candidates[even] + index[level] * (candidates[even + 1] - candidates[even]);
        }
        from += count;
        count /= 2;
    }
    out <== candidates[total - 1];
}
