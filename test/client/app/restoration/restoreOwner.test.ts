import { expect } from "chai";
import type { HDNodeWallet } from "ethers";
import {
  type AgentRecord,
  backUp,
  decodeAgentRecord,
  encodeAgentRecord,
  encodeOwnerRecord,
  proposeRecovery,
  type RestoreOptions,
  type RestoreOutcome,
  type RestoreProgress,
  restoreNewest,
  restoreOwner,
  rootKitFromWords,
  rootSigner,
  storedBackups,
  vetoChange,
  voteRecovery,
} from "../../../../client/app/index.ts";
import { generateBackupIdentity, recipientOf } from "../../../../client/backup/index.ts";
import { keyIdOf, memoryBackend, Secret, secp256k1Key } from "../../../../client/keys/index.ts";
import { commitToAgentSecrets, rootCommitment } from "../../../../client/policy/index.ts";
import { memoryBlobs } from "../../../../client/storage/index.ts";
import { createWallet } from "../../../../client/wallet/index.ts";
import { memoryStore } from "../../recovery/support.ts";
import { codeOfAsync } from "../../support.ts";
import {
  DAY,
  draftSet,
  install,
  openTrusteeWorld,
  type TrusteeWorld,
  trusteeOf,
  wordsOn,
} from "../trusteeWorld.ts";

const id = (wallet: HDNodeWallet) => keyIdOf(secp256k1Key(wallet.address));

/** What an owner has on her new device. */
function newDevice(world: TrusteeWorld, more: Partial<RestoreOptions> = {}) {
  const kept: AgentRecord[] = [];
  const pages: string[] = [];
  const progress: RestoreProgress[] = [];
  const { node, record } = world;
  const options: RestoreOptions = {
    ...{ registry: node.registry, policy: record.policy, sender: node.relayer, restored: record },
    ...{ lost: [], backend: memoryBackend(), store: memoryStore() },
    authority: { by: "DEVICE", signer: world.phone },
    printRootKeys: async (page) => {
      pages.push(page.reveal());
    },
    keepRecord: async (fresh) => {
      kept.push(decodeAgentRecord(encodeAgentRecord(fresh).reveal()));
    },
    onProgress: (step) => progress.push(step),
    ...more,
  };
  return { options, kept, pages, progress };
}

const deviceOf = async ({ signer }: RestoreOutcome) => {
  if (!("key" in signer)) throw new Error("no agent's signer");
  return keyIdOf(signer.key);
};

