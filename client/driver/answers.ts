import type { Problem } from "../did/index.ts";
import type { Representation } from "./representations.ts";

/** DID Resolution §11.1: status by type of the error; every other is 500. */
const STATUS: Readonly<Record<string, 400 | 404 | 406 | 501>> = {
  INVALID_DID: 400,
  INVALID_DID_URL: 400,
  INVALID_OPTIONS: 400,
  NOT_FOUND: 404,
  REPRESENTATION_NOT_SUPPORTED: 406,
  METHOD_NOT_SUPPORTED: 501,
  FEATURE_NOT_SUPPORTED: 501,
};

/** What a resolver answered, and in which form it is wanted. */
export type Answer = {
  readonly shape: Representation["shape"];
  readonly contentType: string;
  readonly result: unknown;
  readonly content: unknown;
  readonly error: Problem | string | undefined;
  readonly deactivated: boolean;
};

/** The response of DID Resolution §11.1 to an answer. */
export function answer({ shape, contentType, result, content, error, deactivated }: Answer): Response {
  const status = error !== undefined ? statusOf(error) : deactivated ? 410 : 200;
  if (shape === "result") return json(result, status, contentType);
  if (error !== undefined) {
    return typeof error === "string" ? problem(status, error) : problemResponse(error);
  }
  return content === null ? problem(410, "the DID has been deactivated") : json(content, status, contentType);
}

function statusOf(error: Problem | string): number {
  return typeof error === "string" ? (KEYWORD_STATUS.get(error) ?? 500) : (STATUS[codeOf(error)] ?? 500);
}

/** The name of the standard error that a problem's type is. */
function codeOf({ type }: Problem): string {
  return type.slice(type.lastIndexOf("#") + 1);
}

/** The same for the keywords of DID Core 1.0. */
const KEYWORD_STATUS: ReadonlyMap<string, number> = new Map([
  ["invalidDid", 400],
  ["invalidDidUrl", 400],
  ["invalidOptions", 400],
  ["notFound", 404],
  ["representationNotSupported", 406],
  ["unsupportedDidMethod", 501],
  ["featureNotSupported", 501],
  ["networkNotConfigured", 501],
]);

/** A problem with the status of its type. */
export function problemResponse(details: Problem): Response {
  const status = statusOf(details);
  return json({ ...details, status }, status, "application/problem+json");
}

/** A problem that no error of DID Resolution is (RFC 9457 §4.2.1). */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return json({ type: "about:blank", title: detail, status }, status, "application/problem+json", headers);
}

/** JSON that no cache keeps and no browser takes for anything else. */
export function json(
  body: unknown,
  status: number,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": contentType,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      vary: "accept",
      ...headers,
    },
  });
}
