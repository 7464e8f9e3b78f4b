import { identityToRecipient } from "age-encryption";
import type { Hex32 } from "../core/index.ts";
import { tagToText } from "./acknowledgement.ts";
import type { Chore } from "./chores.ts";
import { fromBase64url, toBase64url } from "./encoding.ts";
import type { SharePublic } from "./feldman.ts";
import { type StateStore, startMachine } from "./machine.ts";
import { type Message, newMessage, type TrusteeMessage } from "./messages.ts";
import { type SetUpRecoveryOptions, setUpRecovery } from "./recoveryFile.ts";
import { type Reshare, type ReshareEffect, type ReshareEvent, reshare } from "./reshare.ts";
import type { ShareJson } from "./share.ts";
import type { SetReference, ShareAnchor } from "./shareKeeper.ts";

/** Port to the owner's policy: reads the anchor and moves it. */
export interface ShareAnchorWriter extends ShareAnchor {
  /** Sends the transaction that anchors this set, or makes sure that it is under way. The same set may come again. */
  anchor(set: SetReference): Promise<void>;
}

/** Port to the owner's backups, one for each set of shares that may be in force. */
export interface SetBackups {
  /** Encrypts the backup to an age recipient, beside those of other sets; durable once it has resolved. */
  write(set: SetReference, recipient: string): Promise<void>;
  /** Forgets the backups of sets with a lower number. */
  dropOlder(set: SetReference): Promise<void>;
  /** Forgets the backup of a set that will never be in force. */
  drop(set: SetReference): Promise<void>;
}

/** A trustee of a new set. */
export type NewTrustee = {
  /** How the caller knows the trustee. */
  readonly id: string;
  /** The name on the share. */
  readonly name: string;
  /** Ed25519 key of the connection. */
  readonly signingKey: Uint8Array;
  /** A CAPABILITY_REQUEST that the share answers; without one the share goes out as SHARE_PREPARE. */
  readonly response?: { readonly for_id: string; readonly address?: string };
};

export type OwnerDeskOptions = {
  readonly store: StateStore;
  readonly name: string;
  readonly anchor: ShareAnchorWriter;
  readonly backups: SetBackups;
  /** Sends to a trustee. */
  readonly send: (to: string, message: TrusteeMessage) => Promise<void>;
  /** Seconds since 1970. */
  readonly clock: () => number;
  readonly onFailed?: (effect: ReshareEffect, error: unknown) => void;
};

export type ChangeTrusteesOptions = Omit<SetUpRecoveryOptions, "trustees" | "epoch"> & {
  readonly trustees: readonly NewTrustee[];
  /** Trustees of the set in force that are not of the new one, by id. */
  readonly retired?: readonly string[];
  /** Seconds; two days by default. */
  readonly patience?: number;
};

/** An owner's device, as far as trustees are concerned. */
export type OwnerDesk = {
  readonly state: () => Reshare;
  /** What the shares in force have in common; undefined unless the last change has settled. */
  readonly sharePublic: () => SharePublic | undefined;
  /**
   * Begins to change the trustees, from none to begin with. Shares are held in memory until all have acknowledged.
   *
   * @throws {RecoveryError} STEP_UNEXPECTED while another change is under way; RESHARE_PLAN_INVALID, SHARING_BOUNDS
   */
  readonly change: (options: ChangeTrusteesOptions) => Promise<SetReference>;
  /** Takes a trustee's acknowledgement. @throws {RecoveryError} ACKNOWLEDGEMENT_INVALID */
  readonly receive: (from: string, message: Message<"SHARE_PREPARED">) => Promise<void>;
  /** Looks at the anchor and the clock: says again what may be lost, gives up in time, commits. */
  readonly poll: () => Promise<Reshare>;
  /** @throws {RecoveryError} RESHARE_ANCHOR_UNDER_WAY, STEP_UNEXPECTED */
  readonly abort: () => Promise<void>;
};

type Outgoing = { readonly share: ShareJson; readonly to: NewTrustee };

const PATIENCE = 2 * 24 * 3600;

