import {
  AbiCoder,
  concat,
  dataLength,
  keccak256,
  solidityPacked,
  type TypedDataField,
  toBeHex,
  toUtf8Bytes,
} from "ethers";

/** An independent encoder of the registry's formats, written from the interface; it checks nothing. */

export const CODEC = { SECP256K1: 0xe7, X25519: 0xec, ED25519: 0xed, P256: 0x1200 } as const;
export const RELATIONSHIP = {
  AUTHENTICATION: 1,
  ASSERTION_METHOD: 2,
  KEY_AGREEMENT: 4,
  CAPABILITY_INVOCATION: 8,
  CAPABILITY_DELEGATION: 16,
} as const;
export const NEVER = 2 ** 40 - 1;
export const ZERO = `0x${"00".repeat(32)}`;
export const EMPTY_STATE = "0x000000";

export type StateKey = {
  readonly codec: number;
  readonly relationships: number;
  readonly expiry: number;
  readonly key: string;
};
export type StateService = { readonly id: string; readonly type: string; readonly endpoint: string };
export type State = {
  readonly keys?: readonly StateKey[];
  readonly services?: readonly StateService[];
  readonly alsoKnownAs?: readonly string[];
};

export function keyIdOf(key: Pick<StateKey, "codec" | "key">): string {
  return keccak256(solidityPacked(["uint16", "bytes"], [key.codec, key.key]));
}

export function textHash(text: string): string {
  return keccak256(toUtf8Bytes(text));
}

export function ascending<T>(items: readonly T[], idOf: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => (BigInt(idOf(a)) < BigInt(idOf(b)) ? -1 : 1));
}

export function encodeKey(key: StateKey): string {
  return solidityPacked(
    ["uint16", "uint8", "uint40", "uint16", "bytes"],
    [key.codec, key.relationships, key.expiry, dataLength(key.key), key.key],
  );
}

export function encodeText(text: string, width: 1 | 2): string {
  const bytes = toUtf8Bytes(text);
  return concat([toBeHex(bytes.length, width), bytes]);
}

export function encodeService(service: StateService): string {
  return concat([encodeText(service.id, 1), encodeText(service.type, 1), encodeText(service.endpoint, 2)]);
}

/** A state from encoded elements, in the order given. */
export function assemble(
  keys: readonly string[],
  services: readonly string[] = [],
  names: readonly string[] = [],
): string {
  return concat([keys, services, names].flatMap((list) => [toBeHex(list.length, 1), ...list]));
}

export function encodeState(state: State): string {
  return assemble(
    ascending(state.keys ?? [], keyIdOf).map(encodeKey),
    ascending(state.services ?? [], (service) => textHash(service.id)).map(encodeService),
    ascending(state.alsoKnownAs ?? [], textHash).map((name) => encodeText(name, 2)),
  );
}

export function encodeController(key: string, kind = 1): string {
  return concat([toBeHex(kind, 1), toBeHex(dataLength(key), 1), key]);
}

/** A list of SECP256K1 controllers, in order. */
export function encodeControllers(threshold: number, addresses: readonly string[]): string {
  const entries = ascending(addresses, keccak256).map((address) => encodeController(address));
  return concat([toBeHex(threshold, 1), ...entries]);
}

export function nextOf(controllers: string, salt: string): string {
  return hashOf(["bytes32", "bytes32"], [salt, keccak256(controllers)]);
}

export function didOf(options: {
  readonly chainId: bigint;
  readonly registry: string;
  readonly controllers: string;
  readonly next: string;
  readonly salt: string;
}): string {
  const { chainId, registry, controllers, next, salt } = options;
  return hashOf(
    ["uint256", "address", "bytes32", "bytes32", "bytes32"],
    [chainId, registry, keccak256(controllers), next, salt],
  ).slice(0, 42);
}

export function commitmentOf(options: {
  readonly previous: string;
  readonly version: number;
  readonly updated: bigint;
  readonly controllersHash: string;
  readonly next: string;
  readonly stateHash: string;
}): string {
  const { previous, version, updated, controllersHash, next, stateHash } = options;
  return hashOf(
    ["bytes32", "uint32", "uint40", "bytes32", "bytes32", "bytes32"],
    [previous, version, updated, controllersHash, next, stateHash],
  );
}

function fields(list: string): TypedDataField[] {
  return list.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}

function hashOf(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
}

/** The types as docs and wallets have them, written out here so that the contract is checked against a second hand. */
export const OPERATION_TYPES = {
  DidCreation: {
    DidCreation: fields(
      "bytes20 did,bytes controllers,bytes32 next,bytes32 salt,bytes state,uint64 deadline",
    ),
  },
  DidUpdate: { DidUpdate: fields("bytes20 did,uint32 version,bytes32 previous,bytes state,uint64 deadline") },
  DidRotation: {
    DidRotation: fields(
      "bytes20 did,uint32 version,bytes32 previous,bytes controllers,bytes32 next,bytes state,uint64 deadline",
    ),
  },
  DidDeactivation: { DidDeactivation: fields("bytes20 did,uint32 version,bytes32 previous,uint64 deadline") },
} satisfies Record<string, Record<string, TypedDataField[]>>;

export type OperationName = keyof typeof OPERATION_TYPES;
export type Control = {
  readonly previous: string;
  readonly controllers: string;
  readonly next: string;
  readonly stateHash: string;
};
export type Snapshot = {
  readonly previous: string;
  readonly controllers: string;
  readonly next: string;
  readonly state: string;
};
export type Approval = { readonly key: string; readonly signature: string };
