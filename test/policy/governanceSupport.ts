import { expect } from "chai";
import type { BigNumberish, ContractTransactionResponse } from "ethers";
import { keccak256, TypedDataEncoder, toUtf8Bytes, type Wallet, ZeroHash } from "ethers";
import { type AgentSigner, KEY_KINDS, keyIdOf } from "../../client/keys/index.ts";
import type {
  AcceptanceStruct,
  AgentPowerStruct,
  ApprovalStruct,
  EmergencyRotateStruct,
  GovernanceChangeStruct,
  PolicySettingsStruct,
  RootSetStruct,
} from "../../types/interfaces/IAgentPolicy.ts";
import {
  ADMIN,
  ALL,
  agentKey,
  commitmentOf,
  deadlineOf,
  FAR,
  idOf,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  PROVE,
  SECP256K1,
  SETTINGS,
  TYPES,
  type World,
} from "./support.ts";

/** Whoever signs: a key of any kind. */
export type Party = {
  readonly kind: number;
  readonly key: string;
  readonly id: string;
  readonly sign: (world: World, name: keyof typeof TYPES, message: object) => Promise<string>;
};

/** The settings that a change can name, in the order of their bits. */
const FIELDS = [
  "grantQuorum",
  "adminQuorum",
  "contractKeysCount",
  "delay",
  "window",
  "rootCommitment",
] as const satisfies (keyof PolicySettingsStruct)[];

export const NO_SETTINGS: PolicySettingsStruct = {
  grantQuorum: 0n,
  adminQuorum: 0n,
  contractKeysCount: false,
  delay: 0n,
  window: 0n,
  rootCommitment: ZeroHash,
};

const ROOT_SET = {
  RootSet: [
    { name: "quorum", type: "uint8" },
    { name: "keys", type: "RootKey[]" },
    { name: "salt", type: "bytes32" },
  ],
  RootKey: [
    { name: "kind", type: "uint8" },
    { name: "key", type: "bytes" },
  ],
};

/** An account as a party. */
export function partyOf(wallet: Wallet): Party {
  return {
    kind: SECP256K1,
    key: wallet.address,
    id: idOf(wallet),
    sign: (world, name, message) => wallet.signTypedData(world.domain, TYPES[name], message),
  };
}

/** A signer of the client as a party. */
export function partyOfSigner(signer: AgentSigner): Party {
  return {
    kind: KEY_KINDS[signer.key.kind],
    key: signer.key.material,
    id: keyIdOf(signer.key),
    sign: async (world, primaryType, message) => {
      const { chainId, address: verifyingContract } = world;
      const domain = { name: "dkms AgentPolicyRegistry", version: "1", chainId, verifyingContract };
      const types: Record<string, { name: string; type: string }[]> = TYPES[primaryType];
      return signer.sign({ domain, types, primaryType, message: { ...message } });
    },
  };
}

/** A source of parties that no other test of the file uses. */
export function partySource(scope: string): (name: string) => Party {
  let next = 0;
  return (name) => partyOf(agentKey(`${scope} ${next++} ${name}`));
}

/** Opens a policy: the first admin holds everything, the others ADMIN, and `others` what is said. */
export async function found(
  world: World,
  admins: readonly Party[],
  options: {
    readonly others?: readonly (readonly [Party, number])[];
    readonly settings?: Partial<PolicySettingsStruct>;
    readonly expiry?: bigint;
  } = {},
): Promise<bigint> {
  const [creator, ...rest] = admins;
  if (creator === undefined) throw new Error("a policy has a creator");
  const bits = [
    [creator, ALL] as const,
    ...rest.map((party) => [party, ADMIN] as const),
    ...(options.others ?? []),
  ];
  const ownerCommitment = commitmentOf(`owner of ${creator.id}`);
  const policy = await world.registry.policyAddress(ownerCommitment, creator.id);
  const agents = bits.map(([party, authorizations]) => ({
    kind: party.kind,
    key: party.key,
    authorizations,
    commitment: (authorizations & PROVE) === 0 ? 0n : commitmentOf(`${party.id} in ${policy}`),
    expiry: (authorizations & PROVE) === 0 ? 0n : (options.expiry ?? NO_EXPIRY),
  }));
  const op = {
    policy,
    ownerCommitment,
    agents,
    settings: { ...SETTINGS, ...options.settings },
    checkpoint: false,
    deadline: await deadlineOf(world),
  };
  const acceptances = await Promise.all(
    bits.map(async ([party], i) => {
      if (i === 0) return NO_ACCEPTANCE;
      const message = { policy, epoch: 1, ...agents[i], deadline: FAR };
      return { deadline: FAR, signature: await party.sign(world, "AgentAcceptance", message) };
    }),
  );
  const signature = await creator.sign(world, "CreatePolicy", op);
  await world.registry.createPolicy(op, acceptances, { key: creator.key, signature });
  return policy;
}

