import { type DidUrl, parseDidUrl } from "./didUrl.ts";
import type { DidDocument, DidService, VerificationMethod } from "./document.ts";
import { DidError } from "./errors.ts";
import { RELATIONSHIP_NAMES } from "./keys.ts";
import { MEDIA_TYPES, negotiate } from "./mediaTypes.ts";
import type { DidDocumentMetadata, DidResolutionResult, ProblemMetadata, ReadMetadata } from "./metadata.ts";
import type { DidResolutionOptions } from "./request.ts";
import { isUri } from "./uri.ts";

/** What a DID URL stands for. */
export type DereferencedContent = DidDocument | VerificationMethod | DidService | readonly string[];

/** What dereferencing gives (DID Resolution, DID URL Dereferencing). */
export type Dereferencing = {
  readonly dereferencingMetadata:
    | (ReadMetadata & { readonly contentType?: string; readonly error?: undefined })
    | ProblemMetadata;
  /** Null if there was an error, and for a DID that has ended. */
  readonly contentStream: DereferencedContent | null;
  readonly contentMetadata: DidDocumentMetadata;
};

type Resolve = (url: DidUrl, options: DidResolutionOptions) => Promise<DidResolutionResult>;

const PARAMETERS: readonly string[] = ["service", "serviceType", "relativeRef", "versionId", "versionTime"];

/**
 * The algorithm of DID Resolution, Dereferencing the Resource and Dereferencing the Fragment.
 *
 * @param offers The representations of documents, the preferred one first.
 * @throws {DidError} every `ResolutionErrorCode`
 */
export async function dereferenceIn(
  resolve: Resolve,
  offers: readonly string[],
  didUrl: string,
  options: DidResolutionOptions,
): Promise<Dereferencing> {
  const url = parseDidUrl(didUrl);
  const unknown = [...url.parameters.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new DidError("FEATURE_NOT_SUPPORTED", `the parameter ${unknown} is not supported`, {
      details: { unknown },
    });
  }
  if (url.path !== "") throw new DidError("NOT_FOUND", "this method gives paths no meaning");

  const contentType = negotiate(options.accept, [...offers, MEDIA_TYPES.uriList]);
  if (contentType === undefined) {
    throw new DidError("REPRESENTATION_NOT_SUPPORTED", "no acceptable representation");
  }
  const wantsList = contentType === MEDIA_TYPES.uriList;
  const { accept: _, ...others } = options;
  // The document of the list is only looked into: any representation will do.
  const result = await resolve(url, wantsList ? others : { ...others, accept: contentType });
  const { didDocument, didResolutionMetadata, didDocumentMetadata } = result;
  const { error: __, ...read } = didResolutionMetadata as ReadMetadata & { readonly error?: undefined };
  const answer = (content: DereferencedContent, type: string): Dereferencing => ({
    dereferencingMetadata: { ...read, contentType: type },
    contentStream: content,
    contentMetadata: didDocumentMetadata,
  });
  if (didDocument === null) {
    return { dereferencingMetadata: read, contentStream: null, contentMetadata: didDocumentMetadata };
  }
  if (wantsList) return answer(serviceUrls(didDocument, url), MEDIA_TYPES.uriList);
  const document = withSelectedServices(didDocument, url);
  if (url.fragment === undefined) {
    if (options.verificationRelationship !== undefined) throw notAMethod();
    return answer(document, contentType);
  }
  return answer(fragmentOf(document, url.fragment, options.verificationRelationship), contentType);
}

/** The key or service that a fragment names; with a relationship, only a key that has it. */
function fragmentOf(
  document: DidDocument,
  fragment: string,
  relationship: string | undefined,
): VerificationMethod | DidService {
  const id = `${document.id}#${fragment}`;
  const method = document.verificationMethod?.find((candidate) => candidate.id === id);
  const found = method ?? document.service?.find((candidate) => candidate.id === id);
  if (found === undefined) throw new DidError("NOT_FOUND", "the document has nothing by this fragment");
  if (relationship === undefined) return found;
  if (method === undefined) throw notAMethod();
  const name = RELATIONSHIP_NAMES.find((candidate) => candidate === relationship);
  if (name === undefined || !document[name]?.includes(id)) {
    throw new DidError("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", `the key is not for ${relationship}`);
  }
  return method;
}

