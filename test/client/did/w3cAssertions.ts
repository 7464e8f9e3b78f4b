import { expect } from "chai";
import { RELATIONSHIP_NAMES } from "../../../client/did/keys.ts";

/** What W3C's specifications say of an answer, in our words, each with its clause. */
export type Assertion<Subject> = {
  readonly clause: string;
  readonly says: string;
  readonly check: (subject: Subject) => void;
};

// biome-ignore lint/suspicious/noExplicitAny: the answers are judged as the JSON that others will read
type Json = any;

export type ResolutionSubject = {
  readonly did: string;
  readonly result: Json;
  readonly profile: "1.0" | "1.1";
};
export type DereferencingSubject = { readonly result: Json; readonly profile: "1.0" | "1.1" };

/** DID Core §3.1. */
export const DID_SYNTAX = /^did:[a-z0-9]+:(?:[A-Za-z0-9._:-]|%[0-9A-F]{2})*(?:[A-Za-z0-9._-]|%[0-9A-F]{2})$/;
/** DID Core §3.2. */
export const DID_URL_SYNTAX = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+(?:\/[^?#\s]*)?(?:\?[^#\s]*)?(?:#\S*)?$/;
/** XML Schema dateTime, UTC, whole seconds. */
const DATETIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const ASCII = /^[\x20-\x7e]+$/;
const PRIVATE_JWK = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

function isUri(value: unknown): void {
  expect(value).to.be.a("string");
  expect(() => new URL(String(value))).not.to.throw();
}

function isSet(value: unknown): void {
  expect(value).to.be.an("array");
  const items = (value as Json[]).map((item) => JSON.stringify(item));
  expect(new Set(items).size).to.equal(items.length);
}

const methods = (document: Json): Json[] => document.verificationMethod ?? [];
const services = (document: Json): Json[] => document.service ?? [];

/** Of every DID document. */
export const DOCUMENT_ASSERTIONS: readonly Assertion<Json>[] = [
  { clause: "DID Core §5.1.1", says: "id is a DID", check: ({ id }) => expect(id).to.match(DID_SYNTAX) },
  {
    clause: "DID Core §5.1.2",
    says: "controller, if there, is a DID or a set of DIDs",
    check: ({ controller = [] }) => {
      for (const did of [controller].flat()) expect(did).to.match(DID_SYNTAX);
    },
  },
  {
    clause: "DID Core §5.1.3",
    says: "alsoKnownAs, if there, is a set of URIs",
    check: ({ alsoKnownAs = [] }) => {
      isSet(alsoKnownAs);
      alsoKnownAs.forEach(isUri);
    },
  },
  {
    clause: "DID Core §5.2",
    says: "verificationMethod, if there, is a set of maps with id, type and controller",
    check: (document) => {
      isSet(methods(document));
      for (const method of methods(document)) expect(method).to.include.keys("id", "type", "controller");
    },
  },
  {
    clause: "DID Core §5.2",
    says: "ids of methods are DID URLs, each once, and belong to the document",
    check: (document) => {
      const ids = methods(document).map(({ id }) => id);
      isSet(ids);
      for (const id of ids) {
        expect(id).to.match(DID_URL_SYNTAX);
        expect(id.startsWith(`${document.id}#`)).to.equal(true);
      }
    },
  },
  {
    clause: "DID Core §5.2",
    says: "the type of a method is one string, its controller a DID",
    check: (document) => {
      for (const { type, controller } of methods(document)) {
        expect(type).to.be.a("string").and.not.equal("");
        expect(controller).to.match(DID_SYNTAX);
      }
    },
  },
  {
    clause: "DID Core §5.2.1",
    says: "a method has its material in one form only",
    check: (document) => {
      for (const method of methods(document)) {
        const forms = ["publicKeyMultibase", "publicKeyJwk"].filter((name) => name in method);
        expect(forms).to.have.length(1);
      }
    },
  },
  {
    clause: "DID Core §5.2",
    says: "publicKeyMultibase is a multibase string; of a Multikey it begins with z (Controlled Identifiers §2.2.2)",
    check: (document) => {
      for (const { publicKeyMultibase: key } of methods(document)) {
        if (key !== undefined) expect(key).to.match(/^z[1-9A-HJ-NP-Za-km-z]+$/);
      }
    },
  },
  {
    clause: "DID Core §5.2",
    says: "publicKeyJwk is a JSON Web Key without private members",
    check: (document) => {
      for (const { publicKeyJwk: jwk } of methods(document)) {
        if (jwk === undefined) continue;
        expect(jwk).to.include.keys("kty", "crv", "x");
        expect(jwk).not.to.have.any.keys(...PRIVATE_JWK);
      }
    },
  },
  {
    clause: "Controlled Identifiers §2.2",
    says: "expires, if there, is a datetime with zone",
    check: (document) => {
      for (const { expires } of methods(document))
        if (expires !== undefined) expect(expires).to.match(DATETIME);
    },
  },
  {
    clause: "DID Core §5.3.1–5.3.5",
    says: "each relationship, if there, is a set of methods or DID URLs of methods in the document",
    check: (document) => {
      const ids = methods(document).map(({ id }) => id);
      for (const name of RELATIONSHIP_NAMES) {
        if (!(name in document)) continue;
        isSet(document[name]);
        expect(ids).to.include.members(document[name]);
      }
    },
  },
  {
    clause: "DID Core §5.4",
    says: "service, if there, is a set of maps with id, type and serviceEndpoint",
    check: (document) => {
      isSet(services(document));
      for (const service of services(document))
        expect(service).to.include.keys("id", "type", "serviceEndpoint");
    },
  },
  {
    clause: "DID Core §5.4",
    says: "ids of services are URIs, each once, and none is a method's",
    check: (document) => {
      const ids = services(document).map(({ id }) => id);
      ids.forEach(isUri);
      isSet([...ids, ...methods(document).map(({ id }) => id)]);
    },
  },
  {
    clause: "DID Core §5.4",
    says: "the type of a service is a string or a set of strings",
    check: (document) => {
      for (const { type } of services(document)) {
        for (const name of [type].flat()) expect(name).to.be.a("string").and.not.equal("");
      }
    },
  },
  {
    clause: "DID Core §5.4",
    says: "a serviceEndpoint is a string, a map, or a set of them, and its strings are URIs",
    check: (document) => {
      for (const { serviceEndpoint } of services(document)) {
        for (const endpoint of [serviceEndpoint].flat()) {
          if (typeof endpoint === "string") isUri(endpoint);
          else expect(endpoint).to.be.an("object");
        }
      }
    },
  },
  {
    clause: "DID Core §6.2.1",
    says: "the document is one JSON object, and survives JSON",
    check: (document) => expect(JSON.parse(JSON.stringify(document))).to.deep.equal(document),
  },
];

/** DID Core §6.3.1 (1.0) and DID 1.1 §6.1: the context of JSON-LD. */
export const CONTEXT_ASSERTIONS: readonly Assertion<ResolutionSubject>[] = [
  {
    clause: "DID Core §6.3.1",
    says: "@context begins with the context of DID Core, and all of it are URIs",
    check: ({ result, profile }) => {
      const { didDocument, didResolutionMetadata } = result;
      if (didDocument === null) return;
      if (didResolutionMetadata.contentType === "application/did+json") {
        expect(didDocument).not.to.have.property("@context");
        return;
      }
      const base = profile === "1.1" ? "https://www.w3.org/ns/did/v1.1" : "https://www.w3.org/ns/did/v1";
      expect(didDocument["@context"][0]).to.equal(base);
      didDocument["@context"].forEach(isUri);
    },
  },
];

const failed = ({ result }: ResolutionSubject) => result.didResolutionMetadata.error !== undefined;
const ended = ({ result }: ResolutionSubject) => result.didDocumentMetadata.deactivated === true;

/** Of every resolution, successful or not. */
export const RESOLUTION_ASSERTIONS: readonly Assertion<ResolutionSubject>[] = [
  {
    clause: "DID Resolution §4",
    says: "the result has its three parts, the metadata are maps that JSON can hold (§6)",
    check: ({ result }) => {
      expect(result).to.have.all.keys("didResolutionMetadata", "didDocument", "didDocumentMetadata");
      for (const part of [result.didResolutionMetadata, result.didDocumentMetadata]) {
        expect(part).to.be.an("object");
        expect(JSON.parse(JSON.stringify(part))).to.deep.equal(part);
      }
    },
  },
  {
    clause: "DID Resolution §4",
    says: "on success the document's id is the DID that was resolved",
    check: (subject) => {
      const { didDocument } = subject.result;
      if (!failed(subject) && didDocument !== null) expect(didDocument.id).to.equal(subject.did);
    },
  },
  {
    clause: "DID Resolution §4",
    says: "without success there is an error, no document, and empty document metadata",
    check: (subject) => {
      const { didDocument, didDocumentMetadata, didResolutionMetadata } = subject.result;
      if (!failed(subject)) return;
      expect(didResolutionMetadata).not.to.deep.equal({});
      expect(didDocument).to.equal(null);
      expect(didDocumentMetadata).to.deep.equal({});
    },
  },
  {
    clause: "DID Resolution §4, step 6",
    says: "of a DID that has ended DID 1.1 gives no document at its end, and DID Core 1.0 an empty one",
    check: (subject) => {
      const { didDocument, didDocumentMetadata } = subject.result;
      if (!ended(subject) || didDocumentMetadata.nextVersionId !== undefined) return;
      if (subject.profile === "1.1") expect(didDocument).to.equal(null);
      else expect(didDocument).not.to.have.property("verificationMethod");
    },
  },
  {
    clause: "DID Resolution §4.2",
    says: "contentType, if there, is the ASCII name of a representation of DID documents",
    check: ({ result, profile }) => {
      const { contentType } = result.didResolutionMetadata;
      if (contentType === undefined) return;
      expect(contentType).to.match(ASCII);
      const known =
        profile === "1.1" ? ["application/did"] : ["application/did+ld+json", "application/did+json"];
      expect(known).to.include(contentType);
    },
  },
  {
    clause: "DID Resolution §4.2, §10; RFC 9457; DID Core §7.1.2",
    says: "an error is a problem with a URL as type and a title; in DID Core 1.0 it is one ASCII keyword",
    check: (subject) => {
      const { error } = subject.result.didResolutionMetadata;
      if (!failed(subject)) return;
      if (subject.profile === "1.0") {
        expect(error).to.match(/^[A-Za-z]+$/);
        return;
      }
      isUri(error.type);
      expect(error.title).to.be.a("string").and.not.equal("");
      expect(error.detail).to.be.a("string").and.not.equal("");
    },
  },
  ...["created", "updated", "nextUpdate"].map(
    (name): Assertion<ResolutionSubject> => ({
      clause: "DID Resolution §4.3",
      says: `${name}, if there, is UTC to the second`,
      check: ({ result }) => {
        const value = result.didDocumentMetadata[name];
        if (value !== undefined) expect(value).to.match(DATETIME);
      },
    }),
  ),
  {
    clause: "DID Core §7.1.3",
    says: "created ≤ updated ≤ nextUpdate",
    check: ({ result }) => {
      const { created, updated = created, nextUpdate = updated } = result.didDocumentMetadata;
      if (created === undefined) return;
      expect(created <= updated).to.equal(true);
      expect(updated <= nextUpdate).to.equal(true);
    },
  },
  {
    clause: "DID Resolution §4.3",
    says: "deactivated, if there, is a boolean",
    check: ({ result }) =>
      expect([undefined, true, false]).to.include(result.didDocumentMetadata.deactivated),
  },
  {
    clause: "DID Resolution §4.3",
    says: "versionId and nextVersionId are ASCII and differ",
    check: ({ result }) => {
      const { versionId, nextVersionId } = result.didDocumentMetadata;
      for (const value of [versionId, nextVersionId]) if (value !== undefined) expect(value).to.match(ASCII);
      if (nextVersionId !== undefined) expect(nextVersionId).not.to.equal(versionId);
    },
  },
  {
    clause: "DID Resolution §4.3",
    says: "canonicalId and equivalentId are DIDs of the same method",
    check: ({ did, result }) => {
      const { canonicalId, equivalentId = [] } = result.didDocumentMetadata;
      isSet(equivalentId);
      for (const other of [...equivalentId, ...(canonicalId === undefined ? [] : [canonicalId])]) {
        expect(other).to.match(DID_SYNTAX);
        expect(other.split(":")[1]).to.equal(did.split(":")[1]);
      }
    },
  },
];

/** Of every dereferencing, successful or not. */
export const DEREFERENCING_ASSERTIONS: readonly Assertion<DereferencingSubject>[] = [
  {
    clause: "DID Resolution §5",
    says: "the result has its three parts, the metadata are maps that JSON can hold",
    check: ({ result }) => {
      expect(result).to.have.all.keys("dereferencingMetadata", "contentStream", "contentMetadata");
      for (const part of [result.dereferencingMetadata, result.contentMetadata]) {
        expect(JSON.parse(JSON.stringify(part))).to.deep.equal(part);
      }
    },
  },
  {
    clause: "DID Resolution §5",
    says: "without success there is an error, no content, and empty content metadata",
    check: ({ result }) => {
      if (result.dereferencingMetadata.error === undefined) return;
      expect(result.contentStream).to.equal(null);
      expect(result.contentMetadata).to.deep.equal({});
    },
  },
  {
    clause: "DID Resolution §5",
    says: "on success there is content, unless the DID has ended",
    check: ({ result }) => {
      const { dereferencingMetadata, contentStream, contentMetadata } = result;
      if (dereferencingMetadata.error !== undefined || contentMetadata.deactivated === true) return;
      expect(contentStream).not.to.equal(null);
    },
  },
  {
    clause: "DID Resolution §5",
    says: "the metadata of content that is a document are a document's metadata",
    check: ({ result }) => {
      if (result.contentStream?.["@context"] === undefined) return;
      expect(result.contentMetadata).to.include.keys("created", "versionId");
    },
  },
  {
    clause: "DID Resolution §5.2",
    says: "contentType, if there, is ASCII; content has one",
    check: ({ result }) => {
      const { contentType } = result.dereferencingMetadata;
      if (result.contentStream !== null) expect(contentType).to.match(ASCII);
    },
  },
  {
    clause: "DID Resolution §5.2, §10; DID Core §7.2.2",
    says: "an error is a problem with a URL as type; in DID Core 1.0 one keyword",
    check: ({ result, profile }) => {
      const { error } = result.dereferencingMetadata;
      if (error === undefined) return;
      if (profile === "1.0") expect(error).to.match(/^[A-Za-z]+$/);
      else isUri(error.type);
    },
  },
];
