import { format, inspect } from "node:util";
import { expect } from "chai";
import { Wallet } from "ethers";
import {
  type AgentRecord,
  createPolicy,
  decodeAgentRecord,
  draftPolicy,
  encodeAgentRecord,
  OffChainVerifier,
  ProvingAgent,
  withPolicySecrets,
} from "../../../client/app/index.ts";
import { connectRpc, openRegistry, type Registry, readHead } from "../../../client/chain/index.ts";
import { bytesToHex, hex32 } from "../../../client/core/index.ts";
import { linkSecretFrom, policySecretsFrom } from "../../../client/keys/index.ts";
import {
  type CircuitInputs,
  DISCLOSE,
  hiddenInputs,
  type Prover,
  type SnarkjsProver,
  webAudience,
} from "../../../client/proof/index.ts";
import {
  CHAIN_ID,
  type FaultyNode,
  IMPATIENT,
  startFaultyNode,
  startNode,
  type TestNode,
} from "../chain/node.ts";
import { realProver } from "../proof/artifacts.ts";

const CONSOLE = ["log", "info", "warn", "error", "debug"] as const;

describe("app: secrets stay where they are", function () {
  this.timeout(120_000);
  let node: TestNode;
  let watched: FaultyNode;
  let registry: Registry;
  let record: AgentRecord;
  let agent: ProvingAgent;
  let prover: SnarkjsProver;
  const linkBytes = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
  /** All that must never be seen, by what it is. */
  const planted = new Map<string, bigint>();
  const printed: string[] = [];
  const originals = new Map(CONSOLE.map((name) => [name, console[name]]));

  before(async () => {
    for (const name of CONSOLE) console[name] = (...args: unknown[]) => void printed.push(format(...args));
    node = await startNode();
    watched = await startFaultyNode(node.url);
    const provider = connectRpc(watched.url, { chainId: CHAIN_ID });
    registry = await openRegistry({
      provider,
      address: node.registryAddress,
      chainId: CHAIN_ID,
      retry: IMPATIENT,
    });
    prover = realProver({ thread: "caller" });
    const signer = Wallet.createRandom();
    record = await draftPolicy({ registry, signer, linkSecret: linkSecretFrom(linkBytes.slice()) });
    const { secrets, policySecrets, creator } = record;
    if (policySecrets === undefined) throw new Error("the draft has no policy secrets");
    const hidden = hiddenInputs({ agent: secrets, policy: policySecrets, creator }).reveal();
    planted.set("S", secrets.secret.reveal()).set("r0", secrets.blinding.reveal());
    planted.set("PS", policySecrets.secret.reveal()).set("salt", policySecrets.salt.reveal());
    planted.set("owner key", hidden.ownerKey).set("device key", hidden.deviceKey);
    planted.set("link secret", BigInt(bytesToHex(linkBytes))).set("policy key", BigInt(signer.privateKey));
    await createPolicy({ registry, signer, sender: node.relayer, record, rootSet: undefined });
    agent = new ProvingAgent({ registry, record, prover });
  });
  after(async () => {
    for (const [name, original] of originals) console[name] = original;
    agent.stop();
    registry.provider.destroy();
    await prover.close();
    await watched.close();
    await node.close();
  });

  function expectClean(text: string): void {
    for (const [what, value] of planted) {
      expect(text.includes(value.toString()), `${what} as a number`).to.equal(false);
      expect(text.toLowerCase().includes(value.toString(16)), `${what} in hex`).to.equal(false);
    }
  }

  const shown = (value: unknown) => inspect(value, { depth: 20, showHidden: true, maxArrayLength: null });

  async function errorOf(action: () => unknown): Promise<unknown> {
    try {
      await action();
    } catch (error) {
      return error;
    }
    return expect.fail("must be refused");
  }

  function newVerifier(clock: bigint) {
    const terms = {
      scope: hex32(`0x${"5c".repeat(32)}`),
      disclose: DISCLOSE.OWNER,
      maxRevocationAge: 0n,
      minAgents: 1n,
    };
    return new OffChainVerifier({
      registry,
      audience: webAudience("https://a.example"),
      terms,
      clock: () => clock,
    });
  }

  it("when they are printed", () => {
    for (const value of [record, agent, record.secrets.secret, record.policySecrets]) {
      expectClean(`${shown(value)} ${value}`);
    }
    expect(shown(record)).to.contain("[secret]");
    expectClean(shown(encodeAgentRecord(record)));
  });

  it("when an agent syncs, prepares and presents: nothing of them goes to the node or the console", async () => {
    const { time } = await readHead(registry);
    const verifier = newVerifier(time);
    const { request, ...place } = verifier.request();
    const context = { ...place, audience: webAudience("https://a.example") };
    const { presentation } = await agent.present({ request, context, latest: { consentToHideAmong: 1 } });
    const { owner } = await verifier.verify(request.challenge, presentation);
    expect(owner).to.match(/^0x/);
    expectClean(shown(presentation));
    expectClean(JSON.stringify(watched.requests));
    expect(watched.requests.length).to.be.greaterThan(20);
    expectClean(printed.join());
  });

  it("when things go wrong: no error tells them, however it is printed", async () => {
    const bytes = encodeAgentRecord(record).reveal();
    const text = new TextDecoder().decode(bytes);
    const tooLarge = planted.get("PS") ?? 0n;
    const broken: Prover = {
      prove: async (inputs: CircuitInputs) => prover.prove({ ...inputs, index: inputs.index + 1n }),
      close: async () => undefined,
    };
    const failing = new ProvingAgent({ registry, record, prover: broken });
    const { request, ...place } = newVerifier((await readHead(registry)).time).request();
    const context = { ...place, audience: webAudience("https://a.example") };
    const latest = { consentToHideAmong: 1 };
    const errors = [
      await errorOf(() => decodeAgentRecord(bytes.slice(0, -3))),
      await errorOf(() =>
        decodeAgentRecord(new TextEncoder().encode(text.replace('"blinding":"', '"blinding":"x'))),
      ),
      await errorOf(() => policySecretsFrom({ secret: tooLarge + 2n ** 254n, salt: 1n })),
      await errorOf(() =>
        withPolicySecrets(
          { ...record, policy: (record.policy + 1n) as never },
          record.policySecrets as never,
        ),
      ),
      await errorOf(() => failing.present({ request, context, latest })),
      await errorOf(() => agent.present({ request, context })),
    ];
    watched.fault = () => ({ status: 500 });
    errors.push(await errorOf(() => failing.sync()));
    watched.fault = () => undefined;
    for (const error of errors) expectClean(shown(error) + String(error) + format("%O %j", error, error));
    expectClean(printed.join());
    failing.stop();
  });
});
