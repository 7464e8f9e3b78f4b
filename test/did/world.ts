import { keccak256, type TypedDataDomain, type TypedDataField, toUtf8Bytes, Wallet } from "ethers";
import { network } from "hardhat";
import didRegistryModule from "../../deploy/modules/DidRegistry.ts";
import { DidRegistry__factory } from "../../types/factories/did/DidRegistry__factory.ts";
import {
  type Approval,
  ascending,
  type Control,
  didOf,
  EMPTY_STATE,
  encodeControllers,
  OPERATION_TYPES,
  type OperationName,
  type Snapshot,
  ZERO,
} from "./encoding.ts";

/** When the chain of a test begins. */
const GENESIS = Date.UTC(2030, 0, 1);
/** A deadline that no test reaches, nor is it too far off for any. */
export const FAR = BigInt(GENESIS / 1000) + 29n * 86_400n;

/** A registry on a chain of its own, deployed through the Ignition module. */
export type World = Awaited<ReturnType<typeof deployWorld>>;

export async function deployWorld(options: { readonly chainId?: number } = {}) {
  const { ethers, ignition, networkHelpers } = await network.create({
    network: "default",
    override: { chainId: options.chainId ?? 31_337, initialDate: new Date(GENESIS) },
  });
  const [relayer, stranger, alice] = await ethers.getSigners();
  if (relayer === undefined || stranger === undefined || alice === undefined)
    throw new Error("the simulated network has no accounts");
  const deployed = await ignition.deploy(didRegistryModule);
  const address = await deployed.registry.getAddress();
  const registry = DidRegistry__factory.connect(address, relayer);
  const { chainId } = await ethers.provider.getNetwork();
  const domain: TypedDataDomain = {
    name: "dkms DidRegistry",
    version: "1",
    chainId,
    verifyingContract: address,
  };
  return { ethers, networkHelpers, registry, address, chainId, domain, relayer, stranger, alice };
}

/** A controller's key; the same name gives the same key. */
export function controllerKey(name: string): Wallet {
  return new Wallet(keccak256(toUtf8Bytes(`dkms test controller ${name}`)));
}

/** 32 bytes that only this name gives. */
export function bytes32(name: string): string {
  return keccak256(toUtf8Bytes(`dkms test ${name}`));
}

/** Who controls a DID. */
export type Quorum = { readonly threshold: number; readonly keys: readonly Wallet[] };

/** A quorum of keys with these names. */
export function quorum(threshold: number, ...names: readonly string[]): Quorum {
  return { threshold, keys: names.map(controllerKey) };
}

export function controllersOf({ threshold, keys }: Quorum): string {
  return encodeControllers(
    threshold,
    keys.map((key) => key.address),
  );
}

/** What a test knows of a DID's current version. */
export type Did = {
  readonly did: string;
  readonly quorum: Quorum;
  readonly previous: string;
  readonly next: string;
  readonly state: string;
};

/** What stands before the first version. */
export function genesisOf(did: string): string {
  return did.padEnd(66, "0");
}

export function controlOf({ previous, quorum, next, state }: Did): Control {
  return { previous, controllers: controllersOf(quorum), next, stateHash: keccak256(state) };
}

export function snapshotOf({ previous, quorum, next, state }: Did): Snapshot {
  return { previous, controllers: controllersOf(quorum), next, state };
}

/** The EIP-712 types of one operation. */
export function typesOf(name: OperationName): Record<string, TypedDataField[]> {
  return OPERATION_TYPES[name];
}

/** Signed approvals, ascending by key id. */
export async function approvals(
  domain: TypedDataDomain,
  name: OperationName,
  op: object,
  keys: readonly Wallet[],
): Promise<Approval[]> {
  const all = await Promise.all(
    keys.map(async (key) => ({
      key: key.address,
      signature: await key.signTypedData(domain, typesOf(name), op),
    })),
  );
  return [...ascending(all, (approval) => keccak256(approval.key))];
}

/** The creation of a DID that nothing else has, by its name. */
export function creation(
  world: World,
  name: string,
  options: { readonly quorum?: Quorum; readonly next?: string; readonly state?: string } = {},
) {
  const { quorum: founders = quorum(1, "alice"), next = ZERO, state = EMPTY_STATE } = options;
  const controllers = controllersOf(founders);
  const salt = bytes32(name);
  const did = didOf({ chainId: world.chainId, registry: world.address, controllers, next, salt });
  return { did, controllers, next, salt, state, deadline: FAR };
}

/** Creates a DID, relayed. */
export async function createDid(
  world: World,
  name: string,
  options: { readonly quorum?: Quorum; readonly next?: string; readonly state?: string } = {},
): Promise<Did> {
  const { quorum: founders = quorum(1, "alice") } = options;
  const op = creation(world, name, options);
  await world.registry.create(op, await approvals(world.domain, "DidCreation", op, founders.keys));
  return { did: op.did, quorum: founders, previous: genesisOf(op.did), next: op.next, state: op.state };
}

/** Updates a DID, relayed. */
export async function updateDid(world: World, before: Did, state: string): Promise<Did> {
  const { version } = await world.registry.head(before.did);
  const previous = await world.registry.commitment(before.did);
  const op = { did: before.did, version, previous, state, deadline: FAR };
  const signed = await approvals(world.domain, "DidUpdate", op, before.quorum.keys);
  await world.registry.update(op, controlOf(before), signed);
  return { ...before, previous, state };
}
