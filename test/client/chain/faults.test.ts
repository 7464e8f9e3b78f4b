import { format, inspect } from "node:util";
import { expect } from "chai";
import { Wallet } from "ethers";
import {
  atHead,
  awaitReceipt,
  type ChainErrorCode,
  checkpointCall,
  connectRpc,
  executeOperation,
  openRegistry,
  type Registry,
  readAccumulators,
  readAgents,
  readHead,
  readPolicy,
  readPolicyState,
  rootsReader,
  sendCall,
} from "../../../client/chain/index.ts";
import { hex32, isDkmsError } from "../../../client/core/index.ts";
import { generateAgentSecrets, policySecretsFrom, secp256k1Key } from "../../../client/keys/index.ts";
import {
  acceptancesFor,
  approve,
  buildCreatePolicy,
  commitToAgentSecrets,
  commitToPolicySecrets,
  NO_EXPIRY,
  NO_ROOT_KEYS,
  type PolicyId,
  safeSettings,
} from "../../../client/policy/index.ts";
import { codeOfAsync } from "../support.ts";
import {
  CHAIN_ID,
  type Fault,
  type FaultyNode,
  IMPATIENT,
  startFaultyNode,
  startNode,
  type TestNode,
} from "./node.ts";

/** In the URL of every node here, as API keys are. */
const PLANTED = "PLANTED-API-KEY";

/** The code of the error that `action` throws, which must not tell the node's URL however it is printed. */
async function failure(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
  } catch (error) {
    const shown = inspect(error, { depth: 12, showHidden: true }) + format("%O %j", error, error);
    expect(shown).not.to.contain(PLANTED);
    return isDkmsError(error) ? error.code : shown;
  }
  return undefined;
}

