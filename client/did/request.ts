import { type Hex32, hex, hex32 } from "../core/index.ts";
import type { DidSnapshot } from "./commitment.ts";
import { parseDatetime } from "./datetime.ts";
import { DidError } from "./errors.ts";
import { RELATIONSHIP_NAMES, type Relationship } from "./keys.ts";
import type { BlockSelector } from "./source.ts";

/** What a caller may ask of a resolution. Numbers may be given as decimal digits, as URLs and HTTP give them. */
export type DidResolutionOptions = {
  /** Accept header value (RFC 9110 §12.5.1) of the representation wanted. */
  readonly accept?: string;
  /** This version of the document. */
  readonly versionId?: string;
  /** The document as of this second, such as `2026-01-31T12:00:00Z`. */
  readonly versionTime?: string;
  /** Accepted for its standard meaning; documents of this method have absolute URLs only. */
  readonly expandRelativeUrls?: boolean | string;
  /** True: read the chain, whatever is cached. */
  readonly noCache?: boolean | string;
  /** The npm package did-resolver's spelling: false is `noCache`. */
  readonly cache?: boolean;
  /** `latest` (default), `safe`, `finalized`, a block number, or a block hash: what the resolution is pinned to. */
  readonly blockTag?: string | number | bigint;
  /** How many blocks, its own included, must be on top of the change shown; 1 is none. */
  readonly minConfirmations?: string | number | bigint;
  /** True: answer from the cache alone, marked stale. */
  readonly offline?: boolean | string;
  /** A snapshot that came along, checked against the chain; it saves the second read. */
  readonly snapshot?: DidSnapshot;
  /** In dereferencing: the method found must have this relationship. */
  readonly verificationRelationship?: string;
};

/** Such options, checked. */
export type ResolutionRequest = {
  readonly accept: string | undefined;
  readonly version: number | undefined;
  readonly versionTime: bigint | undefined;
  readonly block: BlockSelector;
  readonly minConfirmations: bigint;
  readonly offline: boolean;
  readonly noCache: boolean;
  readonly snapshot: DidSnapshot | undefined;
  readonly relationship: Relationship | undefined;
};

const OPTIONS: ReadonlySet<string> = new Set<keyof DidResolutionOptions>([
  "accept",
  "versionId",
  "versionTime",
  "expandRelativeUrls",
  "noCache",
  "cache",
  "blockTag",
  "minConfirmations",
  "offline",
  "snapshot",
  "verificationRelationship",
]);

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;
const BLOCK_HASH = /^0x[0-9a-fA-F]{64}$/;
const BLOCK_TAGS: readonly string[] = ["latest", "safe", "finalized"] satisfies readonly BlockSelector[];
/** Versions are 32-bit. */
const MAX_VERSION = 2n ** 32n - 1n;

/**
 * Checks options and the version parameters of a DID URL together. An option nobody knows is refused, as a misspelt
 * `versionId` would else silently give the latest document.
 *
 * @throws {DidError} FEATURE_NOT_SUPPORTED, INVALID_OPTIONS
 */
export function resolutionRequest(
  options: DidResolutionOptions,
  parameters: ReadonlyMap<string, string> = new Map(),
): ResolutionRequest {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new DidError("FEATURE_NOT_SUPPORTED", `the option ${unknown} is not supported`, {
      details: { unknown },
    });
  }
  const versionId = merged("versionId", options.versionId, parameters);
  const versionTime = merged("versionTime", options.versionTime, parameters);
  if (versionId !== undefined && versionTime !== undefined) {
    throw new DidError("INVALID_OPTIONS", "versionId and versionTime exclude each other");
  }
  const request: ResolutionRequest = {
    accept: accept(options.accept),
    version: versionId === undefined ? undefined : Number(decimal("versionId", versionId, 1n, MAX_VERSION)),
    versionTime: versionTime === undefined ? undefined : datetime(versionTime),
    block: block(options.blockTag),
    minConfirmations: decimal("minConfirmations", options.minConfirmations ?? 1n, 1n),
    offline: flag("offline", options.offline),
    noCache: flag("noCache", options.noCache) || options.cache === false,
    snapshot: options.snapshot === undefined ? undefined : snapshot(options.snapshot),
    relationship: relationship(options.verificationRelationship),
  };
  flag("expandRelativeUrls", options.expandRelativeUrls);
  refuseConflicts(options, request);
  return request;
}

function refuseConflicts(options: DidResolutionOptions, request: ResolutionRequest): void {
  if (!request.offline) return;
  const online = (["blockTag", "minConfirmations", "snapshot"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (online !== undefined || request.noCache) {
    throw invalid(`offline and ${online ?? "noCache"} exclude each other`);
  }
}

function merged(
  name: string,
  option: string | undefined,
  parameters: ReadonlyMap<string, string>,
): string | undefined {
  const parameter = parameters.get(name);
  if (option !== undefined && parameter !== undefined && option !== parameter) {
    throw invalid(`${name} is ${parameter} in the URL and ${String(option)} in the options`);
  }
  return option ?? parameter;
}

function decimal(name: string, value: unknown, least: bigint, most?: bigint): bigint {
  const digits = typeof value === "bigint" || typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string" || !DECIMAL.test(digits))
    throw invalid(`${name} is a whole number in digits`);
  const parsed = BigInt(digits);
  if (parsed < least || (most !== undefined && parsed > most)) throw invalid(`${name} is out of range`);
  return parsed;
}

function datetime(value: unknown): bigint {
  const seconds = typeof value === "string" ? parseDatetime(value) : undefined;
  if (seconds === undefined) throw invalid("versionTime is written like 2026-01-31T12:00:00Z");
  return seconds;
}

function block(value: unknown): BlockSelector {
  if (value === undefined) return "latest";
  if (typeof value === "string" && BLOCK_TAGS.includes(value))
    return value as "latest" | "safe" | "finalized";
  if (typeof value === "string" && BLOCK_HASH.test(value)) return hex32(value) as Hex32;
  return decimal("blockTag", value, 0n);
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined || value === false || value === "false") return false;
  if (value === true || value === "true") return true;
  throw invalid(`${name} is true or false`);
}

function accept(value: unknown): string | undefined {
  if (value !== undefined && typeof value !== "string")
    throw invalid("accept is the value of an Accept header");
  return value;
}

function relationship(value: unknown): Relationship | undefined {
  const found = RELATIONSHIP_NAMES.find((name) => name === value);
  if (value !== undefined && found === undefined) throw invalid("this is no verification relationship");
  return found;
}

function snapshot(value: unknown): DidSnapshot {
  try {
    const { previous, controllers, next, state } = value as Record<keyof DidSnapshot, string>;
    return { previous: hex32(previous), controllers: hex(controllers), next: hex32(next), state: hex(state) };
  } catch (cause) {
    throw new DidError("INVALID_OPTIONS", "a snapshot has previous, controllers, next and state in hex", {
      cause,
    });
  }
}

function invalid(message: string): DidError {
  return new DidError("INVALID_OPTIONS", message);
}
