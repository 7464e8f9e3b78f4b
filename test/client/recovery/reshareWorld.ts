import { type Hex32, hex32, isDkmsError } from "../../../client/core/index.ts";
import {
  type AnchorReading,
  acknowledge,
  type ConnectionKeys,
  dealSecret,
  EMPTY_KEEPER,
  generateConnectionKeys,
  type Message,
  newMessage,
  type Reshare,
  type ReshareEffect,
  type ReshareEvent,
  reshare,
  type SetReference,
  type ShareJson,
  type ShareKeeper,
  type ShareKeeperEffect,
  type ShareKeeperEvent,
  type Step,
  shareKeeper,
  signShares,
} from "../../../client/recovery/index.ts";
import { SOURCE_DID, seeded, signerOf } from "./support.ts";

/**
 * A world in which an owner with two devices changes trustees: a chain with a mempool, reorganisations and finality, a
 * network that drops, doubles and reorders, machines that stop between any two of their steps, and effects that fail. What
 * is stored survives; effects that were not carried out do not.
 */

export type Keeper = (state: ShareKeeper, event: ShareKeeperEvent) => Step<ShareKeeper, ShareKeeperEffect>;
export type Owner = (state: Reshare, event: ReshareEvent) => Step<Reshare, ReshareEffect>;
export type Rules = { readonly keeper: Keeper; readonly owner: Owner };
export const SOUND: Rules = { keeper: shareKeeper, owner: reshare };

const owner = signerOf(1);
const THRESHOLD = 2;
const NO_TAG = hex32(`0x${"00".repeat(32)}`);
const PEOPLE = 5;

