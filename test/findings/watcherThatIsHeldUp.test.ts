import { expect } from "chai";
import { Wallet } from "ethers";
import {
  clearRecovery,
  consentToRecovery,
  PolicyWatcher,
  proposeRecovery,
  requestRecovery,
  stopGrants,
  voteRecovery,
  type WatchReport,
} from "../../client/app/index.ts";
import {
  DAY,
  draftSet,
  install,
  openTrusteeWorld,
  type TrusteeWorld,
  trusteeOf,
} from "../client/app/trusteeWorld.ts";

/** Waits for something to be so, for a while. */
async function until(isSo: () => boolean): Promise<boolean> {
  for (let i = 0; i < 200 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  return isSo();
}

describe("findings: a watcher that is held up", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("goes on though one who is told never answers, and who hears of failures fails", async () => {
    const { node, record, phone } = world;
    const { registry, relayer: sender } = node;
    const { policy } = record;
    const heard: string[] = [];
    let failures = 0;
    const sinks = [
      () => new Promise<void>(() => undefined),
      () => {
        failures += 1;
        throw new Error("a sink that fails");
      },
      ({ code }: WatchReport) => void heard.push(code),
    ];
    const onFailed = () => {
      throw new Error("a screen that is gone");
    };
    const watcher = new PolicyWatcher({ registry, policy, sinks, every: 20, onFailed });
    watcher.start();
    try {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await stopGrants({ registry, signer: phone, sender, policy });
      expect(await until(() => heard.includes("GRANTS_STOPPED"))).to.equal(true);
      expect(await until(() => failures > 1)).to.equal(true);
    } finally {
      watcher.stop();
    }
  });

  it("tells of a recovery that began and ended between two looks", async () => {
    const { node, record } = world;
    const { registry, relayer: sender } = node;
    const { policy } = record;
    const people = world.people.slice(0, 3);
    const set = await draftSet(world, people);
    await install(world, set);
    const reports: WatchReport[] = [];
    const watcher = new PolicyWatcher({ registry, policy, sinks: [(report) => void reports.push(report)] });
    await watcher.look();
    reports.length = 0;
    const consent = await consentToRecovery(Wallet.createRandom(), {
      ...{ registry, policy, authorizations: ["ADMIN"] },
    });
    const request = requestRecovery({ registry, policy, consents: [consent], nextRootSet: undefined });
    const [ada, ben] = people.map((one) => trusteeOf(world, set, one));
    if (ada === undefined || ben === undefined) return expect.fail("no trustees");
    const { proposal } = await proposeRecovery(ada, request);
    for (const one of [ada, ben]) await voteRecovery(one, proposal);
    await world.pass(22 * DAY);
    await clearRecovery({ registry, sender, policy });
    await watcher.look();
    expect(reports.map(({ code }) => code)).to.deep.equal(["RECOVERY_ENDED"]);
    expect(reports[0]?.text).to.contain("began and ended since the last look");
  });
});
