import { expect } from "chai";
import { ZeroHash } from "ethers";
import { enact, expectRevert, NO_SETTINGS, nextCommitment, power } from "../policy/governanceSupport.ts";
import { ADMIN, ALL, FAR, PROVE_GRANT } from "../policy/support.ts";
import {
  install,
  POWER,
  proposalIdOf,
  propose,
  proposeFor,
  recoveryAcceptances,
  recoveryProposal,
  useScene,
} from "./support.ts";
import { setOf, trusteeApproval } from "./trusteeSet.ts";

describe("proposeRecovery", () => {
  const scene = useScene();

  it("stores who shall hold power, and says so", async () => {
    const { world, policy, trustees, laptop, watch } = scene();
    const op = await recoveryProposal(scene(), [power(laptop, POWER), power(watch, ADMIN)]);
    const sent = propose(scene(), op, trustees[0], [laptop, watch]);
    await expect(sent).to.emit(world.registry, "RecoveryProposed");
    const lapses = BigInt(await world.networkHelpers.time.latest()) + 30n * 86_400n;
    const view = await world.registry.proposalOf(policy, proposalIdOf(op));
    expect([view.lapses, view.votes]).to.deep.equal([lapses, 0n]);
    expect(view.agents.map(({ agent, authorizations }) => [agent, authorizations])).to.deep.equal([
      [laptop.id, BigInt(POWER)],
      [watch.id, BigInt(ADMIN)],
    ]);
    expect(view.settings.rootCommitment).to.equal(op.settings.rootCommitment);
  });

  it("refuses agents that make no policy", async () => {
    const { world, policy, trustees, laptop, watch } = scene();
    const settings = { ...NO_SETTINGS, grantQuorum: 1n, adminQuorum: 1n };
    const cases = [
      [[], {}, "AgentPolicyBatchSize", [0n, 32n]],
      [[power(laptop, POWER), power(laptop, ADMIN)], {}, "AgentPolicyAgentRepeated", [laptop.id]],
      [[power(laptop, POWER), power(watch, 0)], {}, "AgentPolicyPowerEmpty", [watch.id]],
      [[power(laptop, ALL)], {}, "AgentPolicyPowerUnknown", [laptop.id, BigInt(ALL)]],
      [[power(laptop, 16)], {}, "AgentPolicyPowerUnknown", [laptop.id, 16n]],
      [
        [power(laptop, POWER)],
        { settings: { ...settings, adminQuorum: 2n } },
        "AgentPolicyQuorumUnreachable",
        [policy, BigInt(ADMIN), 2n, 1n],
      ],
      [[power(laptop, PROVE_GRANT)], {}, "AgentPolicyQuorumUnreachable", [policy, BigInt(ADMIN), 1n, 0n]],
      [
        [power(laptop, POWER)],
        { settings: { ...settings, grantQuorum: 0n } },
        "AgentPolicyQuorumUnreachable",
        [policy, BigInt(PROVE_GRANT), 0n, 1n],
      ],
      [
        [power(laptop, POWER), power(watch, POWER)],
        { settings: { ...settings, adminQuorum: 2n } },
        "AgentPolicyQuorumNeedsRootKeys",
        [policy, BigInt(ADMIN), 2n],
      ],
      [
        [power(laptop, POWER)],
        { settings: { ...settings, delay: 1n } },
        "AgentPolicyRotationChangesTimes",
        [1n, 0n],
      ],
      [
        [power(laptop, POWER)],
        { settings: { ...settings, window: 1n } },
        "AgentPolicyRotationChangesTimes",
        [0n, 1n],
      ],
    ] as const;
    for (const [agents, override, error, args] of cases) {
      const op = await recoveryProposal(scene(), agents, override);
      await expectRevert(world, propose(scene(), op, trustees[0], [laptop, watch]), error, args);
    }
  });

  it("allows quorums of all with root keys", async () => {
    const { trustees, laptop, watch } = scene();
    const rootCommitment = nextCommitment("of all");
    const settings = { ...NO_SETTINGS, grantQuorum: 2n, adminQuorum: 2n, rootCommitment };
    const op = await recoveryProposal(scene(), [power(laptop, POWER), power(watch, POWER)], { settings });
    await propose(scene(), op, trustees[0], [laptop, watch]);
  });

  it("refuses agents that did not accept exactly that", async () => {
    const { world, policy, set, trustees, laptop, watch } = scene();
    const [ada] = trustees;
    const op = await recoveryProposal(scene(), [power(laptop, POWER)]);
    const approval = await trusteeApproval(world, set, ada, "RecoveryProposal", op);
    const send = (acceptances: { deadline: bigint; signature: string }[]) =>
      world.registry.proposeRecovery(op, set.settings, acceptances, approval);
    await expectRevert(world, send([]), "AgentPolicyAcceptanceCount", [0n, 1n]);
    await expectRevert(world, propose(scene(), op, ada, []), "AgentPolicyAcceptanceMissing", [laptop.id]);
    const now = BigInt(await world.networkHelpers.time.latest());
    const expired = await recoveryAcceptances(world, op, [laptop], now);
    await world.networkHelpers.time.setNextBlockTimestamp(now + 1n);
    await expectRevert(world, send(expired), "AgentPolicyAcceptanceExpired", [laptop.id, now, now + 1n]);
    const message = {
      policy,
      recovery: 0n,
      kind: laptop.kind,
      key: laptop.key,
      authorizations: POWER,
      deadline: FAR,
    };
    for (const [by, change] of [
      [watch, {}],
      [laptop, { policy: policy + 1n }],
      [laptop, { recovery: 1n }],
      [laptop, { kind: 2 }],
      [laptop, { key: watch.key }],
      [laptop, { authorizations: ADMIN }],
      [laptop, { deadline: FAR + 1n }],
    ] as const) {
      const signature = await by.sign(world, "RecoveryAcceptance", { ...message, ...change });
      await expectRevert(world, send([{ deadline: FAR, signature }]), "AgentKeySignatureInvalid", [
        laptop.id,
      ]);
    }
  });

  it("refuses a key under another kind than the policy knows it", async () => {
    const { world, trustees, phone } = scene();
    const op = await recoveryProposal(scene(), [{ ...power(phone, POWER), kind: 2 }]);
    const sent = propose(scene(), op, trustees[0], [phone]);
    await expectRevert(world, sent, "AgentPolicyKindMismatch", [phone.id, 2n, 1n]);
  });

  it("refuses another recovery, another set, other times and an unknown policy", async () => {
    const { world, policy, trustees, laptop } = scene();
    const now = BigInt(await world.networkHelpers.time.latest());
    const send = async (override: object) => {
      const op = await recoveryProposal(scene(), [power(laptop, POWER)], override);
      return propose(scene(), op, trustees[0], [laptop]);
    };
    await expectRevert(world, send({ recovery: 1n }), "AgentPolicyRecoveryMismatch", [policy, 1n, 0n]);
    await expectRevert(world, send({ trusteeSet: 2n }), "AgentPolicyTrusteeSetMismatch", [policy, 2n, 1n]);
    await expect(send({ deadline: now })).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyDeadlinePassed",
    );
    await expect(send({ deadline: now + 40n * 86_400n })).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyDeadlineTooFar",
    );
    await expectRevert(world, send({ policy: 1n }), "AgentPolicyUnknown", [1n]);
  });

  it("takes the same once, whoever proposes it", async () => {
    const { world, policy, trustees, laptop } = scene();
    const op = await recoveryProposal(scene(), [power(laptop, POWER)]);
    await propose(scene(), op, trustees[0], [laptop]);
    for (const by of trustees.slice(0, 2)) {
      const again = propose(scene(), op, by, [laptop]);
      await expectRevert(world, again, "AgentPolicyProposalExists", [policy, proposalIdOf(op)]);
    }
  });

  it("lets a trustee have one proposal open, until it lapses", async () => {
    const { world, policy, trustees, laptop, watch } = scene();
    const [ada, bob] = trustees;
    const first = await proposeFor(scene(), ada, laptop);
    const { lapses } = await world.registry.proposalOf(policy, first);
    await expectRevert(world, proposeFor(scene(), ada, watch), "AgentPolicyProposalOpen", [
      policy,
      ada.id,
      first,
    ]);
    await proposeFor(scene(), bob, watch);
    const op = await recoveryProposal(scene(), [power(watch, ADMIN)], { deadline: lapses });
    await world.networkHelpers.time.setNextBlockTimestamp(lapses);
    await expectRevert(world, propose(scene(), op, ada, [watch]), "AgentPolicyProposalOpen", [
      policy,
      ada.id,
      first,
    ]);
    await world.networkHelpers.time.increaseTo(lapses + 1n);
    await proposeFor(scene(), ada, watch);
  });

  it("lets a trustee of the next set propose whatever it had open", async () => {
    const { world, policy, phone, set, trustees, laptop, watch } = scene();
    const [ada] = trustees;
    await proposeFor(scene(), ada, laptop);
    const next = setOf(set.members, { adminQuorum: 2n });
    await install(world, policy, [phone], next.settings);
    await proposeFor({ ...scene(), set: next }, ada, watch);
  });

  it("tells nothing of what nobody proposed", async () => {
    const { world, policy } = scene();
    await expectRevert(world, world.registry.proposalOf(policy, ZeroHash), "AgentPolicyProposalUnknown", [
      policy,
      ZeroHash,
    ]);
  });

  it("ends with the policy", async () => {
    const { world, policy, phone, trustees, laptop } = scene();
    const op = await recoveryProposal(scene(), [power(laptop, POWER)], { deadline: FAR });
    await enact(world, policy, [phone], { abandon: true });
    await expectRevert(world, propose(scene(), op, trustees[0], [laptop]), "AgentPolicyEnded", [policy]);
  });
});
