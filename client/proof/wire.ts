import { type Hex20, type Hex32, hex20, hex32, isDkmsError } from "../core/index.ts";
import { ProofError } from "./errors.ts";
import { assertCoordinates, assertScalar, type G1Coordinates, type G2Coordinates } from "./points.ts";
import type { Presentation } from "./presentation.ts";
import { type PresentationRequest, presentationRequest } from "./request.ts";

/** What a verifier sends: the request and where it is to be presented, all but the audience. */
export type RequestMessage = {
  readonly chainId: bigint;
  readonly registry: Hex20;
  readonly verifier: Hex20;
  readonly request: PresentationRequest;
};

const PRESENTATION_TYPE = "dkms-presentation-v1";
const REQUEST_TYPE = "dkms-request-v1";

/** Twice what either message needs. */
const MAX_CHARACTERS = 4096;

const DECIMAL = /^(?:0|[1-9][0-9]{0,77})$/;
const WORD = /^0x[0-9a-f]{64}$/;

/** A presentation as JSON text; every number is 32 bytes of lower-case hex. */
export function serializePresentation(p: Presentation): string {
  return JSON.stringify({
    type: PRESENTATION_TYPE,
    provisionedRoot: word(p.provisionedRoot),
    revokedRoot: word(p.revokedRoot),
    validUntil: word(p.validUntil),
    a: p.a.map(word),
    b: p.b.map(word),
    c: p.c.map(word),
    h: p.h.map(word),
    ownerPseudonym: p.ownerPseudonym.map(word),
    devicePseudonym: p.devicePseudonym.map(word),
    sigmaChallenge: word(p.sigmaChallenge),
    sPolicy: word(p.sPolicy),
    sOwner: word(p.sOwner),
    sDevice: word(p.sDevice),
    sZ: word(p.sZ),
  });
}

/**
 * A presentation from JSON text: exactly the fields of {@link serializePresentation}, every number canonical.
 *
 * @throws {ProofError} WIRE_TOO_LONG, WIRE_NOT_JSON, WIRE_TYPE_UNKNOWN, WIRE_FIELD_MISSING, WIRE_FIELD_UNKNOWN,
 * WIRE_FIELD_MALFORMED, SCALAR_NOT_CANONICAL, COORDINATE_NOT_CANONICAL
 */
export function parsePresentation(text: string): Presentation {
  const fields = parseFields(text, PRESENTATION_TYPE, [
    "provisionedRoot",
    "revokedRoot",
    "validUntil",
    "a",
    "b",
    "c",
    "h",
    "ownerPseudonym",
    "devicePseudonym",
    "sigmaChallenge",
    "sPolicy",
    "sOwner",
    "sDevice",
    "sZ",
  ]);
  const scalar = (name: string) => parseScalar(fields[name], name);
  return {
    provisionedRoot: scalar("provisionedRoot"),
    revokedRoot: scalar("revokedRoot"),
    validUntil: scalar("validUntil"),
    a: parseG1(fields.a, "a"),
    b: parseG2(fields.b, "b"),
    c: parseG1(fields.c, "c"),
    h: parseG1(fields.h, "h"),
    ownerPseudonym: parseG1(fields.ownerPseudonym, "ownerPseudonym"),
    devicePseudonym: parseG1(fields.devicePseudonym, "devicePseudonym"),
    sigmaChallenge: scalar("sigmaChallenge"),
    sPolicy: scalar("sPolicy"),
    sOwner: scalar("sOwner"),
    sDevice: scalar("sDevice"),
    sZ: scalar("sZ"),
  };
}

/** A request as JSON text; integers are decimal strings. It names no audience: the agent takes that from the channel. */
export function serializeRequest({ chainId, registry, verifier, request }: RequestMessage): string {
  return JSON.stringify({
    type: REQUEST_TYPE,
    chainId: chainId.toString(),
    registry,
    verifier,
    scope: request.scope,
    challenge: request.challenge,
    disclose: request.disclose.toString(),
    maxRevocationAge: request.maxRevocationAge.toString(),
    minAgents: request.minAgents.toString(),
    expiresAt: request.expiresAt.toString(),
  });
}

