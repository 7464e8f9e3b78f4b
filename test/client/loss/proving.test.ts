import { expect } from "chai";
import type { HDNodeWallet } from "ethers";
import { Wallet } from "ethers";
import {
  type AgentRecord,
  authorizeAgents,
  createPolicy,
  draftPolicy,
  draftRenewal,
  executeChange,
  OffChainVerifier,
  ProvingAgent,
  policySecretsOf,
  proposeChange,
  renewAgent,
  revokeAgents,
  withPolicySecrets,
} from "../../../client/app/index.ts";
import { readHead } from "../../../client/chain/index.ts";
import { hex32 } from "../../../client/core/index.ts";
import {
  derivePolicySecrets,
  generateAgentSecrets,
  generateLinkSecret,
  generatePolicyLabel,
  linkSecretFrom,
  type PolicySecrets,
} from "../../../client/keys/index.ts";
import { hashToG1 } from "../../../client/proof/hashToG1.ts";
import {
  DISCLOSE,
  hiddenInputs,
  importAuthorization,
  type PreparedAuthorization,
  type Presentation,
  type Prover,
  pseudonymId,
  type RequestMessage,
  webAudience,
} from "../../../client/proof/index.ts";
import { encodeG1, encodeG2, G1, multiplySecret, randomScalar } from "../../../client/proof/points.ts";
import { baseDomains, scopeSeed } from "../../../client/proof/request.ts";
import { DAY } from "../app/trusteeWorld.ts";
import { realProver } from "../proof/artifacts.ts";
import { forge } from "../proof/forge.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { actorOf, admitted, idOf, rightsOf, sharedWorld } from "./support.ts";

const AUDIENCE = webAudience("https://shop.example");
const SCOPE = hex32(`0x${"5c".repeat(32)}`);
/** After it a new agent proves like all others. */
const SETTLED = 1800;
const HOUR = 3600n;

/** Each test begins with the same chain: what was proved of it once need not be proved again. */
function remembering(prover: Prover): Prover {
  const known = new Map<string, ReturnType<Prover["prove"]>>();
  return {
    prove: (inputs, options) => {
      const key = JSON.stringify(inputs, (_, value) => (typeof value === "bigint" ? String(value) : value));
      const proof = known.get(key) ?? prover.prove(inputs, options);
      known.set(key, proof);
      return proof;
    },
    close: () => prover.close(),
  };
}

