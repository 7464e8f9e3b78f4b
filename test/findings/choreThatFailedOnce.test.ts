import { expect } from "chai";
import { hex32 } from "../../client/core/index.ts";
import {
  type AnchorReading,
  acknowledge,
  type ChangeTrusteesOptions,
  generateConnectionKeys,
  ownerDesk,
  reshare,
  type SetReference,
} from "../../client/recovery/index.ts";
import { memoryStore, recoveryFile, SOURCE_DID, seeded, signerOf } from "../client/recovery/support.ts";

const NOW = 1_900_000_000;
const people = [1, 2, 3].map((seed) => ({ id: `t${seed}`, keys: generateConnectionKeys(seeded(seed)) }));
const change: ChangeTrusteesOptions = {
  trustees: people.map(({ id, keys }) => ({ id, name: id, signingKey: keys.signingKey })),
  ...{ threshold: 2, file: recoveryFile(), sourceDid: SOURCE_DID, signer: signerOf(1), retired: ["z"] },
};

/** An owner's device whose surroundings are away at times. */
async function setting() {
  let anchored: AnchorReading = { tag: hex32(`0x${"00".repeat(32)}`), setNumber: 0, final: true };
  const away = new Set<string>();
  const log: string[] = [];
  const failed: string[] = [];
  const attempt = async (who: string, what: string) => {
    if (away.has(who)) throw new Error(`${who} is away`);
    log.push(`${what} ${who}`);
  };
  const desk = await ownerDesk({
    ...{ store: memoryStore(), name: "reshare", clock: () => NOW },
    send: (to, { type }) => attempt(to, type),
    anchor: {
      current: async () => anchored,
      anchor: async ({ tag, epoch }) => {
        anchored = { tag, setNumber: epoch, final: true };
      },
    },
    backups: {
      write: () => attempt("backups", "write"),
      drop: ({ epoch }) => attempt("backups", `drop ${epoch}`),
      dropOlder: ({ epoch }) => attempt("backups", `dropOlder ${epoch}`),
    },
    onFailed: ({ kind }) => void failed.push(kind),
  });
  const answer = async (set: SetReference) => {
    for (const [i, { id, keys }] of people.entries()) {
      const message = await acknowledge({ ...set, index: i + 1, messageId: "m" }, keys, { now: NOW });
      await desk.receive(id, message);
    }
  };
  const polls = async () => {
    log.length = 0;
    for (let i = 0; i < 5; i++) await desk.poll();
    return log;
  };
  return { desk, away, failed, answer, polls };
}

/**
 * A change of trustees is in force, but the node was away for the one second in which the old backups should have gone:
 * until the next restart nothing tried it again, and every later backup was made for those who had been let go.
 */
describe("findings: a chore that failed once", () => {
  it("is done later, once, whichever it was, and after the next change has begun as well", async () => {
    const { desk, away, failed, answer, polls } = await setting();
    await answer(await desk.change(change));
    for (const who of ["t2", "z", "backups"]) away.add(who);
    expect((await desk.poll()).step).to.equal("settled");
    expect(failed).to.include.members(["commit", "retire", "dropOlderBackups"]);
    await desk.change(change);
    away.clear();
    const log = (await polls()).filter((line) => !line.startsWith("SHARE_PREPARE"));
    expect(log).to.have.members(["SHARE_COMMIT t2", "SHARE_RETIRE z", "dropOlder 1 backups"]);
  });

  it("is done later for a change that was given up", async () => {
    const { desk, away, polls } = await setting();
    await desk.change(change);
    for (const who of ["t2", "backups"]) away.add(who);
    await desk.abort();
    away.clear();
    expect(desk.state().step).to.equal("aborted");
    expect(await polls()).to.have.members(["SHARE_ABORT t2", "drop 1 backups"]);
  });

  it("is repeated towards those only who were not reached, as each message takes room in a replay book", async () => {
    const { desk, away, polls } = await setting();
    away.add("t2");
    await desk.change(change);
    await desk.abort();
    expect(await polls()).to.deep.equal([]);
  });

  it("is a backup that another process wrote too late: it goes as well", () => {
    const set = { tag: hex32(`0x${"2b".repeat(32)}`), epoch: 2 };
    const plan = {
      ...{ ...set, threshold: 2, commitments: [], trustees: [], retired: [] },
      ...{ backupRecipient: "age1", deadline: NOW },
    };
    const aborted = { step: "aborted", plan, reason: "timeout", silent: [] } as const;
    const { state, effects } = reshare(aborted, { kind: "backedUp", ...set });
    expect(effects).to.deep.equal([{ kind: "dropBackup", set }]);
    expect(state.chores).to.deep.equal(effects);
    expect(reshare({ step: "settled", plan }, { kind: "backedUp", ...set }).effects).to.deep.equal([]);
  });
});
