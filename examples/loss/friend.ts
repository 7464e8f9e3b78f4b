import { base64urlnopad } from "@scure/base";
import {
  type DrilledTrustee,
  parseAppointment,
  policyHeartbeatKey,
  policyShareAnchor,
  requestCapabilities,
  type TrusteeActor,
  verifyAppointment,
} from "../../client/app/index.ts";
import type { PolicyId } from "../../client/index.ts";
import { agentSignerOf } from "../../client/keys/index.ts";
import {
  connectionFingerprint,
  type memoryTransport,
  newMessage,
  type Release,
  release,
  type ShareJson,
  safetyWords,
  type TrusteeDesk,
  trusteeDesk,
} from "../../client/recovery/index.ts";
import { memoryStore } from "../../client/storage/index.ts";
import type { World } from "../world.ts";
import { connect, type End } from "./line.ts";

/** A friend who is a trustee: her device, and what she herself does. */
export type Friend = {
  readonly name: string;
  /** The connection with the owner from before the loss. */
  readonly line: { readonly owner: End; readonly friend: End };
  /** Reads what is offered, and agrees. */
  readonly agree: () => Promise<void>;
  /** Takes her share, checks it, keeps it, and acknowledges. */
  readonly keep: (dealerKey: Uint8Array) => Promise<void>;
  /** Checks that the set of trustees is what it says, and keeps her part of it. */
  readonly appointed: () => Promise<string>;
  /** Hears that the set is in force; the chain is asked whether it is true. */
  readonly committed: () => Promise<void>;
  /** Gives her share to who proves to be the owner, on a connection made for that. */
  readonly giveShare: (to: { readonly owner: End; readonly friend: End }) => Promise<void>;
  readonly trustee: () => TrusteeActor;
  readonly drilled: (index: number) => Promise<DrilledTrustee>;
};

export type FriendOptions = {
  readonly world: Pick<World, "registry" | "sender" | "newDevice">;
  readonly policy: PolicyId;
  readonly name: string;
  readonly clock: () => number;
  readonly transport: ReturnType<typeof memoryTransport>;
  /** What she does to a share that she gives back; an honest friend does nothing. */
  readonly alter?: (share: ShareJson) => ShareJson;
};

export function befriend(options: FriendOptions): Friend {
  const { world, policy, name, clock, transport, alter = (share) => share } = options;
  const { registry, sender } = world;
  const signer = world.newDevice();
  const line = connect(transport, name, clock);
  const store = memoryStore();
  let desk: TrusteeDesk | undefined;
  let trustee: TrusteeActor | undefined;

  const deskOf = (): TrusteeDesk => {
    if (desk === undefined) throw new Error(`${name} keeps no share yet`);
    return desk;
  };

  return {
    ...{ name, line },
    agree: async () => {
      const offer = line.friend.take("CAPABILITY_OFFER");
      await line.friend.send(await requestCapabilities(registry, signer, offer));
    },
    keep: async (dealerKey) => {
      desk = await trusteeDesk({
        ...{ store, name: "share", dealerKey, keys: line.friend.keys, clock, send: line.friend.send },
        anchor: policyShareAnchor(registry, policy),
        authorizationKeys: [await policyHeartbeatKey(signer, registry.location)],
      });
      await desk.receive(line.friend.take("CAPABILITY_RESPONSE"));
    },
    appointed: async () => {
      const appointment = parseAppointment(line.friend.take("TRUSTEE_APPOINTMENT").appointment);
      const standing = await verifyAppointment(registry, appointment);
      trustee = { registry, signer, sender, appointment };
      return standing;
    },
    committed: async () => {
      await deskOf().receive(line.friend.take("SHARE_COMMIT"));
    },
    giveShare: async ({ owner, friend }) => {
      const fingerprint = connectionFingerprint(owner.contact, friend.contact);
      const now = clock();
      const connection = {
        ...{ fingerprint, openedAt: now },
        peerSigningKey: base64urlnopad.encode(owner.contact.signingKey),
      };
      const known = [base64urlnopad.encode(line.owner.contact.signingKey)];
      let state: Release = release({ step: "idle" }, { kind: "open", connection, known, now }).state;
      const question = { challenge: { question: "Where did we meet?" } };
      const challenge = newMessage("RECOVERY_SHARE_CHALLENGE", question, { now });
      state = release(state, { kind: "challenge", message: challenge }).state;
      await friend.send(challenge);
      // ... the owner answers; she reads the answer, calls her, and both read twelve words aloud.
      const answer = friend.take("RECOVERY_SHARE_RESPONSE");
      state = release(state, { kind: "received", fingerprint, message: answer, now }).state;
      safetyWords(fingerprint);
      state = release(state, { kind: "verify", fingerprint, method: "videoCall", now }).state;
      const held = deskOf().held();
      if (held === undefined) throw new Error(`${name} keeps no share`);
      const message = newMessage(
        "CAPABILITY_RESPONSE",
        { for_id: answer.id, share: alter(held.share) },
        { now },
      );
      release(state, { kind: "release", message, now });
      await friend.send(message);
    },
    trustee: () => {
      if (trustee === undefined) throw new Error(`${name} was not appointed`);
      return trustee;
    },
    drilled: async (index) => ({
      ...{ name, index, key: (await agentSignerOf(signer)).key },
      ask: async (request) => {
        await line.owner.send(request);
        await deskOf().receive(line.friend.take("KEY_HEARTBEAT_REQUEST"));
        return line.owner.take("KEY_HEARTBEAT_RESPONSE");
      },
    }),
  };
}