describe("chain: nodes that fail, lie or reorganise", () => {
  let node: TestNode;
  let faulty: FaultyNode;
  let registry: Registry;
  let policy: PolicyId;

  before(async () => {
    node = await startNode();
    faulty = await startFaultyNode(node.url);
    const provider = connectRpc(`${faulty.url}/v2/${PLANTED}?key=${PLANTED}`, {
      chainId: CHAIN_ID,
      timeoutMs: 300,
    });
    const address = node.registryAddress;
    registry = await openRegistry({ provider, address, chainId: CHAIN_ID, retry: IMPATIENT });
    policy = await createPolicy();
  });
  after(async () => {
    registry.provider.destroy();
    await faulty.close();
    await node.close();
  });
  afterEach(() => {
    faulty.fault = () => undefined;
  });

  async function createPolicy(): Promise<PolicyId> {
    const { location } = node.registry;
    const phone = Wallet.createRandom();
    const key = secp256k1Key(phone.address);
    const grant = { commitment: commitToAgentSecrets(generateAgentSecrets()), expiry: NO_EXPIRY };
    const { time: now } = await readHead(node.registry);
    const ownerCommitment = commitToPolicySecrets(policySecretsFrom({ secret: 3n, salt: 4n }));
    const operation = buildCreatePolicy({
      ...{ location, ownerCommitment, creator: { key, grant }, now },
      settings: safeSettings({ admins: 1, rootCommitment: NO_ROOT_KEYS }),
    });
    const approvals = [await approve(phone, location, operation)];
    const acceptances = acceptancesFor(operation.agents, new Map(), [key]);
    await executeOperation(node.registry, node.relayer, { operation, acceptances, approvals });
    return operation.policy;
  }

  /** Fails `times` times for one method, then no more. */
  function failing(method: string, times: number, fault: Fault): void {
    let left = times;
    faulty.fault = (request) => (request.method === method && left-- > 0 ? fault : undefined);
  }

  const altering = (method: string, change: (result: string) => unknown) => {
    const fault: Fault = { alter: (reply) => ({ ...reply, result: change(String(reply.result)) }) };
    failing(method, Number.POSITIVE_INFINITY, fault);
  };

  const alteringLogs = (change: (logs: Record<string, unknown>[]) => unknown) => {
    const fault: Fault = {
      alter: (reply) => ({ ...reply, result: change(reply.result as Record<string, unknown>[]) }),
    };
    failing("eth_getLogs", Number.POSITIVE_INFINITY, fault);
  };

  describe("transport", () => {
    it("asks again after HTTP 429 and gets through", async () => {
      failing("eth_call", 3, { status: 429 });
      expect((await readPolicy(registry, policy)).agentCount).to.equal(1);
    });

    const persistent: readonly (readonly [string, Fault, ChainErrorCode])[] = [
      ["HTTP 429", { status: 429 }, "NODE_RATE_LIMITED"],
      ["HTTP 500", { status: 500 }, "NODE_FAILED"],
      ["no answer", { hang: true }, "NODE_TIMEOUT"],
      ["what is not JSON", { body: "<html>busy</html>" }, "NODE_ANSWER_MALFORMED"],
      ["an answer to nothing", { body: "[]" }, "NODE_ANSWER_MALFORMED"],
    ];
    for (const [name, fault, code] of persistent) {
      const attempts = code === "NODE_ANSWER_MALFORMED" ? 1 : 4;
      it(`gives up on ${name} with ${code}, after ${attempts} attempt(s)`, async () => {
        const before = faulty.requests.length;
        failing("eth_call", Number.POSITIVE_INFINITY, fault);
        expect(await failure(() => readPolicy(registry, policy))).to.equal(code);
        expect(faulty.requests.length - before).to.equal(attempts);
      }).timeout(10_000);
    }

    it("never takes a failure for an answer: a policy is unknown only if the registry says so", async () => {
      failing("eth_call", Number.POSITIVE_INFINITY, { status: 429 });
      expect(await failure(() => readPolicy(registry, policy))).not.to.equal("AGENT_POLICY_UNKNOWN");
    });

    it("tells that nobody listens", async () => {
      const provider = connectRpc(`http://127.0.0.1:1/${PLANTED}`, { chainId: CHAIN_ID });
      const options = { provider, address: node.registryAddress, chainId: CHAIN_ID, retry: IMPATIENT };
      expect(await failure(() => openRegistry(options))).to.equal("NODE_FAILED");
      provider.destroy();
    });

    it("does not send a transaction twice when its answer is lost", async () => {
      const sender = new Wallet(Wallet.createRandom().privateKey, registry.provider);
      await node.send("hardhat_setBalance", [sender.address, "0xde0b6b3a7640000"]);
      failing("eth_sendRawTransaction", 1, { status: 500 });
      expect(await failure(() => sendCall(registry, sender, checkpointCall(registry, 0)))).to.equal(
        "NODE_FAILED",
      );
      const sent = faulty.requests.filter(({ method }) => method === "eth_sendRawTransaction");
      expect(sent).to.have.length(1);
    });

    it("says when the account cannot pay", async () => {
      const poor = new Wallet(Wallet.createRandom().privateKey, registry.provider);
      const call = checkpointCall(registry, 0);
      expect(await failure(() => sendCall(registry, poor, call))).to.equal("SENDER_FUNDS_MISSING");
    });

    it("says when a transaction is not in a block in time", async () => {
      const unknown = hex32(`0x${"12".repeat(32)}`);
      expect(await failure(() => awaitReceipt(registry, unknown, 50))).to.equal("TRANSACTION_NOT_CONFIRMED");
    });
  });

  describe("where it is", () => {
    it("refuses a node of another chain, an empty address and another contract", async () => {
      const { provider } = registry;
      const open =
        (address: string, chainId = CHAIN_ID) =>
        () =>
          openRegistry({ provider, address, chainId });
      expect(await failure(open(node.registryAddress, 1n))).to.equal("CHAIN_ID_MISMATCH");
      expect(await failure(open(`0x${"11".repeat(20)}`))).to.equal("REGISTRY_NOT_FOUND");
      expect(await failure(open("0x12"))).to.equal("BYTES_LENGTH");
      altering("eth_call", (result) => result.replace(Buffer.from("dkms").toString("hex"), "31323334"));
      expect(await failure(open(node.registryAddress))).to.equal("REGISTRY_NOT_FOUND");
    });
  });

  describe("answers", () => {
    it("refuses answers that are cut short, or that the registry cannot give", async () => {
      altering("eth_call", (result) => result.slice(0, -64));
      expect(await failure(() => readPolicy(registry, policy))).to.equal("NODE_ANSWER_MALFORMED");
      altering("eth_call", (result) => `0x${"f".repeat(result.length - 2)}`);
      expect(await failure(() => readAccumulators(registry))).to.equal("NODE_ANSWER_MALFORMED");
      expect(await failure(() => rootsReader(registry).readRoots(1n, 1n))).to.equal("NODE_ANSWER_MALFORMED");
    });

    it("refuses a list of agents that ends too soon", async () => {
      let calls = 0;
      const empty = `0x${"20".padStart(64, "0")}${"0".repeat(64)}`;
      altering("eth_call", (result) => (++calls > 1 ? empty : result));
      expect(await failure(() => readAgents(registry, policy))).to.equal("NODE_ANSWER_MALFORMED");
    });

    it("refuses a block that does not exist", async () => {
      altering("eth_getBlockByNumber", () => null);
      expect(await failure(() => readHead(registry))).to.equal("NODE_ANSWER_MALFORMED");
    });
  });

  describe("logs", () => {
    it("reads the policy from an honest node", async () => {
      expect((await readPolicyState(registry, policy))?.agents.size).to.equal(1);
    });

    const lies: readonly (readonly [string, (logs: Record<string, unknown>[]) => unknown, string])[] = [
      ["leaves out the first log", (logs) => logs.slice(1), "POLICY_EVENT_UNEXPECTED"],
      ["leaves out the last log", (logs) => logs.slice(0, -1), "POLICY_LOGS_CONTRADICT_STATE"],
      ["turns the order around", (logs) => logs.toReversed(), "NODE_ANSWER_MALFORMED"],
      ["repeats a log", (logs) => [...logs, logs.at(-1)], "NODE_ANSWER_MALFORMED"],
      [
        "gives another contract's log",
        (logs) => logs.map((log) => ({ ...log, address: `0x${"22".repeat(20)}` })),
        "NODE_ANSWER_MALFORMED",
      ],
      [
        "gives a log of another block",
        (logs) => logs.map((log) => ({ ...log, blockNumber: "0xffffff" })),
        "NODE_ANSWER_MALFORMED",
      ],
      [
        "gives a log with an unknown topic",
        (logs) => logs.map((log) => ({ ...log, topics: [`0x${"33".repeat(32)}`] })),
        "NODE_ANSWER_MALFORMED",
      ],
      [
        "alters a commitment",
        (logs) => logs.map((log, i) => (i === 4 ? { ...log, data: alterWord(String(log.data), 2) } : log)),
        "POLICY_LOGS_CONTRADICT_STATE",
      ],
    ];
    for (const [name, change, code] of lies) {
      it(`finds out a node that ${name}`, async () => {
        alteringLogs(change);
        expect(await failure(() => readPolicyState(registry, policy))).to.equal(code);
      });
    }

    it("asks for fewer blocks where the node finds an answer too large", async () => {
      const limit = 3;
      faulty.fault = ({ method, params }) => {
        const range = params[0] as { fromBlock: string; toBlock: string };
        const tooLarge = method === "eth_getLogs" && Number(range.toBlock) - Number(range.fromBlock) >= limit;
        if (!tooLarge) return undefined;
        const error = { code: -32005, message: "query returned more than 10000 results" };
        return { alter: ({ id }) => ({ id, jsonrpc: "2.0", error }) as never };
      };
      expect((await readPolicyState(registry, policy))?.agents.size).to.equal(1);
      faulty.fault = ({ method }) => {
        const error = { code: -32005, message: "no logs here" };
        return method === "eth_getLogs"
          ? { alter: ({ id }) => ({ id, jsonrpc: "2.0", error }) as never }
          : undefined;
      };
      expect(await failure(() => readPolicyState(registry, policy))).to.equal("NODE_REFUSED");
    });
  });

  describe("reorganisations", () => {
    it("starts again when the block that it reads at is taken away", async () => {
      const snapshot = await node.send("evm_snapshot");
      await node.send("evm_mine");
      let reads = 0;
      const head = await atHead(registry, async (block) => {
        if (++reads === 1) {
          await node.send("evm_revert", [snapshot]);
          await node.send("evm_increaseTime", [100]);
          await node.send("evm_mine");
        }
        return block;
      });
      expect(reads).to.equal(2);
      expect(head).to.deep.equal(await readHead(registry));
    });

    it("gives up when the chain will not stand still", async () => {
      let time = 1_000;
      const restless = atHead(registry, async () => {
        const snapshot = await node.send("evm_snapshot");
        await node.send("evm_revert", [snapshot]);
        faulty.fault = ({ method }) => {
          const hash = `0x${(++time).toString(16).padStart(64, "0")}`;
          const alter = (reply: { id: number; result?: unknown }) => ({
            ...reply,
            result: { ...(reply.result as object), hash },
          });
          return method === "eth_getBlockByNumber" ? { alter } : undefined;
        };
      });
      expect(await codeOfAsync(() => restless)).to.equal("CHAIN_REORGANISED");
    });
  });
});

/** `data` with the lowest bit of a word changed. */
function alterWord(data: string, word: number): string {
  const end = 2 + 64 * (word + 1);
  const last = Number.parseInt(data.slice(end - 1, end), 16) ^ 1;
  return data.slice(0, end - 1) + last.toString(16) + data.slice(end);
}