/** What a party is to hold besides PROVE. */
export function power(party: Party, authorizations: number): AgentPowerStruct {
  return { kind: party.kind, key: party.key, authorizations };
}

export type Content = {
  readonly agents?: readonly AgentPowerStruct[];
  readonly settings?: Partial<PolicySettingsStruct>;
  readonly abandon?: boolean;
  readonly successor?: string;
};

/** A change as its proposer would sign it, with the lane's next nonce. */
export async function proposal(
  world: World,
  policy: bigint,
  proposer: Party,
  content: Content,
  override: Partial<GovernanceChangeStruct> = {},
): Promise<GovernanceChangeStruct> {
  const settings = content.settings ?? {};
  const fields = FIELDS.reduce((sum, name, bit) => (name in settings ? sum | (1 << bit) : sum), 0);
  const lane = override.lane ?? 0n;
  return {
    policy,
    epoch: (await world.registry.policyOf(policy)).epoch,
    agents: [...(content.agents ?? [])],
    fields,
    settings: { ...NO_SETTINGS, ...settings },
    abandon: content.abandon ?? false,
    successor: content.successor ?? ZeroHash,
    proposer: proposer.id,
    lane,
    nonce: await world.registry.nonceOf(policy, proposer.id, lane),
    deadline: await deadlineOf(world),
    ...override,
  };
}

/** The EIP-712 hash of a change with counter 0. */
export function changeIdOf(op: GovernanceChangeStruct): string {
  return TypedDataEncoder.hashStruct("GovernanceChange", TYPES.GovernanceChange, { ...op, counter: 0n });
}

/** The approval of one party, with its present counter. */
export async function approve(
  world: World,
  name: keyof typeof TYPES,
  op: object & { readonly policy: BigNumberish },
  party: Party,
): Promise<ApprovalStruct> {
  const counter = await counterOf(world, op.policy, party);
  return { key: party.key, signature: await party.sign(world, name, { ...op, counter }) };
}

/** Approvals of parties, ascending by key id. */
export async function approveAll(
  world: World,
  name: keyof typeof TYPES,
  op: object & { readonly policy: BigNumberish },
  parties: readonly Party[],
): Promise<ApprovalStruct[]> {
  return Promise.all(ascending(parties).map((party) => approve(world, name, op, party)));
}

/** A party's consent to hold power in an epoch. */
export async function acceptPower(
  world: World,
  policy: BigNumberish,
  epoch: BigNumberish,
  party: Party,
  authorizations: BigNumberish,
  deadline = FAR,
): Promise<AcceptanceStruct> {
  const { kind, key } = party;
  const message = { policy, epoch, kind, key, commitment: 0n, authorizations, expiry: 0n, deadline };
  return { deadline, signature: await party.sign(world, "AgentAcceptance", message) };
}

/** One acceptance for each agent of a list, absent but for those who join. */
export async function acceptances(
  world: World,
  of: { readonly policy: BigNumberish; readonly epoch: BigNumberish },
  agents: readonly AgentPowerStruct[],
  joining: readonly Party[],
): Promise<AcceptanceStruct[]> {
  return Promise.all(
    agents.map(async ({ key, authorizations }) => {
      const party = joining.find((one) => one.key === key);
      if (party === undefined) return NO_ACCEPTANCE;
      return acceptPower(world, of.policy, of.epoch, party, authorizations);
    }),
  );
}

/** Lets a change wait. */
export async function schedule(
  world: World,
  op: GovernanceChangeStruct,
  approvers: readonly Party[],
  joining: readonly Party[] = [],
): Promise<ContractTransactionResponse> {
  const consents = await acceptances(world, op, op.agents, joining);
  return world.registry.schedule(op, consents, await approveAll(world, "GovernanceChange", op, approvers));
}

/** A change that waits, proposed by the first of its approvers. */
export async function scheduled(
  world: World,
  policy: bigint,
  approvers: readonly [Party, ...Party[]],
  content: Content,
  joining: readonly Party[] = [],
): Promise<{ op: GovernanceChangeStruct; id: string; earliest: bigint; latest: bigint }> {
  const op = await proposal(world, policy, approvers[0], content);
  await schedule(world, op, approvers, joining);
  const id = changeIdOf(op);
  const { earliest, latest } = await world.registry.pendingChangeOf(policy, id);
  return { op, id, earliest, latest };
}

