import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";
import registryModule from "../../deploy/modules/AgentPolicyRegistry.ts";
import { IAgentPolicy__factory } from "../../types/factories/interfaces/IAgentPolicy__factory.ts";
import { trusteeChange } from "../recovery/support.ts";
import { NOBODY } from "../recovery/trusteeSet.ts";
import { storageLayoutOf } from "../structure/storageLayout.ts";
import {
  acceptances,
  approve,
  approveAll,
  approveRoot,
  expectRevert,
  found,
  partySource,
  power,
  proposal,
  rootSetOf,
  rotation,
  scheduled,
} from "./governanceSupport.ts";
import { ADMIN, deadlineOf, deployWorld, HOUR, type World } from "./support.ts";

const key = partySource("parts");
const PARTS = [
  "AgentPolicyRegistry",
  "AgentPolicyGovernance",
  "AgentPolicyRecovery",
  "AgentPolicyTrustees",
] as const;
/** Of OpenZeppelin's `Address`: a call that a part handed on failed without a reason. */
const HANDED_ON = { interface: new Interface(["error FailedCall()"]) };
/** Of EIP-5267, which comes with the domain that all parts share; the registry answers it itself. */
const SHARED = new Set(["eip712Domain"]);

async function functionsOf(name: string): Promise<Map<string, string>> {
  const { abi } = await artifacts.readArtifact(name);
  const functions = new Map<string, string>();
  new Interface(abi).forEachFunction(({ selector, name: label }) => functions.set(selector, label));
  return functions;
}

