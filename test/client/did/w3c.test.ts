import { expect } from "chai";
import { network } from "hardhat";
import {
  type DidResolutionOptions,
  deactivateDid,
  didKeyIdOf,
  didResolver,
  service,
  updateDid,
} from "../../../client/did/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS, KEYS, otherKey } from "./fixture.ts";
import {
  type Assertion,
  CONTEXT_ASSERTIONS,
  DEREFERENCING_ASSERTIONS,
  type DereferencingSubject,
  DID_SYNTAX,
  DID_URL_SYNTAX,
  DOCUMENT_ASSERTIONS,
  RESOLUTION_ASSERTIONS,
  type ResolutionSubject,
} from "./w3cAssertions.ts";

const SERVICES = [
  service({ id: "files", type: "LinkedDomains", endpoint: "https://example.com/files/" }),
  service({
    id: "didcomm",
    type: "DIDCommMessaging",
    endpoint: [{ uri: "https://example.com/d", accept: ["didcomm/v2"] }],
  }),
];

/** Options of resolutions, and the error that DID Resolution demands of each. */
const RESOLUTIONS: readonly {
  readonly name: string;
  readonly of?: (dids: Dids) => string;
  readonly options?: DidResolutionOptions;
  readonly error?: string;
  readonly keyword?: string;
}[] = [
  { name: "the current version" },
  { name: "a past version", options: { versionId: "1" } },
  { name: "an accepted representation", options: { accept: "application/did, application/did+json;q=0.9" } },
  { name: "an alias of the network", of: ({ live }) => live.replace("31337", "testnet") },
  { name: "a DID that has ended", of: ({ ended }) => ended },
  { name: "a past version of a DID that has ended", of: ({ ended }) => ended, options: { versionId: "1" } },
  { name: "what is no DID", of: () => "did:dkms_not_a_did", error: "INVALID_DID", keyword: "invalidDid" },
  {
    name: "another method",
    of: () => "did:example:123",
    error: "METHOD_NOT_SUPPORTED",
    keyword: "unsupportedDidMethod",
  },
  {
    name: "a DID nobody made",
    of: ({ live }) => `${live.slice(0, -4)}0000`,
    error: "NOT_FOUND",
    keyword: "notFound",
  },
  { name: "a version nobody made", options: { versionId: "77" }, error: "NOT_FOUND", keyword: "notFound" },
  {
    name: "a representation nobody has",
    options: { accept: "application/did+cbor" },
    error: "REPRESENTATION_NOT_SUPPORTED",
    keyword: "representationNotSupported",
  },
  {
    name: "an invalid option",
    options: { versionTime: "never" },
    error: "INVALID_OPTIONS",
    keyword: "invalidOptions",
  },
  {
    name: "an unsupported option",
    options: { proof: "please" } as DidResolutionOptions,
    error: "FEATURE_NOT_SUPPORTED",
    keyword: "featureNotSupported",
  },
];

const DEREFERENCINGS: readonly {
  readonly name: string;
  readonly url: (dids: Dids) => string;
  readonly options?: DidResolutionOptions;
  readonly error?: string;
}[] = [
  { name: "a DID", url: ({ live }) => live },
  { name: "a key", url: ({ live }) => `${live}#${didKeyIdOf(KEYS.p256).slice(2)}` },
  { name: "a service", url: ({ live }) => `${live}#files` },
  { name: "a version", url: ({ live }) => `${live}?versionId=1` },
  { name: "selected services", url: ({ live }) => `${live}?service=files` },
  {
    name: "URLs of services",
    url: ({ live }) => `${live}?service=files&relativeRef=a`,
    options: { accept: "text/uri-list" },
  },
  { name: "a DID that has ended", url: ({ ended }) => ended },
  { name: "a fragment of nothing", url: ({ live }) => `${live}#nothing`, error: "NOT_FOUND" },
  { name: "a path of nothing", url: ({ live }) => `${live}/path`, error: "NOT_FOUND" },
  { name: "what is no DID URL", url: ({ live }) => `${live}#a#b`, error: "INVALID_DID_URL" },
  { name: "an unknown DID", url: ({ live }) => `${live.slice(0, -4)}0000#key`, error: "NOT_FOUND" },
];