/** Schedules a change, waits and executes it. */
export async function enact(
  world: World,
  policy: bigint,
  approvers: readonly [Party, ...Party[]],
  content: Content,
  joining: readonly Party[] = [],
): Promise<void> {
  const { id, earliest } = await scheduled(world, policy, approvers, content, joining);
  await world.networkHelpers.time.increaseTo(earliest);
  await world.registry.execute(policy, id);
}

/** Adds approvals to a change. */
export async function approveMore(
  world: World,
  op: GovernanceChangeStruct,
  approvers: readonly Party[],
): Promise<ContractTransactionResponse> {
  return world.registry.approveChange(op, await approveAll(world, "GovernanceChange", op, approvers));
}

async function decision(world: World, policy: bigint, change: string, party: Party) {
  const { epoch } = await world.registry.policyOf(policy);
  return { policy, epoch, change, agent: party.id, deadline: await deadlineOf(world) };
}

export async function veto(world: World, policy: bigint, change: string, party: Party) {
  const op = await decision(world, policy, change, party);
  return world.registry.veto(op, await approve(world, "Veto", op, party));
}

export async function withdraw(world: World, policy: bigint, change: string, party: Party) {
  const op = await decision(world, policy, change, party);
  return world.registry.withdraw(op, await approve(world, "Withdraw", op, party));
}

export async function stop(world: World, policy: bigint, party: Party) {
  const { change: _, ...op } = await decision(world, policy, ZeroHash, party);
  return world.registry.stop(op, await approve(world, "Stop", op, party));
}

export async function liftStop(world: World, policy: bigint, stopper: Party, parties: readonly Party[]) {
  const { epoch } = await world.registry.policyOf(policy);
  const op = { policy, epoch, stopper: stopper.id, deadline: await deadlineOf(world) };
  return world.registry.liftStop(op, await approveAll(world, "LiftStop", op, parties));
}

export async function voidApprovals(world: World, policy: bigint, party: Party) {
  const { change: _, ...op } = await decision(world, policy, ZeroHash, party);
  return world.registry.voidApprovals(op, await approve(world, "VoidApprovals", op, party));
}

export async function renounce(world: World, policy: bigint, party: Party, authorizations: number) {
  const { proposer: agent, ...frame } = await frameOf(world, policy, party);
  const op = { ...frame, agent, authorizations };
  return world.registry.renounce(op, await approve(world, "Renounce", op, party));
}

/** Grants PROVE to parties, with their consent. */
export async function grant(
  world: World,
  policy: bigint,
  by: Party | readonly [Party, ...Party[]],
  parties: readonly Party[],
  options: { readonly expiry?: bigint; readonly commitment?: (party: Party) => bigint } = {},
) {
  const approvers: readonly [Party, ...Party[]] = "id" in by ? [by] : by;
  const frame = await frameOf(world, policy, approvers[0]);
  const { commitment = (party: Party) => commitmentOf(`${party.id} in ${policy} at ${frame.nonce}`) } =
    options;
  const changes = await Promise.all(
    parties.map(async (party) => {
      const bits = await bitsOf(world, policy, party);
      const expiry = options.expiry ?? NO_EXPIRY;
      const { kind, key } = party;
      return { kind, key, authorizations: bits | PROVE, commitment: commitment(party), expiry };
    }),
  );
  const op = { ...frame, changes, checkpoint: false };
  const consents = await Promise.all(
    parties.map(async (party, i) => {
      if (approvers.some(({ id }) => id === party.id)) return NO_ACCEPTANCE;
      const message = { policy, epoch: frame.epoch, ...changes[i], deadline: FAR };
      return { deadline: FAR, signature: await party.sign(world, "AgentAcceptance", message) };
    }),
  );
  return world.registry.authorize(op, consents, await approveAll(world, "Authorize", op, approvers));
}

/** Takes bits from parties. */
export async function take(
  world: World,
  policy: bigint,
  by: Party,
  parties: readonly Party[],
  authorizations = PROVE,
) {
  const frame = await frameOf(world, policy, by);
  const op = { ...frame, revocations: parties.map(({ id }) => ({ agent: id, authorizations })) };
  return world.registry.revoke(op, await approveAll(world, "Revoke", op, [by]));
}

