import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { bech32 } from "@scure/base";
import { Decrypter, Encrypter } from "age-encryption";
import canonicalize from "canonicalize";
import { expect } from "chai";
import fc from "fast-check";
import { hex32 } from "../../../client/core/index.ts";
import { startServer } from "../../../client/driver/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import {
  type Contact,
  connectionFingerprint,
  envelopeApp,
  generateConnectionKeys,
  httpTransport,
  mailbox,
  memoryTransport,
  newMessage,
  newMessageId,
  openEnvelope,
  replayBook,
  type SealEnvelopeOptions,
  safetyWords,
  sealEnvelope,
  storedReplayBook,
  type TrusteeMessage,
} from "../../../client/recovery/index.ts";
import { codeOfAsync } from "../support.ts";
import { memoryStore, seeded } from "./support.ts";

const NOW = 1_900_000_000;
const ada = generateConnectionKeys(seeded(1));
const ben = generateConnectionKeys(seeded(2));
const mallory = generateConnectionKeys(seeded(3));
const ping = () =>
  newMessage(
    "TRUST_PING",
    { challenge: { question: "Is it you?", valid_responses: ["Yes", "No"] } },
    { now: NOW },
  );
const seal = (options: Partial<SealEnvelopeOptions> = {}) =>
  sealEnvelope({ message: ping(), keys: ada, to: ben, now: NOW, ...options });
const open = (sealed: Uint8Array, options: Partial<Parameters<typeof openEnvelope>[1]> = {}) =>
  openEnvelope(sealed, { keys: ben, from: [ada], replays: replayBook(), now: NOW, ...options });
const code = (sealed: Uint8Array, options: Partial<Parameters<typeof openEnvelope>[1]> = {}) =>
  codeOfAsync(() => open(sealed, options));

/** What the owner of the keys of this seed sees in the age file: the signed text, for attacks on it. */
async function openText(sealed: Uint8Array, seed: number): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(bech32.encodeFromBytes("AGE-SECRET-KEY-", agreementScalar(seed)).toUpperCase());
  return decrypter.decrypt(sealed, "text");
}
async function contents(sealed: Uint8Array): Promise<Record<string, unknown>> {
  return JSON.parse(await openText(sealed, 2)) as Record<string, unknown>;
}
/** The second of the two keys that `generateConnectionKeys` draws. */
function agreementScalar(seed: number): Uint8Array {
  const random = seeded(seed);
  const [first, second] = [new Uint8Array(32), new Uint8Array(32)];
  random(first);
  random(second);
  return second;
}
async function sealText(text: string, to = ben.agreementKey): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(bech32.encodeFromBytes("age", to));
  return encrypter.encrypt(text);
}