type Letter = {
  readonly to: number;
  readonly from: number;
  readonly message: Message<
    "SHARE_PREPARE" | "SHARE_PREPARED" | "SHARE_COMMIT" | "SHARE_ABORT" | "SHARE_RETIRE"
  >;
};
type Device = {
  /** Stored. */
  state: Reshare;
  /** In memory: shares of the set that is being prepared, and what is still to be done. */
  shares: readonly ShareJson[];
  todo: (ReshareEffect | { readonly kind: "report"; readonly event: ReshareEvent })[];
};
type Trustee = {
  /** Stored. */
  state: ShareKeeper;
  todo: ShareKeeperEffect[];
  readonly keys: ConnectionKeys;
  lost: boolean;
};

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** A world where set 1 is in force with the first three people as trustees. */
export async function makeWorld(rules: Rules, seed: number) {
  let draws = seed;
  let now = 0;
  const tags = new Map<string, Hex32>();
  const chain = { mempool: [] as SetReference[], included: [] as SetReference[], final: 0 };
  const backups = new Map<Hex32, number>();
  const mail: Letter[] = [];
  const devices: Device[] = [0, 1].map(() => ({ state: { step: "idle" }, shares: [], todo: [] }));
  const trustees: Trustee[] = Array.from({ length: PEOPLE }, (_, i) => ({
    state: EMPTY_KEEPER,
    todo: [],
    keys: generateConnectionKeys(seeded(1000 + i)),
    lost: false,
  }));
  const secrets = new Map<Hex32, Uint8Array>();
  const sizes = new Map<Hex32, number>();

  async function deal(epoch: number, people: readonly number[]) {
    draws += 1;
    const dealt = dealSecret({ threshold: THRESHOLD, count: people.length, epoch, random: seeded(draws) });
    const names = people.map((i) => `person ${i}`);
    const shares = await signShares({ dealt, sourceDid: SOURCE_DID, trustees: names, signer: owner });
    secrets.set(dealt.tag, dealt.secret.reveal());
    sizes.set(dealt.tag, people.length);
    tags.set(shares[0]?.tag ?? "", dealt.tag);
    return { tag: dealt.tag, shares };
  }

  const reading = (): AnchorReading => {
    const newest = chain.included.at(-1);
    if (newest === undefined) return { tag: NO_TAG, setNumber: 0, final: true };
    return { tag: newest.tag, setNumber: newest.epoch, final: chain.final === chain.included.length };
  };

  /** An owner's event; what the rules refuse changes nothing. */
  function ownerEvent(device: Device, event: ReshareEvent): void {
    try {
      const { state, effects } = rules.owner(device.state, event);
      device.state = state;
      device.todo.push(...effects);
    } catch (error) {
      if (!isDkmsError(error)) throw error;
    }
  }

  function keeperEvent(trustee: Trustee, event: ShareKeeperEvent): void {
    try {
      const { state, effects } = rules.keeper(trustee.state, event);
      trustee.state = state;
      trustee.todo.push(...effects);
    } catch (error) {
      if (!isDkmsError(error)) throw error;
    }
  }

  function post(
    from: number,
    to: readonly string[],
    make: (id: string) => Letter["message"] | undefined,
  ): void {
    for (const id of to) {
      const message = make(id);
      if (message !== undefined) mail.push({ from, to: 10 + Number(id), message });
    }
  }

  function report(device: Device, event: ReshareEvent): void {
    device.todo.unshift({ kind: "report", event });
  }

  /** The next thing that a device has to do; another device's is not awaited. */
  function actDevice(number: number): void {
    const device = devices[number];
    const effect = device?.todo.shift();
    if (device === undefined || effect === undefined) return;
    const { kind } = effect;
    const plan = "plan" in device.state ? device.state.plan : undefined;
    const tagText = [...tags].find(([, tag]) => "set" in effect && tag === effect.set.tag)?.[0] ?? "";
    const reference = { tag: tagText, epoch: "set" in effect ? effect.set.epoch : 1 };
    switch (kind) {
      case "prepare":
        post(number, effect.to, (id) => {
          const index = plan?.trustees.find((one) => one.id === id)?.index ?? 0;
          const share = device.shares[index - 1];
          return share?.tag === tagText ? newMessage("SHARE_PREPARE", { share }, { now }) : undefined;
        });
        break;
      case "backUp":
        backups.set(effect.set.tag, effect.set.epoch);
        report(device, { kind: "backedUp", ...effect.set });
        break;
      case "report":
        ownerEvent(device, effect.event);
        break;
      case "sendAnchor":
        if (!chain.mempool.some(({ tag }) => tag === effect.set.tag)) chain.mempool.push(effect.set);
        break;
      case "commit":
        post(number, effect.to, () => newMessage("SHARE_COMMIT", reference, { now }));
        report(device, { kind: "done", chore: effect });
        break;
      case "abort":
        post(number, effect.to, () => newMessage("SHARE_ABORT", reference, { now }));
        report(device, { kind: "done", chore: effect });
        break;
      case "retire":
        post(number, effect.to, () => newMessage("SHARE_RETIRE", reference, { now }));
        report(device, { kind: "done", chore: effect });
        break;
      case "dropOlderBackups":
        for (const [tag, epoch] of backups) if (epoch < effect.set.epoch) backups.delete(tag);
        report(device, { kind: "done", chore: effect });
        break;
      case "dropBackup":
        backups.delete(effect.set.tag);
        report(device, { kind: "done", chore: effect });
        break;
    }
  }

  async function actTrustee(number: number): Promise<void> {
    const trustee = trustees[number];
    const effect = trustee?.lost === false ? trustee.todo.shift() : undefined;
    if (trustee === undefined || effect === undefined) return;
    if (effect.kind === "readAnchor") {
      keeperEvent(trustee, { kind: "anchor", ...reading() });
      return;
    }
    const message = await acknowledge(effect, trustee.keys, { now });
    // Both devices hear it; one of them waits for it.
    for (const to of [0, 1]) mail.push({ from: 10 + number, to, message });
  }

  function deliver({ to, from, message }: Letter): void {
    const device = devices[to];
    if (device !== undefined) {
      if (message.type === "SHARE_PREPARED") {
        ownerEvent(device, { kind: "prepared", from: String(from - 10), message });
      }
      return;
    }
    const trustee = trustees[to - 10];
    if (trustee === undefined || trustee.lost) return;
    if (message.type === "SHARE_PREPARE") {
      keeperEvent(trustee, {
        kind: "prepare",
        share: message.share,
        messageId: message.id,
        dealerKey: owner.publicKey,
        anchor: reading(),
      });
    } else if (message.type !== "SHARE_PREPARED") {
      const kind = { SHARE_COMMIT: "commit", SHARE_ABORT: "abort", SHARE_RETIRE: "retire" } as const;
      const tag = tags.get(message.tag) ?? NO_TAG;
      keeperEvent(trustee, { kind: kind[message.type], tag, epoch: message.epoch });
    }
  }

  async function begin(number: number, people: readonly number[]): Promise<void> {
    const device = devices[number];
    const anchor = reading();
    if (device === undefined || ["preparing", "backingUp", "anchoring"].includes(device.state.step)) return;
    const epoch = anchor.setNumber + 1;
    const { tag, shares } = await deal(epoch, people);
    const before = trustees.flatMap(({ state }, i) => (state.held !== undefined ? [i] : []));
    device.shares = shares;
    ownerEvent(device, {
      kind: "begin",
      anchor,
      plan: {
        tag,
        epoch,
        threshold: THRESHOLD,
        commitments: [],
        trustees: people.map((i, at) => ({
          id: String(i),
          index: at + 1,
          signingKey: Buffer.from(trustees[i]?.keys.signingKey ?? []).toString("base64url"),
        })),
        retired: before.filter((i) => !people.includes(i)).map(String),
        backupRecipient: `age1 of ${tag}`,
        deadline: now + 100,
      },
    });
  }

  const world = {
    chain,
    backups,
    mail,
    devices,
    trustees,
    secrets,
    sizes,
    reading,
    begin,
    actDevice,
    actTrustee,
    deliver,
    ownerEvent,
    keeperEvent,
    passTime: (seconds: number) => {
      now += seconds;
      for (const device of devices) ownerEvent(device, { kind: "tick", now });
    },
    /** The next effect of a device fails: the network, the node or the place of the backups is away. */
    failDevice: (number: number) => {
      const device = devices[number];
      if (device !== undefined && device.todo[0]?.kind !== "report") device.todo.shift();
    },
    crashDevice: (number: number) => {
      const device = devices[number];
      if (device === undefined) return;
      device.todo = [];
      device.shares = [];
      ownerEvent(device, { kind: "restart" });
    },
    crashTrustee: (number: number) => {
      const trustee = trustees[number];
      if (trustee !== undefined) trustee.todo = [];
    },
    include: (at: number) => {
      const [next] = chain.mempool.splice(at % Math.max(chain.mempool.length, 1), 1);
      // The policy takes the next number only; another transaction fails.
      if (next !== undefined && next.epoch === reading().setNumber + 1) chain.included.push(next);
    },
    finalise: () => {
      chain.final = chain.included.length;
    },
    reorganise: () => {
      chain.mempool.push(...chain.included.splice(chain.final));
    },
  };

  const first = await deal(1, [0, 1, 2]);
  chain.included.push({ tag: first.tag, epoch: 1 });
  chain.final = 1;
  backups.set(first.tag, 1);
  for (const [i, share] of first.shares.entries()) {
    const trustee = trustees[i];
    if (trustee !== undefined) {
      trustee.state = { held: { tag: first.tag, epoch: 1, index: i + 1, share }, pending: [] };
    }
  }
  return world;
}

/** Shares of a set that somebody still has, whether in force or not. */
export function sharesOf({ trustees }: World, tag: Hex32): readonly ShareJson[] {
  return trustees
    .filter(({ lost }) => !lost)
    .flatMap(({ state }) => [state.held, ...state.pending])
    .flatMap((kept) => (kept?.tag === tag ? [kept.share] : []));
}

/**
 * What must hold at every moment: whoever loses all devices now recovers with the set that is in force for good, and
 * also with one that is in force unless the chain takes it back.
 */
export function whatIsBroken(world: World): string | undefined {
  const { chain, backups, sizes } = world;
  const lost = world.trustees.filter((trustee) => trustee.lost).length;
  const inForce = chain.included.slice(Math.max(chain.final - 1, 0));
  for (const { tag, epoch } of inForce) {
    const indices = new Set(sharesOf(world, tag).map(({ index }) => index));
    // Not just a threshold of them: whoever still lives has one, or the next death would be one too many.
    if (indices.size < (sizes.get(tag) ?? 0) - lost || indices.size < THRESHOLD)
      return `set ${epoch} has ${indices.size} shares left`;
    if (!backups.has(tag)) return `set ${epoch} has no backup`;
  }
  return undefined;
}
