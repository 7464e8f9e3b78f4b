import { acknowledge, tagFromText } from "./acknowledgement.ts";
import type { ConnectionKeys } from "./connection.ts";
import { answerHeartbeat, type HeartbeatKey } from "./heartbeat.ts";
import { type StateStore, startMachine } from "./machine.ts";
import type { TrusteeMessage } from "./messages.ts";
import { verifyShare } from "./share.ts";
import {
  EMPTY_KEEPER,
  type KeptShare,
  type SetReference,
  type ShareAnchor,
  type ShareKeeper,
  type ShareKeeperEffect,
  type ShareKeeperEvent,
  shareKeeper,
} from "./shareKeeper.ts";

/** What keeps the share of one owner on a trustee's device. */
export type TrusteeDeskOptions = {
  readonly store: StateStore;
  /** Of the state in the store; one for each owner. */
  readonly name: string;
  /** The owner's Ed25519 key that shares are signed with. */
  readonly dealerKey: Uint8Array;
  /** This trustee's keys of the connection with the owner. */
  readonly keys: ConnectionKeys;
  readonly anchor: ShareAnchor;
  /** Sends to the owner. */
  readonly send: (message: TrusteeMessage) => Promise<void>;
  /** Seconds since 1970. */
  readonly clock: () => number;
  /** The keys that the trustee has in the owner's policy. */
  readonly authorizationKeys?: readonly HeartbeatKey[];
  readonly onFailed?: (effect: ShareKeeperEffect, error: unknown) => void;
};

/** A trustee's device, without its user. */
export type TrusteeDesk = {
  /**
   * Takes a message of the owner's, of the kinds that need no decision: shares that come and go, and heartbeats.
   *
   * @returns true if it was of such a kind.
   * @throws {RecoveryError} what is wrong with it; nothing has changed then.
   */
  readonly receive: (message: TrusteeMessage) => Promise<boolean>;
  /** Looks at the anchor: from time to time, and after a start, as COMMITs get lost. */
  readonly poll: () => Promise<void>;
  /** The share in force, as this desk saw it last: `poll` looks anew. */
  readonly held: () => KeptShare | undefined;
  /** The sets that were acknowledged and are not in force, as this desk saw them last. */
  readonly pending: () => readonly SetReference[];
  /**
   * Gives up what is pending, for when SHARE_PENDING_FULL keeps the owner's next set out. To be called once the user has
   * talked to the owner, in person or on a call: nothing of it may be on its way into force, but for `keep`.
   *
   * @returns what is pending still: all of it until the anchor could be read, by this call or by `poll`.
   */
  readonly clearPending: (keep?: SetReference) => Promise<readonly SetReference[]>;
};

/** Wires the share keeper to a store, the chain and the connection with the owner. */
export async function trusteeDesk(options: TrusteeDeskOptions): Promise<TrusteeDesk> {
  const { store, name, dealerKey, keys, anchor, send, clock, authorizationKeys = [], onFailed } = options;
  const machine = await startMachine<ShareKeeper, ShareKeeperEvent, ShareKeeperEffect>({
    reduce: shareKeeper,
    initial: EMPTY_KEEPER,
    store,
    name,
    carryOut: async (effect) => {
      if (effect.kind === "readAnchor") return [{ kind: "anchor", ...(await anchor.current()) }];
      await send(await acknowledge(effect, keys, { now: clock() }));
      return [];
    },
    ...(onFailed === undefined ? {} : { onFailed }),
  });
  async function beat(request: TrusteeMessage): Promise<void> {
    if (request.type !== "KEY_HEARTBEAT_REQUEST") return;
    const { held: kept } = await machine.refresh();
    const share = kept === undefined ? {} : { share: verifyShare(kept.share, { anchor: kept.tag }) };
    await send(await answerHeartbeat({ request, keys: authorizationKeys, now: clock(), ...share }));
  }

  const pending = () => machine.state().pending.map(({ tag, epoch }) => ({ tag, epoch }));

  return {
    held: () => machine.state().held,
    pending,
    clearPending: async (keep) => {
      await machine.dispatch({ kind: "clear", ...(keep === undefined ? {} : { keep }) });
      return pending();
    },
    poll: async () => {
      await machine.dispatch({ kind: "anchor", ...(await anchor.current()) });
    },
    receive: async (message) => {
      switch (message.type) {
        case "SHARE_PREPARE":
        case "CAPABILITY_RESPONSE": {
          const { id: messageId, share } = message;
          if (share === undefined) return false;
          const reading = await anchor.current();
          await machine.dispatch({ kind: "prepare", share, messageId, dealerKey, anchor: reading });
          return true;
        }
        case "SHARE_COMMIT":
        case "SHARE_ABORT":
        case "SHARE_RETIRE": {
          const kind = KINDS[message.type];
          await machine.dispatch({ kind, tag: tagFromText(message.tag), epoch: message.epoch });
          return true;
        }
        case "KEY_HEARTBEAT_REQUEST":
          await beat(message);
          return true;
        default:
          return false;
      }
    },
  };
}

const KINDS = { SHARE_COMMIT: "commit", SHARE_ABORT: "abort", SHARE_RETIRE: "retire" } as const;
