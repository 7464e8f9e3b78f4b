import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  consentToRecovery,
  executeChange,
  executeRecovery,
  makeRootKit,
  PolicyWatcher,
  type PolicyWatcherOptions,
  proposeChange,
  proposeRecovery,
  requestRecovery,
  vetoChange,
  voteRecovery,
  type WatchReport,
} from "../../../../client/app/index.ts";
import { connectRpc, openRegistry, type Registry } from "../../../../client/chain/index.ts";
import type { Hex32 } from "../../../../client/core/index.ts";
import type { TrusteeSet } from "../../../../client/trustees/index.ts";
import { CHAIN_ID, type FaultyNode, IMPATIENT, startFaultyNode } from "../../chain/node.ts";
import { codeOfAsync } from "../../support.ts";
import { DAY, draftSet, install, openTrusteeWorld, type TrusteeWorld, trusteeOf } from "../trusteeWorld.ts";

const POWER = ["PROVE_GRANT", "PROVE_REVOKE", "ADMIN"] as const;

/** Waits until it holds; fails if that takes long. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!holds()) throw new Error("it took too long");
}

describe("app/watch/watcher", () => {
  let world: TrusteeWorld;
  let set: TrusteeSet;
  let faulty: FaultyNode;
  let registry: Registry;
  /** Stopped after each test, so that none that fails keeps the run from ending. */
  const begun: PolicyWatcher[] = [];

  before(async () => {
    world = await openTrusteeWorld();
    set = await draftSet(world, world.people.slice(0, 3));
    await install(world, set);
    faulty = await startFaultyNode(world.node.url);
    const provider = connectRpc(faulty.url, { chainId: CHAIN_ID });
    const address = world.node.registryAddress;
    registry = await openRegistry({ provider, address, chainId: CHAIN_ID, retry: IMPATIENT });
  });
  after(async () => {
    registry.provider.destroy();
    await faulty.close();
    await world.close();
  });
  afterEach(() => {
    for (const watcher of begun.splice(0)) watcher.stop();
    faulty.fault = () => undefined;
  });

  const relay = () => ({
    ...{ registry: world.node.registry, sender: world.node.relayer, policy: world.record.policy },
  });
  const owner = (signer: HDNodeWallet) => ({ ...relay(), signer });
  const trustee = (i: number) => trusteeOf(world, set, world.people[i] ?? world.phone);

  /** A watcher, and what it told. */
  function watch(more: Partial<PolicyWatcherOptions> = {}) {
    const told: WatchReport[] = [];
    const failures: unknown[] = [];
    const watcher = new PolicyWatcher({
      ...{ registry, policy: world.record.policy, every: 5, onFailed: (error) => failures.push(error) },
      sinks: [(report) => void told.push(report)],
      ...more,
    });
    begun.push(watcher);
    /** What it tells at one look, by code. */
    const look = async (): Promise<string[]> => {
      const from = told.length;
      await watcher.look();
      return told.slice(from).map(({ code }) => code);
    };
    return { watcher, told, failures, look };
  }

  const schedule = async (delay: number): Promise<Hex32> =>
    (await proposeChange(owner(world.phone), { settings: { delay } })).change;

  async function propose(device = Wallet.createRandom()): Promise<Hex32> {
    const { policy } = relay();
    const consent = await consentToRecovery(device, {
      ...{ registry: world.node.registry, policy, authorizations: POWER },
    });
    const { rootSet: nextRootSet } = await makeRootKit();
    const request = requestRecovery({
      ...{ registry: world.node.registry, policy, consents: [consent], nextRootSet },
    });
    return (await proposeRecovery(trustee(0), request)).proposal;
  }

  it("tells nothing where nothing happens", async () => {
    const { look } = watch();
    expect([await look(), await look()]).to.deep.equal([[], []]);
  });

  it("tells of a change once, with its deadline, and of its end", async () => {
    const { told, look } = watch();
    await look();
    const change = await schedule(3 * DAY);
    expect(await look()).to.deep.equal(["CHANGE_SCHEDULED"]);
    const waiting = (await world.state()).pendingChanges.get(change);
    expect(told[0]).to.include({ change, deadline: waiting?.earliest, policy: world.record.policy });
    expect(told[0]?.time).to.equal(await world.now());
    expect(await look()).to.deep.equal([]);
    await vetoChange(owner(world.laptop), change);
    expect(await look()).to.deep.equal(["CHANGE_ENDED"]);
  });

  it("reminds once, from the time on that it is told to", async () => {
    // Whoever was vetoed waits: the other one proposes.
    const { change } = await proposeChange(owner(world.laptop), { settings: { window: 3 * DAY } });
    const { look, told } = watch();
    expect(await look()).to.deep.equal(["CHANGE_SCHEDULED"]);
    const { earliest = 0n } = (await world.state()).pendingChanges.get(change) ?? {};
    await world.pass(Number(earliest - (await world.now())) - DAY - 60);
    expect(await look()).to.deep.equal([]);
    await world.pass(120);
    expect(await look()).to.deep.equal(["CHANGE_DUE_SOON"]);
    expect(told.at(-1)).to.include({ change, deadline: earliest });
    expect(await look()).to.deep.equal([]);
    expect(await watch({ remindBefore: 3600n }).look()).to.deep.equal(["CHANGE_SCHEDULED"]);
    expect(await watch().look(), "after a restart").to.deep.equal(["CHANGE_SCHEDULED", "CHANGE_DUE_SOON"]);
    await world.pass(DAY);
    expect(await watch().look(), "it can be executed now").to.deep.equal(["CHANGE_SCHEDULED"]);
    await executeChange(relay(), change);
    expect(await look()).to.deep.equal(["CHANGE_ENDED", "SETTINGS_CHANGED"]);
  });

  it("tells of a recovery, of each vote, of its start, reminds, and tells of its end", async () => {
    const { look, told } = watch({ nameOf: () => "Ada" });
    await look();
    const proposal = await propose();
    expect(await look()).to.deep.equal(["RECOVERY_PROPOSED"]);
    expect(told.at(-1)?.text).to.contain("Ada (");
    await voteRecovery(trustee(0), proposal);
    expect(await look()).to.deep.equal(["RECOVERY_VOTES"]);
    await voteRecovery(trustee(1), proposal);
    expect(await look()).to.deep.equal(["RECOVERY_VOTES", "RECOVERY_STARTED"]);
    const { earliest = 0n } = (await world.state()).recovery.running ?? {};
    expect(told.at(-1)).to.include({ proposal, deadline: earliest });
    expect(await look()).to.deep.equal([]);
    expect(await watch().look(), "after a restart").to.deep.equal(["RECOVERY_PROPOSED", "RECOVERY_STARTED"]);
    await world.pass(13 * DAY + 60);
    expect(await look()).to.deep.equal(["RECOVERY_DUE_SOON"]);
    expect(told.at(-1)).to.include({ proposal, deadline: earliest });
    expect(await look()).to.deep.equal([]);
    await voteRecovery(trustee(1), undefined);
    expect(await look()).to.deep.equal(["RECOVERY_VOTES", "RECOVERY_ENDED"]);
    await voteRecovery(trustee(2), proposal);
    expect(await look(), "with the whole delay again").to.deep.equal(["RECOVERY_VOTES", "RECOVERY_STARTED"]);
  });

  it("loses nothing while the node is down: it tells afterwards, and once", async () => {
    const { look, watcher } = watch();
    await look();
    faulty.fault = () => ({ status: 503 });
    expect(await codeOfAsync(() => watcher.look())).to.equal("NODE_FAILED");
    await voteRecovery(trustee(2), undefined);
    expect(await codeOfAsync(() => watcher.look())).to.equal("NODE_FAILED");
    faulty.fault = () => undefined;
    expect(await look()).to.deep.equal(["RECOVERY_VOTES", "RECOVERY_ENDED"]);
    expect(await look()).to.deep.equal([]);
  });

  it("gives a sink that fails the same report again, in order, and holds up nobody else", async () => {
    const taken: string[] = [];
    let down = true;
    const broken = (report: WatchReport) => {
      if (down) throw new Error("no");
      taken.push(report.code);
    };
    const rejecting = () => Promise.reject(new Error("never"));
    const { told, failures, watcher } = watch();
    const other: WatchReport[] = [];
    const three = new PolicyWatcher({
      ...{ registry, policy: world.record.policy, onFailed: (error) => failures.push(error) },
      sinks: [broken, rejecting, (report) => void other.push(report)],
    });
    await watcher.look();
    await three.look();
    expect(failures).to.have.length(2);
    expect(other.map(({ code }) => code)).to.deep.equal(told.map(({ code }) => code));
    expect(other).to.have.length(1);
    const [, second] = [await three.look(), await schedule(4 * DAY)];
    await three.look();
    expect(taken).to.deep.equal([]);
    expect(other.map(({ code }) => code)).to.deep.equal(["RECOVERY_PROPOSED", "CHANGE_SCHEDULED"]);
    down = false;
    await three.look();
    expect(taken).to.deep.equal(["RECOVERY_PROPOSED", "CHANGE_SCHEDULED"]);
    await three.look();
    expect(taken).to.have.length(2);
    expect(other.at(-1)?.change).to.equal(second);
  });

  it("delivers what waits also when the node is down", async () => {
    let down = true;
    const taken: string[] = [];
    const { watcher } = watch({
      sinks: [
        (report) => {
          if (down) throw new Error("no");
          taken.push(report.code);
        },
      ],
    });
    await watcher.look();
    down = false;
    faulty.fault = () => ({ status: 503 });
    expect(await codeOfAsync(() => watcher.look())).to.equal("NODE_FAILED");
    expect(taken).to.include("CHANGE_SCHEDULED");
  });

  it("goes on though a sink hangs, or who is told of failures fails", async () => {
    const hanging = () => new Promise<void>(() => undefined);
    const told: string[] = [];
    const { watcher } = watch({
      sinks: [hanging, (report) => void told.push(report.code)],
      onFailed: () => {
        throw new Error("no");
      },
    });
    watcher.start();
    await until(() => told.includes("CHANGE_SCHEDULED"));
    faulty.fault = () => ({ status: 503 });
    const { length } = faulty.requests;
    await until(() => faulty.requests.length > length + 8);
    faulty.fault = () => undefined;
    await voteRecovery(trustee(1), [...(await world.state()).recovery.proposals.keys()][0]);
    await until(() => told.includes("RECOVERY_VOTES"));
    watcher.stop();
  });

  it("looks from time to time until it is stopped, and begins again once", async () => {
    const { watcher, told } = watch();
    watcher.start();
    watcher.start();
    await until(() => told.length > 0);
    watcher.stop();
    watcher.start();
    watcher.stop();
    // The look that is under way, if one is.
    await watcher.look();
    const { length } = faulty.requests;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(faulty.requests.length).to.equal(length);
    const { length: before } = told;
    await voteRecovery(trustee(1), undefined);
    watcher.start();
    await until(() => told.length > before);
    watcher.stop();
    expect(told.slice(before).map(({ code }) => code)).to.deep.equal(["RECOVERY_VOTES", "RECOVERY_ENDED"]);
  });

  it("runs one watch at a time, also if it is stopped and started while it looks", async () => {
    const { watcher, look } = watch({ every: 1_000_000 });
    const requests = async (action: () => Promise<unknown>): Promise<number> => {
      const { length } = faulty.requests;
      await action();
      return faulty.requests.length - length;
    };
    // What the tests before have begun to ask.
    for (let asked = -1; asked !== faulty.requests.length; ) {
      asked = faulty.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const once = await requests(look);
    const many = await requests(async () => {
      for (let i = 0; i < 5; i++) {
        watcher.start();
        watcher.stop();
      }
      watcher.start();
      await watcher.look();
    });
    expect(many).to.equal(once);
  });

  it("tells what trustees brought about", async () => {
    const { look } = watch();
    await look();
    const [proposal] = (await world.state()).recovery.proposals.keys();
    await voteRecovery(trustee(1), proposal);
    expect(await look()).to.include("RECOVERY_STARTED");
    await world.pass(14 * DAY);
    await look();
    await executeRecovery(relay());
    const codes = await look();
    expect(codes).to.include.members(["EPOCH_BEGAN", "RECOVERY_ENDED", "POWER_CHANGED", "SETTINGS_CHANGED"]);
  });

  it("says that there is no such policy", async () => {
    const { watcher } = watch({ policy: (world.record.policy ^ 1n) as typeof world.record.policy });
    expect(await codeOfAsync(() => watcher.look())).to.equal("POLICY_MISSING");
  });
});
