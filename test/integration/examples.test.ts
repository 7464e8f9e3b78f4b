import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Contract, ContractFactory, Wallet } from "ethers";
import { artifacts } from "hardhat";
import { readHead } from "../../client/chain/index.ts";
import type { SnarkjsProver } from "../../client/proof/index.ts";
import { contract } from "../../examples/contract.ts";
import { devices } from "../../examples/devices.ts";
import { loss } from "../../examples/loss/index.ts";
import { quickstart } from "../../examples/quickstart.ts";
import { readPolicy } from "../../examples/readPolicy.ts";
import { recovery } from "../../examples/recovery.ts";
import { takeover } from "../../examples/takeover.ts";
import type { World } from "../../examples/world.ts";
import { startNode, type TestNode } from "../client/chain/node.ts";
import { authenticator } from "../client/keys/authenticator.ts";
import { realProver } from "../client/proof/artifacts.ts";

describe("examples", function () {
  this.timeout(120_000);
  let node: TestNode;
  let prover: SnarkjsProver;
  let world: World;
  let clock = 0n;

  before(async () => {
    node = await startNode();
    prover = realProver({ thread: "caller" });
    world = {
      registry: node.registry,
      sender: node.relayer,
      prover,
      newDevice: () => Wallet.createRandom(),
      settled: async () => {
        await pass(900);
        clock = (await readHead(node.registry)).time;
      },
      clock: () => clock,
      wait: pass,
      credentials: authenticator({
        deviceBound: false,
        verifiesUser: true,
        origin: "https://wallet.example",
      }),
    };
  });
  after(async () => {
    await prover.close();
    await node.close();
  });

  async function pass(seconds: number): Promise<void> {
    await node.send("evm_increaseTime", [seconds]);
    await node.send("evm_mine");
  }

  async function deploy(name: string, args: readonly unknown[]) {
    const { abi, bytecode } = await artifacts.readArtifact(name);
    const deployed = await new ContractFactory(abi, bytecode, node.relayer).deploy(...args);
    await deployed.waitForDeployment();
    return { address: await deployed.getAddress(), abi };
  }

  it("quickstart: a phone proves to a shop", async () => {
    const { owner, anonymitySet } = await quickstart(world);
    expect(owner).to.match(/^0x[0-9a-f]{64}$/);
    expect(anonymitySet).to.equal(1);
  });

  it("quickstart is the example of the README, word by word", () => {
    const source = readFileSync("examples/quickstart.ts", "utf8");
    const [imports = ""] = /^import \{[^}]*\} from "\.\.\/client\/index\.ts";/m.exec(source) ?? [];
    const [, body = ""] = /README begins\n([\s\S]*?)\n *\/\/ README ends/.exec(source) ?? [];
    const lines = body.split("\n").map((line) => line.replace(/^ {2}/, ""));
    expect(lines.length).to.be.within(15, 25);
    const program = `${imports.replace("../client/index.ts", "dkms")}\n\n${lines.join("\n")}`;
    expect(readFileSync("README.md", "utf8")).to.contain(`\`\`\`ts\n${program}\n\`\`\``);
  });

  it("devices: a laptop is let in and revoked", async () => {
    const [phone, laptop] = await devices(world);
    expect(phone?.authorizations).to.have.length(4);
    expect(laptop).to.include({ removed: true });
  });

  it("readPolicy: an operation is explained, refused or executed", async () => {
    const { sentence, events } = await readPolicy(world);
    expect(sentence).to.match(
      /^In policy 0x[0-9a-f]{8}…, phone \(0x[0-9a-f]{4}…[0-9a-f]{4}\) may no longer prove \(to be done by .* UTC\)\.$/,
    );
    expect(events.map(({ type }) => type)).to.include("AgentRevoked");
  });

  it("takeover: a stolen laptop, a stalemate, root keys, and a passkey in its place", async () => {
    const { alerts, refusals, findings, sentence, complete, names, state } = await takeover(world);
    expect(alerts).to.have.length(1);
    expect(alerts[0]).to.match(
      /phone \(.*\) may let others prove and stop others from proving, and has no other power/,
    );
    expect(alerts[0]).to.contain("it can be executed in 48 h").and.contain("any ADMIN can veto it");
    expect(refusals).to.deep.equal([
      ...["AGENT_POLICY_GRANTS_STOPPED", "AGENT_POLICY_PROPOSER_MUST_WAIT", "AGENT_POLICY_APPROVER_UNKNOWN"],
    ]);
    expect(findings.some((text) => /Nobody can be let prove: phone/.test(text))).to.equal(true);
    expect(sentence).to.contain("changing power takes 2 ADMINs; takes effect in 48 h unless an ADMIN vetoes");
    expect(complete).to.equal("is complete");
    const admins = [...state.agents].filter(([, { authorizations }]) => authorizations.includes("ADMIN"));
    expect(admins.map(([id]) => names.get(id))).to.have.members(["phone", "tablet"]);
    expect(admins.map(([, { key }]) => key.kind)).to.have.members(["SECP256K1", "WEBAUTHN"]);
    expect(state).to.deep.include({ epoch: 2, stopper: undefined });
    expect(state.settings.adminQuorum).to.equal(2);
  });

  it("recovery: three of five trustees give the policy back, whatever a thief tries", async () => {
    const { words, reports, refusals, newPhone, state } = await recovery(world);
    expect(words.split(" ")).to.have.length(12);
    expect(reports).to.deep.equal([
      ...["CHANGE_SCHEDULED", "RECOVERY_PROPOSED"],
      ...["CHANGE_ENDED", "RECOVERY_VOTES", "RECOVERY_STARTED"],
      ...["AGENT_PROVES_NO_MORE", "RECOVERY_DUE_SOON"],
      ...["EPOCH_BEGAN", "RECOVERY_ENDED", "POWER_CHANGED", "AGENT_PROVES_NO_MORE", "POWER_CHANGED"],
      ...["POWER_CHANGED", "SETTINGS_CHANGED"],
    ]);
    expect(refusals).to.deep.equal([
      ...["AGENT_POLICY_CHANGE_UNKNOWN", "AGENT_POLICY_RECOVERING", "AGENT_POLICY_RECOVERING"],
      ...["AGENT_POLICY_RECOVERING", "AGENT_POLICY_RECOVERY_TOO_EARLY", "AGENT_POLICY_MAJORITY_MISSING"],
      "AGENT_POLICY_APPROVER_UNKNOWN",
    ]);
    const held = [...(state?.agents ?? [])].filter(([, { authorizations }]) => authorizations.length > 0);
    expect(held.map(([id]) => id)).to.deep.equal([newPhone]);
    expect(held[0]?.[1].authorizations).to.deep.equal(["PROVE", "PROVE_GRANT", "PROVE_REVOKE", "ADMIN"]);
  });

  it("loss: friends, of whom one lies and one is silent, and then paper, bring an owner back", async () => {
    const { step, report, found, waiting, standings, complete, owners, texts, state } = await loss(world);
    expect(step).to.equal("settled");
    expect(report.findings.map(({ ok, check }) => `${ok} ${check}`)).to.deep.equal([
      ...["true PAPER", "true ROOT_KEYS", "true TRUSTEE", "true TRUSTEE", "true TRUSTEE"],
      ...["true TRUSTEE", "true TRUSTEE", "true SHARES", "true SHARES", "false POLICY"],
    ]);
    expect(found).to.deep.include({ good: ["Ada", "Dan", "Eve"], bad: ["SHARE_VALUE_WRONG"], silent: 1 });
    expect(waiting).to.match(/Enough trustees voted for you/);
    expect(standings).to.deep.equal(["newest", "newest"]);
    expect(complete).to.deep.equal([true, true]);
    expect(owners[0]).to.match(/^0x[0-9a-f]{64}$/);
    expect(owners[1]).to.equal(owners[0]);
    expect(texts).to.include("Making a backup.");
    expect(state?.epoch).to.equal(3);
  });

  it("contract: a phone opens a locker", async () => {
    const verifier = await deploy("AgentProofVerifier", [node.registryAddress]);
    const { address, abi } = await deploy("Lockers", [verifier.address, 1n]);
    const lockers = new Contract(address, abi, node.registry.provider);
    const scope: string = await lockers.getFunction("SCOPE")();
    const { hash } = await contract(world, { address, abi: [...abi], minAgents: 1n, scope });
    const receipt = await node.registry.provider.waitForTransaction(hash);
    expect(receipt?.status).to.equal(1);
    const [holder, content] = await lockers.getFunction("lockerOf")(7n);
    expect(holder).not.to.equal(`0x${"00".repeat(32)}`);
    expect(content).to.equal(`0x${"c0".repeat(32)}`);
  });
});
