import { expect } from "chai";
import { Wallet } from "ethers";
import {
  consentToRecovery,
  executeRecovery,
  makeRootKit,
  proposeRecovery,
  type RecoveryRequest,
  type RestoreOptions,
  requestRecovery,
  restoreOwner,
  voteRecovery,
} from "../../client/app/index.ts";
import { memoryBackend } from "../../client/keys/index.ts";
import {
  DAY,
  draftSet,
  install,
  openTrusteeWorld,
  type TrusteeWorld,
  trusteeOf,
} from "../client/app/trusteeWorld.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

describe("findings: a recovery that gives more than the owner asked for", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("is not the owner's, though her device accepted its part, and is not reported as done", async () => {
    const { node, record } = world;
    const { registry, relayer: sender } = node;
    const { policy } = record;
    const people = world.people.slice(0, 3);
    const set = await draftSet(world, people);
    await install(world, set);
    const asked: RecoveryRequest[] = [];
    const options: RestoreOptions = {
      ...{ registry, policy, sender, restored: record, lost: [] },
      ...{ backend: memoryBackend(), store: memoryStore() },
      authority: { by: "TRUSTEES", ask: async (request) => void asked.push(request) },
      printRootKeys: async () => undefined,
      keepRecord: async () => undefined,
    };
    expect((await restoreOwner(options)).waiting).to.deep.include({ for: "VOTES" });
    const [request] = asked;
    if (request === undefined) return expect.fail("not asked");

    // A trustee adds a key of a thief's and root keys of his own to what she asked for; others are deceived, and vote.
    const kit = await makeRootKit();
    const consent = await consentToRecovery(Wallet.createRandom(), {
      ...{ registry, policy, authorizations: ["ADMIN"] },
    });
    const consents = [...request.agents.map((one) => ({ ...one, recovery: request.recovery })), consent];
    const forged = requestRecovery({ registry, policy, consents, nextRootSet: kit.rootSet });
    const [liar, deceived] = people.map((one) => trusteeOf(world, set, one));
    if (liar === undefined || deceived === undefined) return expect.fail("no trustees");
    const { proposal } = await proposeRecovery(liar, forged);
    for (const one of [liar, deceived]) await voteRecovery(one, proposal);

    const { waiting } = await restoreOwner(options);
    expect(waiting).to.deep.include({
      for: "VOTES",
      text: "0 of the 2 trustees that it takes voted for you.",
    });
    await world.pass(14 * DAY);
    expect((await restoreOwner(options)).complete).to.equal(false);
    expect((await world.state()).epoch).to.equal(1);
    await executeRecovery({ registry, sender, policy });
    expect(await codeOfAsync(() => restoreOwner(options))).to.equal("RESTORE_POWER_SHARED");
  });
});
