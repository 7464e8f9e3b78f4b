import { expect } from "chai";
import type {
  Addressable,
  BigNumberish,
  ContractTransactionResponse,
  TypedDataDomain,
  TypedDataField,
} from "ethers";
import { keccak256, toUtf8Bytes, Wallet } from "ethers";
import { network } from "hardhat";
import registryModule from "../../deploy/modules/AgentPolicyRegistry.ts";
import { IAgentPolicy__factory } from "../../types/factories/interfaces/IAgentPolicy__factory.ts";
import type {
  AcceptanceStruct,
  AgentChangeStruct,
  ApprovalStruct,
  AuthorizeStruct,
  CreatePolicyStruct,
  EmergencyRotateStruct,
  GovernanceChangeStruct,
  LiftStopStruct,
  PolicySettingsStruct,
  RenewStruct,
  RenounceStruct,
  RevokeStruct,
  StopStruct,
  VetoStruct,
  VoidApprovalsStruct,
  WithdrawStruct,
} from "../../types/interfaces/IAgentPolicy.ts";

export const PROVE = 1;
export const PROVE_GRANT = 2;
export const PROVE_REVOKE = 4;
export const ADMIN = 8;
export const ALL = 15;
export const SECP256K1 = 1;
export const CONTRACT = 2;
export const NO_EXPIRY = 2n ** 40n - 1n;
/** A deadline of acceptances that no test reaches; approvals are good for 30 days at most. */
export const FAR = 2n ** 40n;
export const HOUR = 3600n;
export const DAY = 24n * HOUR;
/** One agent suffices for everything, changes wait two days, and there are no root keys. */
export const SETTINGS: PolicySettingsStruct = {
  grantQuorum: 1n,
  adminQuorum: 1n,
  contractKeysCount: false,
  delay: 2n * DAY,
  window: 7n * DAY,
  rootCommitment: `0x${"00".repeat(32)}`,
};

const CHANGE = fields("uint8 kind,bytes key,uint8 authorizations,uint256 commitment,uint64 expiry");
const FRAME = "bytes32 proposer,uint192 lane,uint64 nonce,uint64 deadline,uint32 counter";
const SINGLE = "bytes32 agent,uint64 deadline,uint32 counter";
const POWER = fields("uint8 kind,bytes key,uint8 authorizations");
const POLICY_SETTINGS = fields(
  "uint8 grantQuorum,uint8 adminQuorum,bool contractKeysCount,uint32 delay,uint32 window,bytes32 rootCommitment",
);

const TRUSTEE_SETTINGS = fields(
  "bytes32 root,uint8 shareCount,uint8 shareQuorum,uint8 revokeCount,uint8 revokeQuorum,uint8 provisionCount,uint8 provisionQuorum,uint8 adminCount,uint8 adminQuorum,uint32 delay,uint32 window,bytes32 shareSet",
);

