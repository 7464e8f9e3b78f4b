import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { network } from "hardhat";
import { httpJsonRpc, rpcNetwork } from "../../../client/chain/index.ts";
import {
  type DidResolutionOptions,
  type DidResolutionResult,
  type DidResolverConfig,
  didResolver,
  EMPTY_STATE,
  encodeState,
  updateDid,
} from "../../../client/did/index.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  KEYS,
  networkWith,
  otherKey,
  type Recorded,
} from "./fixture.ts";

type Log = { topics: string[]; data: string };

function errorOf({ didResolutionMetadata: { error } }: DidResolutionResult): string | undefined {
  return typeof error === "string" ? error : error?.code;
}

describe("did resolver on faulty nodes", () => {
  let fixture: DidFixture;
  let did: string;

  before(async () => {
    fixture = await didFixture(await network.create());
    did = (await fixture.create()).did;
    await fixture.execute(
      updateDid(await fixture.record(did), {
        state: { ...EMPTY_STATE, keys: [KEYS.p256] },
        deadline: FAR_DEADLINE,
      }),
    );
  });

  type Answer = (request: Recorded, next: () => Promise<unknown>) => Promise<unknown>;
  const resolveWith = (
    answer: Answer,
    options: DidResolutionOptions = {},
    config: Partial<DidResolverConfig> = {},
  ) =>
    fixture.withNode(answer, () =>
      didResolver({ networks: [fixture.network], ...config }).resolve(did, options),
    );
  const failing =
    (method: string, error: object): Answer =>
    async (request, next) => {
      if (request.method === method)
        throw Object.assign(new Error("message" in error ? String(error.message) : ""), error);
      return next();
    };
  const logs =
    (change: (logs: Log[]) => unknown): Answer =>
    async (request, next) =>
      request.method === "eth_getLogs" ? change(structuredClone((await next()) as Log[])) : next();

  describe("failures of the node", () => {
    for (const [what, method, error, code] of [
      [
        "pruned logs, EIP-4444",
        "eth_getLogs",
        { code: 4444, message: "pruned history unavailable" },
        "LOGS_PRUNED",
      ],
      [
        "pruned logs, in words",
        "eth_getLogs",
        { code: -32000, message: "history has been pruned for this block" },
        "LOGS_PRUNED",
      ],
      ["HTTP 429", "eth_call", { code: 429, message: "" }, "NODE_RATE_LIMITED"],
      [
        "a limit of requests, in words",
        "eth_getLogs",
        { code: -32005, message: "daily limit" },
        "NODE_RATE_LIMITED",
      ],
      ["a limit of sizes", "eth_getLogs", { code: -32005, message: "limit exceeded" }, "NODE_LIMIT_EXCEEDED"],
      ["a timeout", "eth_getLogs", { code: "TIMEOUT", message: "" }, "NODE_TIMEOUT"],
      [
        "a block that is not there",
        "eth_call",
        { code: -32000, message: "header not found" },
        "BLOCK_NOT_FOUND",
      ],
      [
        "a state that is gone",
        "eth_call",
        { code: -32000, message: "missing trie node 12ab" },
        "BLOCK_NOT_FOUND",
      ],
      ["anything else", "eth_call", { code: -32603, message: "boom" }, "NODE_FAILED"],
    ] as const) {
      it(`${what} gives ${code}`, async () => {
        const result = await resolveWith(failing(method, error));
        expect(errorOf(result)).to.equal(code);
        expect(result.didDocument).to.equal(null);
      });
    }

    it("are not repeated behind the caller's back", async () => {
      const { requests } = await fixture.counted(() =>
        resolveWith(failing("eth_call", { code: 429, message: "" })),
      );
      expect(requests).to.have.length(1);
    });
  });

  describe("pruned logs", () => {
    const pruned = failing("eth_getLogs", { code: 4444, message: "pruned history unavailable" });

    it("do not matter where the snapshot can be had elsewhere", async () => {
      const { snapshot } = await fixture.record(did);
      const broken = { find: async () => Promise.reject(new Error("offline")) };
      const lying = { find: async () => ({ ...snapshot, state: encodeState(EMPTY_STATE) }) };
      const honest = { find: async () => snapshot };
      const elsewhere = networkWith(fixture, { snapshots: [broken, lying, honest] });
      const result = await resolveWith(pruned, {}, { networks: [elsewhere] });
      expect(result.didDocument?.verificationMethod).to.have.length(1);
      const nowhere = networkWith(fixture, { snapshots: [broken, lying] });
      expect(errorOf(await resolveWith(pruned, {}, { networks: [nowhere] }))).to.equal("LOGS_PRUNED");
    });

    it("do not matter where the snapshot came along", async () => {
      const { snapshot } = await fixture.record(did);
      const result = await resolveWith(pruned, { snapshot });
      expect(result.didDocument?.verificationMethod).to.have.length(1);
    });

    it("of old blocks do not matter for the current version", async () => {
      const head = await fixture.ethers.provider.getBlockNumber();
      const answer: Answer = async ({ method, params }, next) => {
        const [filter] = params as { fromBlock?: string }[];
        if (method === "eth_getLogs" && BigInt(filter?.fromBlock ?? 0) < BigInt(head)) {
          throw Object.assign(new Error("pruned"), { code: 4444 });
        }
        return next();
      };
      expect((await resolveWith(answer)).didDocument).not.to.equal(null);
      expect(errorOf(await resolveWith(answer, { versionId: "1" }))).to.equal("LOGS_PRUNED");
    });
  });

  describe("a lying node", () => {
    it("that hides the event gets LOGS_INCOMPLETE", async () => {
      expect(errorOf(await resolveWith(logs(() => [])))).to.equal("LOGS_INCOMPLETE");
      expect(
        errorOf(
          await resolveWith(
            logs(() => []),
            { versionId: "1" },
          ),
        ),
      ).to.equal("LOGS_INCOMPLETE");
    });

    it("that alters any byte of the snapshot gets an error, never another document", async () => {
      const honest = JSON.stringify(
        (await didResolver({ networks: [fixture.network] }).resolve(did)).didDocument,
      );
      for (let position = 2; position < 2 + 64 * 14; position += 29) {
        const result = await resolveWith(
          logs((found) =>
            found.map((log) => {
              const digit = log.data[position] === "0" ? "1" : "0";
              return {
                ...log,
                data: `${log.data.slice(0, position)}${digit}${log.data.slice(position + 1)}`,
              };
            }),
          ),
        );
        const shown = JSON.stringify(result.didDocument);
        // Padding and the block of the version before are not committed to; they change nothing that is shown.
        expect(shown === honest || errorOf(result) !== undefined, `position ${position}`).to.equal(true);
      }
    });

    it("that serves another state gets SNAPSHOT_MISMATCH", async () => {
      const forged = encodeState({ ...EMPTY_STATE, keys: [otherKey("mallory")] });
      const result = await resolveWith(
        logs((found) => {
          const { registry } = fixture;
          return found.map((log) => {
            const parsed = registry.interface.parseLog(log);
            const args = [...(parsed?.args ?? [])];
            args[7] = forged;
            return { ...log, ...registry.interface.encodeEventLog("DidUpdated", args) };
          });
        }),
      );
      expect(errorOf(result)).to.equal("SNAPSHOT_MISMATCH");
    });

    it("that serves an older version gets an error", async () => {
      const answer: Answer = async (request, next) => {
        if (request.method !== "eth_getLogs") return next();
        return fixture.ethers.provider
          .send("eth_getLogs", [{ address: fixture.address, fromBlock: "0x0", toBlock: "latest" }])
          .then((all: Log[]) => all.slice(0, 1));
      };
      expect(errorOf(await resolveWith(answer))).to.equal("SNAPSHOT_MISMATCH");
    });

    it("that alters a past version gets an error, though the current one is right", async () => {
      const answer = logs((found) =>
        found.map((log, index) =>
          index === 0
            ? {
                ...log,
                data: log.data.replace(
                  KEYS.p256.material.slice(2),
                  otherKey("m").material.slice(2).padEnd(66, "0"),
                ),
              }
            : log,
        ),
      );
      expect(errorOf(await resolveWith(answer, { versionId: "1" }))).to.equal("SNAPSHOT_MISMATCH");
    });

    it("of another chain gets CHAIN_ID_MISMATCH", async () => {
      const elsewhere = networkWith(fixture, { chainId: 1n });
      const result = await didResolver({ networks: [elsewhere] }).resolve(did.replace("31337", "1"));
      expect(errorOf(result)).to.equal("CHAIN_ID_MISMATCH");
    });

    it("without the registry gets REGISTRY_NOT_FOUND", async () => {
      const { rpc, chainId } = fixture;
      const empty = rpcNetwork({ chainId, registry: `0x${"12".repeat(20)}`, rpc });
      expect(errorOf(await didResolver({ networks: [empty] }).resolve(did))).to.equal("REGISTRY_NOT_FOUND");
    });

    it("with another contract in its place gets REGISTRY_NOT_FOUND", async () => {
      const failure = failing("eth_call", { code: 3, message: "execution reverted" });
      expect(errorOf(await resolveWith(failure))).to.equal("REGISTRY_NOT_FOUND");
    });

    for (const [what, method, answer] of [
      ["no hex", "eth_call", "banana"],
      ["too few bytes", "eth_call", "0x1234"],
      ["null", "eth_call", null],
      ["logs that are no list", "eth_getLogs", { logs: [] }],
      ["logs that are no logs", "eth_getLogs", [null, 7]],
      ["logs that do not decode", "eth_getLogs", "undecodable"],
    ] as const) {
      it(`that answers with ${what} gets a typed error`, async () => {
        const nonsense: Answer = async (request, next) => {
          if (request.method !== method) return next();
          if (answer !== "undecodable") return answer;
          return ((await next()) as Log[]).map((log) => ({ ...log, data: "0x1234" }));
        };
        const code = errorOf(await resolveWith(nonsense));
        expect(code).to.be.oneOf(["NODE_FAILED", "LOGS_INCOMPLETE"]);
      });
    }
  });

  describe("reorganisations", () => {
    /** Runs `change` between the first call and the first reading of logs. */
    const between = (change: () => Promise<unknown>): Answer => {
      let done = false;
      return async (request, next) => {
        if (request.method === "eth_getLogs" && !done) {
          done = true;
          await change();
        }
        return next();
      };
    };

    it("between the two reads give the document of the chain that won", async () => {
      const { networkHelpers, create, execute, record } = fixture;
      const { did: moving } = await create();
      const start = await networkHelpers.takeSnapshot();
      await execute(
        updateDid(await record(moving), {
          state: { ...EMPTY_STATE, keys: [otherKey("loser")] },
          deadline: FAR_DEADLINE,
        }),
      );
      const reorganise = async () => {
        await start.restore();
        await networkHelpers.mine(1);
        const state = { ...EMPTY_STATE, keys: [otherKey("winner"), otherKey("second winner")] };
        await execute(updateDid(await record(moving), { state, deadline: FAR_DEADLINE }));
      };
      const result = await fixture.withNode(between(reorganise), () =>
        didResolver({ networks: [fixture.network] }).resolve(moving),
      );
      expect(result.didDocument?.verificationMethod).to.have.length(2);
      expect(result.didDocumentMetadata.versionId).to.equal("2");
    });

    it("that undo the creation give NOT_FOUND", async () => {
      const { networkHelpers, create } = fixture;
      const start = await networkHelpers.takeSnapshot();
      const { did: undone } = await create({ ...EMPTY_STATE, keys: [otherKey("undone")] });
      const reorganise = async () => {
        await start.restore();
        await networkHelpers.mine(3);
      };
      const result = await fixture.withNode(between(reorganise), () =>
        didResolver({ networks: [fixture.network] }).resolve(undone),
      );
      expect(errorOf(result)).to.equal("NOT_FOUND");
    });

    it("without end give CHAIN_REORGANISED, after a bounded number of reads", async () => {
      const { create, execute, record } = fixture;
      const { did: restless } = await create();
      let count = 0;
      const answer: Answer = async (request, next) => {
        if (request.method !== "eth_getLogs") return next();
        count += 1;
        const state = { ...EMPTY_STATE, keys: [otherKey(`turn ${count}`)] };
        const { withNode } = fixture;
        await withNode(
          (_, through) => through(),
          async () => execute(updateDid(await record(restless), { state, deadline: FAR_DEADLINE })),
        );
        fixture.node.answer = answer;
        return [];
      };
      const result = await fixture.withNode(answer, () =>
        didResolver({ networks: [fixture.network] }).resolve(restless),
      );
      expect(errorOf(result)).to.equal("CHAIN_REORGANISED");
      expect(count).to.equal(3);
    });
  });

  describe("over HTTP", () => {
    let server: Server;
    let url: string;
    let listener: RequestListener;

    before(async () => {
      server = createServer((request, response) => listener(request, response));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-api-key`;
    });

    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const resolveOverHttp = (answer: RequestListener, timeoutMs = 2000) => {
      listener = answer;
      const { chainId, address } = fixture;
      const overHttp = rpcNetwork({ chainId, registry: address, rpc: httpJsonRpc(url, { timeoutMs }) });
      return didResolver({ networks: [overHttp] }).resolve(did);
    };

    const reply =
      (status: number, body: string): RequestListener =>
      (_, response) => {
        response.writeHead(status, { "content-type": "application/json" }).end(body);
      };

    for (const [what, answer, code] of [
      ["status 429", reply(429, ""), "NODE_RATE_LIMITED"],
      ["status 502 with a page", reply(502, "<html>bad gateway</html>"), "NODE_FAILED"],
      ["status 200 with a page", reply(200, "<html>welcome</html>"), "NODE_FAILED"],
      [
        "an error with status 400",
        reply(400, '{"jsonrpc":"2.0","id":1,"error":{"code":4444,"message":"pruned"}}'),
        "LOGS_PRUNED",
      ],
      ["an answer to another request", reply(200, '{"jsonrpc":"2.0","id":99,"result":"0x"}'), "NODE_FAILED"],
      ["an answer without result", reply(200, '{"jsonrpc":"2.0","id":1}'), "NODE_FAILED"],
      ["JSON that is no object", reply(200, "7"), "NODE_FAILED"],
      ["a connection that breaks", ((_, response) => response.destroy()) as RequestListener, "NODE_FAILED"],
    ] as const) {
      it(`${what} gives ${code}, and the URL stays secret`, async () => {
        const result = await resolveOverHttp(answer);
        expect(errorOf(result)).to.equal(code);
        expect(JSON.stringify(result)).not.to.include("secret-api-key");
      });
    }

    it("a reply without end is not read to its end", async () => {
      let sent = 0;
      const result = await resolveOverHttp((_, response) => {
        const chunk = Buffer.alloc(2 ** 20, 0x20);
        const send = () => {
          while (!response.destroyed && sent < 256 && response.write(chunk)) sent += 1;
        };
        response.on("drain", send);
        response.on("error", () => undefined);
        send();
      }, 20_000);
      expect(errorOf(result)).to.equal("NODE_FAILED");
      expect(sent).to.be.lessThan(128);
    });

    it("silence gives NODE_TIMEOUT", async () => {
      expect(errorOf(await resolveOverHttp(() => undefined, 100))).to.equal("NODE_TIMEOUT");
    });

    it("a real node is read in two requests", async () => {
      let requests = 0;
      const proxy: RequestListener = async (request, response) => {
        requests += 1;
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
        const result = await fixture.ethers.provider.send(method, params);
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      };
      const { didDocument } = await resolveOverHttp((request, response) => void proxy(request, response));
      expect(didDocument?.verificationMethod).to.have.length(1);
      expect(requests).to.equal(2);
    });
  });

  it("an error that nobody foresaw is told to the operator, and not to the caller", async () => {
    const seen: unknown[] = [];
    const broken = {
      ...fixture.network,
      source: { ...fixture.network.source, observe: () => Promise.reject(new TypeError("password hunter2")) },
    };
    const result = await didResolver({
      networks: [broken],
      onUnexpected: (error) => seen.push(error),
    }).resolve(did);
    expect(errorOf(result)).to.equal("INTERNAL_ERROR");
    expect(JSON.stringify(result)).not.to.include("hunter2");
    expect(seen).to.have.length(1);
  });
});
