pragma circom 2.2.0;

include "bits.circom";
include "domains.circom";
include "limits.circom";
include "poseidon2.circom";
include "quadTree.circom";
include "revocationWord.circom";

/// @title AgentAuthorization
/// @notice An agent was provisioned in a policy, its authorization holds until validUntil, and it is not revoked
/// (protocol §5). All public signals are outputs, in the order of the verifier.
/// @input secret S, the agent's secret.
/// @input blinding r0, blinds the commitment to it.
/// @input policySecret PS, known to the policy's agents.
/// @input policySalt Salt of the owner commitment.
/// @input creator Field element of the policy's creator.
/// @input index Position in the provisioned tree, below 2^24.
/// @input expiry Last second of the authorization, below 2^40.
/// @input validUntil What is revealed of it, at most expiry.
/// @input provisionedSiblings Siblings of the leaf, in child order, level 0 first.
/// @input provisionedDepth Depth of the provisioned tree, 1 to 12.
/// @input wordLow Low half of the revocation word of the index.
/// @input wordHigh High half of it.
/// @input revokedSiblings Siblings of the word, in child order, level 0 first.
/// @input revokedDepth Depth of the revoked tree, 1 to 8.
/// @output provisionedRoot Root that the leaf is under (revealed).
/// @output revokedRoot Root that the word is under (revealed).
/// @output publicValidUntil validUntil (revealed).
/// @output policyAddress I (hidden at presentation).
/// @output ownerKey Key of the owner's pseudonyms (hidden).
/// @output deviceKey Key of the device's pseudonyms (hidden).
/// constraints: 7686
template AgentAuthorization() {
    var provisionedLevels = MAX_PROVISIONED_DEPTH();
    var revokedLevels = MAX_REVOKED_DEPTH();
    var indexBits = INDEX_BITS();
    var wordIndexBits = WORD_INDEX_BITS();
    assert(indexBits == 2 * provisionedLevels);
    assert(indexBits == wordIndexBits + 2 * revokedLevels);

    signal input secret;
    signal input blinding;
    signal input policySecret;
    signal input policySalt;
    signal input creator;
    signal input index;
    signal input expiry;
    signal input validUntil;
    signal input provisionedSiblings[provisionedLevels][3];
    signal input provisionedDepth;
    signal input wordLow;
    signal input wordHigh;
    signal input revokedSiblings[revokedLevels][3];
    signal input revokedDepth;

    // circom numbers outputs before inputs: this order is the verifier's (protocol §5).
    signal output provisionedRoot;
    signal output revokedRoot;
    signal output publicValidUntil;
    signal output policyAddress;
    signal output ownerKey;
    signal output deviceKey;

    // Who: K, O and I (protocol §2).
    signal commitment <== C4()([DOMAIN_SECRET_COMMITMENT(), secret, blinding, 0]);
    signal ownerCommitment <== C4()([DOMAIN_OWNER_COMMITMENT(), policySecret, policySalt, 0]);
    policyAddress <== C4()([DOMAIN_POLICY_ADDRESS(), ownerCommitment, creator, 0]);

    // Until when. All three numbers are below 2^40, so the difference cannot wrap around r, and neither can a
    // validUntil that the verifier only compares with its clock.
    signal expiryBits[EXPIRY_BITS()] <== ToBits(EXPIRY_BITS())(expiry);
    signal validUntilBits[EXPIRY_BITS()] <== ToBits(EXPIRY_BITS())(validUntil);
    signal remainingBits[EXPIRY_BITS()] <== ToBits(EXPIRY_BITS())(expiry - validUntil);
    publicValidUntil <== validUntil;

    // Where: one decomposition serves the leaf's path, the word's path and the bit of the word (protocol §9).
    signal bits[indexBits] <== ToBits(indexBits)(index);
    signal leaf <== C4()([DOMAIN_PROVER_LEAF(), policyAddress, commitment, index + expiry * (1 << indexBits)]);
    provisionedRoot <== QuadTreeRoot(provisionedLevels)(leaf, bits, provisionedSiblings, provisionedDepth);

    signal wordBits[wordIndexBits];
    for (var i = 0; i < wordIndexBits; i++) {
        wordBits[i] <== bits[i];
    }
    signal wordPath[2 * revokedLevels];
    for (var i = 0; i < 2 * revokedLevels; i++) {
        wordPath[i] <== bits[wordIndexBits + i];
    }
    signal word <== RevocationWord()(wordLow, wordHigh, wordBits);
    revokedRoot <== QuadTreeRoot(revokedLevels)(word, wordPath, revokedSiblings, revokedDepth);

    // Pseudonym keys (protocol §6.2).
    ownerKey <== C4()([DOMAIN_OWNER_PSEUDONYM_KEY(), policySecret, policyAddress, 0]);
    deviceKey <== C4()([DOMAIN_DEVICE_PSEUDONYM_KEY(), secret, policyAddress, 0]);
}
