import { type Hex20, hex20 } from "../core/index.ts";
import { DidError } from "./errors.ts";

declare const didIdBrand: unique symbol;

/** How the registry of a chain names a DID: 20 bytes of hex. */
export type DidId = Hex20 & { readonly [didIdBrand]: true };

/** Chain ids by the names that may stand for them in a DID, such as `{ sepolia: 11155111n }`. */
export type NetworkNames = Readonly<Record<string, bigint>>;

/** A `did:dkms` taken apart. */
export type DkmsDid = {
  /** As it was given. */
  readonly did: string;
  /** With the chain id in digits: the same for every way to write it. */
  readonly canonical: string;
  readonly chainId: bigint;
  readonly id: DidId;
};

export const DID_METHOD = "dkms";

/** DID Core §3.1: `did` rule. */
const DID =
  /^did:([a-z0-9]+):((?:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+)$/;
/** Twenty digits hold every chain id below 2⁶⁴. A leading zero would give one DID two spellings. */
const SPECIFIC = /^(?:([1-9][0-9]{0,19})|([a-z][a-z0-9-]{0,31})):([0-9a-f]{40})$/;
const MAX_DID_LENGTH = 256;

/**
 * Parses the 20 bytes that name a DID in its registry.
 *
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 */
export function didId(value: string): DidId {
  return hex20(value) as DidId;
}

/** The DID of a registry entry, in its one canonical spelling. */
export function formatDid(chainId: bigint, id: DidId): string {
  return `did:${DID_METHOD}:${chainId}:${id.slice(2)}`;
}

/**
 * Parses `did:dkms:<chain>:<id>`; `<chain>` is a chain id in decimal digits or one of `networks`.
 *
 * @throws {DidError} INVALID_DID, METHOD_NOT_SUPPORTED; NETWORK_NOT_CONFIGURED for a name that is not in `networks`.
 * @example const { chainId, id } = parseDid("did:dkms:1:00112233445566778899aabbccddeeff00112233");
 */
export function parseDid(value: string, networks: NetworkNames = {}): DkmsDid {
  const specific = methodSpecificId(value);
  const [, digits, name, id] = SPECIFIC.exec(specific) ?? [];
  if (id === undefined) {
    throw new DidError("INVALID_DID", "expected did:dkms:<chain>:<40 lower-case hex digits>", {
      details: { did: value },
    });
  }
  const chainId = digits === undefined ? chainIdOf(name ?? "", networks) : BigInt(digits);
  const parsedId = didId(`0x${id}`);
  return { did: value, canonical: formatDid(chainId, parsedId), chainId, id: parsedId };
}

function methodSpecificId(value: string): string {
  if (typeof value !== "string" || value.length > MAX_DID_LENGTH) {
    throw new DidError("INVALID_DID", `expected a DID of at most ${MAX_DID_LENGTH} characters`);
  }
  const [, method, specific] = DID.exec(value) ?? [];
  if (method === undefined || specific === undefined) {
    throw new DidError("INVALID_DID", "this does not follow the syntax of DIDs", { details: { did: value } });
  }
  if (method !== DID_METHOD) {
    throw new DidError("METHOD_NOT_SUPPORTED", `only did:${DID_METHOD} is resolved here`, {
      details: { method },
    });
  }
  return specific;
}

function chainIdOf(name: string, networks: NetworkNames): bigint {
  const chainId = Object.hasOwn(networks, name) ? networks[name] : undefined;
  if (chainId === undefined) {
    throw new DidError("NETWORK_NOT_CONFIGURED", `no network is configured under the name ${name}`, {
      details: { network: name },
    });
  }
  return chainId;
}
