import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { ed25519 } from "@noble/curves/ed25519.js";
import { Resolver } from "did-resolver";
import { ContractFactory, encodeBytes32String, id as keccakOf } from "ethers";
import { EthereumDIDRegistry } from "ethr-did-registry";
import { getResolver as getEthrResolver } from "ethr-did-resolver";
import { network } from "hardhat";
import { didCall, executeDid, httpJsonRpc, providerJsonRpc, rpcNetwork } from "../client/chain/index.ts";
import { hex32 } from "../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  createDid,
  type DidKey,
  type DidRequest,
  didKey,
  formatDid,
  getResolver,
  KEY_CODECS,
  MAX_DEADLINE_SECONDS,
  readRecord,
  updateDid,
} from "../client/did/index.ts";

/** What one resolution of the current document takes. */
export type ResolveFigure = {
  /** JSON-RPC requests. */
  readonly requests: number;
  /** Milliseconds, where each HTTP request to the node takes 50 ms longer. */
  readonly ms: number;
};

/** By the number of changes before; beside each, did:ethr (ethr-did-resolver 11.1.3) after as many changes. */
export type ResolveFigures = Readonly<
  Record<"0" | "10" | "200", ResolveFigure & { readonly ethr: ResolveFigure }>
>;

const LATENCY_MS = 50;
const CHANGES = [0, 10, 200] as const;
/** Beyond every block time that this run reaches. */
const DEADLINE = BigInt(Math.floor(Date.now() / 1000)) + MAX_DEADLINE_SECONDS - 86_400n;
const HOUR = 3600;

type Connection = Awaited<ReturnType<typeof network.create>>;

/** Resolves DIDs after 0, 10 and 200 changes through a node at a distance, with this resolver and with did:ethr's. */
export async function benchResolve(): Promise<ResolveFigures> {
  const server = await network.createServer("default", "127.0.0.1", 0);
  const { port } = await server.listen();
  const nodeUrl = `http://127.0.0.1:${port}`;
  const connection = await network.create({ network: "localhost", override: { url: nodeUrl } });
  const distant = await startDistantNode(nodeUrl);
  try {
    const dkms = await prepareDkms(connection, distant.url);
    const ethr = await prepareEthr(connection, distant.url);
    const figures: [string, ResolveFigure & { ethr: ResolveFigure }][] = [];
    for (const changes of CHANGES) {
      const ours = { ...dkms, did: await dkms.identifier(changes), times: 9 };
      // Once: after 200 changes it takes a quarter of a minute.
      const theirs = { ...ethr, did: await ethr.identifier(changes), times: 1 };
      figures.push([
        String(changes),
        { ...(await measure(distant, ours)), ethr: await measure(distant, theirs) },
      ]);
    }
    return Object.fromEntries(figures) as ResolveFigures;
  } finally {
    await distant.close();
    await connection.close();
    await server.close();
  }
}

type DistantNode = {
  readonly url: string;
  /** JSON-RPC requests since it was asked last; those of a batch count one by one. */
  readonly takeCount: () => number;
  readonly close: () => Promise<void>;
};

/** The node behind a delay. */
async function startDistantNode(nodeUrl: string): Promise<DistantNode> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const parsed: unknown = JSON.parse(body);
    requests += Array.isArray(parsed) ? parsed.length : 1;
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    const answer = await fetch(nodeUrl, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeCount: () => {
      const count = requests;
      requests = 0;
      return count;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

type Subject = {
  readonly resolver: () => Resolver;
  /** A DID that has been changed so often. */
  readonly identifier: (changes: number) => Promise<string>;
};

type Run = { readonly did: string; readonly resolver: () => Resolver; readonly times: number };

/** The median of some resolutions, each by a new resolver, as each process begins with one. */
async function measure(node: DistantNode, { did, resolver, times }: Run): Promise<ResolveFigure> {
  const durations: number[] = [];
  let requests = 0;
  // One more, which is for the code to be compiled.
  for (let run = 0; run <= times; run++) {
    const fresh = resolver();
    node.takeCount();
    const start = performance.now();
    const { didDocument, didResolutionMetadata } = await fresh.resolve(did);
    if (run > 0) durations.push(performance.now() - start);
    requests = node.takeCount();
    if (didDocument === null) throw new Error(`${did} did not resolve: ${didResolutionMetadata.error}`);
  }
  return { requests, ms: Math.round(durations.sort((x, y) => x - y)[Math.floor(times / 2)] ?? 0) };
}

async function prepareDkms({ ethers }: Connection, rpcUrl: string): Promise<Subject> {
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("the chain has no accounts");
  const AgentSignatures = await (await ethers.deployContract("AgentSignatures")).getAddress();
  const contract = await ethers.deployContract("DidRegistry", { libraries: { AgentSignatures } });
  const registry = await contract.getAddress();
  const { chainId } = await ethers.provider.getNetwork();
  const near = rpcNetwork({ chainId, registry, rpc: providerJsonRpc(ethers.provider) });
  const execute = async (request: DidRequest) =>
    executeDid(owner, didCall(request, [await approveDid(owner, request)]));
  return {
    resolver: () =>
      new Resolver(getResolver({ networks: [rpcNetwork({ chainId, registry, rpc: httpJsonRpc(rpcUrl) })] })),
    identifier: async (changes) => {
      const request = createDid({
        chainId,
        registry,
        controllers: accountControllers([owner.address]),
        state: { keys: [keyNumber(0)], services: [], alsoKnownAs: [] },
        salt: hex32(keccakOf(`resolve ${changes}`)),
        deadline: DEADLINE,
      });
      await execute(request);
      const did = formatDid(chainId, request.operation.did);
      for (let change = 1; change <= changes; change++) {
        const record = await readRecord(near, did);
        await execute(
          updateDid(record, { state: { ...record.state, keys: [keyNumber(change)] }, deadline: DEADLINE }),
        );
      }
      return did;
    },
  };
}

function keyNumber(index: number): DidKey {
  const seed = new Uint8Array(32).fill(1 + (index % 255));
  return didKey({
    codec: KEY_CODECS.ED25519,
    publicKey: ed25519.getPublicKey(seed),
    relationships: ["authentication", "assertionMethod"],
  });
}

async function prepareEthr({ ethers }: Connection, rpcUrl: string): Promise<Subject> {
  const signers = await ethers.getSigners();
  const { abi, bytecode } = EthereumDIDRegistry;
  const deployed = await new ContractFactory(abi, bytecode, signers[0]).deploy();
  await deployed.waitForDeployment();
  const registry = await deployed.getAddress();
  const setAttribute = deployed.getFunction("setAttribute");
  let used = 0;
  return {
    resolver: () =>
      new Resolver(
        getEthrResolver({ networks: [{ name: "development", chainId: 31337, rpcUrl, registry }] }),
      ),
    identifier: async (changes) => {
      // An identity of its own for each number of changes: in ERC-1056 an account is one without being created.
      const owner = signers[1 + used++];
      if (owner === undefined) throw new Error("the chain has too few accounts");
      const name = encodeBytes32String("did/pub/Ed25519/veriKey/hex");
      for (let change = 1; change <= changes; change++) {
        const { material } = keyNumber(change);
        const sent = await setAttribute.populateTransaction(owner.address, name, material, HOUR * 24 * 365);
        await (await owner.sendTransaction(sent)).wait();
      }
      return `did:ethr:development:${owner.address}`;
    },
  };
}