describe("app: an owner comes back after a loss", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;

  beforeEach(async () => {
    world = await openTrusteeWorld();
  });
  afterEach(() => world.close());

  it("with another device: the lost one proves no more at once, and has no power after the delay", async () => {
    const lost = [id(world.laptop)];
    const { options, kept, pages, progress } = newDevice(world, { lost });
    const first = await restoreOwner(options);
    expect(first.complete).to.equal(false);
    expect(first.waiting).to.deep.include({ step: "POWER", for: "CHANGE_DELAY" });
    const device = await deviceOf(first);
    const early = await world.state();
    expect(early.agents.get(id(world.laptop))?.authorizations).not.to.include("PROVE");
    expect(early.agents.get(device)?.authorizations).to.deep.equal(["PROVE"]);
    expect((await restoreOwner(options)).waiting?.until).to.equal(first.waiting?.until);
    expect((await world.state()).pendingChanges.size).to.equal(1);
    await world.pass(2 * DAY);
    const second = await restoreOwner(options);
    expect(second).to.deep.include({ complete: true, waiting: undefined });
    const after = await world.state();
    expect(after.agents.get(id(world.laptop))?.authorizations).to.deep.equal([]);
    expect(after.agents.get(device)?.authorizations).to.include.members(["PROVE", "ADMIN"]);
    expect(kept).to.have.length(1);
    expect(keyIdOf(kept[0]?.key ?? world.record.key)).to.equal(device);
    expect(kept[0]?.policySecrets?.secret.reveal()).to.equal(world.record.policySecrets?.secret.reveal());
    expect(pages).to.deep.equal([]);
    expect([...new Set(progress.map(({ step }) => step))]).to.deep.equal(["KEYS", "LOST", "PROVE", "POWER"]);
    // Once more changes nothing.
    expect((await restoreOwner(options)).complete).to.equal(true);
    expect(await world.state()).to.deep.equal(after);
  });

  it("proposes again what was vetoed", async () => {
    const { options } = newDevice(world, { lost: [id(world.laptop)] });
    await restoreOwner(options);
    const [change] = (await world.state()).pendingChanges.keys();
    if (change === undefined) return expect.fail("nothing waits");
    const thief = { registry: options.registry, policy: options.policy, sender: options.sender };
    await vetoChange({ ...thief, signer: world.laptop }, change);
    expect(await codeOfAsync(() => restoreOwner(options))).to.equal("AGENT_POLICY_PROPOSER_MUST_WAIT");
    await world.pass(2 * DAY);
    expect((await restoreOwner(options)).waiting).to.deep.include({ for: "CHANGE_DELAY" });
  });

  it("with root keys: at once, whatever a thief of all devices did before, and the next page works", async () => {
    const { rootKit } = world;
    const signers = [await rootSigner(rootKit)];
    const authority = { by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners: signers } as const;
    const { options, kept, pages, progress } = newDevice(world, { authority });
    const outcome = await restoreOwner(options);
    expect(outcome).to.deep.include({ complete: true, waiting: undefined });
    const device = await deviceOf(outcome);
    const state = await world.state();
    expect(state.epoch).to.equal(2);
    const held = [...state.agents].filter(([, { authorizations }]) => authorizations.length > 0);
    expect(held.map(([agent]) => agent)).to.deep.equal([device]);
    expect(held[0]?.[1].authorizations).to.include.members(["PROVE", "ADMIN"]);
    expect(kept).to.have.length(1);
    const typed = await rootKitFromWords(new Secret(wordsOn(pages[0] ?? "")));
    expect(rootCommitment(typed.rootSet)).to.equal(state.settings.rootCommitment);
    expect(progress.map(({ step }) => step)).to.deep.equal(["KEYS", "ROOT_KEYS", "POWER", "LOST", "PROVE"]);
    const other = { ...options, authority: { by: "DEVICE", signer: world.phone } } as const;
    expect(await codeOfAsync(() => restoreOwner(other))).to.equal("RESTORE_MISMATCH");
  });

  it("with trustees: asks, waits for votes and for the delay, and asks anew once a recovery has ended", async () => {
    const people = world.people.slice(0, 3);
    const set = await draftSet(world, people);
    await install(world, set);
    const requests: Parameters<Extract<RestoreOptions["authority"], { by: "TRUSTEES" }>["ask"]>[0][] = [];
    const authority = {
      by: "TRUSTEES",
      ask: async (request: (typeof requests)[number]) => void requests.push(request),
    } as const;
    const { options, kept } = newDevice(world, { authority });
    const [ada, ben] = people.map((one) => trusteeOf(world, set, one));
    if (ada === undefined || ben === undefined) return expect.fail("no trustees");
    const asked = async () => {
      const request = requests.at(-1);
      if (request === undefined) throw new Error("not asked");
      const { proposal } = await proposeRecovery(ada, request);
      await voteRecovery(ada, proposal);
      return proposal;
    };
    expect((await restoreOwner(options)).waiting).to.deep.include({ step: "POWER", for: "VOTES" });
    await restoreOwner(options);
    expect(requests).to.have.length(1);
    await voteRecovery(ben, await asked());
    expect((await restoreOwner(options)).waiting).to.deep.include({ for: "RECOVERY_DELAY" });
    // Nobody looked in time: it lapses, and all begins anew.
    await world.pass(40 * DAY);
    expect((await restoreOwner(options)).waiting).to.deep.include({ for: "VOTES" });
    expect(requests).to.have.length(2);
    await voteRecovery(ben, await asked());
    await world.pass(14 * DAY);
    const outcome = await restoreOwner(options);
    expect(outcome.complete).to.equal(true);
    const state = await world.state();
    expect(state.recovery.executed?.epoch).to.equal(2);
    expect(state.agents.get(await deviceOf(outcome))?.authorizations).to.include.members(["PROVE", "ADMIN"]);
    expect(kept).to.have.length(1);
  });

  it("backs up with the new agent, and restores the newest that the policy vouches for", async () => {
    const { node, record } = world;
    const place = storedBackups(memoryBlobs());
    const identity = await generateBackupIdentity();
    const recipients = [{ role: "paper", recipient: await recipientOf(identity) }] as const;
    const slots = [{ secret: { kind: "recovery", key: new Secret(new Uint8Array(32).fill(7)) } }] as const;
    const wallet = await createWallet({ storage: memoryBlobs(), slots, segments: ["owner"] });
    await wallet.segment("owner").write("policy", encodeOwnerRecord(world.owner));
    const common = {
      ...{ registry: node.registry, policy: record.policy, sender: node.relayer, place },
      segments: ["owner"],
    };
    const restore = (more = {}) => restoreNewest({ ...common, identity: { identity }, ...more });
    expect(await codeOfAsync(() => restore())).to.equal("BACKUP_MISSING");
    for (let i = 0; i < 5; i++) await backUp({ ...common, wallet, recipients, signer: world.phone });
    expect((await place.list()).map(({ sequence }) => sequence).sort()).to.deep.equal([2, 3, 4, 5]);
    expect(await restore()).to.deep.include({ standing: "newest", mustRotate: false });
    const { options } = newDevice(world, {
      authority: {
        ...{ by: "ROOT_KEYS", rootSet: world.rootKit.rootSet },
        rootSigners: [await rootSigner(world.rootKit)],
      },
      backUp: async (signer) => {
        await backUp({ ...common, wallet, recipients, signer });
      },
    });
    expect((await restoreOwner(options)).complete).to.equal(true);
    expect((await restore()).header.sequence).to.equal(6);
  });

  /** Stops at the n-th thing that is done outside of the program, before or after it is done. */
  function stopping(options: RestoreOptions, n: number, after: boolean) {
    let calls = 0;
    const guarded = async <Value>(work: () => Promise<Value>): Promise<Value> => {
      calls += 1;
      const stop = calls === n;
      if (stop && !after) throw new Error("stopped");
      const value = await work();
      if (stop) throw new Error("stopped");
      return value;
    };
    const { sender, store, backend } = options;
    const stopped: RestoreOptions = {
      ...options,
      sender: {
        getAddress: () => sender.getAddress(),
        sendTransaction: (call) => guarded(() => sender.sendTransaction(call)),
      },
      store: { ...store, save: (name, bytes) => guarded(() => store.save(name, bytes)) },
      backend: { ...backend, create: (wanted) => guarded(() => backend.create(wanted)) },
      printRootKeys: (page) => guarded(() => options.printRootKeys(page)),
      keepRecord: (record) => guarded(() => options.keepRecord(record)),
    };
    return { stopped, calls: () => calls };
  }

  it("goes on after a stop at any point, and ends as if there had been none", async () => {
    const { rootKit } = world;
    const signers = [await rootSigner(rootKit)];
    const authority = { by: "ROOT_KEYS", rootSet: rootKit.rootSet, rootSigners: signers } as const;
    const blank = await world.node.send("evm_snapshot");
    let snapshot = blank;
    for (let n = 1; ; n++) {
      let isThere = true;
      for (const after of [false, true]) {
        const { options, kept, pages } = newDevice(world, { authority });
        const { stopped, calls } = stopping(options, n, after);
        const stop = await restoreOwner(stopped).then(
          () => undefined,
          (error: unknown) => error,
        );
        isThere = calls() >= n;
        if (isThere) expect(stop).to.be.instanceOf(Error);
        const outcome = await restoreOwner(options);
        expect(outcome.complete).to.equal(true);
        const device = await deviceOf(outcome);
        const state = await world.state();
        const held = [...state.agents].filter(([, { authorizations }]) => authorizations.length > 0);
        expect(held.map(([agent]) => agent)).to.deep.equal([device]);
        const grant = state.agents.get(device)?.grants.at(-1);
        const record = kept.at(-1);
        if (record === undefined) return expect.fail("no record");
        expect(commitToAgentSecrets(record.secrets)).to.equal(grant?.commitment);
        const typed = await rootKitFromWords(new Secret(wordsOn(pages.at(-1) ?? "")));
        expect(rootCommitment(typed.rootSet)).to.equal(state.settings.rootCommitment);
        await world.node.send("evm_revert", [snapshot]);
        snapshot = await world.node.send("evm_snapshot");
        world.node.relayer.reset();
      }
      if (!isThere) break;
      expect(n).to.be.lessThan(40);
    }
  });
});
