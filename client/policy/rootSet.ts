import { TypedDataEncoder } from "ethers";
import { bytesToHex, type Hex32, hex32 } from "../core/index.ts";
import {
  type AgentKey,
  agentKey,
  KEY_KINDS,
  keyIdOf,
  type RandomSource,
  systemRandom,
} from "../keys/index.ts";
import { PolicyError } from "./errors.ts";

/** The root keys of a policy, kept offline and known to nobody until they act. */
export type RootSet = {
  /** How many of the keys must approve a rotation. */
  readonly quorum: number;
  /** Strictly ascending by key id. */
  readonly keys: readonly AgentKey[];
  /** Random, so that the commitment tells nothing. */
  readonly salt: Hex32;
};

export type RootSetOptions = {
  /** In any order. */
  readonly keys: readonly AgentKey[];
  /** 1 by default. */
  readonly quorum?: number;
  /** Fresh by default. */
  readonly salt?: Hex32;
  readonly random?: RandomSource;
};

/** As many keys as approvals can be sent with one operation. */
const MAX_ROOT_KEYS = 32;

const TYPES = {
  RootSet: [
    { name: "quorum", type: "uint8" },
    { name: "keys", type: "RootKey[]" },
    { name: "salt", type: "bytes32" },
  ],
  RootKey: [
    { name: "kind", type: "uint8" },
    { name: "key", type: "bytes" },
  ],
};

/**
 * A root set of keys that stay offline.
 *
 * @throws {PolicyError} ROOT_SET_MALFORMED unless there are 1 to 32 keys, none twice, and the quorum can be reached.
 */
export function makeRootSet(options: RootSetOptions): RootSet {
  const { keys, quorum = 1, salt = freshSalt(options.random) } = options;
  const sorted = [...keys].sort((a, b) => (keyIdOf(a) < keyIdOf(b) ? -1 : 1));
  return checked({ quorum, keys: sorted, salt });
}

/** What a policy stores of a root set: the EIP-712 hash of the struct. @throws {PolicyError} ROOT_SET_MALFORMED */
export function rootCommitment(set: RootSet): Hex32 {
  return hex32(TypedDataEncoder.hashStruct("RootSet", structuredClone(TYPES), rootSetStruct(checked(set))));
}

/**
 * Refuses a root set that is not the one committed to.
 *
 * @throws {PolicyError} ROOT_SET_MISMATCH, ROOT_SET_MALFORMED
 */
export function checkReveal(set: RootSet, commitment: Hex32): void {
  const actual = rootCommitment(set);
  if (actual === commitment) return;
  throw new PolicyError("ROOT_SET_MISMATCH", "this is not the root set that the policy commits to", {
    details: { actual, expected: commitment },
  });
}

/** The set as the struct that the registry takes. */
export function rootSetStruct({ quorum, keys, salt }: RootSet): Readonly<Record<string, unknown>> {
  return { quorum, keys: keys.map((key) => ({ kind: KEY_KINDS[key.kind], key: key.material })), salt };
}

const TITLE = "dkms root set, version 1";
const GROUP = 8;
const LINE = /^(quorum|key [1-9][0-9]*|salt|commitment): +(.+)$/;

/**
 * A root set as text, to be stored or printed: {@link parseRootSet} reads it back, typed in by hand as well, and finds
 * mistakes by the commitment. It holds no private key, but whoever reads it learns whose the policy is.
 */
export function printRootSet(set: RootSet): string {
  const keys = set.keys.map(
    ({ kind, material }, i) => `key ${i + 1}: ${KEY_KINDS[kind]} ${grouped(material)}`,
  );
  const commitment = grouped(rootCommitment(set));
  return [
    TITLE,
    `quorum: ${set.quorum} of ${set.keys.length}`,
    ...keys,
    `salt: ${grouped(set.salt)}`,
    `commitment: ${commitment}`,
    "",
  ].join("\n");
}

/**
 * A root set from the text that {@link printRootSet} made; spaces and case of hex do not matter.
 *
 * @throws {PolicyError} ROOT_SET_UNREADABLE if it is another text, or was mistyped
 */
export function parseRootSet(text: string): RootSet {
  try {
    return readRootSet(text);
  } catch (cause) {
    throw new PolicyError("ROOT_SET_UNREADABLE", "this is no root set, or it was mistyped", { cause });
  }
}

function readRootSet(text: string): RootSet {
  const [title, ...lines] = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (title !== TITLE) throw new TypeError("not a root set");
  const values = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = LINE.exec(line) ?? [];
    if (name === "" || values.has(name)) throw new TypeError("not a line of a root set");
    values.set(name, value);
  }
  const [, quorum = "", count = ""] = /^([0-9]+) of ([0-9]+)$/.exec(values.get("quorum") ?? "") ?? [];
  const keys = Array.from({ length: Math.min(Number(count), MAX_ROOT_KEYS) }, (_, i) => {
    const [, kind = "", material = ""] = /^([0-9]+) +(.+)$/.exec(values.get(`key ${i + 1}`) ?? "") ?? [];
    return agentKey(Number(kind), ungrouped(material));
  });
  if (values.size !== keys.length + 3) throw new TypeError("lines are missing, or there are too many");
  const set = checked({ quorum: Number(quorum), keys, salt: hex32(ungrouped(values.get("salt"))) });
  checkReveal(set, hex32(ungrouped(values.get("commitment"))));
  return set;
}

function checked(set: RootSet): RootSet {
  const { quorum, keys } = set;
  const ids = keys.map(keyIdOf);
  const ascending = ids.every((id, i) => i === 0 || (ids[i - 1] ?? "") < id);
  const reachable = Number.isInteger(quorum) && quorum >= 1 && quorum <= keys.length;
  if (!ascending || !reachable || keys.length > MAX_ROOT_KEYS) {
    throw new PolicyError(
      "ROOT_SET_MALFORMED",
      `a root set has 1 to ${MAX_ROOT_KEYS} different keys, and a quorum of them`,
      { details: { quorum, keys: keys.length } },
    );
  }
  return set;
}

function freshSalt(random: RandomSource = systemRandom): Hex32 {
  const bytes = new Uint8Array(32);
  random(bytes);
  return hex32(bytesToHex(bytes));
}

/** Without `0x`, in groups that the eye can follow. */
function grouped(value: string): string {
  return (value.slice(2).match(new RegExp(`.{1,${GROUP}}`, "g")) ?? []).join(" ");
}

function ungrouped(value = ""): string {
  return `0x${value.replace(/ /g, "")}`;
}
