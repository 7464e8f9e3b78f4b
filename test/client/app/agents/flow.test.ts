import { expect } from "chai";
import { type HDNodeWallet, Wallet } from "ethers";
import {
  type AgentRecord,
  answerInvitation,
  authorizeAgents,
  createPolicy,
  decodeAgentRecord,
  draftPolicy,
  draftRenewal,
  encodeAgentRecord,
  inviteAgent,
  OffChainVerifier,
  ProvingAgent,
  parseAnswer,
  parseInvitation,
  policySecretsOf,
  renewAgent,
  renounceAuthorizations,
  revokeAgents,
  serializeAnswer,
  serializeInvitation,
  withPolicySecrets,
} from "../../../../client/app/index.ts";
import { readAgents, readHead } from "../../../../client/chain/index.ts";
import { hex32, isDkmsError } from "../../../../client/core/index.ts";
import { generateLinkSecret, keyIdOf, secp256k1Key } from "../../../../client/keys/index.ts";
import { type Authorizations, type Expiry, expiryAfter, NO_EXPIRY } from "../../../../client/policy/index.ts";
import {
  DISCLOSE,
  type Prover,
  parsePresentation,
  parseRequest,
  type SnarkjsProver,
  serializePresentation,
  serializeRequest,
  webAudience,
} from "../../../../client/proof/index.ts";
import { startNode, type TestNode } from "../../chain/node.ts";
import { createTestPolicy } from "../../chain/policies.ts";
import { realProver } from "../../proof/artifacts.ts";
import { codeOf, codeOfAsync } from "../../support.ts";

const ORIGIN = "https://shop.example";
const SCOPE = hex32(`0x${"5c".repeat(32)}`);

