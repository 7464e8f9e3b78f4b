import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { network } from "hardhat";
import type { AgentRecord } from "../../client/app/index.ts";
import { ProvingAgent } from "../../client/app/index.ts";
import { openRegistry, type Registry, readHead, type TransactionSender } from "../../client/chain/index.ts";
import { type Hex20, hex20 } from "../../client/core/index.ts";
import { SnarkjsProver } from "../../client/proof/index.ts";
import registryModule from "../../deploy/modules/AgentPolicyRegistry.ts";

const ARTIFACTS = new URL("../../circuits/artifacts/", import.meta.url);
/** The least number of agents that all verifiers of the demo want an agent to hide among. */
export const MIN_AGENTS = 50n;

/** All that lives on the demo's own chain. */
export type Chain = {
  readonly registry: Registry;
  readonly verifier: Hex20;
  readonly lockers: Awaited<ReturnType<typeof deployLockers>>;
  /** Pays for every transaction: agents need no funds. */
  readonly relayer: TransactionSender;
  readonly prover: SnarkjsProver;
  readonly gasOfDeployment: bigint;
  /** Moves the chain's clock on. */
  wait(seconds: number): Promise<void>;
  /** Time of the newest block, in seconds. */
  now(): Promise<bigint>;
};

type Connection = Awaited<ReturnType<typeof network.create>>;

/** Starts a chain in this process and deploys everything to it. */
export async function startChain(): Promise<Chain> {
  const connection = await network.create();
  const { ethers, ignition, networkHelpers } = connection;
  const [relayer] = await ethers.getSigners();
  if (relayer === undefined) throw new Error("the simulated network has no accounts");
  const deployed = await ignition.deploy(registryModule);
  const address = await deployed.registry.getAddress();
  const { chainId } = await ethers.provider.getNetwork();
  const registry = await openRegistry({ provider: ethers.provider, address, chainId });
  const verifier = await ethers.deployContract("AgentProofVerifier", [address]);
  const lockers = await deployLockers(connection, await verifier.getAddress());
  return {
    registry,
    verifier: hex20(await verifier.getAddress()),
    lockers,
    relayer,
    prover: new SnarkjsProver({ wasm: artifact("wasm"), zkey: artifact("zkey") }),
    gasOfDeployment: await gasSoFar(connection),
    wait: async (seconds) => void (await networkHelpers.time.increase(seconds)),
    now: async () => (await readHead(registry)).time,
  };
}

/** A device with a policy key of its own. */
export function newDevice(): Wallet {
  return new Wallet(Wallet.createRandom().privateKey);
}

/** The proving side of an agent. */
export function provingAgent(chain: Chain, record: AgentRecord): ProvingAgent {
  return new ProvingAgent({ registry: chain.registry, record, prover: chain.prover });
}

async function deployLockers({ ethers }: Connection, verifier: string) {
  return ethers.deployContract("Lockers", [verifier, MIN_AGENTS]);
}

async function gasSoFar({ ethers }: Connection): Promise<bigint> {
  let gas = 0n;
  for (let number = await ethers.provider.getBlockNumber(); number > 0; number--) {
    gas += (await ethers.provider.getBlock(number))?.gasUsed ?? 0n;
  }
  return gas;
}

function artifact(kind: "wasm" | "zkey"): Uint8Array {
  return readFileSync(new URL(`agentAuthorization.${kind}`, ARTIFACTS));
}
