import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { network } from "hardhat";
import { DID_REGISTRY } from "../../../client/chain/didSend.ts";
import { didCall, providerJsonRpc, rpcNetwork } from "../../../client/chain/index.ts";
import { hex32 } from "../../../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  createDid,
  type DidApproval,
  type DidKey,
  type DidNetwork,
  type DidRecord,
  type DidRequest,
  type DidState,
  didKey,
  EMPTY_STATE,
  formatDid,
  KEY_CODECS,
  MAX_DEADLINE_SECONDS,
  readRecord,
} from "../../../client/did/index.ts";
import type { DidRegistry } from "../../../types/did/DidRegistry.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;
type Signer = Awaited<ReturnType<Connection["ethers"]["getSigners"]>>[number];

/** The same 32 bytes for the same name. */
export function seedOf(name: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (name.charCodeAt(i % name.length) * (i + 7)) % 251 || 1);
}

/** One key of each kind; authentication, assertion and capabilities are spread over them. */
export const KEYS = {
  ed25519: didKey({
    codec: KEY_CODECS.ED25519,
    publicKey: ed25519.getPublicKey(seedOf("ed25519")),
    relationships: ["authentication", "assertionMethod"],
  }),
  x25519: didKey({
    codec: KEY_CODECS.X25519,
    publicKey: x25519.getPublicKey(seedOf("x25519")),
    relationships: ["keyAgreement"],
  }),
  secp256k1: didKey({
    codec: KEY_CODECS.SECP256K1,
    publicKey: secp256k1.getPublicKey(seedOf("secp256k1")),
    relationships: ["assertionMethod", "capabilityInvocation"],
  }),
  p256: didKey({
    codec: KEY_CODECS.P256,
    publicKey: p256.getPublicKey(seedOf("p256")),
    relationships: ["authentication", "capabilityDelegation"],
  }),
} as const satisfies Readonly<Record<string, DidKey>>;

export const FOUR_KEYS: DidState = { ...EMPTY_STATE, keys: Object.values(KEYS) };

/** An Ed25519 key that nothing else here uses. */
export function otherKey(name: string, options: { readonly expiry?: bigint } = {}): DidKey {
  return didKey({
    codec: KEY_CODECS.ED25519,
    publicKey: ed25519.getPublicKey(seedOf(name)),
    relationships: ["authentication"],
    ...options,
  });
}

/** What a node was asked, in order. */
export type Recorded = { readonly method: string; readonly params: readonly unknown[] };

/** A node that writes down what it is asked, and may be made to answer otherwise. */
export type RecordingNode = {
  readonly requests: Recorded[];
  /** Replaces the answer to a request; `next` asks the real node. */
  answer: (request: Recorded, next: () => Promise<unknown>) => Promise<unknown>;
  readonly send: (method: string, params: unknown[]) => Promise<unknown>;
};

export function recordingNode(inner: Pick<RecordingNode, "send">): RecordingNode {
  const node: RecordingNode = {
    requests: [],
    answer: (_, next) => next(),
    async send(method, params) {
      node.requests.push({ method, params });
      return node.answer({ method, params }, () => inner.send(method, params));
    },
  };
  return node;
}

/** Chains in this process begin at the present; none of these tests goes on for as long. */
export const FAR_DEADLINE = BigInt(Math.floor(Date.now() / 1000)) + MAX_DEADLINE_SECONDS - 86_400n;

/** A registry on a chain in this process, and hands to work with it. */
export async function didFixture({ ethers, networkHelpers }: Connection) {
  const signers = await ethers.getSigners();
  const AgentSignatures = await (await ethers.deployContract("AgentSignatures")).getAddress();
  const deployed: unknown = await ethers.deployContract("DidRegistry", { libraries: { AgentSignatures } });
  const registry = deployed as DidRegistry;
  const { chainId } = await ethers.provider.getNetwork();
  const address = await registry.getAddress();
  const node = recordingNode(ethers.provider);
  const rpc = providerJsonRpc(node);
  const network = rpcNetwork({ chainId, registry: address, rpc, name: "testnet" });
  let salt = 0;

  /** Has an operation approved, sends it, and returns its block's number and time. */
  const execute = async (request: DidRequest, approvers: readonly Signer[] = [signers[0] as Signer]) => {
    const approvals = await Promise.all(approvers.map((signer) => approveDid(signer, request)));
    const sender = signers.at(-1) as Signer;
    const sent = await sender.sendTransaction(didCall(request, approvals));
    const receipt = await sent.wait();
    const block = await ethers.provider.getBlock(receipt?.blockNumber ?? 0);
    return { block: block?.number ?? 0, time: BigInt(block?.timestamp ?? 0), gas: receipt?.gasUsed ?? 0n };
  };

  /** Creates a DID under the first account. */
  const create = async (
    state: DidState = FOUR_KEYS,
    options: Partial<Parameters<typeof createDid>[0]> = {},
  ) => {
    salt += 1;
    const request = createDid({
      chainId,
      registry: address,
      controllers: accountControllers([(signers[0] as Signer).address]),
      state,
      salt: hex32(ethers.toBeHex(salt, 32)),
      deadline: FAR_DEADLINE,
      ...options,
    });
    const made = await execute(request);
    return { ...made, did: formatDid(chainId, request.operation.did), id: request.operation.did };
  };

  const record = (did: string): Promise<DidRecord> => readRecord(network, did);

  /** Runs `read` and returns how many requests it made. */
  const counted = async <Value>(
    read: () => Promise<Value>,
  ): Promise<{ value: Value; requests: string[] }> => {
    node.requests.length = 0;
    const value = await read();
    return { value, requests: node.requests.map(({ method }) => method) };
  };

  /** Makes the node answer otherwise while `act` runs. */
  const withNode = async <Value>(
    answer: RecordingNode["answer"],
    act: () => Promise<Value>,
  ): Promise<Value> => {
    node.answer = answer;
    try {
      return await act();
    } finally {
      node.answer = (_, next) => next();
    }
  };

  return {
    withNode,
    ethers,
    networkHelpers,
    signers,
    registry,
    address,
    chainId,
    node,
    rpc,
    network,
    execute,
    create,
    record,
    counted,
  };
}

/** A change of the present controllers as a client without any checks would send it. */
export function uncheckedCall(
  { address }: DidFixture,
  { operation, current }: DidRequest,
  approvals: readonly DidApproval[],
) {
  const name = operation.action === "DidUpdate" ? "update" : "rotate";
  return { to: address, data: DID_REGISTRY.encodeFunctionData(name, [operation, current, approvals]) };
}

export type DidFixture = Awaited<ReturnType<typeof didFixture>>;

/** As the network, but with another node or rule. */
export function networkWith(fixture: DidFixture, options: Partial<DidNetwork>): DidNetwork {
  return { ...fixture.network, ...options };
}
