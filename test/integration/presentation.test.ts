import { expect } from "chai";
import { AbiCoder, Contract, ContractFactory, id, keccak256, Wallet } from "ethers";
import { artifacts } from "hardhat";
import { accumulatorWitness, type Kept, syncAccumulator } from "../../client/accumulator/index.ts";
import {
  accumulatorSource,
  chainError,
  checkpointCall,
  executeOperation,
  readHead,
  readNonce,
  rootsReader,
  sendCall,
} from "../../client/chain/index.ts";
import { type Hex20, hex20, hex32, isDkmsError } from "../../client/core/index.ts";
import {
  derivePolicySecrets,
  generateAgentSecrets,
  generateLinkSecret,
  generatePolicyLabel,
  type KeyId,
  keyIdOf,
  secp256k1Key,
} from "../../client/keys/index.ts";
import {
  type Acceptance,
  type AgentChange,
  accept,
  acceptancesFor,
  approve,
  buildAcceptance,
  buildAuthorize,
  buildCreatePolicy,
  buildRevoke,
  commitToAgentSecrets,
  commitToPolicySecrets,
  creatorOf,
  NO_EXPIRY,
  NO_ROOT_KEYS,
  type PolicyEvent,
  type PolicyId,
  proverLeaf,
  type SecretCommitment,
  safeSettings,
} from "../../client/policy/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  type AgentCredential,
  actionChallenge,
  ChallengeBook,
  canonicalInputs,
  contractAudience,
  encodeForContract,
  finalityDelay,
  OFF_CHAIN,
  type PreparedAuthorization,
  type PresentationContext,
  type PresentationRequest,
  parsePresentation,
  parseRequest,
  prepare,
  present,
  type SnarkjsProver,
  serializePresentation,
  serializeRequest,
  type Verified,
  verifyingKey,
  verifyPresentation,
  webAudience,
} from "../../client/proof/index.ts";
import { CHAIN_ID, startNode, type TestNode } from "../client/chain/node.ts";
import { realProver } from "../client/proof/artifacts.ts";
import { struct } from "../verifier/support.ts";

const SCOPE = hex32(id("integration"));
const MIN_AGENTS = 5n;
const CONTENT = id("a letter");

/** An agent with its keys and secrets, and where its leaf lies. */
type Agent = {
  readonly wallet: Wallet;
  readonly credential: AgentCredential;
  readonly policy: PolicyId;
  readonly index: number;
};

