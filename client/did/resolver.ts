import { isDkmsError } from "../core/index.ts";
import type { DidCache } from "./cache.ts";
import { type Dereferencing, dereferenceIn } from "./dereference.ts";
import { type DidUrl, parseDidUrl } from "./didUrl.ts";
import {
  bareDocument,
  buildDocument,
  type DidDocument,
  type DidProfile,
  type KeyFormat,
} from "./document.ts";
import { DidError } from "./errors.ts";
import { type DkmsDid, type NetworkNames, parseDid } from "./identifier.ts";
import { type CodecTable, codecTable, judgingOnce, type KeyCodec } from "./keyCodecs.ts";
import { MEDIA_TYPES, negotiate } from "./mediaTypes.ts";
import {
  type DidResolutionResult,
  documentMetadata,
  type ProblemMetadata,
  readMetadata,
} from "./metadata.ts";
import { keywordOf, problemOf, resolutionCode } from "./problem.ts";
import { type DidNetwork, readVersion } from "./read.ts";
import { type DidResolutionOptions, resolutionRequest } from "./request.ts";
import { decodeState } from "./state.ts";

/** What a resolver works with. */
export type DidResolverConfig = {
  /** The registries that it reads; one for each chain. */
  readonly networks: readonly DidNetwork[];
  /** Defaults to `1.1`; `getResolver` to `1.0`. */
  readonly profile?: DidProfile;
  /** Defaults to `Multikey`. */
  readonly keyFormat?: KeyFormat;
  readonly cache?: DidCache;
  /** Kinds of keys beyond Ed25519, X25519, secp256k1 and P-256. */
  readonly codecs?: readonly KeyCodec[];
  /** Is told of errors that no resolution foresees; answers show nothing of them. */
  readonly onUnexpected?: (error: unknown) => void;
};

/** Resolves DIDs and dereferences DID URLs. Neither ever throws: a failure is an `error` in the metadata. */
export type DkmsResolver = {
  /** The document of a bare DID. */
  readonly resolve: (did: string, options?: DidResolutionOptions) => Promise<DidResolutionResult>;
  /** The document that a DID URL leads to, its version parameters included; a fragment is left to the caller. */
  readonly resolveUrl: (didUrl: string, options?: DidResolutionOptions) => Promise<DidResolutionResult>;
  /** The document, key, service or URLs that a DID URL stands for. */
  readonly dereference: (didUrl: string, options?: DidResolutionOptions) => Promise<Dereferencing>;
};

const OFFERS = {
  "1.0": [MEDIA_TYPES.didLdJson, MEDIA_TYPES.didJson],
  "1.1": [MEDIA_TYPES.did],
} as const;

/**
 * A resolver for the registries of `config`.
 *
 * @throws {DidError} INVALID_OPTIONS if two networks have the same chain id or name; nothing else, and never later.
 * @example const { didDocument } = await didResolver({ networks: [network] }).resolve(did, { versionId: "2" });
 */
export function didResolver(config: DidResolverConfig): DkmsResolver {
  const settings = settingsOf(config);
  const failure = (error: unknown): ProblemMetadata => {
    if (!isDkmsError(error) || resolutionCode(error) === "INTERNAL_ERROR") tell(config, error);
    return settings.profile === "1.1" ? { error: problemOf(error) } : keywordOf(error);
  };
  const answer = async (resolution: () => Promise<DidResolutionResult>): Promise<DidResolutionResult> => {
    try {
      return await resolution();
    } catch (error) {
      return { didResolutionMetadata: failure(error), didDocument: null, didDocumentMetadata: {} };
    }
  };
  return {
    resolve: (did, options = {}) =>
      answer(() =>
        resolveDid(settings, { did, path: "", parameters: new Map(), fragment: undefined }, options),
      ),
    resolveUrl: (didUrl, options = {}) =>
      answer(async () => resolveDid(settings, resolvable(didUrl), options)),
    dereference: async (didUrl, options = {}) => {
      try {
        const resolve = (url: DidUrl, given: DidResolutionOptions) => resolveDid(settings, url, given);
        return await dereferenceIn(resolve, OFFERS[settings.profile], didUrl, options);
      } catch (error) {
        return { dereferencingMetadata: failure(error), contentStream: null, contentMetadata: {} };
      }
    },
  };
}