describe("the parts of AgentPolicyRegistry", () => {
  let world: World;
  let governance: string;
  let recovery: string;
  let trustees: string;

  before(async () => {
    world = await deployWorld();
    const parts = await world.connection.ignition.deploy(registryModule);
    governance = await parts.governance.getAddress();
    recovery = await parts.recovery.getAddress();
    trustees = await parts.trustees.getAddress();
  });

  /** Expects a call to be refused that no part knows: a part that hands it on says that the next one failed. */
  async function expectUnknown(to: string, data: string): Promise<void> {
    const sent = world.relayer.sendTransaction({ to, data });
    if (to === trustees) return expect(sent).to.be.revertedWithoutReason(world.ethers);
    await expect(sent).to.be.revertedWithCustomError(HANDED_ON, "FailedCall");
  }

  it("have one storage layout", async () => {
    const registry = await storageLayoutOf("AgentPolicyRegistry");
    expect(registry.storage).to.not.have.length(0);
    for (const part of PARTS) expect(await storageLayoutOf(part), part).to.deep.equal(registry);
  });

  it("have no selector twice", async () => {
    const seen = new Map<string, string>();
    for (const part of PARTS) {
      for (const [selector, name] of await functionsOf(part)) {
        if (SHARED.has(name)) continue;
        expect(seen.get(selector), `${part}.${name}`).to.equal(undefined);
        seen.set(selector, `${part}.${name}`);
      }
    }
    expect(seen.size).to.be.greaterThan(40);
  });

  it("answer together all that the interface of the registry's address says", async () => {
    const answered = new Set<string>();
    for (const part of PARTS) for (const selector of (await functionsOf(part)).keys()) answered.add(selector);
    const promised = await functionsOf("IAgentPolicy");
    expect([...promised.keys()].sort()).to.deep.equal([...answered].sort());
  });

  it("stay below the limit of code", async () => {
    for (const part of PARTS) {
      const { deployedBytecode } = await artifacts.readArtifact(part);
      expect((deployedBytecode.length - 2) / 2, part).to.be.lessThan(24_576);
    }
  });

  it("are the code of the registry alone: called directly they know no policy, whatever was signed", async () => {
    const [alice, bob, root] = [key("alice"), key("bob"), key("root")];
    const policy = await found(world, [alice, bob]);
    const { op, id } = await scheduled(world, policy, [alice], { settings: { delay: HOUR } });
    const next = await proposal(world, policy, bob, { settings: { delay: HOUR } });
    const approvals = await approveAll(world, "GovernanceChange", next, [bob]);
    const decision = { policy, epoch: 1, change: id, agent: bob.id, deadline: await deadlineOf(world) };
    const [vetoes, withdraws] = [
      await approve(world, "Veto", decision, bob),
      await approve(world, "Withdraw", decision, bob),
    ];
    const turn = await rotation(world, policy, { agents: [power(bob, ADMIN)] });
    const consents = await acceptances(world, { policy, epoch: 2n }, turn.agents, [bob]);
    const roots = await approveRoot(world, turn, [root]);
    const unknown = [policy];
    for (const address of [governance, recovery]) {
      const part = IAgentPolicy__factory.connect(address, world.relayer);
      if (address === governance) {
        for (const send of [
          () => part.schedule(next, [], approvals),
          () => part.approveChange(op, approvals),
          () => part.veto(decision, vetoes),
          () => part.withdraw(decision, withdraws),
          () => part.execute(policy, id),
          () => part.clear(policy, id),
          () => part.settingsOf(policy),
          () => part.pendingChangesOf(policy),
          () => part.pendingChangeOf(policy, id),
          () => part.proposerWaitsUntil(policy, bob.id),
        ]) {
          await expectRevert(world, send(), "AgentPolicyUnknown", unknown);
        }
      }
      await expectRevert(
        world,
        part.emergencyRotate(turn, rootSetOf([root], 1), consents, roots),
        "AgentPolicyUnknown",
        unknown,
      );
      // neither creates policies nor answers for the accumulators
      const { data } = await part.checkpoint.populateTransaction(0);
      await expectUnknown(address, data);
    }
    const change = await trusteeChange(world, policy, bob, NOBODY);
    const backup = { policy, epoch: 1, sequence: 1n, backup: id, agent: bob.id, deadline: change.deadline };
    const permission = { ...change, agent: bob.id, permitted: true };
    for (const address of [governance, recovery, trustees]) {
      const part = IAgentPolicy__factory.connect(address, world.relayer);
      for (const send of [
        () => part.scheduleTrustees(change, approvals),
        () => part.approveTrustees(change, approvals),
        () => part.anchorBackup(backup, vetoes),
        () => part.permitAnchor(permission, approvals),
      ]) {
        await expectRevert(world, send(), "AgentPolicyUnknown", unknown);
      }
      if (address === trustees) continue;
      for (const send of [() => part.executeRecovery(policy), () => part.clearRecovery(policy)]) {
        await expectRevert(world, send(), "AgentPolicyUnknown", unknown);
      }
    }
    expect(await world.registry.pendingChangesOf(policy)).to.have.length(1);
  });

  it("tell the registry's domain at its address, also where the governance part answers", async () => {
    const { verifyingContract } = await world.registry.eip712Domain();
    expect(verifyingContract).to.equal(world.address);
    for (const address of [governance, recovery, trustees]) {
      const own = await IAgentPolicy__factory.connect(address, world.relayer).eip712Domain();
      expect(own.verifyingContract).to.equal(address);
    }
  });

  it("refuse ether, with and without a call, known and unknown", async () => {
    const iface = world.registry.interface;
    const addresses = [world.address, governance, recovery, trustees];
    for (const to of addresses) {
      for (const data of [
        "0x",
        "0x00",
        "0xffffffff",
        iface.encodeFunctionData("settingsOf", [1n]),
        iface.encodeFunctionData("execute", [1n, `0x${"00".repeat(32)}`]),
        iface.encodeFunctionData("checkpoint", [0]),
      ]) {
        await expect(
          world.relayer.sendTransaction({ to, data, value: 1n }),
          `${to} ${data}`,
        ).to.be.revertedWithoutReason(world.ethers);
      }
      expect(await world.ethers.provider.getBalance(to)).to.equal(0n);
    }
  });

  it("refuse calls that nobody knows", async () => {
    for (const to of [world.address, governance, recovery, trustees]) {
      for (const data of ["0x", "0xffffffff", "0x12345678"]) await expectUnknown(to, data);
    }
  });
});
