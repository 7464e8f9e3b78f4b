import { expect } from "chai";
import { network } from "hardhat";
import {
  type DidResolutionOptions,
  type DidResolutionResult,
  deactivateDid,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  memoryCache,
  rotateKey,
  service,
  updateDid,
} from "../../../client/did/index.ts";
import { codeOf } from "../support.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  FOUR_KEYS,
  KEYS,
  networkWith,
  otherKey,
  type Recorded,
} from "./fixture.ts";

/** The code of a result's error; undefined if there is none. */
function errorOf({ didResolutionMetadata: { error } }: DidResolutionResult): string | undefined {
  return typeof error === "string" ? error : error?.code;
}

function methodIds({ didDocument }: DidResolutionResult): readonly string[] {
  return (didDocument?.verificationMethod ?? []).map(({ id }) => id);
}

describe("did resolver", () => {
  let fixture: DidFixture;
  /** A DID of four keys, whose Ed25519 key was rotated at version 2, and again at 3. */
  let did: string;
  let id: string;
  let times: readonly bigint[];

  const resolver = () => didResolver({ networks: [fixture.network] });
  const resolve = (options: DidResolutionOptions = {}) => resolver().resolve(did, options);
  const fragment = (name: string) =>
    `${did}#${didKeyIdOf(name === "ed25519" ? KEYS.ed25519 : otherKey(name)).slice(2)}`;
  const datetime = (seconds: bigint | undefined) =>
    `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;

  before(async () => {
    fixture = await didFixture(await network.create());
    const { create, execute, record, networkHelpers } = fixture;
    const created = await create();
    did = created.did;
    id = created.id;
    const made = [created.time];
    for (const [from, to] of [
      [KEYS.ed25519, otherKey("second")],
      [otherKey("second"), otherKey("third")],
    ] as const) {
      await networkHelpers.time.increase(100);
      const current = await record(did);
      const state = rotateKey(current.state, didKeyIdOf(from), to);
      made.push((await execute(updateDid(current, { state, deadline: FAR_DEADLINE }))).time);
    }
    times = made;
    await networkHelpers.mine(3);
  });

  describe("latest", () => {
    it("takes one call and the logs of one block", async () => {
      const { value, requests } = await fixture.counted(() => resolve());
      expect(requests).to.deep.equal(["eth_call", "eth_getLogs"]);
      const [, logs] = fixture.node.requests;
      const [filter] = (logs?.params ?? []) as { fromBlock: string; toBlock: string }[];
      expect(filter?.fromBlock).to.equal(filter?.toBlock);
      expect(methodIds(value)).to.include(fragment("third")).and.not.include(fragment("second"));
    });

    it("tells of version and times to the second", async () => {
      expect((await resolve()).didDocumentMetadata).to.deep.equal({
        created: datetime(times[0]),
        updated: datetime(times[2]),
        versionId: "3",
      });
    });

    it("names the block that the answer rests on, and whether it is final", async () => {
      const { didResolutionMetadata } = await resolve();
      const block = await fixture.ethers.provider.getBlock("latest");
      expect(didResolutionMetadata).to.deep.equal({
        contentType: "application/did",
        block: {
          chainId: "31337",
          number: String(block?.number),
          time: datetime(BigInt(block?.timestamp ?? 0)),
        },
        confirmations: "4",
        finality: "unfinalized",
      });
      const impatient = didResolver({ networks: [networkWith(fixture, { finalitySeconds: 0n })] });
      expect((await impatient.resolve(did)).didResolutionMetadata).to.have.property("finality", "finalized");
      expect((await resolve({ blockTag: "finalized" })).didResolutionMetadata).to.have.property(
        "finality",
        "finalized",
      );
    });

    it("has no updated before the first update", async () => {
      const { did: fresh } = await fixture.create();
      expect((await resolver().resolve(fresh)).didDocumentMetadata).to.have.all.keys("created", "versionId");
    });

    it("keeps to the block asked for", async () => {
      const { did: fresh, block } = await fixture.create();
      const { value, requests } = await fixture.counted(() => resolver().resolve(fresh, { blockTag: block }));
      expect(errorOf(value)).to.equal(undefined);
      expect(fixture.node.requests[0]?.params[1]).to.equal(`0x${block.toString(16)}`);
      expect(requests).to.have.length(2);
      expect(errorOf(await resolver().resolve(fresh, { blockTag: block - 1 }))).to.equal("NOT_FOUND");
      const hash = (await fixture.ethers.provider.getBlock(block))?.hash ?? "";
      expect(errorOf(await resolver().resolve(fresh, { blockTag: hash }))).to.equal(undefined);
      expect(fixture.node.requests.at(-2)?.params[1]).to.deep.equal({ blockHash: hash });
    });

    it("refuses a change with too few confirmations", async () => {
      const { did: fresh } = await fixture.create();
      expect(errorOf(await resolver().resolve(fresh, { minConfirmations: 2 }))).to.equal("NOT_CONFIRMED");
      await fixture.networkHelpers.mine(1);
      expect(errorOf(await resolver().resolve(fresh, { minConfirmations: "2" }))).to.equal(undefined);
    });

    it("finds a DID by its network's name, and says which DID that is", async () => {
      const alias = did.replace("31337", "testnet");
      const { didDocument, didDocumentMetadata } = await resolver().resolve(alias);
      expect(didDocument?.id).to.equal(alias);
      expect(didDocument?.verificationMethod?.every(({ controller }) => controller === alias)).to.equal(true);
      expect(didDocumentMetadata).to.include({ canonicalId: did });
      expect(didDocumentMetadata.equivalentId).to.deep.equal([did]);
    });

    it("survives republication, which needs the later block only", async () => {
      const { did: old, id: oldId } = await fixture.create();
      const { snapshot } = await fixture.record(old);
      await fixture.registry.republish(oldId, snapshot);
      const { value, requests } = await fixture.counted(() => resolver().resolve(old));
      expect(methodIds(value)).to.have.length(4);
      expect(requests).to.have.length(2);
    });
  });

  describe("past versions", () => {
    for (const [version, name] of [
      ["1", "ed25519"],
      ["2", "second"],
      ["3", "third"],
    ] as const) {
      it(`versionId ${version} in two reads`, async () => {
        const { value, requests } = await fixture.counted(() => resolve({ versionId: version }));
        expect(methodIds(value)).to.include(fragment(name)).and.to.have.length(4);
        expect(requests).to.deep.equal(["eth_call", "eth_getLogs"]);
        const at = Number(version) - 1;
        expect(value.didDocumentMetadata).to.deep.equal({
          created: datetime(times[0]),
          ...(at > 0 && { updated: datetime(times[at]) }),
          versionId: version,
          ...(at < 2 && { nextUpdate: datetime(times[at + 1]), nextVersionId: String(at + 2) }),
        });
      });
    }

    it("versionTime is the version in force in that second", async () => {
      const at = async (seconds: bigint) =>
        (await resolve({ versionTime: datetime(seconds) })).didDocumentMetadata.versionId;
      const [first = 0n, second = 0n, third = 0n] = times;
      expect(await at(first)).to.equal("1");
      expect(await at(second - 1n)).to.equal("1");
      expect(await at(second)).to.equal("2");
      expect(await at(third - 1n)).to.equal("2");
      expect(await at(third)).to.equal("3");
    });

    it("may be asked for in the URL", async () => {
      const result = await resolver().resolveUrl(`${did}?versionId=2`);
      expect(result.didDocumentMetadata.versionId).to.equal("2");
      const time = await resolver().resolveUrl(`${did}?versionTime=${datetime(times[0])}`);
      expect(time.didDocumentMetadata.versionId).to.equal("1");
    });

    it("by number show the keys of the last second of their life", async () => {
      const { create, execute, record, networkHelpers } = fixture;
      const now = BigInt(await networkHelpers.time.latest());
      const outlived = otherKey("outlived", { expiry: now + 50n });
      const cutShort = otherKey("cut short", { expiry: now + 150n });
      const { did: aging } = await create({ ...EMPTY_STATE, keys: [outlived, cutShort] });
      const before = await record(aging);
      await networkHelpers.time.increaseTo(now + 99n);
      await execute(updateDid(before, { state: EMPTY_STATE, deadline: FAR_DEADLINE }));
      await networkHelpers.time.increaseTo(now + 1000n);
      const shown = methodIds(await resolver().resolve(aging, { versionId: "1" }));
      expect(shown).to.deep.equal([`${aging}#${didKeyIdOf(cutShort).slice(2)}`]);
      const at = async (second: bigint) =>
        methodIds(await resolver().resolve(aging, { versionTime: datetime(second) })).length;
      expect([await at(now + 50n), await at(now + 51n)]).to.deep.equal([2, 1]);
    });

    for (const [what, options, code] of [
      ["a version that is not there yet", () => ({ versionId: "4" }), "VERSION_NOT_FOUND"],
      [
        "a second before the creation",
        () => ({ versionTime: datetime((times[0] ?? 0n) - 1n) }),
        "VERSION_NOT_FOUND",
      ],
      [
        "a second that no block has reached",
        () => ({ versionTime: "2999-01-01T00:00:00Z" }),
        "INVALID_OPTIONS",
      ],
    ] as const) {
      it(`refuse ${what}`, async () => expect(errorOf(await resolve(options()))).to.equal(code));
    }

    it("are walked block by block where the node does not serve the range", async () => {
      const limited = async ({ method, params }: Recorded, next: () => Promise<unknown>) => {
        const [filter] = params as { fromBlock: string; toBlock: string }[];
        if (method === "eth_getLogs" && filter?.fromBlock !== filter?.toBlock) {
          throw Object.assign(new Error("query exceeds max block range 1000"), { code: -32602 });
        }
        return next();
      };
      const { value, requests } = await fixture.counted(() =>
        fixture.withNode(limited, () => resolve({ versionId: "1" })),
      );
      expect(methodIds(value)).to.include(fragment("ed25519"));
      expect(requests).to.deep.equal(["eth_call", ...Array<string>(4).fill("eth_getLogs")]);
    });

    it("are walked past a republication, too", async () => {
      const limited = async ({ method, params }: Recorded, next: () => Promise<unknown>) => {
        const [filter] = params as { fromBlock: string; toBlock: string }[];
        if (method === "eth_getLogs" && filter?.fromBlock !== filter?.toBlock)
          throw new Error("no ranges here");
        return next();
      };
      const { did: old, id: oldId } = await fixture.create();
      await fixture.execute(
        updateDid(await fixture.record(old), { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
      );
      await fixture.registry.republish(oldId, (await fixture.record(old)).snapshot);
      const result = await fixture.withNode(limited, () => resolver().resolve(old, { versionId: "1" }));
      expect(methodIds(result)).to.have.length(4);
    });
  });

  describe("a DID that has ended", () => {
    let ended: string;
    let end: bigint;

    before(async () => {
      const { create, execute, record } = fixture;
      ended = (await create()).did;
      await fixture.networkHelpers.time.increase(50);
      end = (await execute(deactivateDid(await record(ended), { deadline: FAR_DEADLINE }))).time;
    });

    it("has no document, in one read", async () => {
      const { value, requests } = await fixture.counted(() => resolver().resolve(ended));
      expect(value.didDocument).to.equal(null);
      expect(value.didDocumentMetadata).to.include({
        deactivated: true,
        versionId: "2",
        updated: datetime(end),
      });
      expect(errorOf(value)).to.equal(undefined);
      expect(requests).to.deep.equal(["eth_call"]);
    });

    it("has an empty one for consumers of DID 1.0", async () => {
      const { didDocument, didDocumentMetadata } = await didResolver({
        networks: [fixture.network],
        profile: "1.0",
      }).resolve(ended);
      expect(didDocument).to.deep.equal({ "@context": ["https://www.w3.org/ns/did/v1"], id: ended });
      expect(didDocumentMetadata.deactivated).to.equal(true);
    });

    it("still shows what it was, marked", async () => {
      const { didDocument, didDocumentMetadata } = await resolver().resolve(ended, { versionId: "1" });
      expect(didDocument?.verificationMethod).to.have.length(4);
      expect(didDocumentMetadata).to.include({
        deactivated: true,
        nextUpdate: datetime(end),
        nextVersionId: "2",
      });
    });

    it("has ended in the very second of its end", async () => {
      const at = (seconds: bigint) => resolver().resolve(ended, { versionTime: datetime(seconds) });
      expect((await at(end)).didDocument).to.equal(null);
      expect((await at(end - 1n)).didDocument).not.to.equal(null);
    });
  });

  describe("options", () => {
    for (const [what, options, code] of [
      ["versionId=banana", { versionId: "banana" }, "INVALID_OPTIONS"],
      ["versionId=0", { versionId: "0" }, "INVALID_OPTIONS"],
      ["versionId=01", { versionId: "01" }, "INVALID_OPTIONS"],
      ["versionId=1.0", { versionId: "1.0" }, "INVALID_OPTIONS"],
      ["versionId=-1", { versionId: "-1" }, "INVALID_OPTIONS"],
      ["versionId=2^32", { versionId: "4294967296" }, "INVALID_OPTIONS"],
      ["versionId of no text", { versionId: {} as unknown as string }, "INVALID_OPTIONS"],
      ["a versionTime with an offset", { versionTime: "2026-01-01T00:00:00+01:00" }, "INVALID_OPTIONS"],
      ["a versionTime with fractions", { versionTime: "2026-01-01T00:00:00.5Z" }, "INVALID_OPTIONS"],
      [
        "version and time together",
        { versionId: "1", versionTime: "2026-01-01T00:00:00Z" },
        "INVALID_OPTIONS",
      ],
      ["the pending block", { blockTag: "pending" }, "INVALID_OPTIONS"],
      ["a negative block", { blockTag: -1 }, "INVALID_OPTIONS"],
      ["no confirmations", { minConfirmations: 0 }, "INVALID_OPTIONS"],
      ["offline without a cache to speak of", { offline: true }, "OFFLINE_UNKNOWN"],
      ["offline and fresh", { offline: true, noCache: true }, "INVALID_OPTIONS"],
      ["offline at a block", { offline: true, blockTag: "latest" }, "INVALID_OPTIONS"],
      ["a flag that is neither", { noCache: "yes" }, "INVALID_OPTIONS"],
      ["an unknown relationship", { verificationRelationship: "friendship" }, "INVALID_OPTIONS"],
      ["a snapshot that is none", { snapshot: {} as never }, "INVALID_OPTIONS"],
      ["an Accept that is no text", { accept: 1 as unknown as string }, "INVALID_OPTIONS"],
      ["a misspelt option", { versionID: "1" } as DidResolutionOptions, "FEATURE_NOT_SUPPORTED"],
      ["a representation nobody has", { accept: "application/did+cbor" }, "REPRESENTATION_NOT_SUPPORTED"],
    ] as const) {
      it(`refuse ${what}, without asking the node`, async () => {
        const { value, requests } = await fixture.counted(() => resolve(options));
        expect(errorOf(value)).to.equal(code);
        expect(requests).to.deep.equal([]);
        expect(value.didDocument).to.equal(null);
        expect(value.didDocumentMetadata).to.deep.equal({});
      });
    }

    it("refuse contradiction between URL and option, and take agreement", async () => {
      const url = `${did}?versionId=2`;
      expect(errorOf(await resolver().resolveUrl(url, { versionId: "1" }))).to.equal("INVALID_OPTIONS");
      expect(errorOf(await resolver().resolveUrl(url, { versionTime: "2026-01-01T00:00:00Z" }))).to.equal(
        "INVALID_OPTIONS",
      );
      expect(errorOf(await resolver().resolveUrl(url, { versionId: "2" }))).to.equal(undefined);
    });

    it("of two networks with one chain id or one name are refused at once", () => {
      const { network: one } = fixture;
      expect(codeOf(() => didResolver({ networks: [one, { ...one, name: "other" }] }))).to.equal(
        "INVALID_OPTIONS",
      );
      expect(codeOf(() => didResolver({ networks: [one, { ...one, chainId: 5n }] }))).to.equal(
        "INVALID_OPTIONS",
      );
    });

    it("that are undefined are none", async () => {
      expect(errorOf(await resolve({ versionId: undefined } as unknown as DidResolutionOptions))).to.equal(
        undefined,
      );
    });

    it("refuse a DID that is none, another method, and a chain that is not configured", async () => {
      expect(errorOf(await resolver().resolve(`${did}?versionId=1`))).to.equal("INVALID_DID");
      expect(errorOf(await resolver().resolve("did:web:example.com"))).to.equal("METHOD_NOT_SUPPORTED");
      expect(errorOf(await resolver().resolve(did.replace("31337", "1")))).to.equal("NETWORK_NOT_CONFIGURED");
      expect(errorOf(await resolver().resolveUrl(`${did}/path`))).to.equal("INVALID_DID_URL");
      expect(errorOf(await resolver().resolve(undefined as unknown as string))).to.equal("INVALID_DID");
    });

    it("save the second read where a snapshot came along, and believe none that does not match", async () => {
      const { snapshot } = await fixture.record(did);
      const stapled = await fixture.counted(() => resolve({ snapshot }));
      expect(stapled.requests).to.deep.equal(["eth_call"]);
      expect(methodIds(stapled.value)).to.include(fragment("third"));
      const forged = { ...snapshot, state: "0x000000" as const };
      const { value, requests } = await fixture.counted(() => resolve({ snapshot: forged }));
      expect(requests).to.deep.equal(["eth_call", "eth_getLogs"]);
      expect(methodIds(value)).to.include(fragment("third"));
    });
  });

  describe("documents", () => {
    const files = service({ id: "files", type: "LinkedDomains", endpoint: "https://example.com/files/" });

    it("hold services and other names", async () => {
      const didcomm = service({
        id: "didcomm",
        type: "DIDCommMessaging",
        endpoint: [{ uri: "https://example.com/ü path", accept: ["didcomm/v2"] }],
      });
      const state = { ...FOUR_KEYS, services: [files, didcomm], alsoKnownAs: ["https://example.com/@alice"] };
      const { did: rich } = await fixture.create(state);
      const { didDocument } = await resolver().resolve(rich);
      expect(didDocument?.alsoKnownAs).to.deep.equal(["https://example.com/@alice"]);
      expect(didDocument?.service).to.have.deep.members([
        { id: `${rich}#files`, type: "LinkedDomains", serviceEndpoint: "https://example.com/files/" },
        {
          id: `${rich}#didcomm`,
          type: "DIDCommMessaging",
          serviceEndpoint: [{ uri: "https://example.com/ü path", accept: ["didcomm/v2"] }],
        },
      ]);
    });

    it("leave out, with a warning, what the registry takes and no document may have", async () => {
      const offCurve = {
        codec: 0xe7,
        material: `0x02${"00".repeat(31)}05`,
        relationships: 1,
        expiry: 2n ** 40n - 1n,
      } as const;
      const unknown = {
        codec: 0x1201,
        material: `0x02${"11".repeat(48)}`,
        relationships: 1,
        expiry: 2n ** 40n - 1n,
      } as const;
      const state = {
        keys: [KEYS.p256, offCurve, unknown],
        services: [
          { id: 'a"b', type: "X", endpoint: "https://example.com" },
          { id: "broken", type: "X", endpoint: "{oops" },
          { id: "empty", type: "X", endpoint: "[]" },
          { id: "nowhere", type: "X", endpoint: "not-a-uri" },
          { id: didKeyIdOf(KEYS.p256).slice(2), type: "X", endpoint: "https://example.com" },
        ],
        alsoKnownAs: ["no-uri"],
      };
      const { did: odd } = await fixture.create(state);
      const { didDocument, didResolutionMetadata } = await resolver().resolve(odd);
      expect(didDocument).to.have.all.keys(
        "@context",
        "id",
        "verificationMethod",
        "authentication",
        "capabilityDelegation",
      );
      expect(didDocument?.verificationMethod).to.have.length(1);
      const { warnings = [] } = didResolutionMetadata as { warnings?: readonly { code: string }[] };
      expect(warnings.map(({ code }) => code).sort()).to.deep.equal([
        "KEY_INVALID",
        "KEY_INVALID",
        ...Array<string>(5).fill("SERVICE_INVALID"),
        "URI_INVALID",
      ]);
    });

    it("publish kinds of keys that the configuration adds", async () => {
      const p384 = {
        codec: 0x1201,
        material: `0x02${"11".repeat(48)}`,
        relationships: 1,
        expiry: 2n ** 40n - 1n,
      } as const;
      const { did: odd } = await fixture.create({ ...EMPTY_STATE, keys: [p384] });
      const codec = {
        name: "P-384",
        code: 0x1201,
        bytes: 49,
        agreement: false,
        isValid: () => true,
        toJwk: () => ({ kty: "EC", crv: "P-384", x: "" }) as const,
      };
      const { didDocument } = await didResolver({ networks: [fixture.network], codecs: [codec] }).resolve(
        odd,
      );
      expect(didDocument?.verificationMethod?.[0]?.publicKeyMultibase).to.match(/^z82/);
    });

    it("write keys as Multikey or JsonWebKey", async () => {
      const jwk = await didResolver({ networks: [fixture.network], keyFormat: "JsonWebKey" }).resolve(did);
      const curves = jwk.didDocument?.verificationMethod?.map(({ type, publicKeyJwk }) => [
        type,
        publicKeyJwk?.crv,
      ]);
      expect(curves).to.have.deep.members(
        ["Ed25519", "X25519", "secp256k1", "P-256"].map((curve) => ["JsonWebKey", curve]),
      );
      const multi = (await resolve()).didDocument?.verificationMethod ?? [];
      const prefixes = multi.map(({ publicKeyMultibase }) => publicKeyMultibase?.slice(0, 4));
      expect(prefixes).to.have.members(["z6Mk", "z6LS", "zQ3s", "zDna"]);
    });

    it("of DID 1.0 name the contexts that define their keys", async () => {
      const legacy = (keyFormat: "Multikey" | "JsonWebKey") =>
        didResolver({ networks: [fixture.network], profile: "1.0", keyFormat }).resolve(did);
      expect((await legacy("Multikey")).didDocument?.["@context"]).to.deep.equal([
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
      ]);
      const jwk = (await legacy("JsonWebKey")).didDocument;
      expect(jwk?.["@context"]).to.include("https://w3id.org/security/suites/jws-2020/v1");
      expect(jwk?.verificationMethod?.[0]?.type).to.equal("JsonWebKey2020");
    });

    it("of DID 1.0 are JSON-LD or plain JSON", async () => {
      const legacy = didResolver({ networks: [fixture.network], profile: "1.0" });
      const plain = await legacy.resolve(did, { accept: "application/did+json" });
      expect(plain.didDocument).not.to.have.property("@context");
      expect(plain.didResolutionMetadata).to.have.property("contentType", "application/did+json");
      expect((await legacy.resolve(did)).didResolutionMetadata).to.have.property(
        "contentType",
        "application/did+ld+json",
      );
    });

    it("show until when a key holds, and nothing of it afterwards", async () => {
      const now = BigInt(await fixture.networkHelpers.time.latest());
      const key = otherKey("brief", { expiry: now + 1000n });
      const { did: brief } = await fixture.create({ ...EMPTY_STATE, keys: [key] });
      const shown = await resolver().resolve(brief);
      // Controlled Identifiers §2.2: "at or after the time of expiration" it is not to be used; the registry's second is the last.
      expect(shown.didDocument?.verificationMethod?.[0]?.expires).to.equal(datetime(now + 1001n));
      await fixture.networkHelpers.time.increaseTo(now + 1000n);
      expect(methodIds(await resolver().resolve(brief))).to.have.length(1);
      await fixture.networkHelpers.time.increaseTo(now + 1001n);
      expect(methodIds(await resolver().resolve(brief))).to.have.length(0);
      const past = await resolver().resolve(brief, { versionTime: datetime(now + 1000n) });
      expect(methodIds(past)).to.have.length(1);
    });
  });

  describe("cache", () => {
    const settled = (cache = memoryCache()) => ({
      cache,
      resolver: didResolver({ networks: [networkWith(fixture, { finalitySeconds: 0n })], cache }),
    });

    it("saves the second read, but always asks which version is current", async () => {
      const { resolver: cached } = settled();
      await cached.resolve(did);
      const again = await fixture.counted(() => cached.resolve(did));
      expect(again.requests).to.deep.equal(["eth_call"]);
      expect(methodIds(again.value)).to.include(fragment("third"));
      await cached.resolve(did, { versionId: "1" });
      const past = await fixture.counted(() => cached.resolve(did, { versionId: "1" }));
      expect(past.requests).to.deep.equal(["eth_call"]);
      expect(methodIds(past.value)).to.include(fragment("ed25519"));
    });

    it("never hides a change", async () => {
      const { resolver: cached } = settled();
      const { did: changing } = await fixture.create();
      await cached.resolve(changing);
      await fixture.execute(
        updateDid(await fixture.record(changing), { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
      );
      expect(methodIds(await cached.resolve(changing))).to.deep.equal([]);
    });

    it("can be told to stay out", async () => {
      const { resolver: cached } = settled();
      await cached.resolve(did);
      expect((await fixture.counted(() => cached.resolve(did, { noCache: "true" }))).requests).to.have.length(
        2,
      );
      expect((await fixture.counted(() => cached.resolve(did, { cache: false }))).requests).to.have.length(2);
    });

    it("answers offline, marked stale, with what was final", async () => {
      const { resolver: cached } = settled();
      await cached.resolve(did);
      const { value, requests } = await fixture.counted(() => cached.resolve(did, { offline: true }));
      expect(requests).to.deep.equal([]);
      expect(methodIds(value)).to.include(fragment("third"));
      expect(value.didResolutionMetadata).to.include({ stale: true, finality: "finalized" });
      expect(errorOf(await cached.resolve(did, { offline: true, versionId: "1" }))).to.equal(
        "OFFLINE_UNKNOWN",
      );
      const past = await cached.resolve(did, { offline: true, versionTime: datetime(times[2]) });
      expect(past.didDocumentMetadata.versionId).to.equal("3");
      const earlier = await cached.resolve(did, { offline: true, versionTime: datetime(times[1]) });
      expect(errorOf(earlier)).to.equal("OFFLINE_UNKNOWN");
    });

    it("holds nothing that a reorganisation may change, and no error", async () => {
      const cache = memoryCache();
      const cautious = didResolver({ networks: [fixture.network], cache });
      const { did: fresh } = await fixture.create();
      const unknown = `${fresh.slice(0, -4)}0000`;
      await cautious.resolve(fresh);
      await cautious.resolve(unknown);
      expect(errorOf(await cautious.resolve(unknown, { offline: true }))).to.equal("OFFLINE_UNKNOWN");
      expect(errorOf(await cautious.resolve(fresh, { offline: true }))).to.equal("OFFLINE_UNKNOWN");
    });

    it("keeps what is newest, even after a look at an older block", async () => {
      const { resolver: cached } = settled();
      const { did: changing, block } = await fixture.create();
      await fixture.execute(
        updateDid(await fixture.record(changing), { state: EMPTY_STATE, deadline: FAR_DEADLINE }),
      );
      await cached.resolve(changing);
      await cached.resolve(changing, { blockTag: block });
      const offline = await cached.resolve(changing, { offline: true });
      expect(offline.didDocumentMetadata.versionId).to.equal("2");
    });

    it("is bounded: what was not used for longest goes", () => {
      const cache = memoryCache(2);
      const entry = (version: number) => ({ version: { version } }) as never;
      cache.set("a", entry(1));
      cache.set("b", entry(2));
      cache.get("a");
      cache.set("c", entry(3));
      expect(cache.get("b")).to.equal(undefined);
      expect(cache.get("a")).not.to.equal(undefined);
      expect(cache.get("c")).not.to.equal(undefined);
    });
  });

  it("reads the record that builders work on", async () => {
    const record = await fixture.record(did);
    expect(record).to.include({ did, id, version: 3, controlVersion: 1 });
    expect(record.controllers).to.deep.equal({
      threshold: 1,
      keys: [{ kind: "SECP256K1", material: fixture.signers[0]?.address.toLowerCase() }],
    });
    expect(record.state.keys).to.have.length(4);
  });
});
