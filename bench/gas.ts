import {
  checkpoint,
  grant,
  makeAgent,
  makeOwner,
  makeWorld,
  type Owner,
  revoke,
  type Seed,
  type World,
} from "./world.ts";

/** Gas of whole transactions, all relayed: one approval, one acceptance for each new agent. */
export type GasFigures = {
  readonly createPolicy: number;
  /** Mean of 64 consecutive single grants, by the number of agents before. */
  readonly grant: Readonly<Record<SizeName, number>>;
  /** The dearest of them all. */
  readonly grantMax: number;
  /** Four operations that grant to 25 agents each; a policy has at most 32 provers. */
  readonly grantBatch100PerAgent: number;
  /** Where every word of the tree has a revocation already; mean of 16. */
  readonly revoke: Readonly<Record<LargeSizeName, number>>;
  /** The first revocation of all. */
  readonly revokeFirst: Readonly<Record<LargeSizeName, number>>;
  readonly checkpoint: Readonly<Record<LargeSizeName, number>>;
};

type LargeSizeName = "1000" | "1000000";
type SizeName = "1" | LargeSizeName;

const GRANTS = 64;
const GRANTS_PER_POLICY = 30;
const REVOCATIONS = 16;
const BATCH = 25;
const BATCHES = 4;
/** A revocation in every word, of its first index. */
const DENSE = 1n;

/** Measures the real entry points; registries of 10³ and 10⁶ agents begin with seeded trees. */
export async function benchGas(): Promise<GasFigures> {
  const fresh = await makeWorld();
  const { created } = await makeOwner(fresh);
  const grants = {
    "1": await grants64(fresh),
    "1000": await grants64(await makeWorld(dense(1_000))),
    "1000000": await grants64(await makeWorld(dense(1_000_000))),
  };
  return {
    createPolicy: Number(created.gasUsed),
    grant: { "1": mean(grants["1"]), "1000": mean(grants["1000"]), "1000000": mean(grants["1000000"]) },
    grantMax: Math.max(...Object.values(grants).flat()),
    grantBatch100PerAgent: await batchPerAgent(await makeWorld(dense(1_000))),
    revoke: { "1000": await revokeDense(1_000), "1000000": await revokeDense(1_000_000) },
    revokeFirst: { "1000": await revokeFirst(1_000), "1000000": await revokeFirst(1_000_000) },
    checkpoint: { "1000": await checkpointAt(1_000), "1000000": await checkpointAt(1_000_000) },
  };
}

async function grants64(world: World): Promise<readonly number[]> {
  const owners = [await makeOwner(world), await makeOwner(world), await makeOwner(world)];
  const gas: number[] = [];
  for (let i = 0; i < GRANTS; i++) {
    const owner = owners[Math.floor(i / GRANTS_PER_POLICY)];
    if (owner === undefined) throw new Error("too few policies for the grants");
    gas.push(Number((await grant(world, owner, [makeAgent()])).gasUsed));
  }
  return gas;
}

async function batchPerAgent(world: World): Promise<number> {
  const gas: number[] = [];
  for (let i = 0; i < BATCHES; i++) {
    const agents = Array.from({ length: BATCH }, makeAgent);
    gas.push(Number((await grant(world, await makeOwner(world), agents)).gasUsed) / BATCH);
  }
  return mean(gas);
}

async function revokeDense(size: number): Promise<number> {
  const world = await makeWorld(dense(size));
  const { owner, agents } = await ownerWithAgents(world, REVOCATIONS);
  const gas: number[] = [];
  for (const agent of agents) gas.push(Number((await revoke(world, owner, [agent])).gasUsed));
  return mean(gas);
}

async function revokeFirst(size: number): Promise<number> {
  const world = await makeWorld({ size, word: 0n });
  const { owner, agents } = await ownerWithAgents(world, 1);
  return Number((await revoke(world, owner, agents)).gasUsed);
}

async function checkpointAt(size: number): Promise<number> {
  const world = await makeWorld(dense(size));
  await makeOwner(world);
  return Number((await checkpoint(world)).gasUsed);
}

async function ownerWithAgents(world: World, count: number) {
  const owner: Owner = await makeOwner(world);
  const agents = Array.from({ length: count }, makeAgent);
  await grant(world, owner, agents);
  return { owner, agents };
}

function dense(size: number): Seed {
  return { size, word: DENSE };
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