/** Wires the change of trustees to a store, the chain, the backups and the connections; continues what was begun. */
export async function ownerDesk(options: OwnerDeskOptions): Promise<OwnerDesk> {
  const { store, name, anchor, backups, send, clock, onFailed } = options;
  /** By set, while its trustees are prepared: a restart forgets them, and the change is begun anew. */
  const shares = new Map<Hex32, ReadonlyMap<string, Outgoing>>();

  async function sendShare(set: SetReference, id: string): Promise<void> {
    const found = shares.get(set.tag)?.get(id);
    if (found === undefined) return;
    const { share, to } = found;
    const { response } = to;
    const message =
      response === undefined
        ? newMessage("SHARE_PREPARE", { share }, { now: clock() })
        : newMessage("CAPABILITY_RESPONSE", { ...response, share }, { now: clock() });
    await send(id, message);
  }

  async function carryOut(effect: ReshareEffect): Promise<readonly ReshareEvent[]> {
    const { kind, set } = effect;
    switch (kind) {
      case "prepare":
        await sendToAll(effect, (id) => sendShare(set, id));
        return [];
      case "backUp":
        await backups.write(set, effect.recipient);
        return [{ kind: "backedUp", ...set }];
      case "sendAnchor":
        await anchor.anchor(set);
        return [];
      case "commit":
      case "abort":
      case "retire": {
        shares.delete(set.tag);
        const reference = { tag: tagToText(set.tag), epoch: set.epoch };
        const message = () => newMessage(TYPES[kind], reference, { now: clock() });
        const to = await sendToAll(effect, (id) => send(id, message()));
        return [done({ ...effect, to })];
      }
      case "dropOlderBackups":
        await backups.dropOlder(set);
        return [done(effect)];
      case "dropBackup":
        await backups.drop(set);
        return [done(effect)];
    }
  }

  /** Gives those that were reached; who is not to be reached is nobody else's concern. */
  async function sendToAll(
    effect: ReshareEffect & { readonly to: readonly string[] },
    work: (id: string) => Promise<void>,
  ): Promise<readonly string[]> {
    const results = await Promise.allSettled(effect.to.map(work));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) onFailed?.(effect, failed.reason);
    return effect.to.filter((_, i) => results[i]?.status === "fulfilled");
  }

  const machine = await startMachine<Reshare, ReshareEvent, ReshareEffect>({
    reduce: reshare,
    initial: { step: "idle" },
    store,
    name,
    carryOut,
    ...(onFailed === undefined ? {} : { onFailed }),
  });
  await machine.dispatch({ kind: "restart" });

  return {
    state: machine.state,
    sharePublic: () => publicOf(machine.state()),
    change: async ({ trustees, retired = [], patience = PATIENCE, ...setUp }) => {
      const reading = await anchor.current();
      const epoch = reading.setNumber + 1;
      const made = await setUpRecovery({
        ...setUp,
        epoch,
        trustees: trustees.map((trustee) => trustee.name),
      });
      const set = { tag: made.tag, epoch };
      const plan = {
        ...set,
        threshold: setUp.threshold,
        commitments: made.shares[0]?.commitments ?? [],
        trustees: trustees.map(({ id, signingKey }, i) => ({
          id,
          index: i + 1,
          signingKey: toBase64url(signingKey),
        })),
        retired,
        backupRecipient: await identityToRecipient(made.backupIdentity.reveal()),
        deadline: clock() + patience,
      };
      made.backupIdentity.erase();
      shares.set(set.tag, new Map(trustees.flatMap((to, i) => outgoing(to, made.shares[i]))));
      try {
        await machine.dispatch({ kind: "begin", plan, anchor: reading });
      } catch (error) {
        shares.delete(set.tag);
        throw error;
      }
      return set;
    },
    receive: async (from, message) => {
      await machine.dispatch({ kind: "prepared", from, message });
    },
    poll: async () => {
      await machine.dispatch({ kind: "anchor", ...(await anchor.current()) });
      return machine.dispatch({ kind: "tick", now: clock() });
    },
    abort: async () => {
      await machine.dispatch({ kind: "abort" });
    },
  };
}

function publicOf(state: Reshare): SharePublic | undefined {
  if (state.step !== "settled") return undefined;
  const { threshold, epoch, commitments } = state.plan;
  return {
    threshold,
    epoch,
    commitments: commitments.map((text) => fromBase64url(text) ?? new Uint8Array()),
  };
}

const TYPES = { commit: "SHARE_COMMIT", abort: "SHARE_ABORT", retire: "SHARE_RETIRE" } as const;

function outgoing(to: NewTrustee, share: ShareJson | undefined): readonly [string, Outgoing][] {
  return share === undefined ? [] : [[to.id, { share, to }]];
}

function done(chore: Chore): ReshareEvent {
  return { kind: "done", chore };
}