/** Whatever the listener does, now or later, the answer goes out: there is nobody left to tell. */
function tell({ onUnexpected }: DidResolverConfig, error: unknown): void {
  (async () => onUnexpected?.(error))().catch(() => undefined);
}

type Settings = {
  readonly networks: ReadonlyMap<bigint, DidNetwork>;
  readonly names: NetworkNames;
  readonly profile: DidProfile;
  readonly keyFormat: KeyFormat;
  readonly codecs: CodecTable;
  readonly cache: DidCache | undefined;
};

function settingsOf(config: DidResolverConfig): Settings {
  refuseDuplicates(config.networks.map(({ chainId }) => chainId));
  refuseDuplicates(config.networks.flatMap(({ name }) => name ?? []));
  return {
    networks: new Map(config.networks.map((network) => [network.chainId, network])),
    names: Object.fromEntries(
      config.networks.flatMap(({ name, chainId }) => (name === undefined ? [] : [[name, chainId]])),
    ),
    profile: config.profile ?? "1.1",
    keyFormat: config.keyFormat ?? "Multikey",
    codecs: judgingOnce(codecTable(config.codecs)),
    cache: config.cache,
  };
}

function refuseDuplicates(values: readonly unknown[]): void {
  if (new Set(values).size !== values.length) {
    throw new DidError("INVALID_OPTIONS", "two networks have the same chain id or the same name");
  }
}

async function resolveDid(
  settings: Settings,
  url: DidUrl,
  options: DidResolutionOptions,
): Promise<DidResolutionResult> {
  const did = parseDid(url.did, settings.names);
  const request = resolutionRequest(options, url.parameters);
  const contentType = negotiate(request.accept, OFFERS[settings.profile]);
  if (contentType === undefined) {
    throw new DidError("REPRESENTATION_NOT_SUPPORTED", "no acceptable representation", {
      details: { offered: OFFERS[settings.profile] },
    });
  }
  const reading = await readVersion(networkOf(settings, did), did, request, settings.cache);
  const { document, warnings } = contentOf(settings, did, reading);
  return {
    didResolutionMetadata: { ...(document !== null && { contentType }), ...readMetadata(reading, warnings) },
    didDocument: document === null ? null : inRepresentation(document, contentType),
    didDocumentMetadata: documentMetadata(did, reading),
  };
}

function contentOf(
  settings: Settings,
  { did }: DkmsDid,
  { version, at }: Awaited<ReturnType<typeof readVersion>>,
) {
  const { profile, keyFormat, codecs } = settings;
  // DID Resolution wants no document of a DID that has ended; DID Core 1.0 knows no resolution without document.
  if (version.snapshot === undefined) {
    return { document: profile === "1.1" ? null : bareDocument(did, profile), warnings: [] };
  }
  const state = decodeState(version.snapshot.state);
  return buildDocument({ did, state, at, profile, keyFormat, codecs });
}

/** DID Core 1.0 §6.2: `@context` belongs to JSON-LD only. */
function inRepresentation(document: DidDocument, contentType: string): DidDocument {
  if (contentType !== MEDIA_TYPES.didJson) return document;
  const { "@context": _, ...rest } = document;
  return rest;
}

function resolvable(didUrl: string): DidUrl {
  const url = parseDidUrl(didUrl);
  const other = [...url.parameters.keys()].find((name) => name !== "versionId" && name !== "versionTime");
  if (url.path !== "" || other !== undefined) {
    throw new DidError("INVALID_DID_URL", "paths and this parameter are dereferenced, not resolved", {
      details: { path: url.path, parameter: other },
    });
  }
  return url;
}

function networkOf(settings: Settings, did: DkmsDid): DidNetwork {
  const network = settings.networks.get(did.chainId);
  if (network === undefined) {
    throw new DidError("NETWORK_NOT_CONFIGURED", `no network is configured for chain ${did.chainId}`, {
      details: { chainId: did.chainId },
    });
  }
  return network;
}
