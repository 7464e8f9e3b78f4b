import { readFileSync } from "node:fs";
import { keccak256, toUtf8Bytes } from "ethers";
import { fetchWitnessRevealingIndex } from "../client/accumulator/index.ts";
import { accumulatorSource, awaitReceipt, readHead, rootsReader } from "../client/chain/index.ts";
import { hex20, hex32 } from "../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../client/keys/index.ts";
import { commitToAgentSecrets, creatorOf, NO_EXPIRY, proverLeaf } from "../client/policy/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  type AgentCredential,
  canonicalInputs,
  contractAudience,
  DISCLOSE,
  encodeForContract,
  generateChallenge,
  type PreparedAuthorization,
  type PresentationContext,
  type PresentationRequest,
  prepare,
  present,
  SnarkjsProver,
  verifyingKey,
  verifyPresentation,
  ZERO_SCOPE,
} from "../client/proof/index.ts";
import { checkpoint, makeOwner, makeWorld, type World } from "./world.ts";

/** Medians after warm-up, in milliseconds. */
export type TimeFigures = {
  readonly prepareMs: number;
  readonly presentMs: number;
  readonly verifyMs: number;
};

/** Gas of a transaction to a contract that only has a presentation verified; means over 100 scopes. */
export type VerifyGasFigures = { readonly owner: number; readonly device: number; readonly both: number };

const ARTIFACTS = new URL("../circuits/artifacts/", import.meta.url);
const KEY = verifyingKey(AGENT_AUTHORIZATION_KEY);
const PREPARATIONS = 5;
const PRESENTATIONS = 60;
const SCOPES = 100;
const WARM_UP = 5;
const HOUR = 3600;
const FAR = 2n ** 40n;

type Setup = {
  readonly world: World;
  readonly credential: AgentCredential;
  readonly authorization: PreparedAuthorization;
  readonly prepareMs: number;
};

/** Proves, presents and verifies with the committed keys against a registry on a simulated chain. */
export async function benchProof(): Promise<{
  readonly time: TimeFigures;
  readonly verify: VerifyGasFigures;
}> {
  const setup = await prepareAgent();
  return {
    time: { prepareMs: setup.prepareMs, ...(await presentAndVerify(setup)) },
    verify: {
      owner: await verifyGas(setup, DISCLOSE.OWNER),
      device: await verifyGas(setup, DISCLOSE.DEVICE),
      both: await verifyGas(setup, DISCLOSE.OWNER | DISCLOSE.DEVICE),
    },
  };
}

async function prepareAgent(): Promise<Setup> {
  const world = await makeWorld();
  const { registry, connection } = world;
  const owner = await makeOwner(world);
  const credential = {
    agent: owner.creator.secrets,
    policy: owner.policySecrets,
    creator: creatorOf(registry.location, keyIdOf(secp256k1Key(owner.creator.wallet.address))),
  };
  await checkpoint(world);
  await connection.networkHelpers.time.increase(HOUR);
  const head = await readHead(registry);
  const leaf = { generation: 0, index: 0, expiry: NO_EXPIRY };
  const source = accumulatorSource(registry);
  const events = await source.events({ generation: 0, from: 0, to: head.number });
  const inputs = canonicalInputs({
    now: head.time,
    finalityDelay: 0n,
    checkpoints: events.filter((event) => event.type === "Checkpointed"),
    revocationRoots: events.filter((event) => event.type === "RevocationRootAdded"),
    leaf,
    window: BigInt(HOUR),
  });
  const witness = await fetchWitnessRevealingIndex(
    source,
    {
      generation: 0,
      index: 0,
      leaf: proverLeaf({
        policy: owner.policy,
        commitment: commitToAgentSecrets(owner.creator.secrets),
        ...leaf,
      }),
      provisionedSize: inputs.provisionedSize,
    },
    head,
  );
  const prover = new SnarkjsProver({
    wasm: readFileSync(new URL("agentAuthorization.wasm", ARTIFACTS)),
    zkey: readFileSync(new URL("agentAuthorization.zkey", ARTIFACTS)),
  });
  const times: number[] = [];
  let authorization: PreparedAuthorization | undefined;
  for (let i = 0; i <= PREPARATIONS; i++) {
    const start = performance.now();
    authorization = await prepare({
      credential,
      witness: { ...witness, expiry: NO_EXPIRY },
      inputs,
      key: KEY,
      prover,
    });
    if (i > 0) times.push(performance.now() - start);
  }
  await prover.close();
  if (authorization === undefined) throw new Error("nothing was prepared");
  return { world, credential, authorization, prepareMs: median(times) };
}

async function presentAndVerify({ world, credential, authorization }: Setup) {
  const { registry } = world;
  const { provisionedRoot, revokedRoot } = authorization.revealed;
  const facts = await rootsReader(registry).readRoots(provisionedRoot, revokedRoot);
  const context: PresentationContext = {
    ...registry.location,
    verifier: hex20(`0x${"00".repeat(20)}`),
    audience: hex32(keccak256(toUtf8Bytes("https://verifier.example"))),
  };
  const presentTimes: number[] = [];
  const verifyTimes: number[] = [];
  for (let i = 0; i < WARM_UP + PRESENTATIONS; i++) {
    const request = requestOf(DISCLOSE.OWNER | DISCLOSE.DEVICE, i);
    const start = performance.now();
    const presentation = present({
      authorization,
      credential,
      request,
      context,
      key: KEY,
    });
    const presented = performance.now();
    verifyPresentation({
      presentation,
      request,
      context,
      key: KEY,
      facts,
      clock: facts.blockTime,
    });
    if (i < WARM_UP) continue;
    presentTimes.push(presented - start);
    verifyTimes.push(performance.now() - presented);
  }
  return { presentMs: median(presentTimes), verifyMs: median(verifyTimes) };
}

async function verifyGas({ world, credential, authorization }: Setup, disclose: number): Promise<number> {
  const { registry, connection, relayer } = world;
  const verifier = await connection.ethers.deployContract("AgentProofVerifier", [registry.location.registry]);
  const consumer = await connection.ethers.deployContract("PresentationConsumer", [
    await verifier.getAddress(),
  ]);
  const address = hex20(await consumer.getAddress());
  const context: PresentationContext = {
    ...registry.location,
    verifier: hex20(await verifier.getAddress()),
    audience: contractAudience(address),
  };
  let sum = 0n;
  for (let i = 0; i < SCOPES; i++) {
    const request = requestOf(disclose, i);
    const presentation = present({
      authorization,
      credential,
      request,
      context,
      key: KEY,
    });
    const data = consumer.interface.encodeFunctionData("check", [
      request,
      encodeForContract(presentation, request, context.audience),
    ]);
    const { hash } = await relayer.sendTransaction({ to: address, data });
    sum += (await awaitReceipt(registry, hex32(hash))).gasUsed;
  }
  return Number(sum / BigInt(SCOPES));
}

function requestOf(disclose: number, i: number): PresentationRequest {
  return {
    scope: disclose === 0 ? ZERO_SCOPE : hex32(keccak256(toUtf8Bytes(`scope ${i}`))),
    challenge: generateChallenge(),
    disclose,
    maxRevocationAge: BigInt(HOUR),
    minAgents: 1n,
    expiresAt: FAR,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(1));
}
