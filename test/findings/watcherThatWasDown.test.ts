import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import {
  authorizeAgents,
  emergencyRotate,
  executeChange,
  makeRootKit,
  PolicyWatcher,
  type PolicyWatcherOptions,
  proposeChange,
  revokeAgents,
  rootSigner,
  type WatchReport,
} from "../../client/app/index.ts";
import { type AgentKey, secp256k1Key } from "../../client/keys/index.ts";
import { DAY } from "../client/app/trusteeWorld.ts";
import { actorOf, admitted, idOf, POWER, sharedWorld } from "../client/loss/support.ts";

/**
 * A watcher that was restarted compared with the policy of that moment: who took all power by root keys, let an agent prove or
 * executed a change while it was down was never told of. And what a sink did not take was kept without a limit.
 */
describe("finding: a watcher is silent about what took effect while it was down", function () {
  this.timeout(120_000);
  const { world } = sharedWorld();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "watcher-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** One process: it knows what was written down, and nothing else. */
  async function started(more: Partial<PolicyWatcherOptions> = {}) {
    const { node, record } = world();
    const file = join(directory, "seen");
    const written = await readFile(file, "utf8").catch(() => undefined);
    const told: WatchReport[] = [];
    const failures: unknown[] = [];
    const watcher = new PolicyWatcher({
      ...{ registry: node.registry, policy: record.policy },
      sinks: [(report) => void told.push(report)],
      since: written === undefined ? undefined : Number(written),
      onSeen: (block) => writeFile(file, `${block}`),
      onFailed: (error) => void failures.push(error),
      ...more,
    });
    const look = async () => {
      const from = told.length;
      await watcher.look();
      return told.slice(from).map(({ code }) => code);
    };
    return { look, told, failures };
  }

  const keyOf = (wallet: { readonly address: string }): AgentKey => secp256k1Key(wallet.address);

  it("tells of root keys that took all power", async () => {
    const { node, record, rootKit } = world();
    expect(await (await started()).look()).to.deep.equal([]);
    const [thief, next] = [Wallet.createRandom(), await makeRootKit()];
    await emergencyRotate({
      ...{ registry: node.registry, policy: record.policy, sender: node.relayer, rootSet: rootKit.rootSet },
      rootSigners: [await rootSigner(rootKit)],
      admissions: [await admitted(world(), thief, POWER, { occasion: "ROTATION" })],
      nextRootSet: next.rootSet,
    });
    const { look, told } = await started();
    expect(await look()).to.include.members(["EPOCH_BEGAN", "POWER_CHANGED", "SETTINGS_CHANGED"]);
    expect(told.some(({ agent }) => agent === idOf(thief))).to.equal(true);
    expect(await look()).to.deep.equal([]);
    expect(await (await started()).look(), "once").to.deep.equal([]);
  });

  it("tells of a change that came and took effect, and of a grant that was undone again", async () => {
    const { node, record, laptop, phone, pass } = world();
    await (await started()).look();
    const guest = Wallet.createRandom();
    await authorizeAgents(actorOf(world(), laptop), [await admitted(world(), guest, ["PROVE"])]);
    await revokeAgents(actorOf(world(), laptop), [{ agent: idOf(guest), authorizations: ["PROVE"] }]);
    const power = [{ agent: keyOf(phone), lose: ["ADMIN"] }] as const;
    const { change } = await proposeChange(actorOf(world(), laptop), { power });
    await pass(2 * DAY);
    await executeChange({ registry: node.registry, policy: record.policy, sender: node.relayer }, change);
    const { look, told } = await started();
    expect(await look()).to.deep.equal([
      "AGENT_PROVES",
      "AGENT_PROVES_NO_MORE",
      "CHANGE_SCHEDULED",
      "CHANGE_ENDED",
      "POWER_CHANGED",
    ]);
    const times = told.map(({ time }) => time);
    expect(times).to.deep.equal([...times].sort((a, b) => Number(a - b)));
    expect(times[0]).not.to.equal(times.at(-1));
  });

  it("tells again what nobody had taken when it stopped", async () => {
    await (await started()).look();
    const broken = await started({ sinks: [() => Promise.reject(new Error("no"))] });
    await authorizeAgents(actorOf(world(), world().laptop), [
      await admitted(world(), Wallet.createRandom(), ["PROVE"]),
    ]);
    await broken.look();
    expect(broken.failures).to.have.length(1);
    expect(await (await started()).look()).to.deep.equal(["AGENT_PROVES"]);
  });

  it("tells all of a policy that was made after what it knows", async () => {
    const { look } = await started({ since: 0 });
    await authorizeAgents(actorOf(world(), world().laptop), [
      await admitted(world(), Wallet.createRandom(), ["PROVE"]),
    ]);
    expect(await look()).to.include("AGENT_PROVES");
  });

  it("goes on though what it has seen cannot be kept", async () => {
    const { look, failures } = await started({ onSeen: () => Promise.reject(new Error("disk full")) });
    await look();
    await look();
    expect(failures).to.have.length(2);
  });
});
