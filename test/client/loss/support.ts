import type { HDNodeWallet } from "ethers";
import {
  type Admission,
  type AgentRecord,
  answerInvitation,
  decodeAgentRecord,
  encodeAgentRecord,
  inviteAgent,
  type Occasion,
  type PolicyActor,
  PolicyWatcher,
  proposeRecovery,
  type RecoveryRequest,
  type RestoreOptions,
  restoreOwner,
  type TrusteeActor,
  voteRecovery,
} from "../../../client/app/index.ts";
import { keyIdOf, memoryBackend, secp256k1Key } from "../../../client/keys/index.ts";
import type { Authorizations } from "../../../client/policy/index.ts";
import { openTrusteeWorld, type TrusteeWorld } from "../app/trusteeWorld.ts";
import { memoryStore } from "../recovery/support.ts";

export const POWER = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] as const;

export const idOf = (wallet: HDNodeWallet) => keyIdOf(secp256k1Key(wallet.address));

/** A policy on a node of its own; each test finds it as the first did. */
export function sharedWorld(prepare: (world: TrusteeWorld) => Promise<void> = async () => undefined): {
  readonly world: () => TrusteeWorld;
} {
  let opened: TrusteeWorld | undefined;
  let snapshot: unknown;
  const world = () => {
    if (opened === undefined) throw new Error("no world yet");
    return opened;
  };
  before(async () => {
    opened = await openTrusteeWorld();
    await prepare(opened);
    snapshot = await opened.node.send("evm_snapshot");
  });
  afterEach(async () => {
    const { node } = world();
    await node.send("evm_revert", [snapshot]);
    snapshot = await node.send("evm_snapshot");
    node.relayer.reset();
  });
  after(() => opened?.close());
  return { world };
}

/** Whoever holds this key, in the owner's policy. */
export function actorOf({ node, record }: TrusteeWorld, signer: HDNodeWallet) {
  const actor = { registry: node.registry, signer, sender: node.relayer, policy: record.policy };
  return actor satisfies PolicyActor;
}

/** Invites a device, and has it answer. */
export async function admitted(
  world: TrusteeWorld,
  device: HDNodeWallet,
  authorizations: Authorizations,
  more: { readonly occasion?: Occasion; readonly known?: true } = {},
): Promise<Admission & { readonly record: AgentRecord }> {
  const { node, record } = world;
  const { occasion, known } = more;
  const invitation = await inviteAgent({
    ...{ registry: node.registry, record, authorizations },
    ...(occasion === undefined ? {} : { occasion }),
    ...(known === undefined ? {} : { agent: idOf(device) }),
  });
  return { invitation, ...(await answerInvitation(device, invitation, await world.now())) };
}

/** Who holds anything in the policy now. */
export async function holdersIn(world: TrusteeWorld) {
  const { agents } = await world.state();
  return [...agents].filter(([, { authorizations }]) => authorizations.length > 0).map(([agent]) => agent);
}

export async function rightsOf(world: TrusteeWorld, wallet: HDNodeWallet): Promise<Authorizations> {
  return (await world.state()).agents.get(idOf(wallet))?.authorizations ?? [];
}

/** What a watcher that holds no key tells of what happens from now on. */
export async function watch({ node, record }: TrusteeWorld) {
  const told: string[] = [];
  const { registry } = node;
  const watcher = new PolicyWatcher({
    ...{ registry, policy: record.policy },
    sinks: [({ code }) => void told.push(code)],
  });
  await watcher.look();
  return { told, look: () => watcher.look() };
}

/** The owner with a new device, and what she kept of it. */
export function comingBack(
  { node, record }: TrusteeWorld,
  options: Pick<RestoreOptions, "authority"> & Partial<RestoreOptions>,
) {
  const kept: AgentRecord[] = [];
  const pages: string[] = [];
  const whole: RestoreOptions = {
    ...{ registry: node.registry, policy: record.policy, sender: node.relayer, restored: record },
    ...{ lost: [], backend: memoryBackend(), store: memoryStore() },
    printRootKeys: async (page) => void pages.push(page.reveal()),
    keepRecord: async (fresh) => void kept.push(decodeAgentRecord(encodeAgentRecord(fresh).reveal())),
    ...options,
  };
  return { kept, pages, restore: () => restoreOwner(whole) };
}

/** The owner gets her policy back by two of her trustees. */
export async function regain(world: TrusteeWorld, trustees: readonly TrusteeActor[]): Promise<void> {
  const requests: RecoveryRequest[] = [];
  const ask = async (request: RecoveryRequest) => void requests.push(request);
  const { restore } = comingBack(world, { authority: { by: "TRUSTEES", ask } });
  await restore();
  const [ada, ben] = trustees;
  const [request] = requests;
  if (ada === undefined || ben === undefined || request === undefined) throw new Error("nobody to ask");
  const { proposal } = await proposeRecovery(ada, request);
  for (const one of [ada, ben]) await voteRecovery(one, proposal);
  const { delay } = (await world.state()).trustees.settings;
  await world.pass(delay);
  const { complete } = await restore();
  if (!complete) throw new Error("not back");
}
