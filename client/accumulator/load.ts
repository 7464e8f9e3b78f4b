import { type FieldElement, fieldElement, isFieldElement } from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import type { AccumulatorEvent, Checkpoint, RevocationRoot } from "./events.ts";
import { provisionedRoot } from "./provisionedTree.ts";
import { revokedRoot, toggled } from "./revokedTree.ts";
import { revokedDepth, span, wordCount } from "./shape.ts";
import type { AccumulatorSource, BlockRef, NodeRange } from "./source.ts";
import { type Nodes, nodeKey } from "./sparseTree.ts";
import { type AccumulatorState, assertSameRoot, type Revocation } from "./state.ts";

/** What to load of a generation. */
export type LoadOptions = {
  readonly generation: number;
  /** The indices to be proved; each makes the block of leaves around it be fetched. */
  readonly indices: readonly number[];
  /**
   * The oldest time, in seconds since 1970, whose canonical roots must be provable: two hours before now serves every
   * window (protocol §7.1).
   */
  readonly since: bigint;
  /** An agent hides among 4^blockLevel leaves from who answers; 5, a block of 32 KB, unless told. */
  readonly blockLevel?: number;
};

/** A state and the last block that it includes. */
export type Snapshot = { readonly at: BlockRef; readonly state: AccumulatorState };

export const DEFAULT_BLOCK_LEVEL = 5;

/** Level of the revoked tree that is fetched: of the words under other such nodes, no hash is computed. */
const HASH_LEVEL = 3;

/** Values in one call of a view: 8.6 M gas, within the limits of public nodes. */
const PAGE = 4096;

const HASH_BITS = 256n;

/**
 * Reads a generation at `block`, the newest one unless told, by wide ranges (protocol §7.2): the nodes above the blocks, the blocks of leaves
 * that are needed, all revocation words, and the events since `since`. Both roots are recomputed and compared.
 *
 * @throws {AccumulatorError} GENERATION_NOT_OPEN; INDEX_UNKNOWN if an index has no leaf yet; ACCUMULATOR_SOURCE_MALFORMED
 * if an answer cannot be; ACCUMULATOR_EVENT_UNEXPECTED if the events contradict it; ACCUMULATOR_ROOT_MISMATCH
 */
export async function loadAccumulator(
  source: AccumulatorSource,
  options: LoadOptions,
  block?: BlockRef,
): Promise<Snapshot> {
  const { generation, indices } = options;
  const at = block ?? (await source.head());
  const size = await source.size(generation, at);
  if (size === 0) {
    throw new AccumulatorError("GENERATION_NOT_OPEN", "the generation has no leaf", {
      details: { generation },
    });
  }
  if (indices.some((index) => !Number.isInteger(index) || index < 0 || index >= size)) {
    throw new AccumulatorError("INDEX_UNKNOWN", "the generation has no such leaf yet", { details: { size } });
  }
  const first = await source.blockAt(options.since);
  const events = await source.events({ generation, from: first.number, to: at.number, withoutLeaves: true });
  const checkpoints = await readCheckpoints(source, { generation, before: first.number - 1, events });
  const nodes = await readProvisioned(source, { ...options, size, at, checkpoints });
  assertSameRoot(
    provisionedRoot(nodes, size),
    field(await source.provisionedRoot(generation, size, at)),
    "provisioned",
  );
  const revoked = await readRevoked(source, { generation, size, at });
  const current = await source.revokedRoot(generation, at);
  const depth = revokedDepth(size);
  assertSameRoot(revokedRoot(revoked, depth), field(current.root), "revoked");
  const time = options.since < first.time ? options.since : first.time;
  const newest = { root: field(current.root), generation, version: current.version, depth, time };
  const { roots, revocations } = replayRoots({ events, newest, revoked });
  return { at, state: { generation, size, nodes, checkpoints, revoked, roots, revocations } };
}

/** Those since the first block wanted and the last one before. */
async function readCheckpoints(
  source: AccumulatorSource,
  query: {
    readonly generation: number;
    readonly before: number;
    readonly events: readonly AccumulatorEvent[];
  },
): Promise<readonly Checkpoint[]> {
  const former = query.before < 0 ? undefined : await source.lastCheckpoint(query.generation, query.before);
  const recent = query.events.flatMap((event) => {
    if (event.type !== "Checkpointed") return [];
    const { type: _, ...checkpoint } = event;
    return [checkpoint];
  });
  return former === undefined ? recent : [former, ...recent];
}

type Provisioned = LoadOptions & {
  readonly size: number;
  readonly at: BlockRef;
  readonly checkpoints: readonly Checkpoint[];
};

