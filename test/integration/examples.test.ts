import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Contract, ContractFactory, Wallet } from "ethers";
import { artifacts } from "hardhat";
import { readHead } from "../../client/chain/index.ts";
import type { SnarkjsProver } from "../../client/proof/index.ts";
import { contract } from "../../examples/contract.ts";
import { devices } from "../../examples/devices.ts";
import { quickstart } from "../../examples/quickstart.ts";
import { readPolicy } from "../../examples/readPolicy.ts";
import type { World } from "../../examples/world.ts";
import { startNode, type TestNode } from "../client/chain/node.ts";
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
        await node.send("evm_increaseTime", [900]);
        await node.send("evm_mine");
        clock = (await readHead(node.registry)).time;
      },
      clock: () => clock,
    };
  });
  after(async () => {
    await prover.close();
    await node.close();
  });

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
      /^In policy 0x[0-9a-f]{8}…, phone may no longer prove \(to be done by .* UTC\)\.$/,
    );
    expect(events.map(({ type }) => type)).to.include("AgentRevoked");
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