describe("loss: what agents prove with", function () {
  this.timeout(120_000);
  let prover: Prover;
  const agents: ProvingAgent[] = [];
  const { world } = sharedWorld(async ({ pass }) => pass(SETTLED));
  before(() => {
    prover = remembering(realProver({ thread: "caller" }));
  });
  after(async () => {
    for (const agent of agents) agent.stop();
    await prover.close();
  });

  const phone = () => actorOf(world(), world().phone);
  const laptop = () => actorOf(world(), world().laptop);
  const revokePhone = () =>
    revokeAgents(laptop(), [{ agent: idOf(world().phone), authorizations: ["PROVE"] }]);

  /** A device, or whoever holds what it proves with. */
  function opened(record: AgentRecord): ProvingAgent {
    const agent = new ProvingAgent({ registry: world().node.registry, record, prover });
    agents.push(agent);
    return agent;
  }
  /** A shop; with a window of 0 it takes no revocation root but the newest. */
  async function shop(window = 0n, disclose: number = DISCLOSE.OWNER | DISCLOSE.DEVICE) {
    let clock = await world().now();
    const terms = { scope: SCOPE, disclose, maxRevocationAge: window, minAgents: 1n };
    const { registry } = world().node;
    const verifier = new OffChainVerifier({ registry, audience: AUDIENCE, terms, clock: () => clock });
    return {
      request: () => verifier.request(),
      verify: async ({ request }: RequestMessage, presentation: Presentation) => {
        clock = (await readHead(registry)).time;
        return verifier.verify(request.challenge, presentation);
      },
    };
  }
  const contextOf = ({ request: _, ...place }: RequestMessage) => ({ ...place, audience: AUDIENCE });
  const answer = async (agent: ProvingAgent, message: RequestMessage) =>
    (await agent.present({ request: message.request, context: contextOf(message) })).presentation;
  async function show(agent: ProvingAgent, window = 0n) {
    const asking = await shop(window);
    const message = asking.request();
    return asking.verify(message, await answer(agent, message));
  }

  /** What a thief of policy secrets takes for the owner's pseudonym at the shop. */
  async function recognised(
    secrets: PolicySecrets,
    { creator }: Pick<AgentRecord, "creator"> = world().record,
  ) {
    const { request } = (await shop()).request();
    const credential = { agent: generateAgentSecrets(), policy: secrets, creator };
    const { ownerKey } = hiddenInputs(credential).reveal();
    const { point } = hashToG1(baseDomains(request).owner, scopeSeed(request, AUDIENCE));
    return pseudonymId(encodeG1(multiplySecret(point, ownerKey)));
  }

  it("AGENT-RECORD/LOST the device's policy key renews with new secrets, for the same owner", async () => {
    const { record, pass, node } = world();
    const before = await show(opened(record));
    // All that is left: the policy key, what is public, and the policy secrets from another device.
    const left: AgentRecord = { ...record, secrets: generateAgentSecrets() };
    expect(await codeOfAsync(() => opened(left).sync())).to.equal("AGENT_NOT_PROVISIONED");
    const renewed = await draftRenewal({ registry: node.registry, record: left });
    await renewAgent({ ...phone(), record: left, renewed });
    await pass(SETTLED);
    const after = await show(opened(renewed));
    expect(after.owner).to.equal(before.owner);
    expect(after.device).not.to.equal(before.device);
  });

  it("AGENT-RECORD/STOLEN-UNKNOWN a copy proves as the device until the device renews, as it does from time to time", async () => {
    const { record, node } = world();
    const thief = opened(record);
    await show(thief);
    const renewed = await draftRenewal({ registry: node.registry, record });
    await renewAgent({ ...phone(), record, renewed });
    expect(await codeOfAsync(() => show(thief))).to.equal("AGENT_REVOKED");
  });

  it("AGENT-RECORD/STOLEN-KNOWN once revoked it proves no more to who wants the present state", async () => {
    const { record } = world();
    const thief = opened(record);
    const [strict, lax] = [await shop(), await shop(HOUR)];
    const [asked, askedLaxly] = [strict.request(), lax.request()];
    const shown = await answer(thief, asked);
    const shownLaxly = await answer(thief, askedLaxly);
    await revokePhone();
    expect(await codeOfAsync(() => show(thief))).to.equal("AGENT_REVOKED");
    expect(await codeOfAsync(() => strict.verify(asked, shown))).to.equal("REVOKED_ROOT_SUPERSEDED");
    // Exposed: verifiers that take older roots, for as long as they do.
    await lax.verify(askedLaxly, shownLaxly);
    expect(await rightsOf(world(), world().phone)).to.include("ADMIN");
  });

  /** Presents with a base proof and the hidden inputs alone: without the secrets of agent and policy. */
  async function bearer(agent: ProvingAgent, base: PreparedAuthorization, message: RequestMessage) {
    const { record } = world();
    const hidden = hiddenInputs({
      ...{ agent: record.secrets, policy: policySecretsOf(record), creator: record.creator },
    }).reveal();
    const { verifyingKey: key } = agent;
    const [, , , , l4, l5, l6] = key.inputs;
    const { a, b, c } = base.points();
    const z = randomScalar();
    const h = l4
      .multiply(hidden.policy)
      .add(l5.multiply(hidden.ownerKey))
      .add(l6.multiply(hidden.deviceKey))
      .add(key.delta1.multiply(z));
    const points = {
      ...{ a: encodeG1(a), b: encodeG2(b), c: encodeG1(c.subtract(G1.BASE.multiply(z))), h: encodeG1(h) },
    };
    const { request } = message;
    return forge({ key, context: contextOf(message), request, revealed: base.revealed, points, hidden, z });
  }
  /** A base proof out of the memory of a device. */
  const stolenBase = async (agent: ProvingAgent, window = 0n) =>
    importAuthorization((await agent.prepare(window)).export());

  it("BASE-PROOF/LOST the device makes another", async () => {
    const { record } = world();
    const [one, other] = [opened(record), opened(record)];
    const lost = await one.prepare();
    lost.erase();
    expect(codeOf(() => lost.export())).to.equal("AUTHORIZATION_ERASED");
    await show(other);
  });

  it("BASE-PROOF/STOLEN-UNKNOWN it shows the agent to anyone, until it runs out within two hours", async () => {
    const agent = opened(world().record);
    const base = await stolenBase(agent, HOUR);
    const first = await shop(HOUR);
    const message = first.request();
    const { owner } = await first.verify(message, await bearer(agent, base, message));
    expect(owner).to.equal(await recognised(policySecretsOf(world().record)));
    expect(base.revealed.validUntil - (await world().now()) <= 2n * HOUR).to.equal(true);
    await world().pass(2 * Number(HOUR));
    const later = await shop(HOUR);
    const again = later.request();
    const presentation = await bearer(agent, base, again);
    expect(await codeOfAsync(() => later.verify(again, presentation))).to.equal("PRESENTATION_EXPIRED");
  });

  it("BASE-PROOF/STOLEN-KNOWN once the agent is revoked it shows nothing to who wants the present state", async () => {
    const agent = opened(world().record);
    const base = await stolenBase(agent);
    await revokePhone();
    const asking = await shop();
    const message = asking.request();
    const presentation = await bearer(agent, base, message);
    expect(await codeOfAsync(() => asking.verify(message, presentation))).to.equal("REVOKED_ROOT_SUPERSEDED");
  });

  it("PRESENTATION/LOST the agent answers another request", async () => {
    const agent = opened(world().record);
    const asking = await shop();
    await answer(agent, asking.request());
    const again = asking.request();
    await asking.verify(again, await answer(agent, again));
  });

  it("PRESENTATION/STOLEN-UNKNOWN it is good once, for the one request that it answers", async () => {
    const agent = opened(world().record);
    const asking = await shop();
    const [message, other] = [asking.request(), asking.request()];
    const presentation = await answer(agent, message);
    expect(await codeOfAsync(() => asking.verify(other, presentation))).to.equal("SIGMA_MISMATCH");
    await asking.verify(message, presentation);
    expect(await codeOfAsync(() => asking.verify(message, presentation))).to.equal("CHALLENGE_UNKNOWN");
  });

  it("PRESENTATION/STOLEN-KNOWN one that is under way ends with the agent's authorization", async () => {
    const agent = opened(world().record);
    const asking = await shop();
    const message = asking.request();
    const presentation = await answer(agent, message);
    await revokePhone();
    expect(await codeOfAsync(() => asking.verify(message, presentation))).to.equal("REVOKED_ROOT_SUPERSEDED");
  });

  it("POLICY-SECRETS/LOST another device, or link secret and label, give them again", async () => {
    const { node } = world();
    const [linkSecret, label] = [generateLinkSecret(), generatePolicyLabel()];
    const record = await draftPolicy({
      registry: node.registry,
      signer: Wallet.createRandom(),
      linkSecret,
      label,
    });
    const bare: AgentRecord = { ...record, policySecrets: undefined };
    expect(codeOf(() => opened(bare))).to.equal("AGENT_RECORD_INCOMPLETE");
    const again = withPolicySecrets(bare, derivePolicySecrets(linkSecret, label));
    expect(again.policySecrets?.secret.reveal()).to.equal(record.policySecrets?.secret.reveal());
    const other = () => withPolicySecrets(bare, derivePolicySecrets(linkSecret, generatePolicyLabel()));
    expect(codeOf(other)).to.equal("POLICY_SECRETS_MISMATCH");
  });

  it("POLICY-SECRETS/STOLEN-UNKNOWN the thief proves nothing, and recognises the owner wherever she shows a pseudonym", async () => {
    const { record } = world();
    const stolen = policySecretsOf(record);
    const withoutAgent = opened({ ...record, secrets: generateAgentSecrets() });
    expect(await codeOfAsync(() => show(withoutAgent))).to.equal("AGENT_NOT_PROVISIONED");
    const { owner, device } = await show(opened(record));
    expect(await recognised(stolen)).to.equal(owner);
    expect(device).not.to.equal(owner);
    // Exposed: renewing the agent changes nothing of it, see AGENT-RECORD/LOST.
  });

  /** The owner's new policy, from another link secret, for a device of hers. */
  async function moveTo(linkSecret = generateLinkSecret()) {
    const { node, pass } = world();
    const { registry, relayer: sender } = node;
    const signer: HDNodeWallet = Wallet.createRandom();
    const record = await draftPolicy({ registry, signer, linkSecret });
    await createPolicy({ registry, signer, sender, record, rootSet: undefined });
    await pass(SETTLED);
    return record;
  }
  /** Ends the old policy for ever, and commits to the one that follows without naming it. */
  async function abandonOld() {
    const { node, record, pass } = world();
    const successor = hex32(`0x${"c0".repeat(32)}`);
    const { change } = await proposeChange(phone(), { abandon: { successor } });
    const waiting = await world().state();
    expect(waiting.abandoned).to.equal(undefined);
    await pass(2 * DAY);
    await executeChange({ registry: node.registry, sender: node.relayer, policy: record.policy }, change);
    expect((await world().state()).abandoned).to.deep.equal({ successor });
  }

  it("POLICY-SECRETS/STOLEN-KNOWN a new policy from a new link secret, and the old one abandoned", async () => {
    const { record } = world();
    const stolen = policySecretsOf(record);
    const old = await show(opened(record));
    const fresh = await moveTo();
    const shown = await show(opened(fresh));
    expect(await recognised(stolen)).not.to.equal(shown.owner);
    expect(await recognised(stolen, fresh)).not.to.equal(shown.owner);
    await abandonOld();
    expect(await codeOfAsync(() => show(opened(record)))).to.equal("AGENT_REVOKED");
    // Exposed: what the owner showed before.
    expect(await recognised(stolen)).to.equal(old.owner);
  });

  it("LINK-SECRET/LOST policies go on without it, and a new one has a link secret of its own", async () => {
    await show(opened(world().record));
    const { record, phone: device } = world();
    const joined = await admitted(world(), Wallet.createRandom(), ["PROVE"]);
    await authorizeAgents(actorOf(world(), device), [joined]);
    const whole = withPolicySecrets(joined.record, policySecretsOf(record));
    expect(whole.policySecrets?.secret.reveal()).to.equal(record.policySecrets?.secret.reveal());
    const fresh = await moveTo();
    expect(fresh.policy).not.to.equal(record.policy);
  });

  it("LINK-SECRET/STOLEN-UNKNOWN with a policy's label it gives that policy's secrets; without, nothing", async () => {
    const [linkSecret, label] = [generateLinkSecret(), generatePolicyLabel()];
    const stolen = linkSecretFrom(linkSecret.reveal().slice());
    const { registry } = world().node;
    const record = await draftPolicy({ registry, signer: Wallet.createRandom(), linkSecret, label });
    const guessed = derivePolicySecrets(stolen, generatePolicyLabel());
    expect(await recognised(guessed, record)).not.to.equal(await recognised(policySecretsOf(record), record));
    // Exposed: the policy whose label is known.
    const derived = derivePolicySecrets(stolen, label);
    expect(await recognised(derived, record)).to.equal(await recognised(policySecretsOf(record), record));
  });

  it("LINK-SECRET/STOLEN-KNOWN new policies from a new link secret: the old one says nothing of them", async () => {
    const label = generatePolicyLabel();
    const stolen = generateLinkSecret();
    const { registry } = world().node;
    const fresh = await draftPolicy({
      ...{ registry, signer: Wallet.createRandom(), label },
      linkSecret: generateLinkSecret(),
    });
    const real = await recognised(policySecretsOf(fresh), fresh);
    expect(await recognised(derivePolicySecrets(stolen, label), fresh)).not.to.equal(real);
    await abandonOld();
    expect(await codeOfAsync(() => opened(world().record).prepare(0n))).to.equal("AGENT_REVOKED");
  });
});