describe("app: an owner, two devices and a verifier", () => {
  let node: TestNode;
  let prover: SnarkjsProver;
  let clock = 0n;
  const phoneKey = Wallet.createRandom();
  const laptopKey = Wallet.createRandom();
  let phoneRecord: AgentRecord;
  let laptopRecord: AgentRecord;
  let phone: ProvingAgent;
  let laptop: ProvingAgent;
  const agents: ProvingAgent[] = [];

  before(async () => {
    node = await startNode();
    prover = realProver({ thread: "caller" });
  });
  after(async () => {
    for (const agent of agents) agent.stop();
    await prover.close();
    await node.close();
  });

  function newVerifier(maxRevocationAge: bigint, disclose: number = DISCLOSE.OWNER, scope = SCOPE) {
    const terms = { scope, disclose, maxRevocationAge, minAgents: 3n };
    return new OffChainVerifier({
      ...{ registry: node.registry, audience: webAudience(ORIGIN), terms, clock: () => clock },
    });
  }

  /** Asks, carries request and answer as text, and verifies. */
  async function show(agent: ProvingAgent, verifier: OffChainVerifier, audience = webAudience(ORIGIN)) {
    const message = parseRequest(serializeRequest(verifier.request()));
    const { request, ...location } = message;
    const shown = await agent.present({ request, context: { ...location, audience } });
    const { presentation } = shown;
    const carried = parsePresentation(serializePresentation(presentation));
    return { ...shown, request, verified: await verifier.verify(request.challenge, carried) };
  }

  async function passTime(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
    clock = (await readHead(node.registry)).time;
  }

  function open(record: AgentRecord, options: Partial<ConstructorParameters<typeof ProvingAgent>[0]> = {}) {
    const agent = new ProvingAgent({ registry: node.registry, record, prover, ...options });
    agents.push(agent);
    return agent;
  }

  async function join(signer: HDNodeWallet, authorizations: Authorizations, expiry: Expiry = NO_EXPIRY) {
    const { registry, relayer } = node;
    const { time: now } = await readHead(registry);
    const invitation = await inviteAgent({ registry, record: phoneRecord, authorizations, expiry });
    const received = parseInvitation(serializeInvitation(invitation));
    expect(received).to.deep.equal(invitation);
    const { record, answer } = await answerInvitation(signer, received, now);
    const returned = parseAnswer(serializeAnswer(answer));
    expect(returned).to.deep.equal(answer);
    const { policy } = phoneRecord;
    await authorizeAgents({ registry, signer: phoneKey, sender: relayer, policy }, [
      { invitation, answer: returned },
    ]);
    return withPolicySecrets(record, policySecretsOf(phoneRecord));
  }

  it("creates a policy once, also when it is told to twice", async () => {
    const { registry, relayer } = node;
    const linkSecret = generateLinkSecret();
    phoneRecord = await draftPolicy({ registry, signer: phoneKey, linkSecret });
    const actor = { registry, signer: phoneKey, sender: relayer };
    const receipt = await createPolicy({ ...actor, record: phoneRecord, rootSet: undefined });
    expect(receipt?.events[0]).to.deep.include({ type: "PolicyCreated", policy: phoneRecord.policy });
    expect(await createPolicy({ ...actor, record: phoneRecord, rootSet: undefined })).to.equal(undefined);
  });

  it("lets a laptop in by invitation and answer", async () => {
    laptopRecord = await join(laptopKey, ["PROVE"]);
    for (let i = 0; i < 3; i++) await createTestPolicy(node.registry, node.relayer, i === 2);
    const all = await readAgents(node.registry, phoneRecord.policy);
    expect(all.map(({ authorizations }) => authorizations.length)).to.deep.equal([4, 1]);
  });

  it("brings a record back from its bytes", () => {
    const bytes = encodeAgentRecord(laptopRecord);
    const back = decodeAgentRecord(bytes.reveal());
    expect(back.secrets.secret.reveal()).to.equal(laptopRecord.secrets.secret.reveal());
    expect({ ...back, secrets: 0, policySecrets: 0 }).to.deep.equal({
      ...laptopRecord,
      secrets: 0,
      policySecrets: 0,
    });
    expect(codeOf(() => decodeAgentRecord(bytes.reveal().slice(1)))).to.equal("AGENT_RECORD_MALFORMED");
  });

  it("refuses to prove without the policy secrets, or with another policy's", () => {
    const bare = { ...laptopRecord, policySecrets: undefined };
    expect(codeOf(() => open(bare))).to.equal("AGENT_RECORD_INCOMPLETE");
    const other = { ...bare, policy: (bare.policy + 1n) as typeof bare.policy };
    expect(codeOf(() => withPolicySecrets(other, policySecretsOf(laptopRecord)))).to.equal(
      "POLICY_SECRETS_MISMATCH",
    );
  });

  it("says when an agent can prove like all others, and offers to prove earlier among fewer", async () => {
    laptop = open(laptopRecord);
    const { request, ...location } = newVerifier(3600n).request();
    const context = { ...location, audience: webAudience(ORIGIN) };
    try {
      await laptop.present({ request, context });
      expect.fail("must be too early");
    } catch (error) {
      if (!isDkmsError(error, "AGENT_NOT_YET_CANONICAL")) throw error;
      expect(error.details.latestHidesAmong).to.equal(5);
      expect(Number(error.details.canonicalAt) % 900).to.equal(0);
    }
    const tooMany = laptop.present({ request, context, latest: { consentToHideAmong: 6 } });
    expect(await codeOfAsync(() => tooMany)).to.equal("LATEST_NEEDS_CONSENT");
    const early = await laptop.present({ request, context, latest: { consentToHideAmong: 5 } });
    expect(early.anonymitySet).to.equal(5);
  });

  it("shows one owner from both devices, and other pseudonyms at another scope", async () => {
    await passTime(1800);
    phone = open(phoneRecord);
    await laptop.sync();
    const shop = newVerifier(3600n, DISCLOSE.OWNER | DISCLOSE.DEVICE);
    const [one, two] = [await show(phone, shop), await show(laptop, shop)];
    expect(one).to.include({ anonymitySet: 5, expiryShows: false });
    expect(one.verified.owner).to.match(/^0x[0-9a-f]{64}$/);
    expect(two.verified.owner).to.equal(one.verified.owner);
    expect(two.verified.device).not.to.equal(one.verified.device);
    expect(two.verified.agents).to.equal(5n);
    const elsewhere = newVerifier(3600n, DISCLOSE.OWNER, hex32(`0x${"11".repeat(32)}`));
    expect((await show(phone, elsewhere)).verified.owner).not.to.equal(one.verified.owner);
  });

  it("refuses a replay, and a presentation made for somebody else", async () => {
    const shop = newVerifier(3600n);
    const { presentation, request } = await show(phone, shop);
    expect(await codeOfAsync(() => shop.verify(request.challenge, presentation))).to.equal(
      "CHALLENGE_UNKNOWN",
    );
    expect(await codeOfAsync(() => show(phone, shop, webAudience("https://other.example")))).to.equal(
      "SIGMA_MISMATCH",
    );
    const { registry } = node;
    const context = {
      chainId: 1n,
      registry: registry.location.registry,
      verifier: registry.location.registry,
      audience: SCOPE,
    };
    expect(await codeOfAsync(() => phone.present({ request, context }))).to.equal("REGISTRY_MISMATCH");
  });

  it("stays prepared in the background, so that presenting needs no proof", async () => {
    let proofs = 0;
    const counting: Prover = {
      prove: (inputs, options) => {
        proofs += 1;
        return prover.prove(inputs, options);
      },
      close: async () => undefined,
    };
    const agent = open(phoneRecord, { prover: counting });
    agent.start();
    const prepared = await agent.prepare();
    await show(agent, newVerifier(3600n));
    await show(agent, newVerifier(7200n));
    expect(proofs).to.equal(1);
    agent.stop();
    expect(codeOf(() => prepared.points())).to.equal("AUTHORIZATION_ERASED");
  });

  it("starts from the cache of a former run", async () => {
    const again = open(laptopRecord, { cache: laptop.cache() });
    expect(await again.sync()).to.deep.equal(await laptop.sync());
    expect((await again.sync()).settled).to.equal(true);
    await show(again, newVerifier(3600n));
  });

  it("lets a revoked laptop prove no more, while the phone still does", async () => {
    const { registry, relayer } = node;
    const { policy } = phoneRecord;
    const before = await laptop.prepare(0n);
    expect(before.revealed.validUntil > clock).to.equal(true);
    const agent = keyIdOf(secp256k1Key(laptopKey.address));
    await revokeAgents({ registry, signer: phoneKey, sender: relayer, policy }, [
      { agent, authorizations: ["PROVE"] },
    ]);
    await passTime(1);
    expect(await codeOfAsync(() => show(laptop, newVerifier(0n)))).to.equal("AGENT_REVOKED");
    expect((await laptop.sync()).revoked).to.equal(true);
    expect((await show(phone, newVerifier(0n))).verified.agents).to.equal(5n);
    expect(await codeOfAsync(() => show(laptop, newVerifier(3600n)))).to.equal(undefined);
    await passTime(3600 + 900);
    await phone.sync();
    await laptop.sync();
    expect(await codeOfAsync(() => show(laptop, newVerifier(3600n)))).to.equal("AGENT_REVOKED");
    await show(phone, newVerifier(3600n));
  });

  it("refuses an old base proof of a revoked agent outside the verifier's window", async () => {
    const { time } = await readHead(node.registry);
    const server = Wallet.createRandom();
    const record = await join(server, ["PROVE"], expiryAfter({ now: time, seconds: 7200n }));
    await passTime(1800);
    const agent = open(record);
    const strict = newVerifier(0n);
    const { request, ...location } = strict.request();
    const shown = await agent.present({ request, context: { ...location, audience: webAudience(ORIGIN) } });
    const { registry, relayer } = node;
    const revocation = { agent: keyIdOf(record.key), authorizations: ["PROVE"] as const };
    await revokeAgents({ registry, signer: phoneKey, sender: relayer, policy: record.policy }, [revocation]);
    clock = (await readHead(registry)).time;
    expect(await codeOfAsync(() => strict.verify(request.challenge, shown.presentation))).to.equal(
      "REVOKED_ROOT_SUPERSEDED",
    );
  });

  it("lets an authorization run out by itself", async () => {
    // To the half hour, so that its expiry lies before the validity that all others show.
    await passTime(3600 - Number((clock + 1800n) % 3600n));
    const { time } = await readHead(node.registry);
    const record = await join(Wallet.createRandom(), ["PROVE"], expiryAfter({ now: time, seconds: 3601n }));
    await passTime(1800);
    const agent = open(record);
    expect((await show(agent, newVerifier(3600n))).expiryShows).to.equal(true);
    await passTime(7200);
    await agent.sync();
    expect(await codeOfAsync(() => show(agent, newVerifier(3600n)))).to.equal("AGENT_EXPIRED");
  });

  it("lets an agent give up its own rights by sending the transaction itself", async () => {
    const { registry } = node;
    const { policy } = phoneRecord;
    await node.send("hardhat_setBalance", [phoneKey.address, "0xde0b6b3a7640000"]);
    const own = phoneKey.connect(registry.provider);
    await renounceAuthorizations({ registry, signer: own, policy }, ["PROVE_GRANT"]);
    const [agent] = await readAgents(registry, policy);
    expect(agent?.authorizations).to.deep.equal(["PROVE", "PROVE_REVOKE", "ADMIN"]);
  });

  it("says that nobody sends, that a signer has no right, and that an agent was never granted anything", async () => {
    const { registry, relayer } = node;
    const { policy } = phoneRecord;
    const onlySigns = {
      getAddress: () => phoneKey.getAddress(),
      signTypedData: phoneKey.signTypedData.bind(phoneKey),
    };
    const revocations = [{ agent: keyIdOf(phoneRecord.key), authorizations: ["PROVE"] as const }];
    expect(
      await codeOfAsync(() => revokeAgents({ registry, signer: onlySigns, policy }, revocations)),
    ).to.equal("SENDER_MISSING");
    const stranger = { registry, signer: Wallet.createRandom(), sender: relayer, policy };
    expect(await codeOfAsync(() => revokeAgents(stranger, revocations))).to.equal(
      "AGENT_POLICY_APPROVER_UNKNOWN",
    );
    const { record } = await answerInvitation(
      Wallet.createRandom(),
      await inviteAgent({ registry, record: phoneRecord, authorizations: ["PROVE"] }),
      (await readHead(registry)).time,
    );
    const agent = open(withPolicySecrets(record, policySecretsOf(phoneRecord)));
    expect(await codeOfAsync(() => agent.sync())).to.equal("AGENT_NOT_PROVISIONED");
  });

  it("renews its commitment: the old secrets prove no more, the new ones for the same owner", async () => {
    const { registry, relayer: sender } = node;
    const renewed = await draftRenewal({ registry, record: phoneRecord });
    await phone.sync();
    const former = await show(phone, newVerifier(3600n, DISCLOSE.OWNER | DISCLOSE.DEVICE));
    await renewAgent({ registry, signer: phoneKey, sender, record: phoneRecord, renewed });
    await passTime(1800);
    expect(await codeOfAsync(() => show(phone, newVerifier(0n)))).to.equal("AGENT_REVOKED");
    const agent = open(decodeAgentRecord(encodeAgentRecord(renewed).reveal()));
    const { verified } = await show(agent, newVerifier(3600n, DISCLOSE.OWNER | DISCLOSE.DEVICE));
    expect(verified.owner).to.equal(former.verified.owner);
    expect(verified.device).not.to.equal(former.verified.device);
  });
});
