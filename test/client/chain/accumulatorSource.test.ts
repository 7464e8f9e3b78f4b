import { expect } from "chai";
import {
  accumulatorWitness,
  fetchWitnessRevealingIndex,
  isRevoked,
  type Kept,
  syncAccumulator,
} from "../../../client/accumulator/index.ts";
import {
  accumulatorSource,
  connectRpc,
  openRegistry,
  type Registry,
  readAccumulators,
  readHead,
} from "../../../client/chain/index.ts";
import { NO_EXPIRY, proverLeaf } from "../../../client/policy/index.ts";
import { CHAIN_ID, type FaultyNode, IMPATIENT, startFaultyNode, startNode, type TestNode } from "./node.ts";
import { createTestPolicy, revokeTestPolicy, type TestPolicy } from "./policies.ts";

describe("chain: accumulators of a real endpoint", () => {
  let node: TestNode;
  let watched: FaultyNode;
  let registry: Registry;
  const policies: TestPolicy[] = [];
  const since = 0n;

  before(async () => {
    node = await startNode();
    watched = await startFaultyNode(node.url);
    const provider = connectRpc(watched.url, { chainId: CHAIN_ID });
    registry = await openRegistry({
      provider,
      address: node.registryAddress,
      chainId: CHAIN_ID,
      retry: IMPATIENT,
    });
    for (let i = 0; i < 6; i++) {
      policies.push(await createTestPolicy(node.registry, node.relayer, i === 2 || i === 5));
    }
  });
  after(async () => {
    registry.provider.destroy();
    await watched.close();
    await node.close();
  });

  const sync = (index: number, kept?: Kept) =>
    syncAccumulator(accumulatorSource(registry), kept, { generation: 0, indices: [index], since });

  function leafOf(index: number) {
    const policy = policies[index];
    if (policy === undefined) throw new Error(`there is no policy ${index}`);
    return proverLeaf({ policy: policy.policy, ...policy.phone.grant, index, expiry: NO_EXPIRY });
  }

  function witness({ head }: Kept, index: number) {
    const [checkpoint, root] = [head.state.checkpoints.at(-1), head.state.roots.at(-1)];
    if (checkpoint === undefined || root === undefined) throw new Error("nothing was read");
    return accumulatorWitness(head.state, {
      index,
      leaf: leafOf(index),
      provisionedRoot: checkpoint.root,
      provisionedSize: checkpoint.size,
      revokedRoot: root.root,
    });
  }

  it("gives a witness that the registry's own view confirms", async () => {
    const kept = await sync(3);
    const own = witness(kept, 3);
    const request = { generation: 0, index: 3, leaf: leafOf(3), provisionedSize: 6 };
    const revealed = await fetchWitnessRevealingIndex(accumulatorSource(registry), request, kept.head.at);
    expect(revealed).to.deep.include(own);
    const now = await readAccumulators(registry);
    expect(now).to.include({ generation: 0, size: 6, provisionedRoot: revealed.provisionedRoot });
    expect(now.revokedRoot).to.equal(revealed.revokedRoot);
  });

  it("asks the same of the node whichever agent asks (protocol §7.2)", async () => {
    const asked = async (index: number) => {
      watched.requests.length = 0;
      await sync(index);
      return watched.requests.map(({ method, params }) => ({ method, params }));
    };
    const first = await asked(0);
    expect(first.length).to.be.greaterThan(5);
    expect(await asked(5)).to.deep.equal(first);
  });

  it("knows checkpoints and revocation roots in the order of the chain", async () => {
    const { head } = await sync(0);
    expect(head.state.checkpoints.map(({ size }) => size)).to.deep.equal([3, 6]);
    expect(head.state.roots.map(({ version, depth }) => [version, depth])).to.deep.equal([[1n, 1]]);
  });

  it("follows a revocation by its events, and a reorganisation that undoes it", async () => {
    const before = await sync(1);
    const snapshot = await node.send("evm_snapshot");
    const [, policy] = policies;
    if (policy === undefined) return expect.fail("no policy");
    await revokeTestPolicy(node.registry, node.relayer, policy);
    const revoked = await sync(1, before);
    expect(isRevoked(revoked.head.state, 1)).to.equal(true);
    expect(isRevoked(revoked.head.state, 2)).to.equal(false);
    expect(revoked.head.state.roots.at(-1)?.version).to.equal(2n);
    expect(witness(revoked, 0).word).to.equal(2n);
    await node.send("evm_revert", [snapshot]);
    await node.send("evm_increaseTime", [17]);
    await node.send("evm_mine");
    node.relayer.reset();
    const undone = await sync(1, revoked);
    expect(isRevoked(undone.head.state, 1)).to.equal(false);
    expect(witness(undone, 1).word).to.equal(0n);
  });

  it("finds the first block at a time, and the last checkpoint before a block", async () => {
    const source = accumulatorSource(registry);
    const head = await readHead(registry);
    const blocks = [];
    for (let number = 0; number <= head.number; number++) blocks.push(await source.block(number));
    for (const time of [0n, ...blocks.flatMap((block) => (block ? [block.time, block.time + 1n] : []))]) {
      const expected = blocks.find((block) => block !== undefined && block.time >= time) ?? head;
      expect(await source.blockAt(time)).to.deep.equal(expected);
    }
    const third = policies[2]?.receipt.block ?? 0;
    expect(await source.lastCheckpoint(0, third - 1)).to.equal(undefined);
    expect((await source.lastCheckpoint(0, third))?.size).to.equal(3);
    expect((await source.lastCheckpoint(0, head.number))?.size).to.equal(6);
    expect(await source.lastCheckpoint(1, head.number)).to.equal(undefined);
    expect(await source.block(head.number + 1)).to.equal(undefined);
  });
});
