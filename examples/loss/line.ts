import {
  type ConnectionKeys,
  type Contact,
  generateConnectionKeys,
  type MemoryTransport,
  type Message,
  mailbox,
  replayBook,
  type TrusteeMessage,
} from "../../client/recovery/index.ts";

/** One end of a connection between two people's devices: what it sends is sealed to the other and signed. */
export type End = {
  readonly keys: ConnectionKeys;
  readonly contact: Contact;
  readonly send: (message: TrusteeMessage) => Promise<void>;
  /** The next message, which must be of this type. */
  readonly take: <Type extends TrusteeMessage["type"]>(type: Type) => Message<Type>;
};

/** A connection with fresh keys on both ends. */
export function connect(
  transport: MemoryTransport,
  name: string,
  clock: () => number,
): { readonly owner: End; readonly friend: End } {
  const [owner, friend] = [
    endpoint(transport, `owner/${name}`, clock),
    endpoint(transport, `friend/${name}`, clock),
  ];
  owner.meet(friend.contact);
  friend.meet(owner.contact);
  return { owner, friend };
}

function endpoint(transport: MemoryTransport, at: string, clock: () => number) {
  const keys = generateConnectionKeys();
  const inbox: TrusteeMessage[] = [];
  let peer: Contact | undefined;
  const box = mailbox({
    ...{ keys, transport, clock, replays: replayBook() },
    contacts: () => (peer === undefined ? [] : [peer]),
    onMessage: async ({ message }) => {
      inbox.push(message);
    },
  });
  transport.listen(at, box.receive);
  return {
    keys,
    contact: { signingKey: keys.signingKey, agreementKey: keys.agreementKey, endpoint: at },
    meet: (other: Contact) => {
      peer = other;
    },
    send: async (message: TrusteeMessage) => {
      if (peer !== undefined) await box.send(peer, message);
    },
    take: <Type extends TrusteeMessage["type"]>(type: Type): Message<Type> => {
      const message = inbox.shift();
      if (message?.type !== type) throw new Error(`expected ${type}, got ${message?.type}`);
      return message as Message<Type>;
    },
  };
}
