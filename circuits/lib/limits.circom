pragma circom 2.2.0;

// Sizes shared with client/core/limits.ts and the contracts (protocol §2, §3.1, §4.1); a test compares them.

function MAX_PROVISIONED_DEPTH() {
    return 12;
}

function MAX_REVOKED_DEPTH() {
    return 8;
}

// 4^12 = 2^24 leaves in a generation.
function INDEX_BITS() {
    return 24;
}

function EXPIRY_BITS() {
    return 40;
}

// Low bits of an index that pick a bit of a 256-bit revocation word.
function WORD_INDEX_BITS() {
    return 8;
}
