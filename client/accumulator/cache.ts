import { sha256 } from "@noble/hashes/sha2.js";
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  type FieldElement,
  hex32,
  hexToBytes,
  isFieldElement,
} from "../core/index.ts";
import { AccumulatorError } from "./errors.ts";
import type { Checkpoint, RevocationRoot } from "./events.ts";
import type { Snapshot } from "./load.ts";
import type { Nodes } from "./sparseTree.ts";
import type { Revocation } from "./state.ts";

/** First bytes of every cache: what it is, and the version of its layout. */
const MAGIC = new TextEncoder().encode("dkms-accumulator\x01");
const CHECKSUM = 32;
const VALUE = 32;
const SHORT = 6;

/**
 * A snapshot as bytes, to be kept where other data of the agent are: which blocks of leaves it holds tells roughly which
 * agent it serves. Integers are big-endian: 6 bytes, or 32 for values; lists are led by their length.
 */
export function encodeSnapshot({ at, state }: Snapshot): Uint8Array {
  const parts: Uint8Array[] = [MAGIC];
  const short = (value: number | bigint) => parts.push(bigintToBytes(BigInt(value), SHORT));
  const long = (value: bigint) => parts.push(bigintToBytes(value, VALUE));
  const list = <Item>(items: readonly Item[], write: (item: Item) => void) => {
    short(items.length);
    for (const item of items) write(item);
  };
  const nodes = ([key, node]: readonly [number, FieldElement]) => {
    short(key);
    long(node);
  };
  short(at.number);
  short(at.time);
  parts.push(hexToBytes(at.hash));
  short(state.generation);
  short(state.size);
  list([...state.nodes], nodes);
  list(state.checkpoints, ({ root, size, time }) => {
    long(root);
    short(size);
    short(time);
  });
  list(state.revoked.words, long);
  list([...state.revoked.hashes], nodes);
  list(state.roots, ({ root, version, depth, time }) => {
    long(root);
    short(version);
    short(depth);
    short(time);
  });
  list(state.revocations, ({ index, version }) => {
    short(index);
    short(version);
  });
  const body = concat(parts);
  return concat([body, sha256(body)]);
}

/**
 * The snapshot that bytes spell. What it leads to is checked against a root with every witness made from it.
 *
 * @throws {AccumulatorError} ACCUMULATOR_CACHE_MALFORMED if the bytes were cut, damaged or are of another version
 */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM));
  if (bytesToHex(sha256(body)) !== bytesToHex(bytes.subarray(body.length)))
    throw malformed("the checksum differs");
  const reader = newReader(body);
  if (bytesToHex(reader.bytes(MAGIC.length)) !== bytesToHex(MAGIC))
    throw malformed("it is of another version");
  const at = {
    number: reader.short(),
    time: BigInt(reader.short()),
    hash: hex32(bytesToHex(reader.bytes(VALUE))),
  };
  const generation = reader.short();
  const size = reader.short();
  const readNodes = (): Nodes => new Map(reader.list(() => [reader.short(), reader.field()] as const));
  const nodes = readNodes();
  const checkpoints = reader.list((): Checkpoint => {
    return { root: reader.field(), generation, size: reader.short(), time: BigInt(reader.short()) };
  });
  const revoked = { words: reader.list(() => reader.long()), hashes: readNodes() };
  const roots = reader.list((): RevocationRoot => {
    const [root, version] = [reader.field(), BigInt(reader.short())];
    return { root, generation, version, depth: reader.short(), time: BigInt(reader.short()) };
  });
  const revocations = reader.list(
    (): Revocation => ({ index: reader.short(), version: BigInt(reader.short()) }),
  );
  reader.end();
  return { at, state: { generation, size, nodes, checkpoints, revoked, roots, revocations } };
}

function newReader(body: Uint8Array) {
  let offset = 0;
  const bytes = (count: number): Uint8Array => {
    if (offset + count > body.length) throw malformed("it was cut");
    offset += count;
    return body.subarray(offset - count, offset);
  };
  const short = () => Number(bytesToBigint(bytes(SHORT)));
  const long = () => bytesToBigint(bytes(VALUE));
  return {
    bytes,
    short,
    long,
    field: (): FieldElement => {
      const value = long();
      if (!isFieldElement(value)) throw malformed("a node is not a canonical field element");
      return value;
    },
    list: <Item>(read: () => Item): readonly Item[] => {
      const count = short();
      if (count > body.length) throw malformed("a list is longer than all of it");
      return Array.from({ length: count }, read);
    },
    end: (): void => {
      if (offset !== body.length) throw malformed("something follows its end");
    },
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function malformed(reason: string): AccumulatorError {
  return new AccumulatorError("ACCUMULATOR_CACHE_MALFORMED", `this is no accumulator cache: ${reason}`, {
    details: { reason },
  });
}
