import { isDkmsError } from "../core/index.ts";
import type { RootFacts, RootsReader } from "../proof/index.ts";
import type { Decoded } from "./decoded.ts";
import { ChainError } from "./errors.ts";
import { atHead, callRegistry, type Registry, readFinalized } from "./registry.ts";

/**
 * What a verifier asks of the chain (protocol §6.5): roots and time of the newest block, all of that one block, and
 * whether the finalized block has the checkpoint already. Read on a schedule where the moment of presenting must not
 * show (protocol §7.4).
 *
 * @example const facts = await rootsReader(registry).readRoots(presentation.provisionedRoot, presentation.revokedRoot);
 */
export function rootsReader(registry: Registry): RootsReader {
  return {
    readRoots: (provisionedRoot, revokedRoot) =>
      atHead(registry, async ({ number, time }): Promise<RootFacts> => {
        const roots = await callRegistry(registry, "rootsOf", [provisionedRoot, revokedRoot], number);
        const record = roots.struct("record");
        const size = record.bigint("size");
        if (size === 0n) return { blockTime: time, provisioned: undefined, revoked: { status: "unknown" } };
        const generation = record.number("generation");
        const final = await isCheckpointFinal(registry, provisionedRoot);
        return { blockTime: time, provisioned: { generation, size, final }, revoked: revokedStatus(roots) };
      }),
  };
}

async function isCheckpointFinal(registry: Registry, root: bigint): Promise<boolean> {
  const { number } = await readFinalized(registry);
  try {
    const record = (await callRegistry(registry, "checkpointOf", [root], number)).struct("record");
    return record.bigint("size") !== 0n;
  } catch (error) {
    // The registry itself is younger than the finalized block.
    if (isDkmsError(error, "CONTRACT_NOT_FOUND")) return false;
    throw error;
  }
}

/** `RootStatus` of the contracts, by its number. */
const STATUS = ["unknown", "current", "superseded"] as const;

function revokedStatus(roots: Decoded): RootFacts["revoked"] {
  const status = STATUS[roots.number("status")];
  if (status === undefined) {
    throw new ChainError("NODE_ANSWER_MALFORMED", "the node gave a root status that does not exist");
  }
  return status === "superseded" ? { status, supersededAt: roots.bigint("supersededAt") } : { status };
}
