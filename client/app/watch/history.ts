import { blockTimes, decodePolicyLog, type Registry, readHead, readLogs } from "../../chain/index.ts";
import { bigintToHex32 } from "../../core/index.ts";
import { applyPolicyEvent, type PolicyId, type PolicyState } from "../../policy/index.ts";

/** A policy as it was after a block. */
export type PastState = {
  readonly state: PolicyState;
  /** Of the block, in seconds since 1970. */
  readonly time: bigint;
};

/**
 * A policy after the block `since`, and then after each block that changed it; where it was made later, from then on. Of logs alone,
 * which nothing is held against: compare the last one with `readPolicyState`.
 *
 * @throws {ChainError} those of the node; {PolicyError} POLICY_EVENT_UNEXPECTED if logs are missing, or the chain reorganises
 */
export async function* statesSince(
  registry: Registry,
  policy: PolicyId,
  since: number,
): AsyncGenerator<PastState> {
  const { number: toBlock } = await readHead(registry);
  const timeOf = blockTimes(registry);
  const topics = [null, bigintToHex32(policy)];
  let state: PolicyState | undefined;
  let [block, time] = [-1, 0n];
  for await (const logs of readLogs(registry, { topics, fromBlock: 0, toBlock })) {
    for (const log of logs) {
      const located = decodePolicyLog(log);
      if (located === undefined) continue;
      if (located.at.block !== block) {
        if (state !== undefined && located.at.block > since) yield { state, time };
        ({ block } = located.at);
        time = await timeOf(located.at);
      }
      state = applyPolicyEvent(state, located.event, time);
    }
  }
  if (state !== undefined) yield { state, time };
}
