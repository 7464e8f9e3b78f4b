import { hexToBytes } from "../core/index.ts";
import { formatDatetime } from "./datetime.ts";
import type { DidErrorCode } from "./errors.ts";
import { type CodecTable, type KeyCodec, multibaseKey, type PublicJwk } from "./keyCodecs.ts";
import {
  type DidKey,
  didKeyIdOf,
  holdsAt,
  keyFault,
  RELATIONSHIP_NAMES,
  type Relationship,
  relationshipsOf,
} from "./keys.ts";
import { endpointOf, type ServiceEndpoint } from "./services.ts";
import type { DidServiceEntry, DidState } from "./state.ts";
import { isFragment, isUri } from "./uri.ts";

/** `1.1`: DID 1.1 with DID Resolution. `1.0`: DID Core 1.0, as consumers of npm's did-resolver expect it. */
export type DidProfile = "1.0" | "1.1";

/** How keys are written. */
export type KeyFormat = "Multikey" | "JsonWebKey";

export type VerificationMethod = {
  readonly id: string;
  readonly type: "Multikey" | "JsonWebKey" | "JsonWebKey2020";
  readonly controller: string;
  /** The first second at which it does not hold any more. */
  readonly expires?: string;
  readonly publicKeyMultibase?: string;
  readonly publicKeyJwk?: PublicJwk;
};

export type DidService = {
  readonly id: string;
  readonly type: string;
  readonly serviceEndpoint: ServiceEndpoint;
};

/** A DID document of DID Core §5. */
export type DidDocument = {
  readonly "@context"?: readonly string[];
  readonly id: string;
  readonly alsoKnownAs?: readonly string[];
  readonly verificationMethod?: readonly VerificationMethod[];
  readonly service?: readonly DidService[];
} & { readonly [name in Relationship]?: readonly string[] };

/** Something that a state holds and a document must not, and why. */
export type DidWarning = { readonly code: DidErrorCode; readonly subject: string; readonly detail: string };

export type DocumentOptions = {
  /** As the document's `id` shall have it. */
  readonly did: string;
  readonly state: DidState;
  /** Keys that have expired by this second are left out. */
  readonly at: bigint;
  readonly profile: DidProfile;
  readonly keyFormat: KeyFormat;
  readonly codecs: CodecTable;
};

/** A document, and what was left out of it because it is invalid. */
export type BuiltDocument = { readonly document: DidDocument; readonly warnings: readonly DidWarning[] };

/** The DID document of a state at a second. Never throws: what is invalid is left out with a warning. */
export function buildDocument(options: DocumentOptions): BuiltDocument {
  const { did, state, profile, keyFormat } = options;
  const warnings: DidWarning[] = [];
  const keys = state.keys.flatMap((key) => publishedKey(key, options, warnings) ?? []);
  const methods = keys.map(({ method }) => method);
  const services = publishedServices(
    state.services,
    { did, taken: new Set(methods.map(({ id }) => id)) },
    warnings,
  );
  const names = state.alsoKnownAs.filter((name) => {
    if (!isUri(name))
      warnings.push({ code: "URI_INVALID", subject: name, detail: "alsoKnownAs must be a URI" });
    return isUri(name);
  });
  const document: DidDocument = {
    "@context": contexts(profile, keyFormat),
    id: did,
    ...(names.length > 0 && { alsoKnownAs: names }),
    ...(methods.length > 0 && { verificationMethod: methods }),
    ...relationshipSets(keys, profile),
    ...(services.length > 0 && { service: services }),
  };
  return { document, warnings };
}

/** The document of a DID that has ended, where a profile wants one at all. */
export function bareDocument(did: string, profile: DidProfile): DidDocument {
  return { "@context": contexts(profile, undefined), id: did };
}

type PublishedKey = { readonly method: VerificationMethod; readonly relationships: readonly Relationship[] };

function publishedKey(
  key: DidKey,
  options: DocumentOptions,
  warnings: DidWarning[],
): PublishedKey | undefined {
  const id = `${options.did}#${didKeyIdOf(key).slice(2)}`;
  const codec = options.codecs.get(key.codec);
  const fault = keyFault(key, options.codecs);
  if (codec === undefined || fault !== undefined) {
    warnings.push({ code: "KEY_INVALID", subject: id, detail: fault?.message ?? "unknown codec" });
    return undefined;
  }
  if (!holdsAt(key, options.at)) return undefined;
  const expires = formatDatetime(key.expiry + 1n);
  const method: VerificationMethod = {
    id,
    type:
      options.keyFormat === "JsonWebKey" && options.profile === "1.0" ? "JsonWebKey2020" : options.keyFormat,
    controller: options.did,
    ...(expires !== undefined && { expires }),
    ...keyMaterial(key, codec, options.keyFormat),
  };
  return { method, relationships: relationshipsOf(key.relationships) };
}

function keyMaterial(
  key: DidKey,
  codec: KeyCodec,
  format: KeyFormat,
): Pick<VerificationMethod, "publicKeyJwk" | "publicKeyMultibase"> {
  const material = hexToBytes(key.material);
  return format === "JsonWebKey"
    ? { publicKeyJwk: codec.toJwk(material) }
    : { publicKeyMultibase: multibaseKey(key.codec, material) };
}

function relationshipSets(
  keys: readonly PublishedKey[],
  profile: DidProfile,
): { readonly [name in Relationship]?: readonly string[] } {
  const sets = RELATIONSHIP_NAMES.map(
    (name) =>
      [name, keys.filter((key) => key.relationships.includes(name)).map(({ method }) => method.id)] as const,
  );
  // did-jwt and others take a document without assertionMethod as one whose keys may all assert: an empty set, which
  // DID Core 1.0 does not foresee, is what keeps them from it.
  const kept = (name: Relationship, ids: readonly string[]) =>
    ids.length > 0 || (profile === "1.0" && name === "assertionMethod" && keys.length > 0);
  return Object.fromEntries(sets.filter(([name, ids]) => kept(name, ids)));
}

function publishedServices(
  entries: readonly DidServiceEntry[],
  { did, taken }: { readonly did: string; readonly taken: ReadonlySet<string> },
  warnings: DidWarning[],
): readonly DidService[] {
  return entries.flatMap((entry) => {
    const id = `${did}#${entry.id}`;
    const serviceEndpoint = endpointOf(entry.endpoint);
    if (isFragment(entry.id) && !taken.has(id) && serviceEndpoint !== undefined) {
      return [{ id, type: entry.type, serviceEndpoint }];
    }
    const detail =
      serviceEndpoint === undefined
        ? "the endpoint is neither a URI nor a map or set of such"
        : "the id is no fragment, or one of a key";
    warnings.push({ code: "SERVICE_INVALID", subject: id, detail });
    return [];
  });
}

function contexts(profile: DidProfile, format: KeyFormat | undefined): readonly string[] {
  // The context of DID 1.1 defines both types of keys; that of 1.0 neither.
  if (profile === "1.1") return ["https://www.w3.org/ns/did/v1.1"];
  const core = "https://www.w3.org/ns/did/v1";
  if (format === undefined) return [core];
  return [
    core,
    format === "Multikey"
      ? "https://w3id.org/security/multikey/v1"
      : "https://w3id.org/security/suites/jws-2020/v1",
  ];
}
