import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";
import { tagToText } from "../../client/recovery/acknowledgement.ts";
import {
  type AnchorReading,
  generateConnectionKeys,
  newMessage,
  type ShareJson,
  type StateStore,
  setUpRecovery,
  startMachine,
  storedReplayBook,
  type TrusteeMessage,
  trusteeDesk,
} from "../../client/recovery/index.ts";
import { fileStore } from "../../client/storage/index.ts";
import { memoryStore, recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

const NOW = 1_900_000_000;
const signer = signerOf(1);
const keys = generateConnectionKeys(seeded(1));
const nothing: AnchorReading = { tag: hex32(`0x${"00".repeat(32)}`), setNumber: 0, final: true };

function deal(epoch: number, seed: number) {
  const trustees = ["Ada", "Ben", "Cleo"];
  const set = { file: recoveryFile(), threshold: 2, trustees, epoch, sourceDid: SOURCE_DID };
  return setUpRecovery({ ...set, signer, random: seeded(seed) });
}

/** Desks over one store, as two processes have them: each knows what it stored itself. */
function desks(store: StateStore) {
  const sent: TrusteeMessage[] = [];
  const chain = { anchored: nothing };
  const open = () =>
    trusteeDesk({
      ...{ store, name: "shares", dealerKey: signer.publicKey, keys, clock: () => NOW },
      anchor: { current: async () => chain.anchored },
      send: async (message) => void sent.push(message),
    });
  const prepare = (share: ShareJson | undefined) =>
    newMessage("SHARE_PREPARE", { share: share ?? expect.fail("no share") }, { now: NOW });
  return { open, chain, sent, prepare };
}

/**
 * A trustee's app and its background service work on one store. The one took a share and acknowledged it; the other
 * saved its older state over it, and a message that the one had taken came in by the other again.
 */
describe("findings: two processes of one trustee", () => {
  let directory: string;
  beforeEach(() => {
    mkdirSync(".tmp", { recursive: true });
    directory = mkdtempSync(".tmp/processes-");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const inFiles = () => fileStore({ directory, key: new Secret(new Uint8Array(32).fill(1)) });
  const stores: Readonly<Record<string, () => StateStore>> = { memory: memoryStore, files: inFiles };

  for (const [kind, make] of Object.entries(stores)) {
    it(`lose no share that was acknowledged, in ${kind}`, async () => {
      const { open, chain, sent, prepare } = desks(make());
      const [one, two] = [await open(), await open()];
      const [made, other] = [await deal(1, 5), await deal(1, 6)];
      await one.receive(prepare(made.shares[0]));
      await two.receive(prepare(other.shares[0]));
      expect(sent.map(({ type }) => type)).to.deep.equal(["SHARE_PREPARED", "SHARE_PREPARED"]);
      chain.anchored = { tag: made.tag, setNumber: 1, final: true };
      const later = await open();
      await later.poll();
      expect(later.held()?.tag).to.equal(made.tag);
    });

    it(`take no message twice, in ${kind}`, async () => {
      const store = make();
      const books = await Promise.all([1, 2].map(() => storedReplayBook({ store, name: "replays" })));
      const enter = (id: string) => (book: (typeof books)[number]) =>
        codeOfAsync(() => book.enter({ sender: "s", id, expires: NOW + 9, now: NOW }));
      const [first, second] = books;
      if (first === undefined || second === undefined) expect.fail("two books");
      expect([await enter("a")(first), await enter("a")(second)]).to.deep.equal([
        undefined,
        "MESSAGE_REPLAYED",
      ]);
      const together = await Promise.all(books.map(enter("b")));
      expect(together.toSorted()).to.deep.equal(["MESSAGE_REPLAYED", undefined]);
    });
  }

  it("answer heartbeats with the share that is in force, whoever took it", async () => {
    const { open, chain, sent, prepare } = desks(memoryStore());
    const [one, two] = [await open(), await open()];
    const made = await deal(1, 5);
    await one.receive(prepare(made.shares[0]));
    chain.anchored = { tag: made.tag, setNumber: 1, final: true };
    await one.poll();
    const request = { authorizationKeys: [], tag: tagToText(made.tag) };
    await two.receive(newMessage("KEY_HEARTBEAT_REQUEST", request, { now: NOW }));
    expect(sent.at(-1)).to.have.property("share");
  });

  it("count every event of both, though their effects take long", async () => {
    const store = inFiles();
    const start = () =>
      startMachine<{ count: number }, number, number>({
        ...{ initial: { count: 0 }, store, name: "count" },
        reduce: ({ count }, event) => ({
          state: { count: count + event },
          effects: event === 1 ? [event] : [],
        }),
        carryOut: async () => {
          // An effect that waits for the other process: nothing is locked meanwhile.
          await two.dispatch(10);
          return [100];
        },
      });
    const [one, two] = [await start(), await start()];
    await Promise.all([one.dispatch(1), one.dispatch(1), two.dispatch(10)]);
    expect(await one.refresh()).to.deep.equal({ count: 232 });
  });
});