/** All full blocks' nodes; the leaves of the wanted, the last and the checkpoints' partial blocks. */
async function readProvisioned(source: AccumulatorSource, options: Provisioned): Promise<Nodes> {
  const { generation, size, at, blockLevel = DEFAULT_BLOCK_LEVEL } = options;
  const width = span(blockLevel);
  const nodes: Nodes = new Map();
  const read = async (level: number, range: NodeRange) => {
    const values = await readPaged(range, (page) =>
      source.provisionedNodes({ generation, size, level, ...page }, at),
    );
    for (const [i, value] of values.entries()) nodes.set(nodeKey(level, range.start + i), field(value));
  };
  await read(blockLevel, { start: 0, count: Math.floor(size / width) });
  const partial = [size, ...options.checkpoints.map((checkpoint) => checkpoint.size)].filter(
    (end) => end % width > 0,
  );
  const blocks = new Set([...options.indices, ...partial].map((index) => Math.floor(index / width)));
  for (const block of [...blocks].toSorted((a, b) => a - b)) {
    const start = block * width;
    if (start < size) await read(0, { start, count: Math.min(width, size - start) });
  }
  return nodes;
}

/** All words, and the hashes over each 4^HASH_LEVEL of them. */
async function readRevoked(
  source: AccumulatorSource,
  { generation, size, at }: { readonly generation: number; readonly size: number; readonly at: BlockRef },
) {
  const count = wordCount(size);
  const words = await readPaged({ start: 0, count }, (page) =>
    source.revokedWords({ generation, ...page }, at),
  );
  if (words.some((word) => typeof word !== "bigint" || word < 0n || word >> HASH_BITS !== 0n)) {
    throw malformed("a word is not 256 bits");
  }
  const hashes: Nodes = new Map();
  if (revokedDepth(size) <= HASH_LEVEL) return { words, hashes };
  const range = { start: 0, count: Math.ceil(count / span(HASH_LEVEL)) };
  const nodes = await readPaged(range, (page) =>
    source.revokedNodes({ generation, level: HASH_LEVEL, ...page }, at),
  );
  for (const [i, node] of nodes.entries()) hashes.set(nodeKey(HASH_LEVEL, i), field(node));
  return { words, hashes };
}

type Replay = {
  readonly events: readonly AccumulatorEvent[];
  /** As the view has it; its time is the oldest one wanted. */
  readonly newest: RevocationRoot;
  readonly revoked: AccumulatorState["revoked"];
};

/**
 * The roots since the oldest time wanted, led by the one that was current then: computed by taking back the bits set
 * since, as its own event may be long ago.
 */
function replayRoots({ events, newest, revoked }: Replay): Pick<AccumulatorState, "roots" | "revocations"> {
  const revocations: Revocation[] = [];
  const roots: RevocationRoot[] = [];
  let unrooted: number[] = [];
  for (const event of events) {
    if (event.type === "IndexRevoked") unrooted.push(event.index);
    if (event.type !== "RevocationRootAdded") continue;
    const { type: _, ...root } = event;
    roots.push(root);
    revocations.push(...unrooted.map((index) => ({ index, version: root.version })));
    unrooted = [];
  }
  const last = roots.at(-1);
  if (unrooted.length > 0 || (last !== undefined && !sameVersion(last, newest))) {
    throw new AccumulatorError("ACCUMULATOR_EVENT_UNEXPECTED", "the events do not lead to the current root", {
      details: { expected: newest.version, last: last?.version },
    });
  }
  const first = roots[0];
  if (first === undefined) return { roots: [newest], revocations };
  const set = revocations[0]?.version === first.version;
  const depth = set ? first.depth : first.depth - 1;
  if (depth === 0) return { roots, revocations };
  const before = toggled(
    revoked,
    revocations.map(({ index }) => index),
  );
  const version = set ? first.version - 1n : first.version;
  return { roots: [{ ...newest, root: revokedRoot(before, depth), version, depth }, ...roots], revocations };
}

function sameVersion(left: RevocationRoot, right: RevocationRoot): boolean {
  return left.root === right.root && left.version === right.version && left.depth === right.depth;
}

async function readPaged(
  { start, count }: NodeRange,
  read: (page: NodeRange) => Promise<readonly bigint[]>,
): Promise<readonly bigint[]> {
  const values: bigint[] = [];
  while (values.length < count) {
    const page = { start: start + values.length, count: Math.min(PAGE, count - values.length) };
    const answer = await read(page);
    if (answer.length !== page.count)
      throw malformed(`${page.count} values asked for, ${answer.length} given`);
    values.push(...answer);
  }
  return values;
}

function field(value: bigint): FieldElement {
  if (!isFieldElement(value)) throw malformed("a node is not a canonical field element");
  return fieldElement(value);
}

function malformed(reason: string): AccumulatorError {
  return new AccumulatorError("ACCUMULATOR_SOURCE_MALFORMED", `the source's answer cannot be: ${reason}`, {
    details: { reason },
  });
}