/** The types as docs and wallets have them, written out here so that the contracts are checked against a second hand. */
export const TYPES = {
  CreatePolicy: {
    CreatePolicy: fields(
      "uint256 policy,uint256 ownerCommitment,AgentChange[] agents,PolicySettings settings,bool checkpoint,uint64 deadline",
    ),
    AgentChange: CHANGE,
    PolicySettings: POLICY_SETTINGS,
  },
  Authorize: {
    Authorize: fields(`uint256 policy,uint32 epoch,AgentChange[] changes,bool checkpoint,${FRAME}`),
    AgentChange: CHANGE,
  },
  Revoke: {
    Revoke: fields(`uint256 policy,uint32 epoch,AgentRevocation[] revocations,${FRAME}`),
    AgentRevocation: fields("bytes32 agent,uint8 authorizations"),
  },
  Renounce: {
    Renounce: fields(
      "uint256 policy,uint32 epoch,uint8 authorizations,bytes32 agent,uint192 lane,uint64 nonce,uint64 deadline,uint32 counter",
    ),
  },
  Renew: {
    Renew: fields(
      "uint256 policy,uint32 epoch,uint256 commitment,uint64 expiry,bool checkpoint,bytes32 agent,uint192 lane,uint64 nonce,uint64 deadline,uint32 counter",
    ),
  },
  Stop: { Stop: fields(`uint256 policy,uint32 epoch,${SINGLE}`) },
  LiftStop: {
    LiftStop: fields("uint256 policy,uint32 epoch,bytes32 stopper,uint64 deadline,uint32 counter"),
  },
  VoidApprovals: { VoidApprovals: fields(`uint256 policy,uint32 epoch,${SINGLE}`) },
  GovernanceChange: {
    GovernanceChange: fields(
      `uint256 policy,uint32 epoch,AgentPower[] agents,uint8 fields,PolicySettings settings,bool abandon,bytes32 successor,${FRAME}`,
    ),
    AgentPower: POWER,
    PolicySettings: POLICY_SETTINGS,
  },
  Veto: { Veto: fields(`uint256 policy,uint32 epoch,bytes32 change,${SINGLE}`) },
  Withdraw: { Withdraw: fields(`uint256 policy,uint32 epoch,bytes32 change,${SINGLE}`) },
  EmergencyRotate: {
    EmergencyRotate: fields(
      "uint256 policy,uint32 epoch,AgentPower[] agents,PolicySettings settings,bytes32[] survivors,uint64 deadline",
    ),
    AgentPower: POWER,
    PolicySettings: POLICY_SETTINGS,
  },
  TrusteeSettings: { TrusteeSettings: TRUSTEE_SETTINGS },
  TrusteeConsent: {
    TrusteeConsent: fields("uint256 policy,uint8 kind,bytes key,uint8 capabilities,uint64 deadline"),
  },
  TrusteeChange: {
    TrusteeChange: fields(`uint256 policy,uint32 epoch,TrusteeSettings trustees,${FRAME}`),
    TrusteeSettings: TRUSTEE_SETTINGS,
  },
  TrusteeRevoke: {
    TrusteeRevoke: fields(
      "uint256 policy,uint32 epoch,uint32 trusteeSet,bytes32[] agents,uint64 nonce,uint64 deadline",
    ),
  },
  RecoveryProposal: {
    RecoveryProposal: fields(
      "uint256 policy,uint64 recovery,uint32 trusteeSet,AgentPower[] agents,PolicySettings settings,uint64 deadline",
    ),
    AgentPower: POWER,
    PolicySettings: POLICY_SETTINGS,
  },
  RecoveryAcceptance: {
    RecoveryAcceptance: fields(
      "uint256 policy,uint64 recovery,uint8 kind,bytes key,uint8 authorizations,uint64 deadline",
    ),
  },
  RecoveryVote: {
    RecoveryVote: fields(
      "uint256 policy,uint64 recovery,uint32 trusteeSet,bytes32 proposal,uint32 sequence,uint64 deadline",
    ),
  },
  CancelRecovery: {
    CancelRecovery: fields(
      "uint256 policy,uint32 epoch,uint64 recovery,bytes32 proposal,uint64 deadline,uint32 counter",
    ),
  },
  AnchorBackup: {
    AnchorBackup: fields(`uint256 policy,uint32 epoch,uint64 sequence,bytes32 backup,${SINGLE}`),
  },
  PermitAnchor: {
    PermitAnchor: fields(`uint256 policy,uint32 epoch,bytes32 agent,bool permitted,${FRAME}`),
  },
  AgentAcceptance: {
    AgentAcceptance: fields(
      "uint256 policy,uint32 epoch,uint8 kind,bytes key,uint256 commitment,uint8 authorizations,uint64 expiry,uint64 deadline",
    ),
  },
} as const satisfies Record<string, Record<string, TypedDataField[]>>;

export type OperationName = keyof Operations;

type Ethers = Awaited<ReturnType<typeof network.create>>["ethers"];

/** A registry on a chain of its own, deployed through the Ignition module. */
export type World = Awaited<ReturnType<typeof deployWorld>>;

