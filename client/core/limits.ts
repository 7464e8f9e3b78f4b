/**
 * Sizes that circuit, contracts and client share (protocol §2, §3.1, §4.1); a test compares them with
 * `circuits/lib/limits.circom`.
 */

/** Levels of the largest provisioned tree: 4¹² leaves in a generation. */
export const MAX_PROVISIONED_DEPTH = 12;

/** Levels of the largest revoked tree above its words: 256 · 4⁸ bits. */
export const MAX_REVOKED_DEPTH = 8;

/** Bits of an agent's index; 4¹² = 2²⁴. */
export const INDEX_BITS = 24;

/** Bits of an expiry, in seconds since 1970. */
export const EXPIRY_BITS = 40;

/** The low bits of an index that pick a bit of a 256-bit revocation word. */
export const WORD_INDEX_BITS = 8;
