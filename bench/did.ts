import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import {
  concat,
  encodeBytes32String,
  keccak256,
  Signature,
  SigningKey,
  toBeHex,
  toUtf8Bytes,
  Wallet,
} from "ethers";
import { EthereumDIDRegistry } from "ethr-did-registry";
import { network } from "hardhat";
import { didCall, executeDid, providerJsonRpc, rpcNetwork } from "../client/chain/index.ts";
import { type Hex32, hex32 } from "../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  createDid,
  type DidKey,
  type DidRequest,
  deactivateDid,
  didKey,
  formatDid,
  KEY_CODECS,
  MAX_DEADLINE_SECONDS,
  nextCommitment,
  readRecord,
  rotateControllers,
  senderApproval,
  updateDid,
} from "../client/did/index.ts";
import didRegistryModule from "../deploy/modules/DidRegistry.ts";

/** Gas of one change of a DID; sent by its controller itself, but for the last. */
export type DidGas = {
  /** Ed25519, X25519, secp256k1 and P-256. */
  readonly create4: number;
  /** To another single Ed25519 key. */
  readonly update1: number;
  /** To eight other keys of 33 bytes. */
  readonly update8: number;
  readonly rotateControllers: number;
  readonly deactivate: number;
  /** `create4` signed by the controller and sent by somebody else. */
  readonly createRelayed: number;
};

export type DidFigures = DidGas & {
  /** The others sent by somebody else. */
  readonly relayed: Omit<DidGas, "create4" | "createRelayed">;
  /** The same with a pre-rotation commitment made and opened, relayed. */
  readonly preRotated: Pick<DidGas, "create4" | "rotateControllers" | "deactivate">;
  /** Bytes of code; EIP-170 allows 24,576. */
  readonly codeBytes: number;
  /** ERC-1056 (npm ethr-did-registry 1.3.0): the sum over all the transactions that the same change takes there. */
  readonly ethr: DidGas & { readonly create4Transactions: number; readonly update8Transactions: number };
};

type Connection = Awaited<ReturnType<typeof network.create>>;
type Account = Awaited<ReturnType<Connection["ethers"]["getSigners"]>>[number];

/** Beyond every block time that this run reaches. */
const DEADLINE = BigInt(Math.floor(Date.now() / 1000)) + MAX_DEADLINE_SECONDS - 86_400n;
const YEAR = 31_536_000;
const ZERO_ADDRESS = `0x${"00".repeat(20)}`;

/** Gas of every change of a DID, direct and relayed, beside ERC-1056 on the same chain. */
export async function benchDid(): Promise<DidFigures> {
  const connection = await network.create();
  const [controller, relayer, ethrOwner] = await connection.ethers.getSigners();
  if (controller === undefined || relayer === undefined || ethrOwner === undefined)
    throw new Error("the simulated network has no accounts");
  const dkms = await openBench(connection);
  const direct = await measureChanges(dkms, { name: "direct", controller, sender: controller });
  const relayed = await measureChanges(dkms, { name: "relayed", controller, sender: relayer });
  const { create4: createRelayed, ...others } = relayed;
  return {
    ...direct,
    createRelayed,
    relayed: others,
    preRotated: await measurePreRotated(dkms, controller, relayer),
    codeBytes: dkms.codeBytes,
    ethr: await measureEthr(connection, ethrOwner, relayer),
  };
}

type Bench = {
  readonly location: { readonly chainId: bigint; readonly registry: string };
  readonly chain: ReturnType<typeof rpcNetwork>;
  readonly codeBytes: number;
};

async function openBench({ ethers, ignition }: Connection): Promise<Bench> {
  const deployed = await ignition.deploy(didRegistryModule);
  const registry = await deployed.registry.getAddress();
  const { chainId } = await ethers.provider.getNetwork();
  const code = await ethers.provider.getCode(registry);
  return {
    location: { chainId, registry },
    chain: rpcNetwork({ chainId, registry, rpc: providerJsonRpc(ethers.provider) }),
    codeBytes: (code.length - 2) / 2,
  };
}

type Parties = { readonly name: string; readonly controller: Account; readonly sender: Account };

async function measureChanges(bench: Bench, parties: Parties): Promise<Omit<DidGas, "createRelayed">> {
  const { location, chain } = bench;
  const { name, controller } = parties;
  const controllers = accountControllers([controller.address]);
  const state = { keys: fourKeys(1), services: [], alsoKnownAs: [] };
  const founding = createDid({ ...location, controllers, state, salt: labelled(name), deadline: DEADLINE });
  const did = formatDid(location.chainId, founding.operation.did);
  const create4 = await send(founding, parties);
  const to = async (keys: readonly DidKey[]) =>
    send(updateDid(await readRecord(chain, did), { state: { ...state, keys }, deadline: DEADLINE }), parties);
  const update1 = await to([ed25519Key(9)]);
  const update8 = await to(Array.from({ length: 8 }, (_, i) => secp256k1Key(10 + i)));
  const rotation = { controllers: accountControllers([controller.address]), deadline: DEADLINE };
  const rotated = await send(rotateControllers(await readRecord(chain, did), rotation), parties);
  const ended = deactivateDid(await readRecord(chain, did), { deadline: DEADLINE });
  return { create4, update1, update8, rotateControllers: rotated, deactivate: await send(ended, parties) };
}

