pragma circom 2.2.0;

// First input of every C4 (protocol §1.3), shared with DOMAIN in client/core/poseidon2.ts; a test compares them.

function DOMAIN_SECRET_COMMITMENT() {
    return 1;
}

function DOMAIN_OWNER_COMMITMENT() {
    return 2;
}

function DOMAIN_POLICY_ADDRESS() {
    return 3;
}

function DOMAIN_PROVER_LEAF() {
    return 4;
}

function DOMAIN_REVOCATION_WORD() {
    return 5;
}

function DOMAIN_OWNER_PSEUDONYM_KEY() {
    return 6;
}

function DOMAIN_DEVICE_PSEUDONYM_KEY() {
    return 7;
}
