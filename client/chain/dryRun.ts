import { chainError } from "./decodeError.ts";
import { ChainError } from "./errors.ts";
import { CONTRACT_ERROR_CODES } from "./generated/abi.ts";
import type { Registry } from "./registry.ts";
import { withRetry } from "./retry.ts";
import type { RegistryCall } from "./send.ts";

/** What a transaction would do now: succeed, for that much, or be refused. */
export type DryRun =
  | {
      readonly ok: true;
      readonly gas: bigint;
      /** The most that it would cost at the node's present prices, in wei. */
      readonly feeWei: bigint;
    }
  | { readonly ok: false; readonly error: ChainError };

/** Refusals of a contract, as against failures of the node. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...Object.values(CONTRACT_ERROR_CODES),
  ...["CONTRACT_ERROR_UNKNOWN", "CONTRACT_PANICKED", "CONTRACT_REVERTED"],
]);

/**
 * Tries a transaction against the newest block without sending it, signatures and all: see `operationCall` for one of a
 * signed operation.
 *
 * @param from Who would send it.
 * @throws {ChainError} those of the node; what the registry says is part of the answer
 * @example
 * const run = await dryRun(registry, operationCall(registry, bundle), await sender.getAddress());
 * console.log(run.ok ? `costs at most ${formatEther(run.feeWei)}` : run.error.message);
 */
export async function dryRun(registry: Registry, call: RegistryCall, from: string): Promise<DryRun> {
  const { provider, retry } = registry;
  try {
    const gas = await withRetry(() => provider.estimateGas({ ...call, from }), retry);
    const { maxFeePerGas, gasPrice } = await withRetry(() => provider.getFeeData(), retry);
    return { ok: true, gas, feeWei: gas * (maxFeePerGas ?? gasPrice ?? 0n) };
  } catch (error) {
    const typed = chainError(error);
    if (typed instanceof ChainError && REFUSALS.has(typed.code)) return { ok: false, error: typed };
    throw typed;
  }
}
