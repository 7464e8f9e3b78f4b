import { expect } from "chai";
import { network } from "hardhat";
import {
  type Dereferencing,
  type DidResolutionOptions,
  type DidState,
  deactivateDid,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  service,
  updateDid,
} from "../../../client/did/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS, KEYS } from "./fixture.ts";

function errorOf({ dereferencingMetadata: { error } }: Dereferencing): string | undefined {
  return typeof error === "string" ? error : error?.code;
}

describe("did dereferencing", () => {
  let fixture: DidFixture;
  let did: string;
  const key = didKeyIdOf(KEYS.ed25519).slice(2);
  const state: DidState = {
    ...FOUR_KEYS,
    services: [
      service({ id: "files", type: "Files", endpoint: "https://example.com/files/" }),
      service({ id: "mirror", type: "Files", endpoint: ["https://mirror.example/a/", { uri: "x:y" }] }),
      service({ id: "didcomm", type: "DIDCommMessaging", endpoint: { uri: "https://example.com/didcomm" } }),
      service({ id: "anchored", type: "Anchored", endpoint: "https://example.com/page#top" }),
    ],
  };

  before(async () => {
    fixture = await didFixture(await network.create());
    did = (await fixture.create(state)).did;
  });

  const dereference = (suffix: string, options: DidResolutionOptions = {}) =>
    didResolver({ networks: [fixture.network] }).dereference(`${did}${suffix}`, options);
  const list = { accept: "text/uri-list" };

  it("of a bare DID gives the document and its metadata", async () => {
    const { contentStream, contentMetadata, dereferencingMetadata } = await dereference("");
    expect(contentStream).to.include({ id: did });
    expect(contentMetadata).to.include({ versionId: "1" });
    expect(dereferencingMetadata).to.include({ contentType: "application/did" });
  });

  it("of a version gives that version", async () => {
    const { did: changed } = await fixture.create(state);
    await fixture.execute(
      updateDid(await fixture.record(changed), { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
    );
    const resolver = didResolver({ networks: [fixture.network] });
    const past = await resolver.dereference(`${changed}?versionId=1#${key}`);
    expect(past.contentStream).to.include({ id: `${changed}#${key}` });
    expect(errorOf(await resolver.dereference(`${changed}#${key}`))).to.equal("NOT_FOUND");
    expect(errorOf(await resolver.dereference(`${changed}?versionId=x#${key}`))).to.equal("INVALID_OPTIONS");
  });

  describe("of a fragment", () => {
    it("gives the key, or the service", async () => {
      expect((await dereference(`#${key}`)).contentStream).to.include({
        id: `${did}#${key}`,
        type: "Multikey",
      });
      expect((await dereference("#files")).contentStream).to.deep.equal({
        id: `${did}#files`,
        type: "Files",
        serviceEndpoint: "https://example.com/files/",
      });
    });

    it("that names nothing gives NOT_FOUND", async () => {
      expect(errorOf(await dereference("#nothing"))).to.equal("NOT_FOUND");
      expect(errorOf(await dereference("#"))).to.equal("NOT_FOUND");
    });

    it("with a relationship gives the key only if it has it", async () => {
      const as = (verificationRelationship: string, suffix = `#${key}`) =>
        dereference(suffix, { verificationRelationship });
      expect((await as("authentication")).contentStream).to.include({ id: `${did}#${key}` });
      expect(errorOf(await as("keyAgreement"))).to.equal("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD");
      expect(errorOf(await as("authentication", "#files"))).to.equal("INVALID_VERIFICATION_METHOD");
      expect(errorOf(await as("authentication", ""))).to.equal("INVALID_VERIFICATION_METHOD");
      expect(errorOf(await as("authentication", "#nothing"))).to.equal("NOT_FOUND");
    });
  });

  describe("of a service", () => {
    const ids = ({ contentStream }: Dereferencing) =>
      (contentStream !== null && "service" in contentStream ? (contentStream.service ?? []) : []).map(
        ({ id }) => id,
      );

    it("gives the document with the selected services alone", async () => {
      expect(ids(await dereference("?service=files"))).to.deep.equal([`${did}#files`]);
      expect(ids(await dereference("?service=%23files"))).to.deep.equal([`${did}#files`]);
      expect(ids(await dereference(`?service=${encodeURIComponent(`${did}#files`)}`))).to.deep.equal([
        `${did}#files`,
      ]);
      expect(ids(await dereference("?serviceType=Files"))).to.have.members([`${did}#files`, `${did}#mirror`]);
      expect(ids(await dereference("?service=files&serviceType=Other"))).to.deep.equal([]);
    });

    it("gives its URLs where a list of URIs is wanted", async () => {
      const { contentStream, dereferencingMetadata } = await dereference("?serviceType=Files", list);
      expect(contentStream).to.have.members(["https://example.com/files/", "https://mirror.example/a/"]);
      expect(dereferencingMetadata).to.include({ contentType: "text/uri-list" });
    });

    it("applies relativeRef by RFC 3986, and the fragment", async () => {
      const urls = async (suffix: string) => (await dereference(suffix, list)).contentStream;
      expect(await urls("?service=files&relativeRef=resume.pdf%3Fv%3D2")).to.deep.equal([
        "https://example.com/files/resume.pdf?v=2",
      ]);
      expect(await urls("?service=files&relativeRef=a%2Fb#intro")).to.deep.equal([
        "https://example.com/files/a/b#intro",
      ]);
    });

    for (const reference of [
      "..%2Fsecret",
      "%2E%2E%2Fsecret",
      "%252e%252e%252fsecret",
      "a%2F..%2F..%2Fsecret",
      "..%5Csecret",
      "%2Fetc%2Fpasswd",
      "%2F%2Fevil.example%2Ffiles%2F",
      "https%3A%2F%2Fevil.example%2Ffiles%2F",
      "javascript%3Aalert(1)",
    ]) {
      it(`refuses the relativeRef ${reference}, which leads out of it`, async () => {
        const result = await dereference(`?service=files&relativeRef=${reference}`, list);
        expect(errorOf(result)).to.equal("INVALID_DID_URL");
        expect(result.contentStream).to.equal(null);
      });
    }

    for (const [what, suffix, code] of [
      ["a relativeRef without service", "?relativeRef=x", "INVALID_DID_URL"],
      ["a second fragment", "?service=anchored#more", "INVALID_DID_URL"],
      ["a service without URL", "?service=didcomm", "NOT_FOUND"],
      ["a service that is not there", "?service=nothing", "NOT_FOUND"],
      ["no service at all", "", "REPRESENTATION_NOT_SUPPORTED"],
    ] as const) {
      it(`gives no list for ${what}`, async () =>
        expect(errorOf(await dereference(suffix, list))).to.equal(code));
    }
  });

  for (const [what, suffix, options, code] of [
    ["a path", "/whois", {}, "NOT_FOUND"],
    ["a parameter nobody knows", "?hl=abc", {}, "FEATURE_NOT_SUPPORTED"],
    ["a duplicate parameter", "?service=a&service=b", {}, "INVALID_DID_URL"],
    ["a malformed URL", "?a b", {}, "INVALID_DID_URL"],
    ["an unknown representation", "", { accept: "text/html" }, "REPRESENTATION_NOT_SUPPORTED"],
    ["an unknown relationship", `#${key}`, { verificationRelationship: "x" }, "INVALID_OPTIONS"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const result = await dereference(suffix, options);
      expect(errorOf(result)).to.equal(code);
      expect(result).to.deep.include({ contentStream: null, contentMetadata: {} });
    });
  }

  it("of a DID that has ended gives nothing, and says so", async () => {
    const { did: ended } = await fixture.create(state);
    await fixture.execute(deactivateDid(await fixture.record(ended), { deadline: FAR_DEADLINE }));
    const result = await didResolver({ networks: [fixture.network] }).dereference(`${ended}#${key}`);
    expect(result.contentStream).to.equal(null);
    expect(result.contentMetadata).to.include({ deactivated: true });
    const legacy = didResolver({ networks: [fixture.network], profile: "1.0" });
    expect(errorOf(await legacy.dereference(`${ended}#${key}`))).to.equal("notFound");
  });
});