/**
 * A request from JSON text: exactly the fields of {@link serializeRequest}, and a well-formed request.
 *
 * @throws {ProofError} WIRE_TOO_LONG, WIRE_NOT_JSON, WIRE_TYPE_UNKNOWN, WIRE_FIELD_MISSING, WIRE_FIELD_UNKNOWN,
 * WIRE_FIELD_MALFORMED, and what {@link presentationRequest} throws
 */
export function parseRequest(text: string): RequestMessage {
  const fields = parseFields(text, REQUEST_TYPE, [
    "chainId",
    "registry",
    "verifier",
    "scope",
    "challenge",
    "disclose",
    "maxRevocationAge",
    "minAgents",
    "expiresAt",
  ]);
  const decimal = (name: string) => parseDecimal(fields[name], name);
  const bytes32 = (name: string): Hex32 => parseHex(fields[name], name, hex32);
  const bytes20 = (name: string): Hex20 => parseHex(fields[name], name, hex20);
  return {
    chainId: decimal("chainId"),
    registry: bytes20("registry"),
    verifier: bytes20("verifier"),
    request: presentationRequest({
      scope: bytes32("scope"),
      challenge: bytes32("challenge"),
      disclose: Number(decimal("disclose")),
      maxRevocationAge: decimal("maxRevocationAge"),
      minAgents: decimal("minAgents"),
      expiresAt: decimal("expiresAt"),
    }),
  };
}

function parseFields(
  text: string,
  type: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (text.length > MAX_CHARACTERS) {
    throw new ProofError("WIRE_TOO_LONG", `a message has at most ${MAX_CHARACTERS} characters`, {
      details: { actual: text.length },
    });
  }
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProofError("WIRE_NOT_JSON", "expected a JSON object");
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.get("type") !== type)
    throw new ProofError("WIRE_TYPE_UNKNOWN", `expected a message of type ${type}`);
  const missing = names.find((name) => !fields.has(name));
  if (missing !== undefined) {
    throw new ProofError("WIRE_FIELD_MISSING", `${missing} is missing`, { details: { field: missing } });
  }
  const unknown = [...fields.keys()].find((name) => name !== "type" && !names.includes(name));
  if (unknown !== undefined) {
    throw new ProofError("WIRE_FIELD_UNKNOWN", "a field is not known", { details: { field: unknown } });
  }
  return Object.fromEntries(fields);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold anything.
    throw new ProofError("WIRE_NOT_JSON", "expected JSON text");
  }
}

function parseScalar(value: unknown, name: string): bigint {
  const scalar = parseWord(value, name);
  assertScalar(scalar, name);
  return scalar;
}

function parseG1(value: unknown, name: string): G1Coordinates {
  const [x = 0n, y = 0n] = parseCoordinates(value, 2, name);
  return [x, y];
}

function parseG2(value: unknown, name: string): G2Coordinates {
  const [xc1 = 0n, xc0 = 0n, yc1 = 0n, yc0 = 0n] = parseCoordinates(value, 4, name);
  return [xc1, xc0, yc1, yc0];
}

function parseCoordinates(value: unknown, length: number, name: string): readonly bigint[] {
  if (!Array.isArray(value) || value.length !== length) throw malformed(name);
  const coordinates = value.map((item) => parseWord(item, name));
  assertCoordinates(coordinates, name);
  return coordinates;
}

function parseWord(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !WORD.test(value)) throw malformed(name);
  return BigInt(value);
}

function parseDecimal(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !DECIMAL.test(value)) throw malformed(name);
  return BigInt(value);
}

function parseHex<T extends string>(value: unknown, name: string, parse: (value: string) => T): T {
  try {
    const parsed = parse(value as string);
    if (parsed === value) return parsed;
  } catch (error) {
    if (!isDkmsError(error)) throw error;
  }
  throw malformed(name);
}

function malformed(field: string): ProofError {
  return new ProofError("WIRE_FIELD_MALFORMED", `${field} is malformed`, { details: { field } });
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