function withSelectedServices(document: DidDocument, url: DidUrl): DidDocument {
  if (!selectsServices(url)) return document;
  const { service: _, ...rest } = document;
  const service = selectedServices(document, url);
  return service.length === 0 ? rest : { ...rest, service };
}

function selectsServices({ parameters }: DidUrl): boolean {
  if (parameters.has("service") || parameters.has("serviceType")) return true;
  if (parameters.has("relativeRef")) {
    throw new DidError("INVALID_DID_URL", "relativeRef needs a service that it is relative to");
  }
  return false;
}

function selectedServices(document: DidDocument, { parameters }: DidUrl): readonly DidService[] {
  const wanted = parameters.get("service");
  const id =
    wanted === undefined || wanted.startsWith("did:") ? wanted : `${document.id}#${wanted.replace(/^#/, "")}`;
  const type = parameters.get("serviceType");
  return (document.service ?? []).filter(
    (service) => (id === undefined || service.id === id) && (type === undefined || service.type === type),
  );
}

/** The selected endpoints that are URLs, with `relativeRef` and the fragment applied. */
function serviceUrls(document: DidDocument, url: DidUrl): readonly string[] {
  if (!selectsServices(url)) {
    throw new DidError("REPRESENTATION_NOT_SUPPORTED", "only services give a list of URLs");
  }
  const endpoints = selectedServices(document, url).flatMap(({ serviceEndpoint }) =>
    [serviceEndpoint].flat().filter((endpoint) => typeof endpoint === "string"),
  );
  if (endpoints.length === 0) throw new DidError("NOT_FOUND", "no selected service has a URL");
  const reference = url.parameters.get("relativeRef");
  return endpoints
    .map((endpoint) => (reference === undefined ? endpoint : resolveReference(endpoint, reference)))
    .map((endpoint) => withFragment(endpoint, url.fragment));
}

/**
 * RFC 3986 §5. A reference that leaves the endpoint's path or origin is refused (DID Resolution, Path Traversal via
 * relativeRef).
 */
function resolveReference(endpoint: string, reference: string): string {
  const base = new URL(endpoint);
  const folder = base.pathname.slice(0, base.pathname.lastIndexOf("/") + 1);
  const resolved = URL.canParse(reference, endpoint) ? new URL(reference, base) : undefined;
  if (
    resolved === undefined ||
    traverses(reference) ||
    resolved.protocol !== base.protocol ||
    resolved.host !== base.host ||
    !resolved.pathname.startsWith(folder) ||
    !isUri(resolved.href)
  ) {
    throw new DidError("INVALID_DID_URL", "relativeRef leads out of the service endpoint");
  }
  return resolved.href;
}

/** Whether dots climb up in any of the encodings that a server behind might decode. */
function traverses(reference: string): boolean {
  const decoded = reference
    .replace(/%25/gi, "%")
    .replace(/%2e/gi, ".")
    .replace(/%2f/gi, "/")
    .replace(/%5c/gi, "\\");
  const [path = ""] = decoded.split(/[?#]/);
  return path.split(/[/\\]/).includes("..");
}

function withFragment(endpoint: string, fragment: string | undefined): string {
  if (fragment === undefined) return endpoint;
  if (endpoint.includes("#"))
    throw new DidError("INVALID_DID_URL", "the service endpoint has a fragment of its own");
  return `${endpoint}#${fragment}`;
}

function notAMethod(): DidError {
  return new DidError("INVALID_VERIFICATION_METHOD", "the URL does not lead to a verification method");
}
