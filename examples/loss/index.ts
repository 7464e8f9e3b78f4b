import { drill, rootSigner } from "../../client/app/index.ts";
import type { AgentRecord } from "../../client/index.ts";
import {
  DISCLOSE,
  hex32,
  OffChainVerifier,
  ProvingAgent,
  policyId,
  proposeRecovery,
  readHead,
  readPolicyState,
  rootKitFromWords,
  Secret,
  voteRecovery,
  webAudience,
} from "../../client/index.ts";
import { recoverFromPaper } from "../../client/paper/index.ts";
import { memoryTransport } from "../../client/recovery/index.ts";
import { wordsOn } from "../wordsOn.ts";
import type { World } from "../world.ts";
import { comingBack, newPhone } from "./comeBack.ts";
import { enrol } from "./enrol.ts";
import { befriend } from "./friend.ts";
import { settleIn } from "./home.ts";
import { connect } from "./line.ts";
import { collectShares } from "./social.ts";

const DAY = 86_400;

/**
 * A phone with a wallet is lost, twice. The first time five friends bring the owner back, of whom one lies and one is silent; the
 * second time two sheets of paper do. Each time a new phone proves to a shop again.
 *
 * Five friends, as with three a liar and a silent one would leave one share, and no secret is ever shared for one.
 */
export async function loss(world: World) {
  const { registry } = world;
  const transport = memoryTransport();
  let now = Number((await readHead(registry)).time);
  const clock = {
    now: () => now,
    refresh: async () => {
      now = Number((await readHead(registry)).time);
    },
  };

  // At home.
  const home = await settleIn(world);
  const { policy } = home.actor;
  const friends = ["Ada", "Ben", "Cleo", "Dan", "Eve"].map((name) =>
    befriend({
      ...{ world, policy, name, transport, clock: clock.now },
      // Ben will lie.
      ...(name === "Ben" ? { alter: (share) => ({ ...share, index: (share.index % 5) + 1 }) } : {}),
    }),
  );
  await clock.refresh();
  const { step, desk, shares } = await enrol(world, home, friends, clock);

  // On a quiet day everything is tried, without using it up.
  const drilled = await Promise.all(friends.map(({ drilled }, i) => drilled(i + 1)));
  const sharing = desk.sharePublic();
  const settled = desk.state();
  const report = await drill({
    ...{ registry, policy, place: home.place, trustees: drilled, paper: home.drawer.scan },
    rootWords: new Secret(wordsOn(home.drawer.rootPage)),
    ...(sharing === undefined ? {} : { shares: sharing }),
    ...(settled.step === "settled" ? { shareRecipient: settled.plan.backupRecipient } : {}),
  });

  // The phone is lost. From three good shares: the link secret, and the key of the backups.
  const meet = (name: string) => connect(transport, `recovery/${name}`, clock.now);
  await clock.refresh();
  const found = await collectShares(friends, shares.tag, meet, { now, silent: "Cleo" });
  const second = await newPhone(world, home, policy, found.backupIdentity);

  // The same friends give the policy back. Ada proposes what the new phone asks for, once they read the same words.
  const social = comingBack(world, home, second, {
    by: "TRUSTEES",
    ask: async (request) => {
      const [ada, , , dan, eve] = friends.map(({ trustee }) => trustee());
      if (ada === undefined || dan === undefined || eve === undefined) return;
      const { proposal } = await proposeRecovery(ada, request);
      for (const friend of [ada, dan, eve]) await voteRecovery(friend, proposal, request);
    },
  });
  await social.restore();
  const waiting = (await social.restore()).waiting?.text;
  await world.wait(14 * DAY);
  const first = await social.restore();
  const shown = await showAt("https://shop.example", world, social.record());

  // Years later the second phone is lost, and the owner goes to the drawer. Its backup is for the same paper.
  const { identity, policy: printed } = await recoverFromPaper({ scanned: home.drawer.scan });
  const third = await newPhone(world, home, policyId(BigInt(printed)), identity);
  const kit = await rootKitFromWords(new Secret(wordsOn(social.pages.at(-1) ?? "")));
  const rootSigners = [await rootSigner(kit)];
  const offline = comingBack(world, home, third, { by: "ROOT_KEYS", rootSet: kit.rootSet, rootSigners });
  const last = await offline.restore();
  const shownAgain = await showAt("https://shop.example", world, offline.record());

  const state = await readPolicyState(registry, policy);
  return {
    ...{ step, report, found, waiting, texts: social.texts, state },
    standings: [second.standing, third.standing],
    complete: [first.complete, last.complete],
    owners: [shown, shownAgain],
  };
}

/** A shop sees an authorized agent, and the owner's pseudonym there. */
async function showAt(
  shop: string,
  { registry, prover, clock, settled }: World,
  record: AgentRecord | undefined,
): Promise<string | undefined> {
  if (record === undefined) throw new Error("the phone keeps no record");
  await settled();
  const audience = webAudience(shop);
  const scope = hex32(`0x${"01".repeat(32)}`);
  const terms = { scope, disclose: DISCLOSE.OWNER, maxRevocationAge: 3600n, minAgents: 1n };
  const verifier = new OffChainVerifier({ registry, audience, terms, clock });
  const { request, ...place } = verifier.request();
  const phone = new ProvingAgent({ registry, record, prover });
  const { presentation } = await phone.present({ request, context: { ...place, audience } });
  phone.stop();
  return (await verifier.verify(request.challenge, presentation)).owner;
}