async function measurePreRotated(
  { location, chain }: Bench,
  controller: Account,
  sender: Account,
): Promise<DidFigures["preRotated"]> {
  const cold = new Wallet(labelled("cold"));
  const successors = { controllers: accountControllers([cold.address]), salt: labelled("salt") };
  const next = nextCommitment(successors.controllers, successors.salt);
  const gas = async (name: string, change: (did: string) => Promise<DidRequest>) => {
    const founding = createDid({
      ...location,
      controllers: accountControllers([controller.address]),
      state: { keys: fourKeys(1), services: [], alsoKnownAs: [] },
      next,
      salt: labelled(name),
      deadline: DEADLINE,
    });
    const created = await send(founding, { controller, sender });
    const request = await change(formatDid(location.chainId, founding.operation.did));
    return { created, changed: await send(request, { controller: cold, sender }) };
  };
  const rotation = await gas("pre-rotated", async (did) =>
    rotateControllers(await readRecord(chain, did), { ...successors, next, deadline: DEADLINE }),
  );
  const end = await gas("pre-rotated end", async (did) =>
    deactivateDid(await readRecord(chain, did), { successors, deadline: DEADLINE }),
  );
  return { create4: rotation.created, rotateControllers: rotation.changed, deactivate: end.changed };
}

type Signatory = Pick<Account, "getAddress" | "signTypedData">;

async function send(
  request: DidRequest,
  { controller, sender }: { readonly controller: Signatory; readonly sender: Account },
): Promise<number> {
  const approval =
    controller === sender ? senderApproval(request, sender.address) : await approveDid(controller, request);
  return Number((await executeDid(sender, didCall(request, [approval]))).gasUsed);
}

/** The changes in ERC-1056, in its own terms: attributes set and revoked one by one, the owner changed. */
async function measureEthr(
  connection: Connection,
  owner: Account,
  relayer: Account,
): Promise<DidFigures["ethr"]> {
  const { ethers } = connection;
  const factory = new ethers.ContractFactory(EthereumDIDRegistry.abi, EthereumDIDRegistry.bytecode, relayer);
  const contract = await factory.deploy();
  await contract.waitForDeployment();
  const call = async (name: string, args: readonly unknown[], sender = owner): Promise<number> => {
    const sent = await sender.sendTransaction(await contract.getFunction(name).populateTransaction(...args));
    const receipt = await sent.wait();
    if (receipt === null) throw new Error(`${name} is not in a block`);
    return Number(receipt.gasUsed);
  };
  const set = (key: DidKey) => call("setAttribute", [owner.address, attributeOf(key), key.material, YEAR]);
  const keys = fourKeys(1);
  const create4 = await sum(keys, set);
  const first = ed25519Key(1);
  const revoked = await call("revokeAttribute", [owner.address, attributeOf(first), first.material]);
  const update1 = revoked + (await set(ed25519Key(9)));
  const eight = Array.from({ length: 8 }, (_, i) => secp256k1Key(10 + i));
  const update8 = await sum(eight, set);
  const next = new Wallet(labelled("next owner"));
  const other = new Wallet(labelled("ethr relayed"));
  const registry = await contract.getAddress();
  let nonce = 0n;
  const createRelayed = await sum(keys, (key) => {
    const name = attributeOf(key);
    const validity = toBeHex(YEAR, 32);
    const text = toUtf8Bytes("setAttribute");
    const preimage = [
      "0x1900",
      registry,
      toBeHex(nonce, 32),
      other.address,
      text,
      name,
      key.material,
      validity,
    ];
    nonce += 1n;
    const { v, r, s } = Signature.from(new SigningKey(other.privateKey).sign(keccak256(concat(preimage))));
    return call("setAttributeSigned", [other.address, v, r, s, name, key.material, YEAR], relayer);
  });
  return {
    create4,
    update1,
    update8,
    rotateControllers: await call("changeOwner", [owner.address, next.address]),
    deactivate: await call("changeOwner", [relayer.address, ZERO_ADDRESS], relayer),
    createRelayed,
    create4Transactions: keys.length,
    update8Transactions: eight.length,
  };
}

async function sum<T>(items: readonly T[], gasOf: (item: T) => Promise<number>): Promise<number> {
  let total = 0;
  for (const item of items) total += await gasOf(item);
  return total;
}

const ATTRIBUTES: ReadonlyMap<number, string> = new Map([
  [KEY_CODECS.ED25519.code, "did/pub/Ed25519/veriKey/hex"],
  [KEY_CODECS.X25519.code, "did/pub/X25519/enc/hex"],
  [KEY_CODECS.SECP256K1.code, "did/pub/Secp256k1/veriKey/hex"],
  [KEY_CODECS.P256.code, "did/pub/P256/veriKey/hex"],
]);

function attributeOf({ codec }: DidKey): string {
  return encodeBytes32String(ATTRIBUTES.get(codec) ?? "");
}

/** Keys without expiry, whose bytes are the dearest. */
function fourKeys(first: number): readonly DidKey[] {
  const agreement = x25519.getPublicKey(secretKey(first + 1));
  const point = p256.getPublicKey(secretKey(first + 3), true);
  return [
    ed25519Key(first),
    didKey({ codec: KEY_CODECS.X25519, publicKey: agreement, relationships: ["keyAgreement"] }),
    secp256k1Key(first + 2),
    didKey({ codec: KEY_CODECS.P256, publicKey: point, relationships: ["assertionMethod"] }),
  ];
}

function ed25519Key(number: number): DidKey {
  const publicKey = ed25519.getPublicKey(secretKey(number));
  return didKey({
    codec: KEY_CODECS.ED25519,
    publicKey,
    relationships: ["authentication", "assertionMethod"],
  });
}

function secp256k1Key(number: number): DidKey {
  const publicKey = secp256k1.getPublicKey(secretKey(number), true);
  return didKey({ codec: KEY_CODECS.SECP256K1, publicKey, relationships: ["authentication"] });
}

function secretKey(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

function labelled(label: string): Hex32 {
  return hex32(keccak256(toUtf8Bytes(`did bench ${label}`)));
}
