import { expect } from "chai";
import { ContractFactory, id, Wallet } from "ethers";
import { artifacts } from "hardhat";
import { createPolicy, draftPolicy, ProvingAgent, proveToContract } from "../../../../client/app/index.ts";
import {
  type AgentCall,
  agentAction,
  connectRpc,
  openRegistry,
  type Registry,
  readHead,
  sendCall,
} from "../../../../client/chain/index.ts";
import { hex32 } from "../../../../client/core/index.ts";
import { generateLinkSecret } from "../../../../client/keys/index.ts";
import type { SnarkjsProver } from "../../../../client/proof/index.ts";
import {
  CHAIN_ID,
  type FaultyNode,
  IMPATIENT,
  startFaultyNode,
  startNode,
  type TestNode,
} from "../../chain/node.ts";
import { realProver } from "../../proof/artifacts.ts";
import { codeOf, codeOfAsync } from "../../support.ts";

const CONTENT = hex32(id("a letter"));

describe("app: proofs for contracts", function () {
  this.timeout(120_000);
  let node: TestNode;
  let faulty: FaultyNode;
  let registry: Registry;
  let prover: SnarkjsProver;
  let agent: ProvingAgent;
  let lockers: Awaited<ReturnType<typeof deploy>>;
  let actor: string;
  const terms = {
    scope: hex32(id("dkms.examples.lockers")),
    disclose: 1,
    maxRevocationAge: 300n,
    minAgents: 1n,
  };

  before(async () => {
    node = await startNode();
    faulty = await startFaultyNode(node.url);
    const provider = connectRpc(faulty.url, { chainId: CHAIN_ID });
    registry = await openRegistry({
      provider,
      address: node.registryAddress,
      chainId: CHAIN_ID,
      retry: IMPATIENT,
    });
    prover = realProver({ thread: "caller" });
    const verifier = await deploy("AgentProofVerifier", [node.registryAddress]);
    lockers = await deploy("Lockers", [verifier.address, 1n]);
    actor = await node.relayer.getAddress();
    const signer = Wallet.createRandom();
    const record = await draftPolicy({ registry, signer, linkSecret: generateLinkSecret() });
    await createPolicy({ registry, signer, sender: node.relayer, record, rootSet: undefined });
    agent = new ProvingAgent({ registry, record, prover });
    await node.send("evm_increaseTime", [900]);
    await node.send("evm_mine");
  });
  after(async () => {
    agent.stop();
    registry.provider.destroy();
    await prover.close();
    await faulty.close();
    await node.close();
  });
  afterEach(() => {
    faulty.fault = () => undefined;
  });

  async function deploy(name: string, args: readonly unknown[]) {
    const { abi, bytecode } = await artifacts.readArtifact(name);
    const deployed = await new ContractFactory(abi, bytecode, node.relayer).deploy(...args);
    await deployed.waitForDeployment();
    return { address: await deployed.getAddress(), abi };
  }

  const put = (args: readonly unknown[]): AgentCall =>
    agentAction({ contract: lockers.address, abi: lockers.abi, method: "put", args, actor });

  async function prove(action: AgentCall) {
    const expiresAt = (await readHead(registry)).time + 300n;
    return proveToContract(agent, { action, terms, expiresAt });
  }

  it("let a call through once, for its arguments and sender only", async () => {
    const action = put([1n, CONTENT]);
    const proof = await prove(action);
    const other = put([2n, CONTENT]).call(proof);
    expect(await codeOfAsync(() => sendCall(node.registry, node.relayer, other))).to.equal(
      "AGENT_PROOF_SIGMA_MISMATCH",
    );
    const thief = new Wallet(Wallet.createRandom().privateKey, node.registry.provider);
    await node.send("hardhat_setBalance", [thief.address, "0xde0b6b3a7640000"]);
    expect(await codeOfAsync(() => sendCall(node.registry, thief, action.call(proof)))).to.equal(
      "AGENT_PROOF_SIGMA_MISMATCH",
    );
    const hash = await sendCall(node.registry, node.relayer, action.call(proof));
    expect((await node.registry.provider.waitForTransaction(hash))?.status).to.equal(1);
    expect(await codeOfAsync(() => sendCall(node.registry, node.relayer, action.call(proof)))).to.equal(
      "AUTHORIZED_AGENT_NONCE_WRONG",
    );
  });

  it("are not made for a verifier of another registry or key", async () => {
    const action = put([1n, CONTENT]);
    const answering = (function_: string, result: string) => {
      const selector = id(`${function_}()`).slice(0, 10);
      faulty.fault = ({ method, params }) => {
        const call = params[0] as { readonly data?: string };
        const asked = method === "eth_call" && call.data === selector;
        return asked ? { alter: (reply) => ({ ...reply, result }) } : undefined;
      };
    };
    answering("registry", `0x${actor.slice(2).padStart(64, "0")}`);
    expect(await codeOfAsync(() => prove(action))).to.equal("REGISTRY_MISMATCH");
    answering("verifyingKeyHash", id("another key"));
    expect(await codeOfAsync(() => prove(action))).to.equal("KEY_NOT_OF_VERIFIER");
  });

  it("are not made for what is no such contract or call", async () => {
    const nowhere = agentAction({
      ...lockers,
      contract: `0x${"77".repeat(20)}`,
      method: "put",
      args: [1n, CONTENT],
      actor,
    });
    expect(await codeOfAsync(() => prove(nowhere))).to.equal("CONTRACT_NOT_FOUND");
    expect(codeOf(() => put([1n]))).to.equal("ACTION_MALFORMED");
    expect(codeOf(() => put(["x", CONTENT]))).to.equal("ACTION_MALFORMED");
    const none = { contract: lockers.address, abi: lockers.abi, method: "steal", args: [], actor };
    expect(codeOf(() => agentAction(none))).to.equal("ACTION_MALFORMED");
    expect(codeOf(() => agentAction({ ...none, actor: "0x12" }))).to.equal("BYTES_LENGTH");
  });
});
