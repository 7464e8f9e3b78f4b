import { bigintToHex32, type Hex20, type Hex32 } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import { keccakText } from "./words.ts";

/** A DID without path, query or fragment (DID Core §3.1). */
const BARE_DID =
  /^did:[a-z0-9]+:(?:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+$/;

/**
 * The audience of a web verifier: keccak256 of its origin (RFC 6454 §6.2). Take the origin from the browser or from
 * the TLS connection, never from the request.
 *
 * @param origin As `https://example.com` or `https://example.com:8443`: lower case, punycode, no default port, no
 * trailing slash.
 * @throws {ProofError} ORIGIN_NULL, ORIGIN_NOT_HTTPS, ORIGIN_MALFORMED
 */
export function webAudience(origin: string): Hex32 {
  if (origin === "null") {
    throw new ProofError("ORIGIN_NULL", "an opaque origin names nobody; open the page from its own site");
  }
  const parsed = URL.canParse(origin) ? new URL(origin) : undefined;
  if (parsed === undefined) throw malformedOrigin(origin);
  if (parsed.protocol !== "https:") {
    throw new ProofError("ORIGIN_NOT_HTTPS", "only https authenticates the verifier", {
      details: { origin },
    });
  }
  if (parsed.origin !== origin) throw malformedOrigin(origin);
  return keccakText(origin);
}

/**
 * The audience of a verifier known by its DID, as the authenticated connection names it.
 *
 * @throws {ProofError} DID_NOT_BARE
 */
export function didAudience(did: string): Hex32 {
  if (!BARE_DID.test(did)) {
    throw new ProofError("DID_NOT_BARE", "expected a DID without path, query or fragment", {
      details: { did },
    });
  }
  return keccakText(did);
}

/** The audience of a contract that calls the verifier: `bytes32(uint160(contract))`. */
export function contractAudience(contract: Hex20): Hex32 {
  return bigintToHex32(BigInt(contract));
}

function malformedOrigin(origin: string): ProofError {
  return new ProofError("ORIGIN_MALFORMED", "not the ASCII serialization of an origin", {
    details: { origin },
  });
}
