import { Wallet } from "ethers";
import { network } from "hardhat";
import {
  awaitReceipt,
  checkpointCall,
  executeOperation,
  openRegistry,
  type Receipt,
  type Registry,
  readNonce,
  sendCall,
  type TransactionSender,
} from "../client/chain/index.ts";
import {
  type AgentSecrets,
  derivePolicySecrets,
  generateAgentSecrets,
  generateLinkSecret,
  generatePolicyLabel,
  keyIdOf,
  type PolicySecrets,
  secp256k1Key,
} from "../client/keys/index.ts";
import {
  type Acceptance,
  type AgentChange,
  type AgentRevocation,
  type Authorizations,
  accept,
  acceptancesFor,
  approve,
  buildAcceptance,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  commitToAgentSecrets,
  commitToPolicySecrets,
  FIRST_EPOCH,
  NO_EXPIRY,
  NO_ROOT_KEYS,
  type Operation,
  type PolicyId,
  safeSettings,
} from "../client/policy/index.ts";
import registryModule from "../deploy/modules/AgentPolicyRegistry.ts";

/** What trees a registry begins with: `size` equal leaves, every revocation word equal to `word`. */
export type Seed = { readonly size: number; readonly word: bigint };

/** A registry on a chain of its own, and an account that relays. */
export type World = {
  readonly connection: Awaited<ReturnType<typeof network.create>>;
  readonly registry: Registry;
  readonly relayer: TransactionSender;
};

/** An agent with its own key and secrets. */
export type BenchAgent = { readonly wallet: Wallet; readonly secrets: AgentSecrets };

/** A policy and its creator. */
export type Owner = {
  readonly policy: PolicyId;
  readonly policySecrets: PolicySecrets;
  readonly creator: BenchAgent;
  /** The transaction that created the policy. */
  readonly created: Receipt;
};

const ALL_LEVELS = 12;
const SEED_LEAF = 7n;
const PROVE_ONLY: Authorizations = ["PROVE"];

/** Deploys the registry as it is, or one whose trees are seeded; what is measured are the real entry points. */
export async function makeWorld(seed?: Seed): Promise<World> {
  const connection = await network.create();
  const { ethers, ignition } = connection;
  const [relayer] = await ethers.getSigners();
  if (relayer === undefined) throw new Error("the simulated network has no accounts");
  const modules = await ignition.deploy(registryModule);
  let address = await modules.registry.getAddress();
  if (seed !== undefined) {
    const Poseidon2 = await modules.poseidon2.getAddress();
    const seeder = await ethers.deployContract("TreeSeeder", [], { libraries: { Poseidon2 } });
    const seeded = await ethers.deployContract(
      "SeededAgentPolicyRegistry",
      [ALL_LEVELS, seed.size, SEED_LEAF, seed.word, await modules.governance.getAddress()],
      {
        libraries: {
          AgentSignatures: await modules.agentSignatures.getAddress(),
          Poseidon2,
          ProvisionedTree: await modules.provisionedTree.getAddress(),
          RevokedTree: await modules.revokedTree.getAddress(),
          PolicyAgents: await modules.policyAgents.getAddress(),
          PolicySafeguards: await modules.policySafeguards.getAddress(),
          PolicyQueries: await modules.policyQueries.getAddress(),
          TreeSeeder: await seeder.getAddress(),
        },
      },
    );
    address = await seeded.getAddress();
  }
  const { chainId } = await ethers.provider.getNetwork();
  const registry = await openRegistry({ provider: ethers.provider, address, chainId });
  return { connection, registry, relayer };
}

export function makeAgent(): BenchAgent {
  return { wallet: new Wallet(Wallet.createRandom().privateKey), secrets: generateAgentSecrets() };
}

