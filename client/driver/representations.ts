import { type DidProfile, MEDIA_TYPES, negotiate } from "../did/index.ts";

/** In which form an answer is wanted. */
export type Representation = {
  readonly profile: DidProfile;
  /** The complete result with its metadata, or the document (or what a DID URL leads to) alone. */
  readonly shape: "result" | "content";
  /** What the resolver is asked for. */
  readonly accept: string;
  /** The media type of the answer. */
  readonly contentType: string;
};

const LEGACY_RESULT = 'application/ld+json;profile="https://w3id.org/did-resolution"';
const LEGACY_DEREFERENCING = 'application/ld+json;profile="https://w3id.org/did-url-dereferencing"';

const CONTENT: readonly (readonly [string, Representation])[] = [
  content(MEDIA_TYPES.did, "1.1", MEDIA_TYPES.did),
  content(MEDIA_TYPES.didLdJson, "1.0", MEDIA_TYPES.didLdJson),
  content(MEDIA_TYPES.didJson, "1.0", MEDIA_TYPES.didJson),
  // What the Universal Resolver sends to drivers, and what people try first: the document of today.
  content("application/ld+json", "1.1", MEDIA_TYPES.did),
  content("application/json", "1.1", MEDIA_TYPES.did),
];

const RESOLUTION = new Map<string, Representation>([
  result(MEDIA_TYPES.resolution, "1.1", MEDIA_TYPES.resolution),
  ...CONTENT,
  result(LEGACY_RESULT, "1.0", LEGACY_RESULT),
]);

const DEREFERENCING = new Map<string, Representation>([
  result(MEDIA_TYPES.dereferencing, "1.1", MEDIA_TYPES.dereferencing),
  ...CONTENT,
  content(MEDIA_TYPES.uriList, "1.1", MEDIA_TYPES.uriList),
  result(LEGACY_DEREFERENCING, "1.0", LEGACY_DEREFERENCING),
]);

/** The form in which the answer to a request for a document is wanted; undefined if there is none. */
export function resolutionRepresentation(accept: string | undefined): Representation | undefined {
  return chosen(RESOLUTION, accept);
}

/** The same of what a DID URL leads to. */
export function dereferencingRepresentation(accept: string | undefined): Representation | undefined {
  return chosen(DEREFERENCING, accept);
}

/** Whether the caller insists on dereferencing, though a DID could be resolved. */
export function wantsDereferencing(accept: string | undefined): boolean {
  const only = negotiate(accept, [MEDIA_TYPES.resolution, ...DEREFERENCING.keys()]);
  return only === MEDIA_TYPES.dereferencing || only === MEDIA_TYPES.uriList || only === LEGACY_DEREFERENCING;
}

function chosen(
  offers: ReadonlyMap<string, Representation>,
  accept: string | undefined,
): Representation | undefined {
  const offer = negotiate(accept, [...offers.keys()]);
  return offer === undefined ? undefined : offers.get(offer);
}

function content(offer: string, profile: DidProfile, accept: string): readonly [string, Representation] {
  return [offer, { profile, shape: "content", accept, contentType: accept }];
}

function result(offer: string, profile: DidProfile, contentType: string): readonly [string, Representation] {
  const accept = profile === "1.1" ? MEDIA_TYPES.did : MEDIA_TYPES.didLdJson;
  return [offer, { profile, shape: "result", accept, contentType }];
}
