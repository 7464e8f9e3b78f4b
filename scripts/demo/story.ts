import { type ProvingAgent, revokeAgents } from "../../client/app/index.ts";
import {
  awaitReceipt,
  checkpointCall,
  type Receipt,
  type RegistryCall,
  readAccumulators,
  sendCall,
} from "../../client/chain/index.ts";
import { type FieldElement, type Hex32, isDkmsError } from "../../client/core/index.ts";
import { keyIdOf } from "../../client/keys/index.ts";
import { expiryAfter, shortPolicyId } from "../../client/policy/index.ts";
import { importAuthorization, type Presentation } from "../../client/proof/index.ts";
import { type Chain, MIN_AGENTS, provingAgent, startChain } from "./chain.ts";
import { lockerCall, proveToLocker } from "./locker.ts";
import { addDevices, type Member, openPolicy } from "./owner.ts";
import type { Timeline } from "./timeline.ts";
import { ChainClock, Website } from "./website.ts";

/** Figures of presenting, as the JSON report has them. */
export type PresentFigures = {
  readonly prepareMs: number;
  readonly presentMs: number;
  readonly verifyMs: number;
  readonly verifyGas: number;
};

/** What the demo reports besides its steps. */
export type Report = { readonly agents: number; readonly present: PresentFigures };

const HOUR = 3600;
const STRICT = 0n;
const RELAXED = BigInt(HOUR);
const SERVER_HOURS = 6;
const VISITS = 15;
const CROWD_POLICIES = 16;
const CROWD_DEVICES = 7;
const SHOP = "https://shop.example";
const BANK = "https://bank.example";

/** The main job, from deployment to the end of a server's authorization. Throws if anything goes otherwise than told. */
export async function tellStory(line: Timeline): Promise<Report> {
  line.chapter("The chain");
  const chain = await line.step("deploy registry, verifier and an example dapp", async () => {
    const value = await startChain();
    return { value, gas: value.gasOfDeployment };
  });
  try {
    return await tellRest(line, chain);
  } finally {
    await chain.prover.close();
  }
}

async function tellRest(line: Timeline, chain: Chain): Promise<Report> {
  const { phone, laptop, server } = await meetAlice(line, chain);
  await gatherCrowd(line, chain);
  const agents = {
    phone: provingAgent(chain, phone.record),
    laptop: provingAgent(chain, laptop.record),
    server: provingAgent(chain, server.record),
  };
  const clock = new ChainClock(chain);
  const shop = new Website(chain, clock, SHOP, { scope: "visits", window: RELAXED });
  const figures = await presentOffChain(
    line,
    agents,
    shop,
    new Website(chain, clock, SHOP, { scope: "reviews", window: RELAXED }),
  );
  const verifyGas = await presentToContract(line, chain, agents.laptop);
  await refuseCheats(line, chain, clock, agents.laptop, shop);
  await revokeLaptop(line, chain, clock, { phone, laptop }, agents);
  await outliveServer(line, chain, clock, agents.server);
  for (const agent of Object.values(agents)) agent.stop();
  const { size } = await readAccumulators(chain.registry);
  return { agents: size, present: { ...figures, verifyGas } };
}

async function meetAlice(line: Timeline, chain: Chain) {
  line.chapter("Alice and her devices");
  const phone = await line.step("Alice's phone creates her policy", async () => {
    const value = await openPolicy(chain);
    return { value, gas: value.receipt.gasUsed, notes: [`policy ${shortPolicyId(value.record.policy)}`] };
  });
  const expiry = expiryAfter({ now: await chain.now(), seconds: BigInt(SERVER_HOURS * HOUR) });
  const [laptop, server] = await line.step(
    "her laptop and a server join, the server for a few hours",
    async () => {
      const { devices, receipt } = await addDevices(chain, phone, [
        { authorizations: ["PROVE"] },
        { authorizations: ["PROVE"], expiry },
      ]);
      return {
        value: devices,
        gas: receipt.gasUsed,
        notes: ["one signature of the phone, one consent of each device"],
      };
    },
  );
  if (laptop === undefined || server === undefined) throw new Error("not all devices joined");
  return { phone, laptop, server };
}