describe("recovery/envelope", () => {
  it("carries a message from one to the other", async () => {
    const message = ping();
    const sealed = await seal({ message });
    expect(await open(sealed)).to.deep.equal({ message, from: ada });
    expect(Buffer.from(sealed).toString("latin1")).not.to.match(/Is it you|TRUST_PING|Yes/);
    expect(x25519.getPublicKey(agreementScalar(2))).to.deep.equal(ben.agreementKey);
  });

  it("is an age file, which the key's port opens as age itself does", async () => {
    const signed = await contents(await seal());
    expect(Object.keys(signed).sort()).to.deep.equal(
      "body created expires from id signature to version".split(" "),
    );
    const { signature, ...rest } = signed;
    const bytes = new TextEncoder().encode(`DKMS-V1-ENVELOPE\n${canonicalize(rest)}`);
    expect(ed25519.verify(Buffer.from(String(signature), "base64url"), bytes, ada.signingKey)).to.equal(true);
  });

  it("is taken once", async () => {
    const sealed = await seal();
    const replays = replayBook();
    await open(sealed, { replays });
    expect(await code(sealed, { replays })).to.equal("MESSAGE_REPLAYED");
    // Sealed anew by whoever read it, it is still the same message.
    const again = await sealText(canonicalize(await contents(sealed)) ?? "");
    expect(await code(again, { replays })).to.equal("MESSAGE_REPLAYED");
  });

  it("is taken within its time only", async () => {
    const message = newMessage("SHARE_COMMIT", { tag: "A".repeat(43), epoch: 1 }, { now: NOW, lifetime: 60 });
    const sealed = await seal({ message });
    expect(await code(sealed, { now: NOW + 60 })).to.equal(undefined);
    expect(await code(sealed, { now: NOW + 61 })).to.equal("ENVELOPE_EXPIRED");
    expect(await code(sealed, { now: NOW - 300 })).to.equal(undefined);
    expect(await code(sealed, { now: NOW - 301 })).to.equal("ENVELOPE_EXPIRED");
    // After a restart that lost the replay book.
    expect(await code(sealed, { notBefore: NOW })).to.equal(undefined);
    expect(await code(sealed, { notBefore: NOW + 1 })).to.equal("ENVELOPE_EXPIRED");
    expect(await codeOfAsync(() => seal({ message, now: NOW + 61 }))).to.equal("ENVELOPE_EXPIRED");
    const endless = newMessage(
      "SHARE_COMMIT",
      { tag: "A".repeat(43), epoch: 1 },
      { now: NOW, lifetime: 32 * 86_400 },
    );
    expect(await codeOfAsync(() => seal({ message: endless }))).to.equal("ENVELOPE_EXPIRED");
  });

  it("is refused from strangers, and unreadable to them", async () => {
    expect(await code(await seal({ keys: mallory }))).to.equal("ENVELOPE_SENDER_UNKNOWN");
    expect(await code(await seal(), { keys: mallory })).to.equal("ENVELOPE_UNREADABLE");
    expect(await code(await seal(), { from: [] })).to.equal("ENVELOPE_SENDER_UNKNOWN");
  });

  it("sealed for Mallory is not taken by Ben, to whom Mallory seals it anew", async () => {
    const forMallory = await seal({ to: { ...ben, agreementKey: mallory.agreementKey } });
    const decrypted = await openText(forMallory, 3);
    expect(await code(await sealText(decrypted))).to.equal("ENVELOPE_MISDIRECTED");
    const redirected = {
      ...(JSON.parse(decrypted) as object),
      to: Buffer.from(ben.agreementKey).toString("base64url"),
    };
    expect(await code(await sealText(JSON.stringify(redirected)))).to.equal("ENVELOPE_SIGNATURE_INVALID");
  });

  it("of Ada's is not taken as Mallory's, nor Mallory's as Ada's", async () => {
    const from = [ada, mallory];
    const name = (keys: typeof ada) => Buffer.from(keys.signingKey).toString("base64url");
    const adas = await contents(await seal());
    const asMallory = await sealText(JSON.stringify({ ...adas, from: name(mallory) }));
    expect(await code(asMallory, { from })).to.equal("ENVELOPE_SIGNATURE_INVALID");
    const mallorys = await contents(await seal({ keys: mallory }));
    const asAda = await sealText(JSON.stringify({ ...mallorys, from: name(ada) }));
    expect(await code(asAda, { from })).to.equal("ENVELOPE_SIGNATURE_INVALID");
  });

  it("shows every alteration of what was signed", async () => {
    const signed = await contents(await seal());
    const body = signed.body as Record<string, unknown>;
    for (const change of [
      { id: newMessageId() },
      { created: NOW - 1 },
      { expires: NOW + 1 },
      { body: { ...body, challenge: { question: "Give me your share", valid_responses: ["Yes"] } } },
      { signature: "A".repeat(86) },
    ]) {
      const altered = await sealText(JSON.stringify({ ...signed, ...change }));
      expect(await code(altered), JSON.stringify(Object.keys(change))).to.equal("ENVELOPE_SIGNATURE_INVALID");
    }
  });

  it("is not made longer than it may be", async () => {
    const key = "A".repeat(43);
    const trustees = Array.from({ length: 255 }, (_, i) => `${i}${"名".repeat(120)}`);
    const share = {
      version: "1.0" as const,
      source_did: "did:dkms:1:0x00",
      tag: key,
      shareValue: key,
      hint: { threshold: 2, trustees },
      index: 1,
      epoch: 1,
      commitments: [key, key],
      sealed: {
        cipher: "XChaCha20-Poly1305" as const,
        nonce: "A".repeat(32),
        ciphertext: "A".repeat(44_000),
      },
      signature: "A".repeat(86),
    };
    const message = newMessage("SHARE_PREPARE", { share }, { now: NOW });
    expect(await codeOfAsync(() => seal({ message }))).to.equal("ENVELOPE_TOO_LONG");
  });

  it("is refused damaged, too long, or with anything else in it", async () => {
    const sealed = await seal();
    for (let at = 0; at < sealed.length; at += 41) {
      const bad = sealed.slice();
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(await code(bad), String(at)).to.equal("ENVELOPE_UNREADABLE");
    }
    expect(await code(sealed.subarray(0, 100))).to.equal("ENVELOPE_UNREADABLE");
    expect(await code(new Uint8Array(131_073))).to.equal("ENVELOPE_TOO_LONG");
    for (const text of ["", "{}", "null", JSON.stringify({ ...(await contents(sealed)), extra: 1 })]) {
      expect(await code(await sealText(text)), text).to.equal("ENVELOPE_MALFORMED");
    }
  });

  it("with a body that is no message of the protocol is refused, though signed", async () => {
    const { signature: _, ...rest } = await contents(await seal());
    const signed = { ...rest, body: { type: "HELLO" } };
    const bytes = await ada.sign(new TextEncoder().encode(`DKMS-V1-ENVELOPE\n${canonicalize(signed)}`));
    const sealed = await sealText(
      JSON.stringify({ ...signed, signature: Buffer.from(bytes).toString("base64url") }),
    );
    expect(await code(sealed)).to.equal("MESSAGE_TYPE_UNKNOWN");
  });

  it("costs a sender its own space in the replay book, and nobody else's", async () => {
    const store = memoryStore();
    const books = [replayBook(2), await storedReplayBook({ store, name: "replays", perSender: 2 })];
    for (const book of books) {
      const enter = (sender: string, id: string, now = NOW) =>
        codeOfAsync(() => book.enter({ sender, id, expires: NOW + 10, now }));
      expect(await enter("a", "1")).to.equal(undefined);
      expect(await enter("a", "2")).to.equal(undefined);
      expect(await enter("a", "3")).to.equal("REPLAY_BOOK_FULL");
      expect(await enter("b", "3")).to.equal(undefined);
      expect(await enter("a", "1")).to.equal("MESSAGE_REPLAYED");
      expect(await enter("a", "3", NOW + 10)).to.equal("REPLAY_BOOK_FULL");
      expect(await enter("a", "3", NOW + 11)).to.equal(undefined);
    }
  });

  it("is not taken again after a restart, nor twice at the same time", async () => {
    const store = memoryStore();
    const open2 = () => storedReplayBook({ store, name: "replays" });
    const sealed = await seal();
    const replays = await open2();
    const codes = await Promise.all([code(sealed, { replays }), code(sealed, { replays })]);
    expect(codes.sort()).to.deep.equal(["MESSAGE_REPLAYED", undefined]);
    expect(await code(sealed, { replays: await open2() })).to.equal("MESSAGE_REPLAYED");
    await store.save("replays", new Secret(new TextEncoder().encode("[]")));
    expect(await codeOfAsync(open2)).to.equal("STATE_DAMAGED");
    const full = { ...store, load: async () => undefined, save: async () => expect.fail("disk full") };
    const broken = await storedReplayBook({ store: full, name: "replays" });
    expect(await code(sealed, { replays: broken })).to.contain("disk full");
  });

  it("does not make its message last longer", async () => {
    const { signature: _, ...rest } = await contents(await seal());
    const signed = { ...rest, expires: NOW + 20 * 86_400 };
    const bytes = await ada.sign(new TextEncoder().encode(`DKMS-V1-ENVELOPE\n${canonicalize(signed)}`));
    const signature = Buffer.from(bytes).toString("base64url");
    const sealed = await sealText(JSON.stringify({ ...signed, signature }));
    expect(await code(sealed, { now: NOW + 10 * 86_400 })).to.equal("MESSAGE_EXPIRED");
  });

  it("is never opened to anything but what was sealed, whatever bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await code(bytes)).to.equal("ENVELOPE_UNREADABLE");
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});

describe("recovery/connection", () => {
  it("has one name from both sides, and another if anybody sits between", () => {
    expect(connectionFingerprint(ada, ben)).to.equal(connectionFingerprint(ben, ada));
    const names = [
      connectionFingerprint(ada, ben),
      connectionFingerprint(ada, mallory),
      connectionFingerprint(mallory, ben),
      connectionFingerprint({ ...ada, agreementKey: mallory.agreementKey }, ben),
    ];
    expect(new Set(names).size).to.equal(4);
    expect(new Set(names.map((name) => safetyWords(name).join(" "))).size).to.equal(4);
    expect(safetyWords(hex32(`0x${"0123456789abcdef".repeat(4)}`)).join(" ")).to.equal(
      "abuse boss fly battle rubber wasp afraid hamster guide essence vibrant task",
    );
  });
});

describe("recovery/transport", () => {
  const contact = (keys: typeof ada, endpoint: string): Contact => ({ ...keys, endpoint });

  async function converse(
    transport: Parameters<typeof mailbox>[0]["transport"],
    listen: (name: string, handler: (envelope: Uint8Array) => Promise<void>) => Promise<string>,
  ): Promise<{ readonly heard: TrusteeMessage[]; readonly refused: string[]; readonly benAt: string }> {
    const heard: TrusteeMessage[] = [];
    const refused: string[] = [];
    const common = {
      transport,
      clock: () => NOW,
      onRefused: ({ code: name }: { code: string }) => refused.push(name),
    };
    let adaAt = "";
    const bens = mailbox({
      ...common,
      replays: replayBook(),
      keys: ben,
      contacts: () => [contact(ada, adaAt)],
      onMessage: async ({ message }) => {
        heard.push(message);
        if (message.type !== "TRUST_PING") return;
        const pong = newMessage(
          "TRUST_PONG",
          { for_id: message.id, answer: { answerValue: "Yes" } },
          { now: NOW },
        );
        await bens.send(contact(ada, adaAt), pong);
      },
    });
    const benAt = await listen("ben", bens.receive);
    const adas = mailbox({
      ...common,
      replays: replayBook(),
      keys: ada,
      contacts: () => [contact(ben, benAt)],
      onMessage: async ({ message }) => {
        heard.push(message);
      },
    });
    adaAt = await listen("ada", adas.receive);
    await adas.send(contact(ben, benAt), ping());
    await transport.send(benAt, new Uint8Array([1, 2, 3]));
    return { heard, refused, benAt };
  }

  it("in memory carries messages both ways", async () => {
    const transport = memoryTransport();
    const { heard, refused } = await converse(transport, async (name, handler) => {
      transport.listen(name, handler);
      return name;
    });
    expect(heard.map(({ type }) => type)).to.deep.equal(["TRUST_PING", "TRUST_PONG"]);
    expect(refused).to.deep.equal(["ENVELOPE_UNREADABLE"]);
    expect(await codeOfAsync(() => transport.send("nobody", new Uint8Array()))).to.equal("TRANSPORT_FAILED");
  });

  it("by HTTP carries messages both ways, and tells strangers nothing", async () => {
    const servers: { close: () => Promise<void> }[] = [];
    const transport = httpTransport();
    try {
      const { heard, refused, benAt } = await converse(transport, async (_, handler) => {
        const server = await startServer({ app: envelopeApp(handler), port: 0 });
        servers.push(server);
        return server.url;
      });
      expect(heard.map(({ type }) => type)).to.deep.equal(["TRUST_PING", "TRUST_PONG"]);
      expect(refused).to.deep.equal(["ENVELOPE_UNREADABLE"]);

      const post = async (path: string, init: RequestInit) => (await fetch(`${benAt}${path}`, init)).status;
      const age = { "content-type": "application/age" };
      expect(await post("/messages", { method: "POST", body: "junk", headers: age })).to.equal(202);
      expect(await post("/messages", { method: "POST", body: "junk" })).to.equal(415);
      expect(await post("/messages", { method: "GET" })).to.equal(404);
      expect(await post("/", { method: "POST", body: "junk", headers: age })).to.equal(404);
      const long = new Uint8Array(131_073);
      expect(await post("/messages", { method: "POST", body: long, headers: age })).to.equal(413);
      expect(await codeOfAsync(() => transport.send(`${benAt}/elsewhere`, new Uint8Array(1)))).to.equal(
        "TRANSPORT_FAILED",
      );
    } finally {
      for (const server of servers) await server.close();
    }
    expect(await codeOfAsync(() => transport.send("http://127.0.0.1:1", new Uint8Array(1)))).to.equal(
      "TRANSPORT_FAILED",
    );
  });

  it("by HTTP sends to any https endpoint", async () => {
    try {
      await httpTransport({ timeoutMs: 2000 }).send("https://127.0.0.1:1/box/", new Uint8Array(1));
      expect.fail("nobody listens there");
    } catch (error) {
      expect(error).to.deep.include({
        code: "TRANSPORT_FAILED",
        details: { endpoint: "https://127.0.0.1:1", status: undefined },
      });
    }
  });

  for (const endpoint of [
    "http://cloud.example",
    "ftp://127.0.0.1",
    "no url",
    "http://127.0.0.1.cloud.example",
  ]) {
    it(`by HTTP sends nothing to ${endpoint}`, async () => {
      expect(await codeOfAsync(() => httpTransport().send(endpoint, new Uint8Array(1)))).to.equal(
        "TRANSPORT_FAILED",
      );
    });
  }
});
