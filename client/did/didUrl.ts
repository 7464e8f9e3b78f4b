import { DidError } from "./errors.ts";

/** A DID URL taken apart. */
export type DidUrl = {
  readonly did: string;
  /** With its leading slash; empty if there is none. */
  readonly path: string;
  /** Percent-decoded; each name once. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Without the `#`; undefined if there is none. */
  readonly fragment: string | undefined;
};

/** Bounds the work that a stranger's URL causes. */
const MAX_URL_LENGTH = 4096;
const PCHAR = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
/** DID Core §3.2 and RFC 3986 §3.3 to §3.5: path-abempty, query, fragment. The DID itself is checked by its parser. */
const DID_URL = new RegExp(
  `^([^/?#]*)((?:/${PCHAR}*)*)(?:\\?((?:${PCHAR}|[/?])*))?(?:#((?:${PCHAR}|[/?])*))?$`,
);

/**
 * Parses a DID URL strictly; a parameter without a name, or given twice, is refused, as no reading of it is right
 * (DID Resolution, Duplicate Parameter Handling).
 *
 * @throws {DidError} INVALID_DID_URL
 * @example parseDidUrl("did:dkms:1:00112233445566778899aabbccddeeff00112233?versionId=2#key").parameters.get("versionId");
 */
export function parseDidUrl(value: string): DidUrl {
  if (typeof value !== "string" || value.length > MAX_URL_LENGTH) {
    throw invalid(`expected a DID URL of at most ${MAX_URL_LENGTH} characters`);
  }
  const [matched, did, path, query, fragment] = DID_URL.exec(value) ?? [];
  if (matched === undefined || did === undefined || !did.startsWith("did:")) {
    throw invalid("this does not follow the syntax of DID URLs");
  }
  return { did, path: path ?? "", parameters: parseQuery(query), fragment };
}

function parseQuery(query: string | undefined): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query === undefined ? [] : query.split("&")) {
    const separator = pair.indexOf("=");
    if (separator <= 0) throw invalid("each parameter is written name=value");
    const name = percentDecode(pair.slice(0, separator));
    if (parameters.has(name)) throw invalid(`the parameter ${name} is given twice`);
    parameters.set(name, percentDecode(pair.slice(separator + 1)));
  }
  return parameters;
}

/** @throws {DidError} INVALID_DID_URL if the bytes are not UTF-8. */
export function percentDecode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new DidError("INVALID_DID_URL", "percent-encoded bytes must be UTF-8", { cause });
  }
}

function invalid(message: string): DidError {
  return new DidError("INVALID_DID_URL", message);
}
