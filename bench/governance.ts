import type { ContractTransactionResponse } from "ethers";
import { deployDeep, spread } from "../test/policy/deepTrees.ts";
import {
  enact,
  found,
  grant,
  type Party,
  partyOfSigner,
  partySource,
  power,
  proposal,
  rotate,
  rotation,
  schedule,
  scheduled,
} from "../test/policy/governanceSupport.ts";
import { ADMIN, deployWorld, PROVE_GRANT, type World } from "../test/policy/support.ts";
import { elementSigner, passkeySigner } from "../test/support/signers.ts";

/** Gas of whole transactions, all relayed, on a chain with the P-256 precompile. */
export type GovernanceFigures = {
  /** A grant of PROVE to one account, approved by a P-256 key. */
  readonly authorizeP256: number;
  /** The same, approved by a passkey. */
  readonly authorizeWebAuthn: number;
  /** The same, approved by two of three accounts. */
  readonly quorum2of3: number;
  /** A change that makes a new account an ADMIN, approved by one. */
  readonly schedule: number;
  readonly execute: number;
  /** To one ADMIN, ending so many provers in distinct words of trees of full depth. */
  readonly emergencyRotate: Readonly<Record<"1" | "8" | "32", number>>;
  /** Abandonment of a policy with 32 provers, likewise. */
  readonly abandon32: number;
};

const key = partySource("bench");

/** Measures the real entry points with real signatures. */
export async function benchGovernance(): Promise<GovernanceFigures> {
  const world = await deployWorld();
  return {
    authorizeP256: await grantBy(world, [partyOfSigner(elementSigner("bench"))], 1),
    authorizeWebAuthn: await grantBy(world, [partyOfSigner(await passkeySigner("bench"))], 1),
    quorum2of3: await grantBy(world, [key("one"), key("two"), key("three")], 2),
    ...(await change(world)),
    emergencyRotate: { "1": await rotation1(1), "8": await rotation1(8), "32": await rotation1(32) },
    abandon32: await abandon32(),
  };
}

async function grantBy(world: World, admins: readonly [Party, ...Party[]], quorum: 1 | 2): Promise<number> {
  const policy = await found(world, admins, { settings: { grantQuorum: BigInt(quorum) } });
  const [first, second = first] = admins;
  const approvers = quorum === 1 ? ([first] as const) : ([first, second] as const);
  // the second one: the lane has been used, as it mostly has
  await grant(world, policy, approvers, [key("first")]);
  return gasOf(grant(world, policy, approvers, [key("second")]));
}

async function change(world: World): Promise<Pick<GovernanceFigures, "schedule" | "execute">> {
  const [alice, phone, tablet] = [key("alice"), key("phone"), key("tablet")];
  const policy = await found(world, [alice]);
  await enact(world, policy, [alice], { agents: [power(phone, PROVE_GRANT)] }, [phone]);
  const op = await proposal(world, policy, alice, { agents: [power(tablet, ADMIN)] });
  const waits = await gasOf(schedule(world, op, [alice], [tablet]));
  const [pending] = await world.registry.pendingChangesOf(policy);
  if (pending === undefined) throw new Error("the change does not wait");
  await world.networkHelpers.time.increaseTo(pending.earliest);
  return { schedule: waits, execute: await gasOf(world.registry.execute(policy, pending.id)) };
}

async function rotation1(provers: number): Promise<number> {
  const world = await deployDeep();
  const [root, next] = [key("root"), key("next")];
  const { policy, set } = await spread(world, key, provers, [root]);
  const op = await rotation(world, policy, { agents: [power(next, ADMIN)] });
  return gasOf(rotate(world, op, set, [root], [next]));
}

async function abandon32(): Promise<number> {
  const world = await deployDeep();
  const { alice, policy } = await spread(world, key, 32, [key("root")]);
  const { id, earliest } = await scheduled(world, policy, [alice], { abandon: true });
  await world.networkHelpers.time.increaseTo(earliest);
  return gasOf(world.registry.execute(policy, id));
}

async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  return Number((await (await sent).wait())?.gasUsed ?? 0n);
}