export async function frameOf(world: World, policy: bigint, proposer: Party) {
  const { epoch } = await world.registry.policyOf(policy);
  const nonce = await world.registry.nonceOf(policy, proposer.id, 0n);
  return { policy, epoch, proposer: proposer.id, lane: 0n, nonce, deadline: await deadlineOf(world) };
}

/** A root set of these keys. */
export function rootSetOf(parties: readonly Party[], quorum: number, salt = "salt"): RootSetStruct {
  const keys = ascending(parties).map(({ kind, key }) => ({ kind, key }));
  return { quorum, keys, salt: keccak256(toUtf8Bytes(salt)) };
}

/** What a policy stores of a root set. */
export function commitmentTo(set: RootSetStruct): string {
  return TypedDataEncoder.hashStruct("RootSet", ROOT_SET, set);
}

/** A commitment to root keys that no test uses. */
export function nextCommitment(name: string): string {
  return keccak256(toUtf8Bytes(`dkms test root set ${name}`));
}

/** A rotation as root keys would sign it; quorums of one and a fresh commitment unless told. */
export async function rotation(
  world: World,
  policy: bigint,
  content: {
    readonly agents: readonly AgentPowerStruct[];
    readonly settings?: Partial<PolicySettingsStruct>;
    readonly survivors?: readonly Party[];
  },
  override: Partial<EmergencyRotateStruct> = {},
): Promise<EmergencyRotateStruct> {
  const { epoch } = await world.registry.policyOf(policy);
  const rootCommitment = nextCommitment(`of ${policy} after ${epoch}`);
  return {
    policy,
    epoch,
    agents: [...content.agents],
    settings: { ...NO_SETTINGS, grantQuorum: 1n, adminQuorum: 1n, rootCommitment, ...content.settings },
    survivors: (content.survivors ?? []).map(({ id }) => id),
    deadline: await deadlineOf(world),
    ...override,
  };
}

/** Sends a rotation, signed by root keys; `joining` accept for the new epoch. */
export async function rotate(
  world: World,
  op: EmergencyRotateStruct,
  set: RootSetStruct,
  roots: readonly Party[],
  joining: readonly Party[],
): Promise<ContractTransactionResponse> {
  const next = { policy: op.policy, epoch: BigInt(op.epoch) + 1n };
  const consents = await acceptances(world, next, op.agents, joining);
  return world.registry.emergencyRotate(op, set, consents, await approveRoot(world, op, roots));
}

export async function approveRoot(
  world: World,
  op: EmergencyRotateStruct,
  roots: readonly Party[],
): Promise<ApprovalStruct[]> {
  return Promise.all(
    ascending(roots).map(async (root) => ({
      key: root.key,
      signature: await root.sign(world, "EmergencyRotate", op),
    })),
  );
}

export function ascending(parties: readonly Party[]): Party[] {
  return [...parties].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The bits in effect, 0 of a key that the policy does not know. */
export async function bitsOf(world: World, policy: bigint, party: Party): Promise<number> {
  try {
    return Number((await world.registry.agentOf(policy, party.id)).authorizations);
  } catch {
    return 0;
  }
}

async function counterOf(world: World, policy: BigNumberish, party: Party): Promise<bigint> {
  try {
    return (await world.registry.agentOf(policy, party.id)).counter;
  } catch {
    return 0n;
  }
}

/** Whether the bit of an agent's last leaf is set. */
export async function isRevoked(world: World, policy: bigint, party: Party): Promise<boolean> {
  const { generation, index } = await world.registry.agentOf(policy, party.id);
  return isSet(world, generation, index);
}

export async function isSet(world: World, generation: bigint, index: bigint): Promise<boolean> {
  const [word = 0n] = await world.registry.revokedWords(generation, index >> 8n, 1);
  return ((word >> (index & 255n)) & 1n) === 1n;
}

/** Ids of the changes that wait. */
export async function pendingIds(world: World, policy: bigint): Promise<string[]> {
  return (await world.registry.pendingChangesOf(policy)).map(({ id }) => id);
}

export async function expectRevert(
  world: World,
  sent: Promise<unknown>,
  error: string,
  args: readonly unknown[],
): Promise<void> {
  await expect(sent)
    .to.be.revertedWithCustomError(world.registry, error)
    .withArgs(...args);
}

/** The next block's time. */
export async function at(world: World, time: bigint): Promise<void> {
  await world.networkHelpers.time.setNextBlockTimestamp(time);
}

export async function wait(world: World, seconds: bigint): Promise<void> {
  await world.networkHelpers.time.increase(seconds);
}

export async function now(world: World): Promise<bigint> {
  return BigInt(await world.networkHelpers.time.latest());
}