async function gatherCrowd(line: Timeline, chain: Chain): Promise<void> {
  line.chapter("A crowd to hide in");
  await line.step(
    `${CROWD_POLICIES} other owners register ${CROWD_POLICIES * (CROWD_DEVICES + 1)} devices`,
    async () => {
      let gas = 0n;
      for (let i = 0; i < CROWD_POLICIES; i++) {
        const owner = await openPolicy(chain);
        const joining = Array.from({ length: CROWD_DEVICES }, () => ({ authorizations: ["PROVE"] }) as const);
        const { receipt } = await addDevices(chain, owner, joining);
        gas += owner.receipt.gasUsed + receipt.gasUsed;
      }
      return { value: undefined, gas };
    },
  );
  await line.step("anyone checkpoints the accumulator", async () => {
    const receipt = await send(chain, checkpointCall(chain.registry, 0));
    return { value: undefined, gas: receipt.gasUsed, notes: ["its root is accepted from now on, for ever"] };
  });
  await line.step("an hour passes on the chain", async () => {
    await chain.wait(HOUR);
    return {
      value: undefined,
      notes: ["all clients now prove with the same roots, so roots tell nobody apart"],
    };
  });
}

type Agents = { readonly phone: ProvingAgent; readonly laptop: ProvingAgent; readonly server: ProvingAgent };

async function presentOffChain(line: Timeline, { phone, laptop }: Agents, shop: Website, reviews: Website) {
  line.chapter("Proving to a web shop");
  const prepared = performance.now();
  await line.step("the laptop prepares: reads the trees, proves in zero knowledge", async () => ({
    value: await laptop.prepare(RELAXED),
    notes: ["once for each set of roots, in the background; all presentations draw on it"],
  }));
  const prepareMs = performance.now() - prepared;
  const { answer, anonymitySet } = await line.step("the laptop presents", async () => {
    const value = await shop.ask(laptop);
    return { value, notes: [`it is one of ${value.anonymitySet} agents, and does not say which`] };
  });
  const seen = await line.step("the shop verifies", async () => {
    const value = await shop.judge(answer);
    return { value, notes: [`owner pseudonym ${short(value.owner)}`] };
  });
  const usual = await line.step(`${VISITS} more visits, no two presentations alike`, async () => {
    const value = await timeVisits(laptop, shop);
    return {
      value,
      notes: [`${value.presentMs} ms to present, ${value.verifyMs} ms to verify, in the median`],
    };
  });

  await line.step("the phone presents to the same shop", async () => {
    const { owner } = await shop.judge((await shop.ask(phone)).answer);
    if (owner !== seen.owner) throw new Error("phone and laptop of one owner must show one pseudonym");
    return { value: undefined, notes: [`owner pseudonym ${short(owner)}: the same owner, whoever she is`] };
  });
  await line.step("the laptop presents for another purpose of the shop", async () => {
    const { owner } = await reviews.judge((await reviews.ask(laptop)).answer);
    if (owner === seen.owner) throw new Error("pseudonyms of two scopes must differ");
    return { value: undefined, notes: [`owner pseudonym ${short(owner)}: nothing links the two`] };
  });
  if (anonymitySet < Number(MIN_AGENTS)) throw new Error("the crowd is smaller than planned");
  return { prepareMs: round(prepareMs), ...usual };
}

/** Medians: the first of anything takes longer. */
async function timeVisits(agent: ProvingAgent, site: Website) {
  const present: number[] = [];
  const verify: number[] = [];
  for (let i = 0; i < VISITS; i++) {
    const start = performance.now();
    const { answer } = await site.ask(agent);
    const presented = performance.now();
    await site.judge(answer);
    present.push(presented - start);
    verify.push(performance.now() - presented);
  }
  return { presentMs: median(present), verifyMs: median(verify) };
}

async function presentToContract(line: Timeline, chain: Chain, laptop: ProvingAgent): Promise<number> {
  line.chapter("Proving to a contract");
  const proof = await line.step("the laptop presents for one call of the locker dapp", async () => ({
    value: await proveToLocker(chain, laptop),
    notes: ["it tolerates a revocation for 300 s only, hence other roots and a proof of its own"],
  }));
  const receipt = await line.step("the contract verifies it and opens a locker", async () => {
    const value = await send(chain, lockerCall(chain, proof));
    return { value, gas: value.gasUsed };
  });
  await line.step("the same transaction once more", async () => {
    const reason = await refusal(() => send(chain, lockerCall(chain, proof)));
    return { value: undefined, notes: [`refused: ${reason}`] };
  });
  return Number(receipt.gasUsed);
}

