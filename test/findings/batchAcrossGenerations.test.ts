import { expect } from "chai";
import type { Wallet } from "ethers";
import {
  type AccumulatorEvent,
  type AccumulatorState,
  accumulatorWitness,
  applyAccumulatorEvents,
  isRevoked,
  newAccumulator,
} from "../../client/accumulator/index.ts";
import { decodeAccumulatorLog } from "../../client/chain/index.ts";
import { fieldElement } from "../../client/core/index.ts";
import {
  accept,
  authorization,
  change,
  commitmentOf,
  deployWorld,
  execute,
  idOf,
  keySource,
  NO_ACCEPTANCE,
  open,
  PROVE,
  revocation,
  type World,
} from "../policy/support.ts";

const key = keySource("batch across generations");
const ADMINISTERS = 14;
const SUPERSEDED = 2n;

/** The registry with trees of `levels` levels, `size` leaves of which are there from the start. */
function deploySeeded(levels: number, size: number): Promise<World> {
  return deployWorld({ levels, size, leaf: 7n, word: 0n });
}

/** One operation: `leaving` loses PROVE, `count` new agents gain it, and all is checkpointed. */
async function swap(world: World, policy: bigint, by: Wallet, count: number) {
  const joining = Array.from({ length: count }, (_, i) => {
    const agent = key(`${i}`);
    return { agent, offer: change(agent, PROVE, { commitment: commitmentOf(agent.address) }) };
  });
  const changes = [change(by, ADMINISTERS), ...joining.map(({ offer }) => offer)];
  const op = await authorization(world, policy, by, changes, { checkpoint: true });
  const acceptances = await Promise.all(
    joining.map(({ agent, offer }) => accept(world, agent, { policy, change: offer })),
  );
  const sent = await execute(world, "Authorize", op, [by], [NO_ACCEPTANCE, ...acceptances]);
  const block = await sent.getBlock();
  return { agents: joining.map(({ agent }) => agent), time: BigInt(block?.timestamp ?? 0) };
}

/** All that the registry ever said of its trees. */
async function eventsOf({ ethers, address }: World): Promise<AccumulatorEvent[]> {
  const logs = await ethers.provider.getLogs({ address, fromBlock: 0 });
  return logs.flatMap((log) => decodeAccumulatorLog(log)?.event ?? []);
}

describe("attack: one batch that grants, revokes, grows and rolls over", () => {
  describe("over several generations of 4 leaves", () => {
    let world: World;
    let policy: bigint;
    let agents: readonly Wallet[];
    const alice = key("alice");
    const states: AccumulatorState[] = [];

    before(async () => {
      world = await deploySeeded(1, 0);
      for (let i = 0; i < 2; i++) await open(world, key("crowd"));
      policy = await open(world, alice);
      ({ agents } = await swap(world, policy, alice, 10));
      const events = await eventsOf(world);
      for (const generation of [0, 1, 2, 3]) {
        states.push(applyAccumulatorEvents(newAccumulator(generation), events));
      }
    });

    it("puts every leaf where the agent's record says, and revokes where alice's lay", async () => {
      const places = await Promise.all(
        agents.map(async (agent) => {
          const { generation, index } = await world.registry.agentOf(policy, idOf(agent));
          return Number(generation) * 4 + Number(index);
        }),
      );
      expect(places).to.deep.equal([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(states.map((state) => state.size)).to.deep.equal([4, 4, 4, 1]);
      const revoked = states.flatMap((state) => [0, 1, 2, 3].map((index) => isRevoked(state, index)));
      expect(revoked.flatMap((set, place) => (set ? [place] : []))).to.deep.equal([2]);
    });

    it("lets all trees be rebuilt from logs alone", async () => {
      for (const [generation, state] of states.entries()) {
        const checkpoint = state.checkpoints.at(-1);
        const { root, version } = await world.registry.revokedRoot(generation);
        expect(checkpoint?.root).to.equal(await world.registry.provisionedRoot(generation, state.size));
        expect(checkpoint?.size).to.equal(state.size);
        expect([state.roots.at(-1)?.root, state.roots.at(-1)?.version]).to.deep.equal([root, version]);
        const [leaf = 0n] = await world.registry.provisionedNodes(generation, state.size, 0, 0, 1);
        const witness = accumulatorWitness(state, {
          ...{ index: 0, leaf: fieldElement(leaf), provisionedSize: state.size },
          provisionedRoot: fieldElement(checkpoint?.root ?? 0n),
          revokedRoot: fieldElement(root),
        });
        expect(witness.word).to.equal(generation === 0 ? 4n : 0n);
      }
    });

    it("revokes agents of four generations at once", async () => {
      const op = await revocation(
        world,
        policy,
        alice,
        agents.map((agent) => [agent, PROVE] as const),
      );
      await execute(world, "Revoke", op, [alice]);
      const events = await eventsOf(world);
      for (const [generation, words] of [0b1100n, 0b1111n, 0b1111n, 0b1n].entries()) {
        const state = applyAccumulatorEvents(newAccumulator(generation), events);
        expect(state.revoked.words).to.deep.equal([words]);
        expect(state.roots.at(-1)?.root).to.equal((await world.registry.revokedRoot(generation)).root);
      }
    });
  });

  it("supersedes the shallow root when the batch that revokes also deepens the tree", async () => {
    const world = await deploySeeded(12, 1023);
    const alice = key("alice");
    const policy = await open(world, alice);
    const before = await world.registry.revokedRoot(0);
    const { time } = await swap(world, policy, alice, 2);
    const after = await world.registry.revokedRoot(0);
    const { provisionedRoot } = await world.registry.accumulators();
    expect(after.version).to.equal(before.version + 1n);
    const shallow = await world.registry.rootsOf(provisionedRoot, before.root);
    expect([shallow.record.size, shallow.status, shallow.supersededAt]).to.deep.equal([
      1026n,
      SUPERSEDED,
      time,
    ]);
    const { word, siblings } = await world.registry.revokedWitness(0, 1023);
    expect([word, siblings.length]).to.deep.equal([1n << 255n, 6]);
    expect((await world.registry.revokedWitness(0, 1024)).word).to.equal(0n);
  });
});
