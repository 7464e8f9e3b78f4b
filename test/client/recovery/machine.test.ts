import { expect } from "chai";
import { hex32 } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import {
  acknowledge,
  type ChangeTrusteesOptions,
  generateConnectionKeys,
  ownerDesk,
  type SetReference,
  startMachine,
  type TrusteeMessage,
  trusteeDesk,
  verifyShare,
} from "../../../client/recovery/index.ts";
import { codeOfAsync } from "../support.ts";
import { memoryStore, recoveryFile, SOURCE_DID, seeded, signerOf } from "./support.ts";

const NOW = 1_900_000_000;

describe("recovery/machine", () => {
  type Count = { readonly count: number };
  const reduce = (state: Count, event: number) => {
    if (event < 0) throw new Error("negative");
    return event === 0 ? { state, effects: [] } : { state: { count: state.count + event }, effects: [event] };
  };
  const start = (store = memoryStore(), carryOut = async (_: number): Promise<number[]> => []) =>
    startMachine({ reduce, initial: { count: 0 }, store, name: "count", carryOut });

  it("stores each state before it carries its effects out, and what comes of them", async () => {
    const store = memoryStore();
    const log: string[] = [];
    const logged = {
      ...store,
      save: async (name: string, bytes: Secret<Uint8Array>) => {
        log.push(`save ${new TextDecoder().decode(bytes.reveal())}`);
        await store.save(name, bytes);
      },
    };
    const machine = await startMachine({
      reduce,
      initial: { count: 0 },
      store: logged,
      name: "count",
      carryOut: async (effect: number) => {
        log.push(`do ${effect}`);
        return effect === 5 ? [2] : [];
      },
    });
    expect(await machine.dispatch(5)).to.deep.equal({ count: 7 });
    expect(log).to.deep.equal(['save {"count":5}', "do 5", 'save {"count":7}', "do 2"]);
    await machine.dispatch(0);
    expect(log).to.have.length(4);
    expect((await start(store)).state()).to.deep.equal({ count: 7 });
  });

  it("takes one event at a time, in order, also after one that was refused", async () => {
    const order: number[] = [];
    const machine = await start(memoryStore(), async (effect) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(effect);
      return [];
    });
    const results = await Promise.allSettled([1, -1, 2, 3].map((event) => machine.dispatch(event)));
    expect(results.map(({ status }) => status)).to.deep.equal([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(order).to.deep.equal([1, 2, 3]);
    expect(machine.state()).to.deep.equal({ count: 6 });
  });

  it("changes nothing if the state cannot be stored", async () => {
    const store = memoryStore();
    const effects: number[] = [];
    let full = false;
    const machine = await startMachine({
      reduce,
      initial: { count: 0 },
      store: {
        ...store,
        save: async (name: string, bytes: Secret<Uint8Array>) => {
          if (full) throw new Error("disk full");
          await store.save(name, bytes);
        },
      },
      name: "count",
      carryOut: async (effect: number) => {
        effects.push(effect);
        return [];
      },
    });
    await machine.dispatch(1);
    full = true;
    expect(await codeOfAsync(() => machine.dispatch(2))).to.contain("disk full");
    expect(machine.state()).to.deep.equal({ count: 1 });
    expect(effects).to.deep.equal([1]);
  });

  it("tells of effects that failed, and goes on", async () => {
    const failed: unknown[] = [];
    const machine = await startMachine({
      reduce,
      initial: { count: 0 },
      store: memoryStore(),
      name: "count",
      carryOut: async (): Promise<number[]> => {
        throw new Error("nobody there");
      },
      onFailed: (effect, error) => failed.push([effect, String(error)]),
    });
    await machine.dispatch(4);
    expect(machine.state()).to.deep.equal({ count: 4 });
    expect(failed).to.deep.equal([[4, "Error: nobody there"]]);
  });

  it("refuses to begin with what is no state", async () => {
    const store = memoryStore();
    await store.save("count", new Secret(new TextEncoder().encode("{")));
    expect(await codeOfAsync(() => start(store))).to.equal("STATE_DAMAGED");
  });
});

describe("recovery/ownerDesk", () => {
  const people = [1, 2, 3].map((seed) => ({ id: `t${seed}`, keys: generateConnectionKeys(seeded(seed)) }));
  const signer = signerOf(1);
  const options: ChangeTrusteesOptions = {
    trustees: people.map(({ id, keys }) => ({ id, name: id, signingKey: keys.signingKey })),
    threshold: 2,
    file: recoveryFile(),
    sourceDid: SOURCE_DID,
    signer,
  };

  /** A desk whose surroundings can fail. */
  async function setting() {
    let now = NOW;
    let anchored: SetReference | undefined;
    const away = new Set<string>();
    const sent: { readonly to: string; readonly message: TrusteeMessage }[] = [];
    const failed: string[] = [];
    const log: string[] = [];
    const store = memoryStore();
    const attempt = async (what: string) => {
      if (away.has(what)) throw new Error(`${what} is away`);
      log.push(what);
    };
    const open = () =>
      ownerDesk({
        store,
        name: "reshare",
        clock: () => now,
        send: async (to, message) => {
          await attempt(to);
          sent.push({ to, message });
        },
        anchor: {
          current: async () => ({
            tag: anchored?.tag ?? hex32(`0x${"00".repeat(32)}`),
            setNumber: anchored?.epoch ?? 0,
            final: true,
          }),
          anchor: async (set) => {
            await attempt("chain");
            anchored = set;
          },
        },
        backups: {
          write: async () => attempt("write"),
          drop: async () => attempt("drop"),
          dropOlder: async () => attempt("dropOlder"),
        },
        onFailed: ({ kind }) => failed.push(kind),
      });
    const answer = async (desk: Awaited<ReturnType<typeof open>>, set: SetReference) => {
      for (const [i, { id, keys }] of people.entries()) {
        await desk.receive(id, await acknowledge({ ...set, index: i + 1, messageId: "m" }, keys, { now }));
      }
    };
    const wait = (seconds: number) => {
      now += seconds;
    };
    return { open, answer, wait, away, sent, failed, log, store };
  }

  it("sends each trustee its own good share, and says it again to who was away", async () => {
    const { open, away, sent, failed } = await setting();
    away.add("t2");
    const desk = await open();
    const set = await desk.change(options);
    expect(failed).to.deep.equal(["prepare"]);
    away.clear();
    await desk.poll();
    const to = sent.map((letter) => letter.to);
    expect(to).to.have.members(["t1", "t3", "t1", "t2", "t3"]);
    for (const { to: id, message } of sent) {
      if (message.type !== "SHARE_PREPARE") expect.fail(message.type);
      const share = verifyShare(message.share, { anchor: set.tag, dealerKey: signer.publicKey });
      expect(share.trustee).to.equal(id);
    }
  });

  it("tries again what failed: the backup, the transaction", async () => {
    const { open, answer, away, failed, log } = await setting();
    away.add("write").add("chain");
    const desk = await open();
    const set = await desk.change(options);
    await answer(desk, set);
    expect(desk.state().step).to.equal("backingUp");
    away.delete("write");
    await desk.poll();
    expect(desk.state().step).to.equal("anchoring");
    away.clear();
    await desk.poll();
    expect((await desk.poll()).step).to.equal("settled");
    expect(failed).to.deep.equal(["backUp", "sendAnchor"]);
    expect(log.filter((line) => /^(?:write|chain|dropOlder)$/.test(line))).to.deep.equal([
      "write",
      "chain",
      "dropOlder",
    ]);
  });

  it("keeps no share: a restart before all have acknowledged gives the change up", async () => {
    const { open, store, sent } = await setting();
    const set = await (await open()).change(options);
    const stored = new TextDecoder().decode((await store.load("reshare"))?.reveal());
    for (const { message } of sent) {
      if (message.type !== "SHARE_PREPARE") expect.fail(message.type);
      expect(stored).not.to.contain(message.share.shareValue);
    }
    const desk = await open();
    expect(desk.state()).to.deep.include({ step: "aborted", reason: "restart" });
    expect(sent.slice(3).map(({ message }) => message.type)).to.deep.equal(Array(3).fill("SHARE_ABORT"));
    const again = await desk.change(options);
    expect(again.epoch).to.equal(set.epoch);
    expect(again.tag).not.to.equal(set.tag);
  });

  it("gives up in time, and at the owner's wish", async () => {
    const { open, wait, sent, log } = await setting();
    const desk = await open();
    await desk.change({ ...options, patience: 60 });
    wait(61);
    expect(await desk.poll()).to.deep.include({
      step: "aborted",
      reason: "timeout",
      silent: ["t1", "t2", "t3"],
    });
    await desk.change(options);
    await desk.abort();
    expect(desk.state()).to.deep.include({ step: "aborted", reason: "wish" });
    expect(sent.filter(({ message }) => message.type === "SHARE_ABORT")).to.have.length(6);
    expect(log).to.include("drop");
  });

  it("does one change at a time", async () => {
    const { open, sent } = await setting();
    const desk = await open();
    await desk.change(options);
    expect(await codeOfAsync(() => desk.change(options))).to.equal("STEP_UNEXPECTED");
    expect(sent).to.have.length(3);
    const twice = [...options.trustees.slice(1), ...options.trustees.slice(1)];
    expect(await codeOfAsync(() => desk.change({ ...options, trustees: twice }))).to.equal("SHARING_BOUNDS");
  });
});

describe("recovery/trusteeDesk", () => {
  it("leaves to its user what needs a decision, and refuses garbled tags", async () => {
    const keys = generateConnectionKeys(seeded(1));
    const desk = await trusteeDesk({
      store: memoryStore(),
      name: "shares",
      dealerKey: signerOf(1).publicKey,
      keys,
      anchor: { current: async () => ({ tag: hex32(`0x${"00".repeat(32)}`), setNumber: 0, final: true }) },
      send: async () => expect.fail("nothing to say"),
      clock: () => NOW,
    });
    const common = { version: "1.0", id: "m", expires: NOW + 1 } as const;
    const ping = { question: "You?", valid_responses: ["Yes"] };
    expect(await desk.receive({ ...common, type: "TRUST_PING", challenge: ping })).to.equal(false);
    expect(
      await desk.receive({ ...common, type: "CAPABILITY_RESPONSE", for_id: "x", address: "I" }),
    ).to.equal(false);
    const tag = `${"A".repeat(42)}B`;
    expect(
      await codeOfAsync(() => desk.receive({ ...common, type: "SHARE_COMMIT", tag, epoch: 1 })),
    ).to.equal("MESSAGE_MALFORMED");
    await desk.poll();
    expect(desk.held()).to.equal(undefined);
  });
});
