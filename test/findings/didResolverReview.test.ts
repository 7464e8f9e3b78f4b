import { expect } from "chai";
import { network } from "hardhat";
import { providerJsonRpc, rpcNetwork } from "../../client/chain/index.ts";
import {
  type DidNetwork,
  type DidResolutionResult,
  type DidSnapshot,
  deactivateDid,
  didResolver,
  EMPTY_STATE,
  memoryCache,
  type SnapshotSource,
  updateDid,
} from "../../client/did/index.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  networkWith,
  otherKey,
  recordingNode,
} from "../client/did/fixture.ts";

function errorOf({ didResolutionMetadata: { error } }: DidResolutionResult): string | undefined {
  return typeof error === "string" ? error : error?.code;
}

type LogQuery = { readonly fromBlock: string; readonly toBlock: string };

/** What a review found in the resolver; each of these showed an error, or an older answer, where a better one was there. */
describe("finding: the resolver gives up too early", () => {
  let fixture: DidFixture;
  let did: string;

  before(async () => {
    fixture = await didFixture(await network.create());
    did = (await fixture.create()).did;
  });

  const update = async (changing: string, name: string) =>
    fixture.execute(
      updateDid(await fixture.record(changing), {
        state: { ...EMPTY_STATE, keys: [otherKey(name)] },
        deadline: FAR_DEADLINE,
      }),
    );

  it("asks for the block that made a version where the node lacks the one that published it again", async () => {
    const { id, snapshot } = await fixture.record(did);
    const { updatedBlock } = await fixture.registry.head(id);
    await (await fixture.registry.republish(id, snapshot)).wait();
    const { publishedBlock } = await fixture.registry.head(id);
    expect(publishedBlock > updatedBlock).to.equal(true);
    const asked: bigint[] = [];
    const result = await fixture.withNode(
      async ({ method, params: [query] }, next) => {
        if (method !== "eth_getLogs") return next();
        asked.push(BigInt((query as LogQuery).fromBlock));
        return asked.at(-1) === publishedBlock ? [] : next();
      },
      () => didResolver({ networks: [fixture.network] }).resolve(did),
    );
    expect(errorOf(result)).to.equal(undefined);
    expect(asked).to.deep.equal([publishedBlock, updatedBlock]);
  });

  it("asks the other sources of snapshots after one that fails or sends what is none", async () => {
    const { snapshot } = await fixture.record(did);
    const bad: readonly SnapshotSource[] = [
      { find: async () => ({ ...snapshot, state: "0x0" }) as DidSnapshot },
      { find: async () => ({}) as DidSnapshot },
      { find: async () => null as unknown as DidSnapshot },
      {
        find: () => {
          throw new Error("not even a promise");
        },
      },
      { find: () => Promise.reject(new Error("gone")) },
      { find: async () => ({ ...snapshot, state: "0x000000" }) as DidSnapshot },
    ];
    const resolve = (snapshots: DidNetwork["snapshots"]) =>
      fixture.withNode(
        async ({ method }, next) => (method === "eth_getLogs" ? [] : next()),
        () => didResolver({ networks: [networkWith(fixture, { snapshots: snapshots ?? [] })] }).resolve(did),
      );
    expect(errorOf(await resolve(bad))).to.equal("LOGS_INCOMPLETE");
    const found = await resolve([...bad, { find: async () => snapshot }]);
    expect(errorOf(found)).to.equal(undefined);
    expect(found.didDocument?.verificationMethod).to.have.length(4);
  });

  it("answers offline with the newest version that it has read of, be it a past one", async () => {
    const { did: changing } = await fixture.create();
    const networks = [networkWith(fixture, { finalitySeconds: 0n })];
    const cached = didResolver({ networks, cache: memoryCache() });
    await cached.resolve(changing);
    await update(changing, "second");
    await update(changing, "third");
    await cached.resolve(changing, { versionId: "2" });
    const offline = await cached.resolve(changing, { offline: true });
    expect(offline.didDocumentMetadata).to.include({ versionId: "2", nextVersionId: "3" });
    expect(offline.didResolutionMetadata).to.include({ stale: true });
    // A time in which that version was in force is answered, a later one not.
    const { updated = "", nextUpdate = "" } = offline.didDocumentMetadata;
    const then = await cached.resolve(changing, { offline: true, versionTime: updated });
    expect(then.didDocumentMetadata.versionId).to.equal("2");
    expect(errorOf(await cached.resolve(changing, { offline: true, versionTime: nextUpdate }))).to.equal(
      "OFFLINE_UNKNOWN",
    );
  });

  it("knows offline that a DID has ended, though it has read a past version only", async () => {
    const { did: ending } = await fixture.create();
    const networks = [networkWith(fixture, { finalitySeconds: 0n })];
    const cached = didResolver({ networks, cache: memoryCache() });
    await fixture.execute(deactivateDid(await fixture.record(ending), { deadline: FAR_DEADLINE }));
    await cached.resolve(ending, { versionId: "1" });
    const offline = await cached.resolve(ending, { offline: true });
    expect(offline.didDocument).to.equal(null);
    expect(offline.didDocumentMetadata).to.include({ deactivated: true, versionId: "2" });
    const past = await cached.resolve(ending, { offline: true, versionId: "1" });
    expect(past.didDocument?.verificationMethod).to.have.length(4);
  });

  it("shows offline no document of a DID whose end was seen but may be undone yet", async () => {
    const { did: ending } = await fixture.create();
    await update(ending, "before the end");
    await fixture.networkHelpers.time.increase(100);
    const networks = [networkWith(fixture, { finalitySeconds: 60n })];
    const cached = didResolver({ networks, cache: memoryCache() });
    await fixture.execute(deactivateDid(await fixture.record(ending), { deadline: FAR_DEADLINE }));
    await cached.resolve(ending, { versionId: "1" });
    expect(errorOf(await cached.resolve(ending, { offline: true }))).to.equal("OFFLINE_UNKNOWN");
    const past = await cached.resolve(ending, { offline: true, versionId: "1" });
    expect(past.didDocumentMetadata).to.include({ versionId: "1", deactivated: true });
  });

  it("refuses an answer for another block than was asked for", async () => {
    const { block } = await update(did, "another");
    const node = recordingNode(fixture.ethers.provider);
    node.answer = async ({ method, params }, next) =>
      method === "eth_call" ? fixture.ethers.provider.send("eth_call", [params[0], "latest"]) : next();
    const { chainId, address: registry } = fixture;
    const { resolve } = didResolver({
      networks: [rpcNetwork({ chainId, registry, rpc: providerJsonRpc(node) })],
    });
    await fixture.networkHelpers.mine(2);
    expect(errorOf(await resolve(did, { blockTag: block }))).to.equal("NODE_FAILED");
    expect(errorOf(await resolve(did))).to.equal(undefined);
  });

  it("walks from block to block where the node says that the range exceeds its limits", async () => {
    const range = { code: -32005, message: "query returned more than 10000 results" };
    const rate = { code: -32005, message: "project ID request rate exceeded" };
    const past = (error: object) =>
      fixture.withNode(
        async ({ method, params: [query] }, next) => {
          const { fromBlock, toBlock } = (query ?? {}) as LogQuery;
          if (method === "eth_getLogs" && fromBlock !== toBlock) throw { error };
          return next();
        },
        () => didResolver({ networks: [fixture.network] }).resolve(did, { versionId: "1" }),
      );
    expect((await past(range)).didDocumentMetadata.versionId).to.equal("1");
    expect(errorOf(await past(rate))).to.equal("NODE_RATE_LIMITED");
  });

  it("never throws, even if the operator's listener does", async () => {
    const broken = rpcNetwork({
      chainId: fixture.chainId,
      registry: fixture.address,
      rpc: {
        request: () => {
          throw new TypeError("a bug");
        },
      },
    });
    let told = 0;
    const onUnexpected = () => {
      told += 1;
      throw new Error("a bug in the listener");
    };
    const resolver = didResolver({ networks: [broken], onUnexpected });
    expect(errorOf(await resolver.resolve(did))).to.equal("INTERNAL_ERROR");
    const { error } = (await resolver.dereference(`${did}#x`)).dereferencingMetadata as {
      error?: { code?: string };
    };
    expect(error?.code).to.equal("INTERNAL_ERROR");
    expect(told).to.equal(2);
  });
});
