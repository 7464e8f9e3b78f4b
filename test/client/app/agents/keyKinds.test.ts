import { expect } from "chai";
import { ContractFactory, Wallet } from "ethers";
import { artifacts } from "hardhat";
import {
  type AgentRecord,
  answerInvitation,
  createPolicy,
  decodeAgentRecord,
  draftPolicy,
  encodeAgentRecord,
  inviteAgent,
  parseAnswer,
  parseInvitation,
  renounceAuthorizations,
  revokeAgents,
  serializeAnswer,
  serializeInvitation,
} from "../../../../client/app/index.ts";
import { readAgents, readHead } from "../../../../client/chain/index.ts";
import {
  agentSignerOf,
  BackendSigner,
  backendP256Signer,
  contractSigner,
  generateLinkSecret,
  type KeyKind,
  keyIdOf,
  memoryBackend,
  type PolicySigner,
} from "../../../../client/keys/index.ts";
import { approve, buildRenounce } from "../../../../client/policy/index.ts";
import { passkeySigner } from "../../../support/signers.ts";
import { startNode, type TestNode } from "../../chain/node.ts";
import { watchForLeaks } from "../../keys/leaks.ts";
import { codeOfAsync } from "../../support.ts";

describe("app with every kind of key", () => {
  watchForLeaks();

  let node: TestNode;
  let creator: PolicySigner;
  let record: AgentRecord;
  const signers = new Map<KeyKind, PolicySigner>();

  before(async () => {
    node = await startNode();
    creator = await passkeySigner("the creator's phone");
    const backend = memoryBackend();
    const { time: now } = await readHead(node.registry);
    const account = await backend.create({ role: "POLICY", now });
    const point = await backend.create({ role: "POLICY", algorithm: "P256_DIGEST", now });
    signers.set("SECP256K1", new BackendSigner(backend, account));
    signers.set("P256", backendP256Signer(backend, point));
    signers.set("WEBAUTHN", await passkeySigner("a synced passkey", { deviceBound: false }));
    signers.set("CONTRACT", await wallet());
  });
  after(() => node.close());

  async function wallet(): Promise<PolicySigner> {
    const owner = Wallet.createRandom();
    const { abi, bytecode } = await artifacts.readArtifact("WalletMock");
    const contract = await new ContractFactory(abi, bytecode, node.relayer).deploy(owner.address);
    await contract.waitForDeployment();
    return contractSigner(
      await contract.getAddress(),
      async ({ digest }) => owner.signingKey.sign(digest).serialized,
    );
  }

  const actor = (signer: PolicySigner) => ({ registry: node.registry, signer, sender: node.relayer });

  async function admit(signer: PolicySigner) {
    const { registry } = node;
    const { time: now } = await readHead(registry);
    const authorizations = ["PROVE", "PROVE_GRANT", "PROVE_REVOKE"] as const;
    const invitation = await inviteAgent({ registry, record, authorizations });
    const answered = await answerInvitation(signer, parseInvitation(serializeInvitation(invitation)), now);
    const answer = parseAnswer(serializeAnswer(answered.answer));
    expect(answer.key).to.deep.equal((await agentSignerOf(signer)).key);
    return { invitation, answer };
  }

  it("creates a policy with a device-bound passkey, and agents of every other kind in it", async () => {
    record = await draftPolicy({
      registry: node.registry,
      signer: creator,
      linkSecret: generateLinkSecret(),
    });
    expect(record.key.kind).to.equal("WEBAUTHN_DEVICE_BOUND");
    expect(decodeAgentRecord(encodeAgentRecord(record).reveal()).key).to.deep.equal(record.key);
    const agents = await Promise.all([...signers.values()].map(admit));
    await createPolicy({ ...actor(creator), record, rootSet: undefined, agents });
    const [agent] = await readAgents(node.registry, record.policy);
    expect(agent).to.deep.include({ agent: keyIdOf(record.key), kind: "WEBAUTHN_DEVICE_BOUND" });
  });

  it("needs somebody who pays for a passkey's transactions", async () => {
    const { policy } = record;
    const alone = renounceAuthorizations({ registry: node.registry, signer: creator, policy }, ["PROVE"]);
    expect(await codeOfAsync(() => alone)).to.equal("SENDER_MISSING");
  });

  for (const kind of ["SECP256K1", "P256", "WEBAUTHN", "CONTRACT"] as const) {
    it(`lets an agent of kind ${kind} give up a right by its own signature`, async () => {
      const signer = signers.get(kind);
      if (signer === undefined) throw new RangeError("no signer");
      const { policy } = record;
      await renounceAuthorizations({ ...actor(signer), policy }, ["PROVE_GRANT"]);
      const agent = keyIdOf((await agentSignerOf(signer)).key);
      const found = (await readAgents(node.registry, policy)).find((one) => one.agent === agent);
      expect([found?.kind, found?.authorizations]).to.deep.equal([kind, ["PROVE", "PROVE_REVOKE"]]);
    });
  }

  it("lets an agent of each kind revoke another, with a second approval from another kind", async () => {
    const kinds = ["SECP256K1", "P256", "WEBAUTHN", "CONTRACT"] as const;
    const { policy } = record;
    for (const [i, kind] of kinds.entries()) {
      const [signer, victim] = [signers.get(kind), signers.get(kinds[i + 1] ?? "SECP256K1")];
      if (signer === undefined || victim === undefined) throw new RangeError("no signer");
      const agent = keyIdOf((await agentSignerOf(victim)).key);
      const revocations = [{ agent, authorizations: ["PROVE"] as const }];
      const receipt = await revokeAgents({ ...actor(signer), coSigners: [creator], policy }, revocations);
      expect(receipt.events.length).to.be.greaterThan(0);
    }
  });

  it("finds out a passkey that signs as another key before anything is sent", async () => {
    const { key } = await passkeySigner("somebody else");
    const { sign } = await agentSignerOf(creator);
    const { location } = node.registry;
    const { time: now } = await readHead(node.registry);
    const operation = buildRenounce({
      ...{ policy: record.policy, epoch: 1, agent: keyIdOf(record.key), nonce: 0n, now },
      authorizations: ["PROVE"],
    });
    expect(await codeOfAsync(() => approve({ key, sign }, location, operation))).to.equal(
      "APPROVAL_MISMATCH",
    );
    expect((await approve(creator, location, operation)).key).to.deep.equal(record.key);
  });
});
