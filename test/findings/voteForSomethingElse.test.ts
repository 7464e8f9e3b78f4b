import { expect } from "chai";
import { Wallet } from "ethers";
import { consentToRecovery, proposeRecovery, requestRecovery, voteRecovery } from "../../client/app/index.ts";
import {
  draftSet,
  install,
  openTrusteeWorld,
  type TrusteeWorld,
  trusteeOf,
} from "../client/app/trusteeWorld.ts";
import { codeOfAsync } from "../client/support.ts";

describe("findings: a vote for something else than was asked", function () {
  this.timeout(240_000);
  let world: TrusteeWorld;
  before(async () => {
    world = await openTrusteeWorld();
  });
  after(() => world.close());

  it("is not given, whatever the node says that the proposal holds", async () => {
    const { node, record } = world;
    const { registry } = node;
    const { policy } = record;
    const people = world.people.slice(0, 3);
    const set = await draftSet(world, people);
    await install(world, set);
    const [ada, ben] = people.map((one) => trusteeOf(world, set, one));
    if (ada === undefined || ben === undefined) return expect.fail("no trustees");
    const ask = async () => {
      const options = { registry, policy, authorizations: ["ADMIN"] } as const;
      const consents = [await consentToRecovery(Wallet.createRandom(), options)];
      return requestRecovery({ registry, policy, consents, nextRootSet: undefined });
    };
    const [owner, thief] = [await ask(), await ask()];
    const good = (await proposeRecovery(ada, owner)).proposal;
    const bad = (await proposeRecovery(ben, thief)).proposal;
    expect(await codeOfAsync(() => voteRecovery(ada, bad, owner))).to.equal("PROPOSAL_NOT_REQUESTED");
    expect((await world.state()).recovery.votes.size).to.equal(0);
    await voteRecovery(ada, good, owner);
    expect([...(await world.state()).recovery.votes.values()]).to.deep.equal([good]);
  });
});
