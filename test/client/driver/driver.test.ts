import { expect } from "chai";
import { network } from "hardhat";
import { httpSnapshots } from "../../../client/chain/index.ts";
import {
  DidError,
  deactivateDid,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  service,
  updateDid,
} from "../../../client/did/index.ts";
import { driver, driverConfig, startServer } from "../../../client/driver/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS, KEYS, networkWith } from "../did/fixture.ts";
import { codeOf } from "../support.ts";

describe("did driver", () => {
  let fixture: DidFixture;
  let app: ReturnType<typeof driver>;
  let live: string;
  let ended: string;
  const key = didKeyIdOf(KEYS.ed25519).slice(2);

  before(async () => {
    fixture = await didFixture(await network.create());
    const { create, execute, record } = fixture;
    const files = service({ id: "files", type: "Files", endpoint: "https://example.com/files/" });
    live = (await create({ ...FOUR_KEYS, services: [files] })).did;
    await execute(
      updateDid(await record(live), { state: { ...FOUR_KEYS, services: [files] }, deadline: FAR_DEADLINE }),
    );
    ended = (await create()).did;
    await execute(deactivateDid(await record(ended), { deadline: FAR_DEADLINE }));
    app = driver({ networks: [fixture.network] });
  });

  const get = (path: string, accept?: string) =>
    app.request(`/1.0/identifiers/${path}`, accept === undefined ? {} : { headers: { accept } });
  const type = (response: Response) => response.headers.get("content-type");

  describe("content negotiation", () => {
    for (const [accept, contentType, shape] of [
      [undefined, "application/did-resolution", "result"],
      ["*/*", "application/did-resolution", "result"],
      ["application/did-resolution", "application/did-resolution", "result"],
      ["application/did", "application/did", "document"],
      ["application/ld+json", "application/did", "document"],
      ["application/json", "application/did", "document"],
      ["application/did+ld+json", "application/did+ld+json", "document"],
      ["application/did+json", "application/did+json", "document"],
      [
        'application/ld+json;profile="https://w3id.org/did-resolution"',
        'application/ld+json;profile="https://w3id.org/did-resolution"',
        "result",
      ],
      ["application/did-url-dereferencing", "application/did-url-dereferencing", "content"],
      ["application/did+json;q=0.5, application/did;q=0.9", "application/did", "document"],
    ] as const) {
      it(`${accept} gives ${contentType}`, async () => {
        const response = await get(live, accept);
        expect(response.status).to.equal(200);
        expect(type(response)).to.equal(contentType);
        const body = await response.json();
        const document = shape === "result" ? body.didDocument : shape === "content" ? body.content : body;
        expect(document.id).to.equal(live);
      });
    }

    it("gives 406 and a problem for anything else", async () => {
      const response = await get(live, "text/html");
      expect(response.status).to.equal(406);
      expect(type(response)).to.equal("application/problem+json");
      expect(await response.json()).to.include({
        type: "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED",
        status: 406,
      });
    });

    it("forbids what a cache or a browser might make of it", async () => {
      const { headers } = await get(live);
      expect(headers.get("cache-control")).to.equal("no-store");
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("vary")).to.equal("accept");
    });
  });

  describe("status codes", () => {
    for (const [what, path, status, name] of [
      ["what is no DID", () => "did:dkms:zzz", 400, "INVALID_DID"],
      ["what is no DID at all", () => "hello", 400, "INVALID_DID_URL"],
      ["a duplicate parameter", () => `${live}?versionId=1&versionId=1`, 400, "INVALID_DID_URL"],
      ["an invalid version", () => `${live}?versionId=x`, 400, "INVALID_OPTIONS"],
      ["a DID nobody made", () => `${live.slice(0, -4)}0000`, 404, "NOT_FOUND"],
      ["a version nobody made", () => `${live}?versionId=9`, 404, "NOT_FOUND"],
      ["a path", () => `${live}/path`, 404, "NOT_FOUND"],
      ["another method", () => "did:example:123", 501, "METHOD_NOT_SUPPORTED"],
      ["another chain", () => live.replace("31337", "5"), 501, "FEATURE_NOT_SUPPORTED"],
      ["an unknown option", () => `${live}?blocktag=latest`, 501, "FEATURE_NOT_SUPPORTED"],
      ["an option twice", () => `${live}?noCache=true&noCache=true`, 400, "INVALID_OPTIONS"],
      [
        "an option that is for the header",
        () => `${live}?accept=application/did`,
        501,
        "FEATURE_NOT_SUPPORTED",
      ],
      ["bytes that are not UTF-8", () => `${live}?versionId=%ff`, 400, "INVALID_DID_URL"],
    ] as const) {
      it(`${status} for ${what}, as a problem in either shape`, async () => {
        const document = await get(path(), "application/did");
        expect(document.status).to.equal(status);
        expect(type(document)).to.equal("application/problem+json");
        const expected = { type: `https://www.w3.org/ns/did#${name}`, status };
        expect(await document.json()).to.include(expected);
        const result = await get(path());
        expect(result.status).to.equal(status);
        const body = await result.json();
        const error = (body.didResolutionMetadata ?? body.dereferencingMetadata)?.error ?? body;
        expect(error.type).to.equal(expected.type);
      });
    }

    it("500 for a node that fails, with the method's own problem", async () => {
      const response = await fixture.withNode(
        async () => {
          throw Object.assign(new Error("Too Many Requests"), { code: 429 });
        },
        async () => get(live, "application/did"),
      );
      expect(response.status).to.equal(500);
      expect(await response.json()).to.include({
        type: "urn:dkms:did:NODE_RATE_LIMITED",
        code: "NODE_RATE_LIMITED",
      });
    });

    it("410 for a DID that has ended, in every shape", async () => {
      const result = await get(ended);
      expect(result.status).to.equal(410);
      expect(await result.json()).to.deep.include({ didDocument: null });
      const document = await get(ended, "application/did");
      expect(document.status).to.equal(410);
      expect(type(document)).to.equal("application/problem+json");
      const legacy = await get(ended, "application/did+json");
      expect(legacy.status).to.equal(410);
      expect(await legacy.json()).to.deep.equal({ id: ended });
      const past = await get(`${ended}?versionId=1`, "application/did");
      expect(past.status).to.equal(410);
      expect((await past.json()).verificationMethod).to.have.length(4);
    });

    it("405 for other methods, 404 elsewhere, 414 for URLs without end", async () => {
      const post = await app.request(`/1.0/identifiers/${live}`, { method: "POST", body: "{}" });
      expect(post.status).to.equal(405);
      expect(post.headers.get("allow")).to.equal("GET");
      expect((await app.request("/")).status).to.equal(404);
      expect((await app.request("/1.0/nothing")).status).to.equal(404);
      expect((await get(`${live}?service=${"a".repeat(9000)}`)).status).to.equal(414);
    });
  });

  describe("DID URLs", () => {
    it("may be percent-encoded, with options in the query", async () => {
      const response = await get(`${encodeURIComponent(live)}?versionId=1`);
      expect((await response.json()).didDocumentMetadata.versionId).to.equal("1");
    });

    it("may have their own query, beside options", async () => {
      const response = await get(`${live}?versionId=1&noCache=true&blockTag=latest&minConfirmations=1`);
      expect((await response.json()).didDocumentMetadata.versionId).to.equal("1");
    });

    it("with a fragment give the key", async () => {
      const response = await get(`${live}%23${key}`, "application/did");
      expect(await response.json()).to.include({ id: `${live}#${key}`, type: "Multikey" });
      const full = await get(
        `${encodeURIComponent(`${live}?versionId=1#${key}`)}?verificationRelationship=authentication`,
      );
      expect(type(full)).to.equal("application/did-url-dereferencing");
      expect((await full.json()).content).to.include({ id: `${live}#${key}` });
      const wrong = await get(`${live}%23${key}?verificationRelationship=keyAgreement`, "application/did");
      expect(wrong.status).to.equal(500);
    });

    it("of services redirect where URLs are wanted", async () => {
      const response = await get(`${live}?service=files&relativeRef=resume.pdf`, "text/uri-list");
      expect(response.status).to.equal(303);
      expect(response.headers.get("location")).to.equal("https://example.com/files/resume.pdf");
      expect(await response.text()).to.equal("");
      const escaping = await get(`${live}?service=files&relativeRef=..%2Fx`, "text/uri-list");
      expect(escaping.status).to.equal(400);
    });
  });

  it("serves snapshots to those whose node has lost its logs", async () => {
    const server = await startServer({ app, port: 0 });
    try {
      const { chainId } = fixture;
      const helped = networkWith(fixture, { snapshots: [httpSnapshots(server.url, { chainId })] });
      const unpruned = fixture.network.source;
      const pruned = {
        observe: unpruned.observe,
        events: () => Promise.reject(new DidError("LOGS_PRUNED", "the node does not keep blocks this old")),
      };
      const { didDocument } = await didResolver({ networks: [{ ...helped, source: pruned }] }).resolve(live);
      expect(didDocument?.verificationMethod).to.have.length(4);
      expect((await fetch(`${server.url}/1.0/snapshots/${ended}`)).status).to.equal(410);
      expect((await fetch(`${server.url}/1.0/snapshots/${live.slice(0, -4)}0000`)).status).to.equal(404);
      expect((await fetch(`${server.url}/1.0/snapshots/${live.replace("31337", "5")}`)).status).to.equal(501);
      expect((await fetch(`${server.url}/1.0/snapshots/nonsense`)).status).to.equal(400);
    } finally {
      await server.close();
    }
  });

  it("tells its methods, properties, traits and test identifiers, and no URL of a node", async () => {
    const body = async (path: string) => (await app.request(path)).json();
    expect(await body("/1.0/methods")).to.deep.equal(["dkms"]);
    expect(await body("/1.0/properties")).to.deep.equal({
      dkms: {
        keyFormat: "Multikey",
        profiles: ["1.1", "1.0"],
        networks: [{ chainId: "31337", name: "testnet", registry: fixture.network.registry }],
      },
    });
    expect((await body("/1.0/traits")).dkms).to.include({ updatable: true, deactivatable: true });
    expect(await body("/1.0/testIdentifiers")).to.deep.equal({ dkms: [] });
  });

  it("is healthy when it runs, and ready when its nodes answer", async () => {
    expect((await app.request("/health")).status).to.equal(200);
    expect((await app.request("/health/ready")).status).to.equal(200);
    const lost = driver({ networks: [networkWith(fixture, { chainId: 5n })] });
    const response = await lost.request("/health/ready");
    expect(response.status).to.equal(503);
    expect(await response.json()).to.deep.equal({
      status: "unavailable",
      networks: [{ chainId: "5", reachable: false }],
    });
  });

  it("answers a bounded number of requests at a time, and stays healthy", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const observe = async (...args: Parameters<typeof fixture.network.source.observe>) => {
      await gate;
      return fixture.network.source.observe(...args);
    };
    const slow = networkWith(fixture, { source: { ...fixture.network.source, observe } });
    const small = driver({ networks: [slow], maxConcurrent: 2 });
    const waiting = [1, 2].map(() => small.request(`/1.0/identifiers/${live}`));
    const refused = await small.request(`/1.0/identifiers/${live}`);
    expect(refused.status).to.equal(503);
    expect(refused.headers.get("retry-after")).to.equal("1");
    expect((await small.request("/health")).status).to.equal(200);
    release();
    for (const response of await Promise.all(waiting)) expect(response.status).to.equal(200);
    expect((await small.request(`/1.0/identifiers/${live}`)).status).to.equal(200);
  });

  it("shows nothing of what nobody foresaw", async () => {
    const seen: unknown[] = [];
    const source = { ...fixture.network.source, observe: () => Promise.reject(new TypeError("hunter2")) };
    const broken = driver({
      networks: [networkWith(fixture, { source })],
      onUnexpected: (error) => seen.push(error),
    });
    const response = await broken.request(`/1.0/identifiers/${live}`);
    expect(response.status).to.equal(500);
    expect(await response.text()).not.to.include("hunter2");
    expect(seen).to.have.length(1);
  });

  describe("server", () => {
    it("listens on loopback, and lets requests in flight finish when it closes", async () => {
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const observe = async (...args: Parameters<typeof fixture.network.source.observe>) => {
        arrived();
        await gate;
        return fixture.network.source.observe(...args);
      };
      const slow = networkWith(fixture, { source: { ...fixture.network.source, observe } });
      const server = await startServer({ app: driver({ networks: [slow] }), port: 0 });
      expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      const request = fetch(`${server.url}/1.0/identifiers/${live}`);
      await arrival;
      const closed = server.close();
      release();
      expect((await request).status).to.equal(200);
      await closed;
      const late = await fetch(`${server.url}/health`).catch(() => undefined);
      expect(late).to.equal(undefined);
    });

    it("cuts off what does not finish in time", async () => {
      let arrived = () => {};
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const observe = () => {
        arrived();
        return new Promise<never>(() => {});
      };
      const stuck = networkWith(fixture, { source: { ...fixture.network.source, observe } });
      const server = await startServer({ app: driver({ networks: [stuck] }), port: 0, graceMs: 50 });
      const request = fetch(`${server.url}/1.0/identifiers/${live}`).catch(() => "cut off");
      await arrival;
      await server.close();
      expect(await request).to.equal("cut off");
    });

    it("says so when the port is taken", async () => {
      const first = await startServer({ app, port: 0 });
      const port = Number(new URL(first.url).port);
      const second = await startServer({ app, port }).catch((error: NodeJS.ErrnoException) => error.code);
      expect(second).to.equal("EADDRINUSE");
      await first.close();
    });
  });

  describe("configuration", () => {
    const registry = `0x${"11".repeat(20)}`;
    const good = { chainId: 11155111, name: "sepolia", registry, rpcUrl: "https://rpc.example/key" };
    const text = (changes: object, more: object = {}) =>
      JSON.stringify({ networks: [{ ...good, ...changes }], ...more });

    it("is read from JSON", () => {
      const config = driverConfig(
        text({ deploymentBlock: 7, finalitySeconds: 60 }, { keyFormat: "JsonWebKey" }),
      );
      expect(config.networks[0]).to.include({ chainId: 11155111n, name: "sepolia", deploymentBlock: 7n });
      expect(config.keyFormat).to.equal("JsonWebKey");
    });

    for (const [what, value] of [
      ["no JSON", "{"],
      ["a list", "[]"],
      ["no networks", "{}"],
      ["an empty list of networks", '{"networks":[]}'],
      ["an unknown member", text({}, { netwroks: [] })],
      ["an unknown member of a network", text({ rpc: "https://x" })],
      ["no chain id", text({ chainId: undefined })],
      ["half a chain", text({ chainId: 1.5 })],
      ["a chain id in text", text({ chainId: "1" })],
      ["no registry", text({ registry: "0x12" })],
      ["a node that is no URL", text({ rpcUrl: "rpc.example" })],
      ["a node of another scheme", text({ rpcUrl: "file:///etc/passwd" })],
      ["a name that a DID cannot have", text({ name: "Main Net" })],
      ["an unknown key format", text({}, { keyFormat: "PEM" })],
      ["test identifiers that are none", text({}, { testIdentifiers: [1] })],
    ] as const) {
      it(`refuses ${what}`, () =>
        expect(codeOf(() => driverConfig(value))).to.equal("CONFIGURATION_MALFORMED"));
    }
  });

  it("publishes no key of a state that has none", async () => {
    const { did } = await fixture.create(EMPTY_STATE);
    expect(await (await get(did, "application/did")).json()).to.have.all.keys("@context", "id");
  });
});