/** Opens a policy by a relayed transaction and uses the creator's lane once, so that later nonces are not the first. */
export async function makeOwner(world: World): Promise<Owner> {
  const creator = makeAgent();
  const policySecrets = derivePolicySecrets(generateLinkSecret(), generatePolicyLabel());
  const operation = buildCreatePolicy({
    now: await now(world),
    location: world.registry.location,
    ownerCommitment: commitToPolicySecrets(policySecrets),
    creator: { key: secp256k1Key(creator.wallet.address), grant: grantOf(creator) },
    settings: safeSettings({ admins: 1, rootCommitment: NO_ROOT_KEYS }),
    checkpoint: false,
  });
  const created = await relay(world, operation, creator);
  const owner = { policy: operation.policy, policySecrets, creator, created };
  const { proposer: agent, ...context } = await contextOf(world, owner);
  await relay(world, buildRenounce({ ...context, agent, authorizations: ["PROVE_REVOKE"] }), creator);
  return owner;
}

/** Grants PROVE to agents in one operation: one approval, one acceptance each. */
export async function grant(world: World, owner: Owner, agents: readonly BenchAgent[]): Promise<Receipt> {
  return authorize(
    world,
    owner,
    agents.map((agent) => ({ agent, authorizations: PROVE_ONLY })),
  );
}

/** Takes PROVE from agents in one operation. */
export async function revoke(world: World, owner: Owner, agents: readonly BenchAgent[]): Promise<Receipt> {
  const revocations: readonly AgentRevocation[] = agents.map(({ wallet }) => ({
    agent: keyIdOf(secp256k1Key(wallet.address)),
    authorizations: PROVE_ONLY,
  }));
  return relay(world, buildRevoke({ ...(await contextOf(world, owner)), revocations }), owner.creator);
}

/** Checkpoints the first generation. */
export async function checkpoint(world: World): Promise<Receipt> {
  const hash = await sendCall(world.registry, world.relayer, checkpointCall(world.registry, 0));
  return awaitReceipt(world.registry, hash);
}

/** Time of the newest block, in seconds. */
export async function now({ registry }: World): Promise<bigint> {
  const block = await registry.provider.getBlock("latest");
  return BigInt(block?.timestamp ?? 0);
}

type Member = { readonly agent: BenchAgent; readonly authorizations: Authorizations };

async function authorize(world: World, owner: Owner, members: readonly Member[]): Promise<Receipt> {
  const { location } = world.registry;
  const context = await contextOf(world, owner);
  const changes: readonly AgentChange[] = members.map(({ agent, authorizations }) => {
    const key = secp256k1Key(agent.wallet.address);
    return authorizations.includes("PROVE")
      ? { key, authorizations, grant: grantOf(agent) }
      : { key, authorizations };
  });
  const acceptances = new Map<ReturnType<typeof keyIdOf>, Acceptance>();
  for (const [i, change] of changes.entries()) {
    const member = members[i];
    if (member === undefined) continue;
    const offer = buildAcceptance({ now: context.now, policy: owner.policy, epoch: FIRST_EPOCH, change });
    acceptances.set(keyIdOf(change.key), await accept(member.agent.wallet, location, offer));
  }
  const operation = buildAuthorize({ ...context, changes, checkpoint: false });
  return relay(world, operation, owner.creator, (approver) =>
    acceptancesFor(changes, acceptances, [approver]),
  );
}

async function relay(
  world: World,
  operation: Operation,
  by: BenchAgent,
  acceptances: (approver: ReturnType<typeof secp256k1Key>) => readonly Acceptance[] = (approver) =>
    operation.action === "CreatePolicy" ? acceptancesFor(operation.agents, new Map(), [approver]) : [],
): Promise<Receipt> {
  const approval = await approve(by.wallet, world.registry.location, operation);
  return executeOperation(world.registry, world.relayer, {
    operation,
    acceptances: acceptances(approval.key),
    approvals: [approval],
  });
}

async function contextOf(world: World, { policy, creator }: Owner) {
  const proposer = keyIdOf(secp256k1Key(creator.wallet.address));
  const nonce = await readNonce(world.registry, policy, proposer);
  return { now: await now(world), policy, epoch: FIRST_EPOCH, proposer, nonce };
}

function grantOf({ secrets }: BenchAgent) {
  return { commitment: commitToAgentSecrets(secrets), expiry: NO_EXPIRY };
}
