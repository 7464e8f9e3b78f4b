import type { Log, TopicFilter } from "ethers";
import { isDkmsError } from "../core/index.ts";
import { ChainError } from "./errors.ts";
import type { Registry } from "./registry.ts";
import { withRetry } from "./retry.ts";

export type LogQuery = {
  readonly topics: TopicFilter;
  readonly fromBlock: number;
  /** Included. */
  readonly toBlock: number;
  /** Most blocks asked for at once; 10,000 by default. Halved where the node finds an answer too large. */
  readonly chunk?: number;
};

const DEFAULT_CHUNK = 10_000;

/**
 * Logs of the registry, chunk by chunk, in the order of the chain.
 *
 * @throws {ChainError} NODE_ANSWER_MALFORMED if the node gives logs that were not asked for, and those of the node
 */
export async function* readLogs(registry: Registry, query: LogQuery): AsyncGenerator<readonly Log[]> {
  let chunk = query.chunk ?? DEFAULT_CHUNK;
  let from = Math.max(query.fromBlock, registry.deployedAt);
  while (from <= query.toBlock) {
    const to = Math.min(query.toBlock, from + chunk - 1);
    try {
      yield checked(
        registry,
        { ...query, fromBlock: from, toBlock: to },
        await getLogs(registry, query, from, to),
      );
    } catch (error) {
      // "Too many results" is refused in as many ways as there are nodes; a single block has to be answered.
      if (to === from || !isDkmsError(error, "NODE_REFUSED")) throw error;
      chunk = Math.ceil((to - from + 1) / 2);
      continue;
    }
    from = to + 1;
  }
}

async function getLogs(
  registry: Registry,
  query: LogQuery,
  fromBlock: number,
  toBlock: number,
): Promise<Log[]> {
  const { provider, location, retry } = registry;
  const filter = { address: location.registry, topics: query.topics, fromBlock, toBlock };
  return withRetry(() => provider.getLogs(filter), retry);
}

/** The logs, if they are of this registry and range and in order. */
function checked(registry: Registry, { fromBlock, toBlock }: LogQuery, logs: readonly Log[]): readonly Log[] {
  let previous: Log | undefined;
  for (const log of logs) {
    const ordered =
      previous === undefined ||
      log.blockNumber > previous.blockNumber ||
      (log.blockNumber === previous.blockNumber && log.index > previous.index);
    const asked =
      log.address.toLowerCase() === registry.location.registry &&
      log.blockNumber >= fromBlock &&
      log.blockNumber <= toBlock &&
      !log.removed;
    if (!ordered || !asked) {
      throw new ChainError("NODE_ANSWER_MALFORMED", "the node gave a log that was not asked for", {
        details: { block: log.blockNumber, log: log.index },
      });
    }
    previous = log;
  }
  return logs;
}
