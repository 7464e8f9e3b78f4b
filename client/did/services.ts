import { DidError } from "./errors.ts";
import { type DidServiceEntry, isPrintable } from "./state.ts";
import { isFragment, isUri } from "./uri.ts";

/** A URI, a map, or a set of both (DID Core §5.4). */
export type ServiceEndpoint = string | ServiceEndpointMap | readonly (string | ServiceEndpointMap)[];

/** An endpoint with properties of its own, such as DIDComm's. */
export type ServiceEndpointMap = { readonly [property: string]: unknown };

/** What a service is made from. */
export type ServiceOptions = {
  /** Its fragment, without `#`. */
  readonly id: string;
  readonly type: string;
  readonly endpoint: ServiceEndpoint;
};

/**
 * A service for a DID.
 *
 * @throws {DidError} SERVICE_INVALID
 * @example service({ id: "files", type: "LinkedDomains", endpoint: "https://example.com" });
 */
export function service({ id, type, endpoint }: ServiceOptions): DidServiceEntry {
  const text = typeof endpoint === "string" ? endpoint : asciiJson(endpoint);
  if (!isFragment(id) || !isPrintable(type) || !isPrintable(text) || endpointOf(text) === undefined) {
    throw new DidError(
      "SERVICE_INVALID",
      "a service has a fragment, a type without spaces, and a URI, map or set",
      {
        details: { id, type },
      },
    );
  }
  return { id, type, endpoint: text };
}

/** What the registry's text of an endpoint stands for; undefined if it stands for nothing. */
export function endpointOf(text: string): ServiceEndpoint | undefined {
  if (!/^[[{]/.test(text)) return isUri(text) ? text : undefined;
  const parsed = parseJson(text);
  if (isMap(parsed)) return parsed;
  return Array.isArray(parsed) && parsed.length > 0 && parsed.every((item) => isMap(item) || isUriValue(item))
    ? parsed
    : undefined;
}

/** JSON in the characters that the registry takes: what is not printable ASCII, the space included, is escaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x21-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMap(value: unknown): value is ServiceEndpointMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUriValue(value: unknown): value is string {
  return typeof value === "string" && isUri(value);
}
