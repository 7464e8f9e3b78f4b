import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { JsonRpcProvider, NonceManager, Wallet } from "ethers";
import { artifacts, network } from "hardhat";
import { connectRpc, openRegistry, type Registry, type RetryPolicy } from "../../../client/chain/index.ts";

export const CHAIN_ID = 31337n;

/** The test mnemonic's first account, rich on every development chain. */
const RICH_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/** Tries again at once: tests do not wait. */
export const IMPATIENT: RetryPolicy = { attempts: 4, firstDelayMs: 0, sleep: () => Promise.resolve() };

/** A development chain behind a real JSON-RPC endpoint, with the registry on it. */
export type TestNode = {
  readonly url: string;
  readonly registryAddress: string;
  readonly registry: Registry;
  /** Pays for transactions. */
  readonly relayer: NonceManager;
  /** Straight to the node, for what only tests do. */
  readonly send: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

export async function startNode(): Promise<TestNode> {
  const server = await network.createServer("default", "127.0.0.1", 0);
  const { port } = await server.listen();
  try {
    return await deployOn(`http://127.0.0.1:${port}`, () => server.close());
  } catch (error) {
    // A server left open would keep the test run from ending.
    await server.close();
    throw error;
  }
}

async function deployOn(url: string, closeServer: () => Promise<void>): Promise<TestNode> {
  const connection = await network.create({ network: "localhost", override: { url } });
  const registryAddress = await deployRegistry(connection.ethers);
  const provider = connectRpc(url, { chainId: CHAIN_ID });
  const admin = new JsonRpcProvider(url, undefined, { staticNetwork: true });
  const options = { provider, address: registryAddress, chainId: CHAIN_ID, retry: IMPATIENT };
  return {
    url,
    registryAddress,
    registry: await openRegistry(options),
    relayer: new NonceManager(new Wallet(RICH_KEY, provider)),
    send: (method, params = []) => admin.send(method, [...params]),
    close: async () => {
      provider.destroy();
      admin.destroy();
      await connection.close();
      await closeServer();
    },
  };
}

type Ethers = Awaited<ReturnType<typeof network.create>>["ethers"];

/** The registry in its four parts; Ignition would take an older chain's deployment for ours. */
async function deployRegistry(ethers: Ethers): Promise<string> {
  const done = new Map<string, string>();
  const trustees = await deployLinked(ethers, "AgentPolicyTrustees", done);
  const recovery = await deployLinked(ethers, "AgentPolicyRecovery", done, [trustees]);
  const governance = await deployLinked(ethers, "AgentPolicyGovernance", done, [recovery]);
  return deployLinked(ethers, "AgentPolicyRegistry", done, [governance]);
}

/** Deploys a contract after the libraries that it links to. */
async function deployLinked(
  ethers: Ethers,
  name: string,
  done: Map<string, string>,
  args: readonly string[] = [],
): Promise<string> {
  const known = done.get(name);
  if (known !== undefined) return known;
  const { linkReferences } = await artifacts.readArtifact(name);
  const libraries: Record<string, string> = {};
  for (const library of Object.values(linkReferences).flatMap((names) => Object.keys(names))) {
    libraries[library] = await deployLinked(ethers, library, done);
  }
  const contract = await ethers.deployContract(name, [...args], { libraries });
  const address = await (await contract.waitForDeployment()).getAddress();
  done.set(name, address);
  return address;
}

export type Request = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };
export type Reply = { readonly id: number; result?: unknown; error?: unknown };

/** What a faulty node does with a request instead of answering it well. */
export type Fault =
  | { readonly status: number }
  | { readonly hang: true }
  | { readonly alter: (reply: Reply, request: Request) => Reply }
  | { readonly body: string };

/** A node that fails where it is told to, and answers as the real one otherwise. */
export type FaultyNode = {
  readonly url: string;
  readonly requests: Request[];
  /** Asked for every request; undefined lets it through. */
  fault: (request: Request) => Fault | undefined | Promise<undefined>;
  readonly close: () => Promise<void>;
};

export async function startFaultyNode(target: string): Promise<FaultyNode> {
  const requests: Request[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = JSON.parse(await bodyOf(incoming)) as Request | Request[];
      const all = Array.isArray(body) ? body : [body];
      requests.push(...all);
      const faults = await Promise.all(all.map((request) => node.fault(request)));
      const fault = faults.find((one) => one !== undefined);
      if (fault !== undefined && "hang" in fault) return;
      if (fault !== undefined && "status" in fault) {
        outgoing.writeHead(fault.status).end("no");
        return;
      }
      if (fault !== undefined && "body" in fault) {
        outgoing.writeHead(200, { "content-type": "application/json" }).end(fault.body);
        return;
      }
      const replies = (await forward(target, all)).map((reply, i) => {
        const [request, own] = [all[i], faults[i]];
        return own !== undefined && "alter" in own && request !== undefined
          ? own.alter(reply, request)
          : reply;
      });
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(Array.isArray(body) ? replies : replies[0]));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const node: FaultyNode = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return node;
}

async function forward(target: string, requests: readonly Request[]): Promise<Reply[]> {
  const answer = await fetch(target, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(requests),
  });
  return (await answer.json()) as Reply[];
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  return body;
}