type Dids = { readonly live: string; readonly ended: string };

type Named<Subject> = Subject & { readonly name: string };

async function makeDids({ create, execute, record }: DidFixture): Promise<Dids> {
  const state = { ...FOUR_KEYS, services: SERVICES, alsoKnownAs: ["https://example.com/@alice"] };
  const { did: live } = await create(state);
  const { did: ended } = await create(state);
  const expiring = otherKey("expiring", { expiry: 2_000_000_000n });
  const next = { ...state, keys: [...state.keys, expiring] };
  await execute(updateDid(await record(live), { state: next, deadline: FAR_DEADLINE }));
  await execute(deactivateDid(await record(ended), { deadline: FAR_DEADLINE }));
  return { live, ended };
}

/** One test for each assertion, over all answers; a failure names the answer. */
function judge<Subject>(
  assertions: readonly Assertion<Subject>[],
  subjects: () => readonly Named<Subject>[],
): void {
  for (const { clause, says, check } of assertions) {
    it(`${clause}: ${says}`, () => {
      expect(subjects()).not.to.have.length(0);
      for (const subject of subjects()) {
        try {
          check(subject);
        } catch (error) {
          throw new Error(`${subject.name}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
    });
  }
}

describe("W3C", () => {
  let fixture: DidFixture;
  let dids: Dids;

  before(async () => {
    fixture = await didFixture(await network.create());
    dids = await makeDids(fixture);
  });

  for (const profile of ["1.1", "1.0"] as const) {
    for (const keyFormat of ["Multikey", "JsonWebKey"] as const) {
      describe(`profile ${profile} with ${keyFormat}`, () => {
        const resolutions: Named<ResolutionSubject>[] = [];
        const dereferencings: Named<DereferencingSubject>[] = [];
        const documents = () =>
          resolutions
            .filter(({ result }) => result.didDocument !== null)
            .map(({ name, result }) => ({ name, ...result.didDocument }));

        before(async () => {
          const resolver = didResolver({ networks: [fixture.network], profile, keyFormat });
          for (const { name, of = ({ live }: Dids) => live, options = {} } of RESOLUTIONS) {
            // What is accepted differs between the profiles by design.
            const given = profile === "1.0" && options.accept?.startsWith("application/did,") ? {} : options;
            const did = of(dids);
            resolutions.push({ name, did, profile, result: await resolver.resolve(did, given) });
          }
          for (const { name, url, options = {} } of DEREFERENCINGS) {
            dereferencings.push({ name, profile, result: await resolver.dereference(url(dids), options) });
          }
        });

        judge(DOCUMENT_ASSERTIONS, documents);
        judge([...RESOLUTION_ASSERTIONS, ...CONTEXT_ASSERTIONS], () => resolutions);
        judge(DEREFERENCING_ASSERTIONS, () => dereferencings);

        for (const [index, { name, error, keyword }] of RESOLUTIONS.entries()) {
          it(`DID Resolution §4.4, §10: resolving ${name} gives ${error ?? "no error"}`, () => {
            const found = resolutions[index]?.result.didResolutionMetadata.error;
            if (profile === "1.0") expect(found).to.equal(keyword);
            else
              expect(found?.type).to.equal(
                error === undefined ? undefined : `https://www.w3.org/ns/did#${error}`,
              );
          });
        }

        for (const [index, { name, error }] of DEREFERENCINGS.entries()) {
          it(`DID Resolution §5.4, §10: dereferencing ${name} gives ${error ?? "no error"}`, () => {
            const found = dereferencings[index]?.result.dereferencingMetadata.error;
            expect(found === undefined).to.equal(error === undefined);
            if (profile === "1.1") {
              expect(found?.type).to.equal(
                error === undefined ? undefined : `https://www.w3.org/ns/did#${error}`,
              );
            }
          });
        }
      });
    }
  }

  it("DID Core §3.1, §3.2: the identifiers follow the syntax", () => {
    expect(dids.live).to.match(DID_SYNTAX);
    expect(`${dids.live}?versionId=1#${didKeyIdOf(KEYS.p256).slice(2)}`).to.match(DID_URL_SYNTAX);
  });
});