/** What a registry begins with instead of empty trees, see SeededAgentPolicyRegistry.sol. */
export type Seed = {
  readonly levels: number;
  readonly size: number;
  readonly leaf: bigint;
  readonly word: bigint;
};

export async function deployWorld(seed?: Seed) {
  const connection = await network.create();
  const { ethers, ignition, networkHelpers } = connection;
  const [relayer, stranger] = await ethers.getSigners();
  if (relayer === undefined || stranger === undefined)
    throw new Error("the simulated network has no accounts");
  const { registry: plain, ...parts } = await ignition.deploy(registryModule);
  const address = seed === undefined ? await plain.getAddress() : await deploySeeded(ethers, parts, seed);
  const registry = IAgentPolicy__factory.connect(address, relayer);
  const { chainId } = await ethers.provider.getNetwork();
  const domain: TypedDataDomain = {
    name: "dkms AgentPolicyRegistry",
    version: "1",
    chainId,
    verifyingContract: address,
  };
  return { connection, ethers, networkHelpers, registry, address, domain, chainId, relayer, stranger };
}

async function deploySeeded(
  ethers: Ethers,
  parts: Readonly<
    Record<
      | "governance"
      | "agentSignatures"
      | "poseidon2"
      | "provisionedTree"
      | "revokedTree"
      | "policyAgents"
      | "policySafeguards"
      | "policyQueries",
      Addressable
    >
  >,
  { levels, size, leaf, word }: Seed,
): Promise<string> {
  const Poseidon2 = await parts.poseidon2.getAddress();
  const seeder = await ethers.deployContract("TreeSeeder", { libraries: { Poseidon2 } });
  const args = [levels, size, leaf, word, await parts.governance.getAddress()];
  const seeded = await ethers.deployContract("SeededAgentPolicyRegistry", args, {
    libraries: {
      AgentSignatures: await parts.agentSignatures.getAddress(),
      Poseidon2,
      ProvisionedTree: await parts.provisionedTree.getAddress(),
      RevokedTree: await parts.revokedTree.getAddress(),
      PolicyAgents: await parts.policyAgents.getAddress(),
      PolicySafeguards: await parts.policySafeguards.getAddress(),
      PolicyQueries: await parts.policyQueries.getAddress(),
      TreeSeeder: await seeder.getAddress(),
    },
  });
  return seeded.getAddress();
}

/** An account by its wallet, or what signs like one. */
export type TestAgent = Pick<Wallet, "address" | "signTypedData"> & { readonly kind?: number };

/** An agent's policy key; the same name gives the same key. */
export function agentKey(name: string): Wallet {
  return new Wallet(keccak256(toUtf8Bytes(`dkms test agent ${name}`)));
}

/** A source of keys that no other test of the file uses. */
export function keySource(scope: string): (name: string) => Wallet {
  let next = 0;
  return (name) => agentKey(`${scope} ${next++} ${name}`);
}

/** A wallet contract as an agent, which takes its owner's signatures for its own. */
export async function contractAgent(world: World, owner: Wallet): Promise<TestAgent> {
  const contract = await world.ethers.deployContract("WalletMock", [owner.address]);
  return {
    kind: CONTRACT,
    address: await contract.getAddress(),
    signTypedData: (domain, types, value) => owner.signTypedData(domain, types, value),
  };
}

/** KeyId of an agent's key. */
export function idOf(agent: TestAgent): string {
  return keccak256(agent.address);
}

/** A field element that nothing else in a test uses; any canonical non-zero value can stand for a commitment. */
export function commitmentOf(name: string): bigint {
  return BigInt(keccak256(toUtf8Bytes(`dkms test commitment ${name}`))) >> 8n;
}

/** A change of an agent; with PROVE gained if a commitment is given. */
export function change(
  agent: TestAgent,
  authorizations: number,
  grant?: { readonly commitment: bigint; readonly expiry?: bigint },
): AgentChangeStruct {
  return {
    kind: agent.kind ?? SECP256K1,
    key: agent.address,
    authorizations,
    commitment: grant?.commitment ?? 0n,
    expiry: grant === undefined ? 0n : (grant.expiry ?? NO_EXPIRY),
  };
}

