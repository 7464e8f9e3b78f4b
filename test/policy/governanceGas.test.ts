import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { passkeySigner } from "../support/signers.ts";
import { deployDeep, spread } from "./deepTrees.ts";
import {
  changeIdOf,
  commitmentTo,
  found,
  grant,
  isSet,
  type Party,
  partyOfSigner,
  partySource,
  power,
  proposal,
  rootSetOf,
  rotate,
  rotation,
  schedule,
  scheduled,
  veto,
  wait,
  withdraw,
} from "./governanceSupport.ts";
import { ADMIN, DAY, type World } from "./support.ts";

const key = partySource("governance gas");
/** A tenth more than measured; a transaction may use 16,777,216 (EIP-7825). */
const LIMITS = {
  rotateSixteen: 12_900_000,
  surviveAll: 600_000,
  abandon: 11_200_000,
  schedule: 5_000_000,
  veto: 700_000,
  exchange: 2_160_000,
} as const;
describe("gas at the bounds of a policy, in trees of full depth", () => {
  let world: World;

  let restore: () => Promise<void>;

  before(async () => {
    world = await deployDeep();
    ({ restore } = await world.networkHelpers.takeSnapshot());
  });

  // bits that a former test set would be skipped
  afterEach(() => restore());

  async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
    return Number((await (await sent).wait())?.gasUsed ?? 0n);
  }

  async function withdrawAll(policy: bigint, id: string, parties: readonly Party[]): Promise<void> {
    for (const party of parties) await withdraw(world, policy, id, party);
  }

  async function expectRevoked(leaves: readonly bigint[]): Promise<void> {
    for (const leaf of leaves) expect(await isSet(world, 0n, BigInt(leaf) & 0xffffffn)).to.equal(true);
  }

  it("lets root keys replace sixteen power holders and end 32 provers in one transaction", async () => {
    const roots = await Promise.all(
      ["one", "two", "three"].map(async (name) => partyOfSigner(await passkeySigner(`gas root ${name}`))),
    );
    const { policy, set, leaves } = await spread(world, key, 32, roots);
    const crowd = await Promise.all(
      Array.from({ length: 16 }, async (_, i) => partyOfSigner(await passkeySigner(`gas admin ${i}`))),
    );
    const op = await rotation(world, policy, { agents: crowd.map((one) => power(one, ADMIN)) });
    const gas = await gasOf(rotate(world, op, set, roots, crowd));
    expect(gas).to.be.lessThan(LIMITS.rotateSixteen);
    await expectRevoked(leaves);
    expect(await world.registry.liveLeavesOf(policy)).to.deep.equal([]);
  });

  for (const [ended, limit] of [
    [1, 680_000],
    [8, 3_010_000],
    [32, 11_200_000],
  ] as const) {
    it(`ends ${ended} by a rotation to one account for less than ${limit}`, async () => {
      const root = key("root");
      const { policy, set, leaves } = await spread(world, key, ended, [root]);
      const next = key("next");
      const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
      const gas = await gasOf(rotate(world, op, set, [root], [next]));
      expect(gas).to.be.lessThan(limit);
      await expectRevoked(leaves);
    });
  }

  it("lets 32 survive for less than it costs to end them", async () => {
    const root = key("root");
    const alice = key("alice");
    const set = rootSetOf([root], 1);
    const policy = await found(world, [alice], { settings: { rootCommitment: commitmentTo(set) } });
    const crowd = Array.from({ length: 31 }, (_, i) => key(`${i}`));
    await grant(world, policy, alice, crowd);
    const next = key("next");
    const survivors = [alice, ...crowd];
    const op = await rotation(world, policy, { agents: [power(next, ADMIN)], survivors });
    const gas = await gasOf(rotate(world, op, set, [root], [next]));
    expect(gas).to.be.lessThan(LIMITS.surviveAll);
    expect(await world.registry.liveLeavesOf(policy)).to.have.length(32);
  });

  it("lets a policy with 32 provers be abandoned in one transaction", async () => {
    const { alice, policy, leaves } = await spread(world, key, 32, [key("root")]);
    const { id, earliest } = await scheduled(world, policy, [alice], { abandon: true });
    await world.networkHelpers.time.increaseTo(earliest);
    const gas = await gasOf(world.registry.execute(policy, id));
    expect(gas).to.be.lessThan(LIMITS.abandon);
    await expectRevoked(leaves);
  });

  it("lets sixteen power holders be exchanged by one change, or that be vetoed", async () => {
    const alice = key("alice");
    const policy = await found(world, [alice], { settings: { window: 30n * DAY } });
    const first = Array.from({ length: 15 }, (_, i) => key(`first ${i}`));
    const joining = { agents: first.map((one) => power(one, ADMIN)) };
    const step = await scheduled(world, policy, [alice], joining, first);
    await world.networkHelpers.time.increaseTo(step.earliest);
    await world.registry.execute(policy, step.id);
    const passkeys = await Promise.all(
      Array.from({ length: 16 }, async (_, i) => partyOfSigner(await passkeySigner(`gas exchanged ${i}`))),
    );
    const agents = [
      ...[alice, ...first].map((one) => power(one, 0)),
      ...passkeys.map((one) => power(one, ADMIN)),
    ];
    const op = await proposal(world, policy, alice, { agents });
    const waits = await gasOf(schedule(world, op, [alice, ...first], passkeys));
    expect(waits).to.be.lessThan(LIMITS.schedule);
    await wait(world, 2n * DAY);
    const end = await world.networkHelpers.takeSnapshot();
    const second = first[0] ?? alice;
    await withdrawAll(policy, changeIdOf(op), first.slice(0, 8));
    const vetoed = await gasOf(veto(world, policy, changeIdOf(op), second));
    expect(vetoed).to.be.lessThan(LIMITS.veto);
    await end.restore();
    const gas = await gasOf(world.registry.execute(policy, changeIdOf(op)));
    expect(gas).to.be.lessThan(LIMITS.exchange);
  });
});
