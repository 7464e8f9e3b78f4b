import { expect } from "chai";
import { Wallet } from "ethers";
import {
  emergencyRotate,
  makeRootKit,
  proposeRecovery,
  type RecoveryRequest,
  type RestoreOptions,
  type RestoreOutcome,
  type RootKit,
  revokeAgents,
  rootKitFromWords,
  rootSigner,
  voteRecovery,
} from "../../client/app/index.ts";
import { keyIdOf, memoryBackend, Secret } from "../../client/keys/index.ts";
import { DAY, draftSet, install, trusteeOf, wordsOn } from "../client/app/trusteeWorld.ts";
import {
  actorOf,
  admitted,
  comingBack,
  holdersIn,
  idOf,
  POWER,
  sharedWorld,
} from "../client/loss/support.ts";
import { memoryStore } from "../client/recovery/support.ts";
import { codeOfAsync } from "../client/support.ts";

/**
 * A restoration that is complete stays in its store. After a second loss, when a thief had rotated with the next page, the same
 * call found every step done, told the owner that all was complete, and left the thief the only ADMIN.
 */
describe("finding: a restoration after a second loss", function () {
  this.timeout(240_000);
  const { world } = sharedWorld();

  const authorityOf = async (kit: RootKit) =>
    ({ by: "ROOT_KEYS", rootSet: kit.rootSet, rootSigners: [await rootSigner(kit)] }) as const;

  /** One device, which comes back again and again. */
  function device() {
    const [backend, store, pages] = [memoryBackend(), memoryStore(), [] as string[]];
    const printRootKeys = async (page: Secret<string>) => void pages.push(page.reveal());
    const restore = (authority: RestoreOptions["authority"], more: Partial<RestoreOptions> = {}) =>
      comingBack(world(), { authority, backend, store, printRootKeys, ...more }).restore();
    return { restore, pages, kitOn: (i: number) => rootKitFromWords(new Secret(wordsOn(pages[i] ?? ""))) };
  }

  /** Whoever has the page that is in force takes the policy. */
  async function robbed(page: RootKit) {
    const { node, record } = world();
    const [thief, next] = [Wallet.createRandom(), await makeRootKit()];
    await emergencyRotate({
      ...{ registry: node.registry, policy: record.policy, sender: node.relayer, rootSet: page.rootSet },
      rootSigners: [await rootSigner(page)],
      admissions: [await admitted(world(), thief, POWER, { occasion: "ROTATION" })],
      nextRootSet: next.rootSet,
    });
    expect(await holdersIn(world())).to.deep.equal([idOf(thief)]);
  }

  const keyOf = ({ signer }: RestoreOutcome) => {
    if (!("key" in signer)) throw new Error("no agent's signer");
    return keyIdOf(signer.key);
  };

  async function withTrustees() {
    const people = world().people.slice(0, 3);
    const set = await draftSet(world(), people);
    await install(world(), set);
    const [ada, ben] = people.map((one) => trusteeOf(world(), set, one));
    if (ada === undefined || ben === undefined) throw new Error("no trustees");
    const requests: RecoveryRequest[] = [];
    const authority = {
      by: "TRUSTEES",
      ask: async (one: RecoveryRequest) => void requests.push(one),
    } as const;
    const agree = async () => {
      const request = requests.at(-1);
      if (request === undefined) throw new Error("not asked");
      const { proposal } = await proposeRecovery(ada, request);
      for (const one of [ada, ben]) await voteRecovery(one, proposal);
      await world().pass(14 * DAY);
    };
    return { authority, requests, agree };
  }

  it("says that the page is used up, prints none in vain, and lets trustees help with the same store", async () => {
    const { authority, agree } = await withTrustees();
    const { restore, pages, kitOn } = device();
    const byPage = await authorityOf(world().rootKit);
    const first = await restore(byPage);
    expect(first.complete).to.equal(true);
    await robbed(await kitOn(0));
    for (const _ of [1, 2]) {
      expect(await codeOfAsync(() => restore(byPage))).to.equal("AGENT_POLICY_ROOT_MISMATCH");
    }
    expect(pages).to.have.length(1);
    expect((await restore(authority)).waiting).to.deep.include({ step: "POWER", for: "VOTES" });
    await agree();
    const second = await restore(authority);
    expect(second.complete).to.equal(true);
    expect(await holdersIn(world())).to.deep.equal([keyOf(second)]);
    expect(keyOf(second)).not.to.equal(keyOf(first));
  });

  it("begins anew, with another key and another page, and stays complete then", async () => {
    const { authority, agree, requests } = await withTrustees();
    const { restore, pages, kitOn } = device();
    await restore(authority);
    await agree();
    expect((await restore(authority)).complete).to.equal(true);
    await robbed(await kitOn(0));
    expect((await restore(authority)).waiting).to.deep.include({ step: "POWER", for: "VOTES" });
    expect((await restore(authority)).waiting).to.deep.include({ step: "POWER", for: "VOTES" });
    expect([pages.length, requests.length]).to.deep.equal([2, 2]);
    await agree();
    const outcome = await restore(authority);
    expect(outcome.complete).to.equal(true);
    expect(await holdersIn(world())).to.deep.equal([keyOf(outcome)]);
    const before = await world().state();
    expect((await restore(authority)).complete).to.equal(true);
    expect(await world().state()).to.deep.equal(before);
    expect(pages).to.have.length(2);
  });

  it("uses the page that is in force, if it is given: somebody else may have seen it", async () => {
    const { restore, pages, kitOn } = device();
    await restore(await authorityOf(world().rootKit));
    const seen = await kitOn(0);
    expect((await restore(await authorityOf(seen))).complete).to.equal(true);
    expect(await codeOfAsync(() => robbed(seen))).to.equal("AGENT_POLICY_ROOT_MISMATCH");
    expect(pages).to.have.length(2);
  });

  it("is not made to give up a restoration under way, nor to print pages, by whoever rotates", async () => {
    const { authority } = await withTrustees();
    const { restore, pages } = device();
    const first = await restore(authority);
    await robbed(world().rootKit);
    const second = await restore(authority);
    expect(second.waiting).to.deep.include({ step: "POWER", for: "VOTES" });
    expect(keyOf(second)).to.equal(keyOf(first));
    expect(pages).to.have.length(1);
  });

  it("goes on after a stop in the middle of beginning anew", async () => {
    const { restore, pages, kitOn } = device();
    await restore(await authorityOf(world().rootKit));
    const authority = await authorityOf(await kitOn(0));
    const stopped = restore(authority, {
      printRootKeys: () => Promise.reject(new Error("out of paper")),
    });
    expect(await stopped.catch(({ message }: Error) => message)).to.equal("out of paper");
    const outcome = await restore(authority);
    expect(outcome.complete).to.equal(true);
    expect(await holdersIn(world())).to.deep.equal([keyOf(outcome)]);
    expect(pages).to.have.length(2);
  });

  it("lets this device prove again, if somebody took that from it", async () => {
    const { phone, laptop, pass } = world();
    const { restore } = device();
    const authority = { by: "DEVICE", signer: phone } as const;
    const lost = [idOf(laptop)];
    await restore(authority, { lost });
    await pass(2 * DAY);
    const outcome = await restore(authority, { lost });
    expect(outcome.complete).to.equal(true);
    const agent = keyOf(outcome);
    await revokeAgents(actorOf(world(), phone), [{ agent, authorizations: ["PROVE"] }]);
    expect((await restore(authority, { lost })).complete).to.equal(true);
    expect((await world().state()).agents.get(agent)?.authorizations).to.include.members(["PROVE", "ADMIN"]);
  });
});