/** The absent acceptance. */
export const NO_ACCEPTANCE: AcceptanceStruct = { deadline: 0n, signature: "0x" };

export async function accept(
  world: World,
  agent: TestAgent,
  offer: {
    readonly policy: BigNumberish;
    readonly change: AgentChangeStruct;
    readonly epoch?: number;
    readonly deadline?: bigint;
  },
): Promise<AcceptanceStruct> {
  const deadline = offer.deadline ?? FAR;
  const value = { policy: offer.policy, epoch: offer.epoch ?? 1, ...offer.change, deadline };
  return { deadline, signature: await agent.signTypedData(world.domain, TYPES.AgentAcceptance, value) };
}

export type Operations = {
  readonly CreatePolicy: CreatePolicyStruct;
  readonly Authorize: AuthorizeStruct;
  readonly Revoke: RevokeStruct;
  readonly Renounce: RenounceStruct;
  readonly Renew: RenewStruct;
  readonly Stop: StopStruct;
  readonly LiftStop: LiftStopStruct;
  readonly VoidApprovals: VoidApprovalsStruct;
  readonly GovernanceChange: GovernanceChangeStruct;
  readonly Veto: VetoStruct;
  readonly Withdraw: WithdrawStruct;
  readonly EmergencyRotate: EmergencyRotateStruct;
};

/** What is sent as operation and approvals alone; a rotation reveals its root set besides. */
export type PlainName = Exclude<OperationName, "EmergencyRotate">;

/** What has a view that checks it. */
export type CheckedName = "CreatePolicy" | "Authorize" | "Revoke" | "Renounce";

/** Approvals of an operation, ascending by key id. */
export async function approvals<Name extends OperationName>(
  world: World,
  name: Name,
  op: Operations[Name],
  agents: readonly TestAgent[],
): Promise<ApprovalStruct[]> {
  const sorted = [...agents].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return Promise.all(sorted.map((agent) => approval(world, name, op, agent)));
}

export async function approval<Name extends OperationName>(
  world: World,
  name: Name,
  op: Operations[Name],
  agent: TestAgent,
): Promise<ApprovalStruct> {
  const counter = name === "CreatePolicy" ? 0n : await counterOf(world, op.policy, agent);
  const value = { ...op, counter };
  return { key: agent.address, signature: await agent.signTypedData(world.domain, TYPES[name], value) };
}

/** What the approvals of an agent must carry; 0 of a key that the policy does not know. */
export async function counterOf(world: World, policy: BigNumberish, agent: TestAgent): Promise<bigint> {
  try {
    return (await world.registry.agentOf(policy, idOf(agent))).counter;
  } catch {
    return 0n;
  }
}

/** The epoch of a policy; 1, in which policies start, if there is none. */
export async function epochOf(world: World, policy: BigNumberish): Promise<bigint> {
  try {
    return (await world.registry.policyOf(policy)).epoch;
  } catch {
    return 1n;
  }
}

/** Two weeks from the latest block's time. */
export async function deadlineOf(world: World): Promise<bigint> {
  return BigInt(await world.networkHelpers.time.latest()) + 14n * DAY;
}

/** A creation as its creator would sign it; `more` are other initial agents. */
export async function creation(
  world: World,
  creator: TestAgent,
  options: {
    readonly ownerCommitment?: bigint;
    readonly more?: readonly AgentChangeStruct[];
    readonly commitment?: bigint;
    readonly expiry?: bigint;
    readonly checkpoint?: boolean;
    readonly settings?: Partial<PolicySettingsStruct>;
  } = {},
): Promise<CreatePolicyStruct> {
  const ownerCommitment = options.ownerCommitment ?? commitmentOf(`owner of ${creator.address}`);
  const grant = {
    commitment: options.commitment ?? commitmentOf(`creator ${creator.address}`),
    expiry: options.expiry ?? NO_EXPIRY,
  };
  return {
    policy: await world.registry.policyAddress(ownerCommitment, idOf(creator)),
    ownerCommitment,
    agents: [change(creator, ALL, grant), ...(options.more ?? [])],
    settings: { ...SETTINGS, ...options.settings },
    checkpoint: options.checkpoint ?? false,
    deadline: await deadlineOf(world),
  };
}

