import { DidError, type DidResolutionOptions } from "../did/index.ts";

/** Parameters that belong to a DID URL; all others of an HTTP query are options. */
const DID_PARAMETERS: readonly string[] = [
  "service",
  "serviceType",
  "relativeRef",
  "versionId",
  "versionTime",
];
const VERSION_PARAMETERS: readonly string[] = ["versionId", "versionTime"];

/** What a request to the HTTP binding asks for. */
export type DriverTarget = {
  readonly didUrl: string;
  readonly options: DidResolutionOptions;
  /** True if it is more than a DID and its version, so that it is dereferenced and not resolved. */
  readonly dereference: boolean;
};

/**
 * Reads the part of a request's URL after `/1.0/identifiers/` (DID Resolution §11.1). If the DID URL is
 * percent-encoded, the HTTP query holds options; if it is not, the DID URL's own parameters are in it, too.
 *
 * @param path As it was sent, still encoded.
 * @param query Without `?`; empty if there is none.
 * @throws {DidError} INVALID_DID_URL, INVALID_OPTIONS
 */
export function driverTarget(path: string, query: string): DriverTarget {
  const encoded = !path.startsWith("did:");
  const pairs = query === "" ? [] : query.split("&");
  const parameters = encoded ? [] : pairs.filter((pair) => DID_PARAMETERS.includes(nameOf(pair)));
  const options = optionsOf(pairs.filter((pair) => !parameters.includes(pair)));
  const didUrl = withParameters(decode(path), parameters);
  return { didUrl, options, dereference: isBeyondVersion(didUrl) };
}

/** Parameters go before the fragment, which only an encoded URL can have. */
function withParameters(didUrl: string, parameters: readonly string[]): string {
  if (parameters.length === 0) return didUrl;
  const [resource = "", ...fragment] = didUrl.split("#");
  const query = `${resource.includes("?") ? "&" : "?"}${parameters.join("&")}`;
  return [`${resource}${query}`, ...fragment].join("#");
}

function isBeyondVersion(didUrl: string): boolean {
  const [resource = "", query = ""] = didUrl.split("?");
  if (didUrl.includes("#") || resource.includes("/")) return true;
  return query !== "" && !query.split("&").every((pair) => VERSION_PARAMETERS.includes(nameOf(pair)));
}

function optionsOf(pairs: readonly string[]): DidResolutionOptions {
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const name = nameOf(pair);
    if (options.has(name)) throw new DidError("INVALID_OPTIONS", `the option ${name} is given twice`);
    // The header carries it; a snapshot does not fit a URL; and what is cached tells what others have asked for.
    if (name === "accept" || name === "snapshot" || name === "offline") {
      throw new DidError("FEATURE_NOT_SUPPORTED", `the option ${name} is not taken from a URL`);
    }
    options.set(name, decode(pair.slice(pair.indexOf("=") + 1)));
  }
  // The resolver refuses names that it does not know, and checks every value.
  return Object.fromEntries(options) as DidResolutionOptions;
}

function nameOf(pair: string): string {
  const separator = pair.indexOf("=");
  return decode(separator < 0 ? pair : pair.slice(0, separator));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new DidError("INVALID_DID_URL", "percent-encoded bytes must be UTF-8", { cause });
  }
}
