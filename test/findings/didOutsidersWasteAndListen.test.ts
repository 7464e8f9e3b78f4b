import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { network } from "hardhat";
import { httpSnapshots } from "../../client/chain/index.ts";
import { bytesToHex } from "../../client/core/index.ts";
import {
  type DidNetwork,
  decodeDidRequest,
  didResolver,
  EMPTY_STATE,
  encodeDidRequest,
  type KeyCodec,
  memoryCache,
  NO_EXPIRY,
  updateDid,
} from "../../client/did/index.ts";
import { driver, type RunningServer, startServer } from "../../client/driver/index.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  networkWith,
  otherKey,
  recordingNode,
} from "../client/did/fixture.ts";
import { codeOf } from "../client/support.ts";

type LogQuery = { readonly fromBlock: string; readonly toBlock: string };
type Body = { readonly code?: string };

/** What strangers could make a resolver or driver do for them, found by attacking it. */
describe("finding: outsiders make a resolver work, wait or tell", () => {
  let fixture: DidFixture;
  let did: string;

  before(async () => {
    fixture = await didFixture(await network.create());
    did = (await fixture.create()).did;
  });

  const withoutLogs = <Value>(act: () => Promise<Value>) =>
    fixture.withNode(async ({ method }, next) => (method === "eth_getLogs" ? [] : next()), act);

  it("a DID with many versions costs a bounded number of requests, whatever the node serves", async () => {
    const { did: long } = await fixture.create();
    for (let i = 0; i < 6; ++i) {
      await fixture.execute(
        updateDid(await fixture.record(long), {
          state: { ...EMPTY_STATE, keys: [otherKey(`version ${i}`)] },
          deadline: FAR_DEADLINE,
        }),
      );
    }
    const read = (maxHistoryReads: number, versionId: string) =>
      fixture.withNode(
        async ({ method, params: [query] }, next) => {
          const { fromBlock, toBlock } = (query ?? {}) as LogQuery;
          if (method === "eth_getLogs" && fromBlock !== toBlock)
            throw { error: { code: -32005, message: "" } };
          return next();
        },
        () =>
          fixture.counted(() =>
            didResolver({ networks: [networkWith(fixture, { maxHistoryReads })] }).resolve(long, {
              versionId,
            }),
          ),
      );
    const refused = await read(3, "1");
    expect(refused.value.didResolutionMetadata.error).to.include({ code: "NODE_LIMIT_EXCEEDED" });
    expect(refused.requests.filter((method) => method === "eth_getLogs")).to.have.length(1 + 3);
    expect((await read(3, "5")).value.didDocumentMetadata.versionId).to.equal("5");
    expect((await read(7, "1")).value.didDocumentMetadata.versionId).to.equal("1");
  });

  describe("a source of snapshots", () => {
    let server: Server | undefined;
    afterEach(() => {
      server?.closeAllConnections();
      server?.close();
    });

    async function serving(listener: RequestListener): Promise<string> {
      const started = createServer(listener);
      server = started;
      await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
    }

    it("cannot send the resolver to another address", async () => {
      const { snapshot } = await fixture.record(did);
      let visited = 0;
      const url = await serving((request, response) => {
        if (request.url === "/inside") {
          visited += 1;
          response.end(JSON.stringify(snapshot));
        } else response.writeHead(302, { location: "/inside" }).end();
      });
      const { chainId } = fixture;
      const resolver = didResolver({
        networks: [networkWith(fixture, { snapshots: [httpSnapshots(url, { chainId })] })],
      });
      const { didResolutionMetadata } = await withoutLogs(() => resolver.resolve(did));
      expect(didResolutionMetadata.error).to.include({ code: "LOGS_INCOMPLETE" });
      expect(visited).to.equal(0);
    });

    it("that answers without end is not read to its end", async () => {
      let sent = 0;
      let closed = false;
      const url = await serving((_, response) => {
        response.on("close", () => {
          closed = true;
        });
        const more = () => {
          while (!closed && sent < 256 * 1024 * 1024 && response.write("x".repeat(65_536))) sent += 65_536;
          if (!closed) response.once("drain", more);
        };
        more();
      });
      const source = httpSnapshots(url, { chainId: fixture.chainId, timeoutMs: 60_000 });
      const { id, version, commitment } = await fixture.record(did);
      expect(await source.find(id, version, commitment)).to.equal(undefined);
      expect(sent).to.be.below(64 * 1024 * 1024);
    });
  });

  it("two drivers that are each other's source of snapshots do not ask in a circle", async () => {
    const node = recordingNode(fixture.ethers.provider);
    node.answer = async ({ method }, next) => (method === "eth_getLogs" ? [] : next());
    const { chainId } = fixture;
    const servers: RunningServer[] = [];
    let asked = 0;
    const lazily = (index: number): DidNetwork["snapshots"] => [
      {
        find: async (...query) => {
          asked += 1;
          if (asked > 50) throw new Error("a circle");
          return httpSnapshots(servers[index]?.url ?? "", { chainId }).find(...query);
        },
      },
    ];
    const start = async (other: number) =>
      startServer({
        app: driver({ networks: [networkWith(fixture, { snapshots: lazily(other) ?? [] })] }),
        port: 0,
      });
    servers.push(await start(1), await start(0));
    try {
      const response = await withoutLogs(() => fetch(`${servers[0]?.url}/1.0/identifiers/${did}`));
      expect(response.status).to.equal(500);
      expect(asked).to.equal(1);
    } finally {
      await Promise.all(servers.map(({ close }) => close()));
    }
  });

  it("a driver does not tell what others have asked for", async () => {
    const app = driver({ networks: [networkWith(fixture, { finalitySeconds: 0n })], cache: memoryCache() });
    expect((await app.request(`/1.0/identifiers/${did}`)).status).to.equal(200);
    for (const offline of ["true", "false"]) {
      const response = await app.request(`/1.0/identifiers/${did}?offline=${offline}`);
      expect(response.status).to.equal(501);
      expect(((await response.json()) as Body).code).to.equal("FEATURE_NOT_SUPPORTED");
    }
  });

  it("keys are judged once, however often a stranger's DID is asked for", async () => {
    let judged = 0;
    const slow: KeyCodec = {
      name: "Slow",
      code: 0x1f00,
      bytes: 32,
      agreement: false,
      isValid: (material) => {
        judged += 1;
        return material[0] !== 0;
      },
      toJwk: () => ({ kty: "OKP", crv: "Slow", x: "AA" }),
    };
    const key = (first: number) => ({
      codec: slow.code,
      relationships: 1,
      expiry: NO_EXPIRY,
      material: bytesToHex(new Uint8Array(32).fill(first)),
    });
    const { did: crowded } = await fixture.create({ ...EMPTY_STATE, keys: [key(0), key(1), key(2)] });
    const resolver = didResolver({ networks: [fixture.network], codecs: [slow] });
    for (let i = 0; i < 3; ++i) {
      const { didDocument, didResolutionMetadata } = await resolver.resolve(crowded);
      expect(didDocument?.verificationMethod).to.have.length(2);
      expect(didResolutionMetadata).to.have.nested.property("warnings[0].code", "KEY_INVALID");
    }
    expect(judged).to.equal(3);
  });

  it("a number that fits no field of an operation is refused when it is read or made", async () => {
    const record = await fixture.record(did);
    const request = updateDid(record, { state: EMPTY_STATE, deadline: FAR_DEADLINE });
    const members = JSON.parse(encodeDidRequest(request));
    for (const altered of [
      { ...members, operation: { ...members.operation, version: "4294967296" } },
      { ...members, operation: { ...members.operation, deadline: "18446744073709551616" } },
      { ...members, chainId: (2n ** 256n).toString() },
    ])
      expect(codeOf(() => decodeDidRequest(JSON.stringify(altered)))).to.equal("REQUEST_MALFORMED");
    for (const deadline of [-1n, 2n ** 64n])
      expect(codeOf(() => updateDid(record, { state: EMPTY_STATE, deadline }))).to.equal(
        "INTEGER_OUT_OF_RANGE",
      );
  });

  it("a driver answers even if its operator's listener throws", async () => {
    const broken = networkWith(fixture, {
      source: {
        observe: () => {
          throw new TypeError("a bug");
        },
        events: () => Promise.reject(new TypeError("a bug")),
      },
    });
    let told = 0;
    const fail = () => {
      told += 1;
      throw new Error("a bug in the listener");
    };
    for (const onUnexpected of [fail, async () => fail()]) {
      const app = driver({ networks: [broken], onUnexpected });
      expect((await app.request("/health/ready")).status).to.equal(500);
      expect((await app.request(`/1.0/identifiers/${did}`)).status).to.equal(500);
    }
    expect(told).to.equal(4);
  });
});