/** An authorization as its proposer would sign it, with the lane's next nonce. */
export async function authorization(
  world: World,
  policy: bigint,
  proposer: TestAgent,
  changes: AgentChangeStruct[],
  override: Partial<AuthorizeStruct> = {},
): Promise<AuthorizeStruct> {
  const frame = await frameOf(world, policy, proposer);
  return { ...frame, changes, checkpoint: false, ...override };
}

/** A revocation as its proposer would sign it, with the lane's next nonce. */
export async function revocation(
  world: World,
  policy: bigint,
  proposer: TestAgent,
  revocations: readonly (readonly [TestAgent, number])[],
  override: Partial<RevokeStruct> = {},
): Promise<RevokeStruct> {
  const frame = await frameOf(world, policy, proposer);
  const elements = revocations.map(([agent, authorizations]) => ({ agent: idOf(agent), authorizations }));
  return { ...frame, revocations: elements, ...override };
}

/** A renunciation as its agent would sign it, with the lane's next nonce. */
export async function renunciation(
  world: World,
  policy: bigint,
  agent: TestAgent,
  authorizations: number,
  override: Partial<RenounceStruct> = {},
): Promise<RenounceStruct> {
  const { proposer, ...frame } = await frameOf(world, policy, agent);
  return { ...frame, agent: proposer, authorizations, ...override };
}

/** A renewal as its agent would sign it, with the lane's next nonce. */
export async function renewal(
  world: World,
  policy: bigint,
  agent: TestAgent,
  commitment: bigint,
  override: Partial<RenewStruct> = {},
): Promise<RenewStruct> {
  const { proposer, ...frame } = await frameOf(world, policy, agent);
  return { ...frame, agent: proposer, commitment, expiry: NO_EXPIRY, checkpoint: false, ...override };
}

/** Opens a policy of the creator alone and returns its address. */
export async function open(world: World, creator: TestAgent, expiry = NO_EXPIRY): Promise<bigint> {
  return openWith(world, creator, [], { expiry });
}

/**
 * Opens a policy in which others hold these bits from the start, as `authorize` gives no power; their PROVE comes with
 * a commitment as `add` names it.
 */
export async function openWith(
  world: World,
  creator: TestAgent,
  others: readonly (readonly [TestAgent, number])[],
  options: { readonly settings?: Partial<PolicySettingsStruct>; readonly expiry?: bigint } = {},
): Promise<bigint> {
  const { policy } = await creation(world, creator);
  const more = others.map(([agent, bits]) => change(agent, bits, grantOf(BigInt(policy), agent, bits)));
  const op = await creation(world, creator, { ...options, more });
  const acceptances = await Promise.all(
    others.map(([agent], i) => accept(world, agent, { policy, change: more[i] ?? change(agent, 0) })),
  );
  await execute(world, "CreatePolicy", op, [creator], [NO_ACCEPTANCE, ...acceptances]);
  return BigInt(policy);
}

/** Adds an agent that proves, with its acceptance; the commitment is named after agent and policy. */
export async function add(
  world: World,
  policy: bigint,
  by: TestAgent,
  agent: TestAgent,
  authorizations: number,
  expiry = NO_EXPIRY,
) {
  const offer = change(agent, authorizations, grantOf(policy, agent, authorizations, expiry));
  const op = await authorization(world, policy, by, [offer]);
  const acceptance = await accept(world, agent, { policy, change: offer });
  return world.registry.authorize(op, [acceptance], await approvals(world, "Authorize", op, [by]));
}

/** What comes with PROVE. */
function grantOf(policy: bigint, agent: TestAgent, authorizations: number, expiry = NO_EXPIRY) {
  if ((authorizations & PROVE) === 0) return undefined;
  return { commitment: commitmentOf(`${agent.address} in ${policy}`), expiry };
}