describe("integration: an agent proves its authorization on a real chain", function () {
  this.timeout(180_000);
  const key = verifyingKey(AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH);
  let node: TestNode;
  let prover: SnarkjsProver;
  let lockers: Contract;
  let verifier: Hex20;
  let phone: Agent;
  let laptop: Agent;
  let kept: Kept | undefined;
  /** Made once: a base proof takes a second. */
  let ready: { readonly phone: PreparedAuthorization; readonly laptop: PreparedAuthorization };

  before(async () => {
    node = await startNode();
    prover = realProver({ thread: "caller" });
    verifier = await deploy("AgentProofVerifier", [node.registryAddress]);
    const address = await deploy("Lockers", [verifier, MIN_AGENTS]);
    const { abi } = await artifacts.readArtifact("Lockers");
    lockers = new Contract(address, abi, node.relayer);
    for (let i = 0; i < 4; i++) await newPolicy();
    const laptopWallet = new Wallet(Wallet.createRandom().privateKey);
    phone = await newPolicy(undefined, laptopWallet);
    laptop = await addLaptop(laptopWallet);
    await sendCall(node.registry, node.relayer, checkpointCall(node.registry, 0));
    await passTime(3600);
    ready = { phone: await prepared(phone), laptop: await prepared(laptop) };
  });

  after(async () => {
    await prover.close();
    await node.close();
  });

  it("presents to an off-chain verifier, over the wire, with one owner pseudonym for phone and laptop", async () => {
    const byPhone = await judged(phone, ready.phone);
    const byLaptop = await judged(laptop, ready.laptop);
    expect(byPhone.owner).to.match(/^0x[0-9a-f]{64}$/);
    expect(byPhone.owner).to.equal(byLaptop.owner);
    expect(byPhone.device).not.to.equal(byLaptop.device);
    expect(byPhone.agents).to.equal(6n);
  });

  it("presents to a contract, which takes phone and laptop for one holder", async () => {
    await put(phone, ready.phone, 1n);
    const holder = await holderOf(1n);
    await put(laptop, ready.laptop, 1n);
    expect(await holderOf(1n)).to.equal(holder);
  });

  it("is refused on another chain and under another registry", async () => {
    const asked = new ChallengeBook().issue(await terms(3600n), await now());
    const { credential } = phone;
    const shown = present({
      authorization: ready.phone,
      credential,
      request: asked,
      context: context(),
      key,
    });
    const facts = await rootsReader(node.registry).readRoots(shown.provisionedRoot, shown.revokedRoot);
    const options = { presentation: shown, request: asked, key, facts, clock: facts.blockTime };
    for (const change of [{ chainId: 1n }, { registry: verifier }]) {
      const elsewhere = async () => verifyPresentation({ ...options, context: { ...context(), ...change } });
      expect(await codeOf(elsewhere())).to.equal("SIGMA_MISMATCH");
    }
  });

  it("lets nobody else use a commitment that he copied into a policy of his own", async () => {
    const copier = await newPolicy(commitToAgentSecrets(laptop.credential.agent));
    await sendCall(node.registry, node.relayer, checkpointCall(node.registry, 0));
    await passTime(900);
    // He knows his policy's secrets, but not what the commitment hides.
    expect(await codeOf(prepared(copier))).to.equal("LEAF_DIFFERS");
    expect((await judged(laptop, ready.laptop)).agents).to.equal(6n);
  });

  it("proves no more once revoked, by the verifier's window, while the phone still does", async () => {
    const old = ready.laptop;
    await revokeLaptop();
    expect(await codeOf(judged(laptop, old, 0n))).to.equal("REVOKED_ROOT_SUPERSEDED");
    expect((await judged(laptop, old, 3600n)).agents).to.equal(6n);
    await put(laptop, old, 2n);
    await passTime(300);
    expect(await codeOf(judged(laptop, old, 300n))).to.equal("REVOKED_ROOT_SUPERSEDED");
    expect(await codeOf(put(laptop, old, 2n))).to.equal("AGENT_PROOF_REVOKED_ROOT_SUPERSEDED");

    expect(await codeOf(prepared(laptop, 0n))).to.equal("AGENT_REVOKED");
    const anew = await prepared(phone, 0n);
    expect((await judged(phone, anew, 0n)).agents).to.equal(7n);
    await put(phone, anew, 3n);
  });

  it("proves again after a new grant, with a new index, while the old one stays dead", async () => {
    const former = laptop;
    laptop = await addLaptop(former.wallet);
    expect(laptop.index).to.be.greaterThan(former.index);
    await sendCall(node.registry, node.relayer, checkpointCall(node.registry, 0));
    await passTime(900);
    const anew = await prepared(laptop, 0n);
    expect((await judged(laptop, anew, 0n)).owner).to.match(/^0x/);
    expect(await codeOf(prepared(former, 0n))).to.equal("AGENT_REVOKED");
    // Nor with the new secrets at the old index.
    expect(await codeOf(prepared({ ...laptop, index: former.index }, 0n))).to.equal("LEAF_DIFFERS");
  });

  async function deploy(name: string, args: readonly unknown[]): Promise<Hex20> {
    const { abi, bytecode } = await artifacts.readArtifact(name);
    const contract = await new ContractFactory(abi, bytecode, node.relayer).deploy(...args);
    await contract.waitForDeployment();
    return hex20(await contract.getAddress());
  }

  async function passTime(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
  }

  async function now(): Promise<bigint> {
    return (await readHead(node.registry)).time;
  }

  /** A policy with one agent that proves, as its owner's phone makes it, and one that may stop others from proving. */
  async function newPolicy(copied?: SecretCommitment, guard?: Wallet): Promise<Agent> {
    const { location } = node.registry;
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    const creator = secp256k1Key(wallet.address);
    const agent = generateAgentSecrets();
    const policy = derivePolicySecrets(generateLinkSecret(), generatePolicyLabel());
    const commitment = copied ?? commitToAgentSecrets(agent);
    const operation = buildCreatePolicy({
      location,
      ownerCommitment: commitToPolicySecrets(policy),
      creator: { key: creator, grant: { commitment, expiry: NO_EXPIRY } },
      agents: guard === undefined ? [] : [guardian(guard)],
      settings: safeSettings({ admins: 1, rootCommitment: NO_ROOT_KEYS }),
      checkpoint: false,
      now: await now(),
    });
    const approvals = [await approve(wallet, location, operation)];
    const given = new Map<KeyId, Acceptance>();
    if (guard !== undefined) {
      const frame = { policy: operation.policy, epoch: 1, now: await now() };
      const change = guardian(guard);
      given.set(keyIdOf(change.key), await accept(guard, location, buildAcceptance({ ...frame, change })));
    }
    const acceptances = acceptancesFor(operation.agents, given, [creator]);
    const signed = { operation, acceptances, approvals };
    const { events } = await executeOperation(node.registry, node.relayer, signed);
    const credential = { agent, policy, creator: creatorOf(location, keyIdOf(creator)) };
    return { wallet, credential, index: indexIn(events), policy: operation.policy };
  }

  /** Keeps its place in the policy when it loses PROVE. */
  function guardian(wallet: Wallet): AgentChange {
    return { key: secp256k1Key(wallet.address), authorizations: ["PROVE_REVOKE"] };
  }

  /** The phone grants PROVE to a laptop, again if it lost it, which makes its own secrets and is given those of the policy. */
  async function addLaptop(wallet: Wallet): Promise<Agent> {
    const { location } = node.registry;
    const agent = generateAgentSecrets();
    const grant = { commitment: commitToAgentSecrets(agent), expiry: NO_EXPIRY };
    const change: AgentChange = {
      key: secp256k1Key(wallet.address),
      authorizations: ["PROVE", "PROVE_REVOKE"],
      grant,
    };
    const frame = { policy: phone.policy, epoch: 1, now: await now() };
    const acceptances = [await accept(wallet, location, buildAcceptance({ ...frame, change }))];
    const proposer = keyIdOf(secp256k1Key(phone.wallet.address));
    const nonce = await readNonce(node.registry, phone.policy, proposer);
    const operation = buildAuthorize({ ...frame, proposer, nonce, changes: [change] });
    const approvals = [await approve(phone.wallet, location, operation)];
    const signed = { operation, acceptances, approvals };
    const { events } = await executeOperation(node.registry, node.relayer, signed);
    const credential = { ...phone.credential, agent };
    return { wallet, credential, index: indexIn(events), policy: phone.policy };
  }

  async function revokeLaptop(): Promise<void> {
    const proposer = keyIdOf(secp256k1Key(phone.wallet.address));
    const nonce = await readNonce(node.registry, phone.policy, proposer);
    const agent = keyIdOf(secp256k1Key(laptop.wallet.address));
    const operation = buildRevoke({
      ...{ policy: phone.policy, epoch: 1, proposer, nonce, now: await now() },
      revocations: [{ agent, authorizations: ["PROVE"] }],
    });
    const approvals = [await approve(phone.wallet, node.registry.location, operation)];
    await executeOperation(node.registry, node.relayer, { operation, acceptances: [], approvals });
  }

  /** Syncs, takes the canonical inputs and proves: what a wallet does in the background. */
  async function prepared(agent: Agent, window = 3600n): Promise<PreparedAuthorization> {
    const { index, credential, policy } = agent;
    const time = await now();
    const options = { generation: 0, indices: [phone.index, laptop.index, index], since: time - 7200n };
    kept = await syncAccumulator(accumulatorSource(node.registry), kept, options);
    const { state } = kept.head;
    const inputs = canonicalInputs({
      now: time,
      finalityDelay: finalityDelay(CHAIN_ID),
      checkpoints: state.checkpoints,
      revocationRoots: state.roots,
      leaf: { generation: 0, index, expiry: NO_EXPIRY },
      window,
    });
    const commitment = commitToAgentSecrets(credential.agent);
    const leaf = proverLeaf({ policy, commitment, index, expiry: NO_EXPIRY });
    const witness = { ...accumulatorWitness(state, { ...inputs, index, leaf }), expiry: NO_EXPIRY };
    return prepare({ credential, witness, inputs, key, prover });
  }

  function context(): PresentationContext {
    return {
      chainId: CHAIN_ID,
      registry: hex20(node.registryAddress),
      verifier: OFF_CHAIN,
      audience: webAudience("https://verifier.example"),
    };
  }

  async function terms(maxRevocationAge: bigint) {
    const expiresAt = (await now()) + 60n;
    return { scope: SCOPE, disclose: 3, maxRevocationAge, minAgents: MIN_AGENTS, expiresAt };
  }

  /** The whole way of a request and its answer between an off-chain verifier and an agent. */
  async function judged(
    agent: Agent,
    authorization: PreparedAuthorization,
    window = 3600n,
  ): Promise<Verified> {
    const book = new ChallengeBook();
    const { audience, ...place } = context();
    const asked = book.issue(await terms(window), await now());
    const { request, ...received } = parseRequest(serializeRequest({ ...place, request: asked }));
    const { credential } = agent;
    const shown = present({ authorization, credential, request, context: { ...received, audience }, key });
    const presentation = parsePresentation(serializePresentation(shown));
    const { provisionedRoot, revokedRoot } = presentation;
    const facts = await rootsReader(node.registry).readRoots(provisionedRoot, revokedRoot);
    const clock = facts.blockTime;
    const open = book.take(request.challenge, clock);
    return verifyPresentation({ presentation, request: open, context: context(), key, facts, clock });
  }

  async function holderOf(locker: bigint): Promise<string> {
    return (await lockers.getFunction("lockerOf")(locker))[0];
  }

  async function put(agent: Agent, authorization: PreparedAuthorization, locker: bigint): Promise<void> {
    const call = lockers.getFunction("put");
    const contract = hex20(await lockers.getAddress());
    const actor = hex20(await node.relayer.getAddress());
    const nonce: bigint = await lockers.getFunction("agentNonceOf")(actor);
    const encoded = AbiCoder.defaultAbiCoder().encode(["uint256", "bytes32"], [locker, CONTENT]);
    const argumentsHash = hex32(keccak256(encoded));
    const selector = call.fragment.selector as `0x${string}`;
    const request: PresentationRequest = {
      scope: hex32(await lockers.getFunction("SCOPE")()),
      challenge: actionChallenge({ chainId: CHAIN_ID, contract, argumentsHash, actor, nonce, selector }),
      disclose: 1,
      maxRevocationAge: 300n,
      minAgents: MIN_AGENTS,
      expiresAt: (await now()) + 60n,
    };
    const audience = contractAudience(contract);
    const { credential } = agent;
    const place = { ...context(), verifier, audience };
    const shown = present({ authorization, credential, request, context: place, key });
    const presentation = struct(encodeForContract(shown, request, audience));
    const proof = { nonce, expiresAt: request.expiresAt, presentation };
    await call.staticCall(locker, CONTENT, proof);
    await (await call(locker, CONTENT, proof)).wait();
  }
});

function indexIn(events: readonly PolicyEvent[]): number {
  const event = events.find(({ type }) => type === "AgentProvisioned");
  if (event?.type !== "AgentProvisioned") throw new Error("nobody was provisioned");
  return event.index;
}

/** The code of the error, a contract's included; "accepted" if there is none. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    const typed = chainError(error);
    if (isDkmsError(typed)) return typed.code;
    throw error;
  }
  return "accepted";
}
