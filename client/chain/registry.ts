import { FetchRequest, Interface, JsonRpcProvider, Network, type Provider } from "ethers";
import type { BlockRef } from "../accumulator/index.ts";
import { type Hex20, hex20, hex32, isDkmsError } from "../core/index.ts";
import type { RegistryLocation } from "../policy/index.ts";
import { callContract } from "./call.ts";
import type { Decoded } from "./decoded.ts";
import { ChainError } from "./errors.ts";
import { AGENT_POLICY_REGISTRY_ABI } from "./generated/abi.ts";
import { DEFAULT_RETRY, type RetryPolicy, withRetry } from "./retry.ts";

/** How blocks become final: by the node's `finalized` tag, or by a number of blocks on top, where it has none. */
export type FinalityRule = { readonly tag: "finalized" } | { readonly depth: number };

/** A registry that was found on its chain; what all functions of this module read from. */
export type Registry = {
  readonly location: RegistryLocation;
  readonly provider: Provider;
  /** Block in which it was deployed: no log is older. */
  readonly deployedAt: number;
  readonly finality: FinalityRule;
  readonly retry: RetryPolicy;
};

export type OpenRegistryOptions = {
  /** Any provider of ethers, as {@link connectRpc} makes one. */
  readonly provider: Provider;
  /** The registry's address. */
  readonly address: string;
  /** The chain that it must be on. */
  readonly chainId: bigint;
  /** 0 by default, which makes the first reading of logs long on old chains. */
  readonly deployedAt?: number;
  /** The `finalized` tag by default. */
  readonly finality?: FinalityRule;
  readonly retry?: RetryPolicy;
};

export const REGISTRY_INTERFACE = new Interface(AGENT_POLICY_REGISTRY_ABI);

const DEFAULT_TIMEOUT_MS = 20_000;
const PINNED_ATTEMPTS = 3;

/**
 * A provider for an RPC endpoint. Failures are reported at once (ethers itself would ask again for minutes); retries
 * are this module's.
 *
 * @param options `chainId`: the chain, which {@link openRegistry} checks; `timeoutMs`: per request, 20,000 by default.
 */
export function connectRpc(
  url: string,
  options: { readonly chainId: bigint; readonly timeoutMs?: number },
): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  request.retryFunc = async () => false;
  const network = Network.from(options.chainId);
  // A cached answer would be of another block than the one that is asked for.
  return new JsonRpcProvider(request, network, { staticNetwork: network, cacheTimeout: -1 });
}

/**
 * Makes sure that a registry of this version is at the address, on the chain.
 *
 * @throws {ChainError} REGISTRY_NOT_FOUND, CHAIN_ID_MISMATCH, and those of the node
 * @throws {CoreError} HEX_MALFORMED, BYTES_LENGTH
 * @example
 * const provider = connectRpc("https://rpc.example", { chainId: 11155111n });
 * const registry = await openRegistry({ provider, address: "0x…", chainId: 11155111n, deployedAt: 7_000_000 });
 */
export async function openRegistry(options: OpenRegistryOptions): Promise<Registry> {
  const {
    provider,
    chainId,
    deployedAt = 0,
    finality = { tag: "finalized" },
    retry = DEFAULT_RETRY,
  } = options;
  const location = { chainId, registry: hex20(options.address) };
  const registry: Registry = { location, provider, deployedAt, finality, retry };
  const domain = await callRegistry(registry, "eip712Domain", []).catch((error: unknown) => {
    throw isDkmsError(error, "CONTRACT_NOT_FOUND") ? notFound(location.registry) : error;
  });
  const found = {
    chainId: domain.bigint("chainId"),
    name: domain.text("name"),
    version: domain.text("version"),
  };
  if (found.chainId !== chainId) {
    throw new ChainError("CHAIN_ID_MISMATCH", `the node is on chain ${found.chainId}, not ${chainId}`, {
      details: { expected: chainId, actual: found.chainId },
    });
  }
  if (found.name !== "dkms AgentPolicyRegistry" || found.version !== "1") {
    throw notFound(location.registry);
  }
  return registry;
}

/**
 * Calls a view of the registry.
 *
 * @param block Number of the block to read at; the newest by default.
 * @throws {ChainError} a contract's own error, or the node's
 */
export async function callRegistry(
  registry: Registry,
  name: string,
  args: readonly unknown[],
  block?: number,
): Promise<Decoded> {
  const contract = { address: registry.location.registry, abi: REGISTRY_INTERFACE };
  return callContract(registry, contract, name, args, block);
}

/** The newest block. @throws {ChainError} those of the node */
export async function readHead(registry: Registry): Promise<BlockRef> {
  return readBlock(registry, "latest");
}

/** The newest block that counts as final, see {@link FinalityRule}. @throws {ChainError} those of the node */
export async function readFinalized(registry: Registry): Promise<BlockRef> {
  const { finality } = registry;
  if ("tag" in finality) return readBlock(registry, finality.tag);
  const head = await readHead(registry);
  return readBlock(registry, Math.max(0, head.number - finality.depth));
}

/**
 * Reads several things as of one block, the newest, and starts again if a reorganisation took that block away.
 *
 * @throws {ChainError} CHAIN_REORGANISED if that happens three times in a row, and those of the node
 */
export async function atHead<Value>(
  registry: Registry,
  read: (block: BlockRef) => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; attempt < PINNED_ATTEMPTS; attempt++) {
    const block = await readHead(registry);
    try {
      const value = await read(block);
      if (await isCanonical(registry, block)) return value;
    } catch (error) {
      // A node that has dropped the block refuses to answer about it; any other refusal is final.
      if (await isCanonical(registry, block)) throw error;
    }
  }
  throw new ChainError("CHAIN_REORGANISED", "the chain kept reorganising under a read", {
    details: { attempts: PINNED_ATTEMPTS },
  });
}

/** True if the block is still part of the node's chain. @throws {ChainError} those of the node */
export async function isCanonical(registry: Registry, block: BlockRef): Promise<boolean> {
  return (await findBlock(registry, block.number))?.hash === block.hash;
}

/** A block by its number, undefined if the chain is not so long. @throws {ChainError} those of the node */
export async function readBlockAt(registry: Registry, number: number): Promise<BlockRef | undefined> {
  return findBlock(registry, number);
}

async function readBlock(registry: Registry, tag: "latest" | "finalized" | number): Promise<BlockRef> {
  const block = await findBlock(registry, tag);
  if (block === undefined) {
    throw new ChainError("NODE_ANSWER_MALFORMED", `the node has no block ${tag}`, {
      details: { block: tag },
    });
  }
  return block;
}

async function findBlock(
  registry: Registry,
  tag: "latest" | "finalized" | number,
): Promise<BlockRef | undefined> {
  const block = await withRetry(() => registry.provider.getBlock(tag), registry.retry);
  if (block?.hash == null) return undefined;
  return { number: block.number, hash: hex32(block.hash), time: BigInt(block.timestamp) };
}

function notFound(address: Hex20): ChainError {
  return new ChainError("REGISTRY_NOT_FOUND", "there is no registry of this version at the address", {
    details: { address },
  });
}