/** Takes bits from one agent. */
export async function take(
  world: World,
  policy: bigint,
  by: TestAgent,
  agent: TestAgent,
  authorizations: number,
) {
  const op = await revocation(world, policy, by, [[agent, authorizations]]);
  return world.registry.revoke(op, await approvals(world, "Revoke", op, [by]));
}

/** Sends an operation with its approvals; `acceptances` are of operations that let agents in. */
export async function execute<Name extends PlainName>(
  world: World,
  name: Name,
  op: Operations[Name],
  signers: readonly TestAgent[],
  acceptances: AcceptanceStruct[] = [],
): Promise<ContractTransactionResponse> {
  return submit(world, name, op, await approvals(world, name, op, signers), acceptances);
}

/** Sends an operation with approvals as they are. */
export async function submit<Name extends PlainName>(
  world: World,
  name: Name,
  op: Operations[Name],
  given: ApprovalStruct[],
  acceptances: AcceptanceStruct[] = [],
): Promise<ContractTransactionResponse> {
  const [single = { key: "0x", signature: "0x" }] = given;
  const { registry } = world;
  const send: {
    readonly [Each in PlainName]: (op: Operations[Each]) => Promise<ContractTransactionResponse>;
  } = {
    CreatePolicy: (op) => registry.createPolicy(op, acceptances, single),
    Authorize: (op) => registry.authorize(op, acceptances, given),
    Revoke: (op) => registry.revoke(op, given),
    Renounce: (op) => registry.renounce(op, single),
    Renew: (op) => registry.renew(op, single),
    Stop: (op) => registry.stop(op, single),
    LiftStop: (op) => registry.liftStop(op, given),
    VoidApprovals: (op) => registry.voidApprovals(op, single),
    GovernanceChange: (op) => registry.schedule(op, acceptances, given),
    Veto: (op) => registry.veto(op, single),
    Withdraw: (op) => registry.withdraw(op, single),
  };
  return send[name](op);
}

/** Asks the check view of an operation. */
export async function check<Name extends CheckedName>(
  world: World,
  name: Name,
  op: Operations[Name],
  signers: readonly TestAgent[],
): Promise<void> {
  const approvers = signers.map(idOf).sort();
  const { registry } = world;
  const ask: { readonly [Each in CheckedName]: (op: Operations[Each]) => Promise<void> } = {
    CreatePolicy: (op) => registry.checkCreatePolicy(op),
    Authorize: (op) => registry.checkAuthorize(op, approvers),
    Revoke: (op) => registry.checkRevoke(op, approvers),
    Renounce: (op) => registry.checkRenounce(op),
  };
  return ask[name](op);
}

/**
 * Expects an operation to be refused with one error, by the action and, in the same words, by its check view; a check
 * knows nothing of signatures and acceptances, so `checked: false` expects it to pass.
 */
export async function expectRefusal<Name extends CheckedName>(
  world: World,
  name: Name,
  op: Operations[Name],
  signers: readonly TestAgent[],
  refusal: {
    readonly error: string;
    readonly args: readonly unknown[];
    readonly acceptances?: AcceptanceStruct[];
    readonly checked?: boolean;
  },
): Promise<void> {
  await expect(execute(world, name, op, signers, refusal.acceptances))
    .to.be.revertedWithCustomError(world.registry, refusal.error)
    .withArgs(...refusal.args);
  if (refusal.checked === false) {
    await check(world, name, op, signers);
    return;
  }
  await expect(check(world, name, op, signers))
    .to.be.revertedWithCustomError(world.registry, refusal.error)
    .withArgs(...refusal.args);
}

async function frameOf(world: World, policy: bigint, proposer: TestAgent) {
  const nonce = await world.registry.nonceOf(policy, idOf(proposer), 0n);
  const epoch = await epochOf(world, policy);
  return { policy, epoch, proposer: idOf(proposer), lane: 0n, nonce, deadline: await deadlineOf(world) };
}

/** `"uint8 kind,bytes key"` as fields. */
function fields(signature: string): TypedDataField[] {
  return signature.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}