async function refuseCheats(
  line: Timeline,
  chain: Chain,
  clock: ChainClock,
  laptop: ProvingAgent,
  shop: Website,
) {
  line.chapter("What is refused");
  const { answer } = await shop.ask(laptop);
  await shop.judge(answer);
  await refused(line, "a presentation shown twice", () => shop.judge(answer));
  const fresh = (await shop.ask(laptop)).answer;
  await refused(line, "one bit of a presentation altered", () =>
    shop.judge({ ...fresh, presentation: altered(fresh.presentation) }),
  );
  const bank = new Website(chain, clock, BANK, { scope: "visits", window: RELAXED });
  await refused(line, "a presentation for the shop, passed on to a bank", async () => {
    const message = await bank.request();
    const { presentation } = await laptop.present({
      request: message.request,
      context: shop.context(message),
    });
    return bank.judge({ message, presentation });
  });
}

async function revokeLaptop(
  line: Timeline,
  chain: Chain,
  clock: ChainClock,
  { phone, laptop }: { readonly phone: Member; readonly laptop: Member },
  agents: Agents,
): Promise<void> {
  line.chapter("The laptop is stolen");
  const strict = new Website(chain, clock, BANK, { scope: "visits", window: STRICT });
  const relaxed = new Website(chain, clock, SHOP, { scope: "visits", window: RELAXED });
  // The thief copies what the laptop has prepared, out of reach of the honest client that would erase it.
  const stolen = importAuthorization((await agents.laptop.prepare(RELAXED)).export());
  const thief = (site: Website) => site.answerWith(laptop, agents.laptop, stolen);

  await line.step("Alice revokes it from her phone", async () => {
    const { gasUsed } = await revokeAgents(
      { registry: chain.registry, signer: phone.signer, sender: chain.relayer, policy: phone.record.policy },
      [{ agent: keyIdOf(laptop.record.key), authorizations: ["PROVE"] }],
    );
    return { value: undefined, gas: gasUsed };
  });
  await refused(line, "the laptop, to a bank that wants the current block", async () =>
    strict.judge(await thief(strict)),
  );
  await refused(line, "the laptop, proving anew", () => agents.laptop.prepare(STRICT));
  await line.step("the phone, to the same bank", async () => {
    const { owner } = await strict.judge((await strict.ask(agents.phone)).answer);
    return { value: undefined, notes: [`accepted, owner pseudonym ${short(owner)}`] };
  });
  await line.step("the laptop, to the shop, which tolerates an hour", async () => {
    await relaxed.judge(await thief(relaxed));
    return { value: undefined, notes: ["accepted: how old a revocation may be is each verifier's choice"] };
  });
  await chain.wait(HOUR);
  await refused(line, "the laptop, to the shop, an hour later", async () =>
    relaxed.judge(await thief(relaxed)),
  );
}

async function outliveServer(
  line: Timeline,
  chain: Chain,
  clock: ChainClock,
  server: ProvingAgent,
): Promise<void> {
  line.chapter("The server's time is up");
  const shop = new Website(chain, clock, SHOP, { scope: "visits", window: RELAXED });
  await server.sync();
  const last = await line.step("the server presents while it may", async () => {
    await shop.judge((await shop.ask(server)).answer);
    return { value: (await shop.ask(server)).answer, notes: ["accepted"] };
  });
  await line.step(`${SERVER_HOURS} hours pass; nobody sends a transaction`, async () => {
    await chain.wait(SERVER_HOURS * HOUR);
    return { value: await server.sync() };
  });
  await refused(line, "the server, proving anew", () => server.prepare(RELAXED));
  await refused(line, "the server, with what it had", () => shop.judge(last));
}

async function send({ registry, relayer }: Chain, call: RegistryCall): Promise<Receipt> {
  return awaitReceipt(registry, await sendCall(registry, relayer, call));
}

/** A step that must be refused. */
async function refused(line: Timeline, name: string, attempt: () => Promise<unknown>): Promise<void> {
  await line.step(name, async () => ({ value: undefined, notes: [`refused: ${await refusal(attempt)}`] }));
}

async function refusal(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (isDkmsError(error)) return `${error.code}, ${error.message}`;
    throw error;
  }
  throw new Error("this must be refused, and was accepted");
}

function altered(presentation: Presentation): Presentation {
  return { ...presentation, sZ: (presentation.sZ ^ 1n) as FieldElement };
}

function short(pseudonym: Hex32 | undefined): string {
  return pseudonym === undefined ? "none" : `${pseudonym.slice(0, 10)}…`;
}

function median(times: readonly number[]): number {
  return round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN);
}

function round(ms: number): number {
  return Number(ms.toFixed(1));
}
