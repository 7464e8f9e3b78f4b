import { expect } from "chai";
import { keccak256 } from "ethers";
import { elementSigner, passkeySigner } from "../support/signers.ts";
import {
  acceptances,
  acceptPower,
  approve,
  approveAll,
  approveRoot,
  at,
  bitsOf,
  changeIdOf,
  commitmentTo,
  enact,
  expectRevert,
  found,
  frameOf,
  grant,
  isRevoked,
  nextCommitment,
  now,
  type Party,
  partyOfSigner,
  partySource,
  pendingIds,
  power,
  proposal,
  renounce,
  rootSetOf,
  rotate,
  rotation,
  schedule,
  scheduled,
  stop,
  take,
  veto,
  voidApprovals,
  wait,
  withdraw,
} from "./governanceSupport.ts";
import {
  ADMIN,
  agentKey,
  commitmentOf,
  DAY,
  deadlineOf,
  deployWorld,
  HOUR,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SETTINGS,
  type World,
} from "./support.ts";

const key = partySource("attacks");
const DELAY = BigInt(SETTINGS.delay);
const MONTH = 30n * DAY;
const DELAY_CHANGE = { settings: { delay: HOUR } };

describe("attacks on a policy", () => {
  let world: World;

  before(async () => {
    world = await deployWorld();
  });

  /** An owner and a thief who got hold of the other ADMIN's key; root keys are kept offline. */
  async function robbed(): Promise<{
    owner: Party;
    thief: Party;
    root: Party;
    set: ReturnType<typeof rootSetOf>;
    policy: bigint;
  }> {
    const [owner, thief, root] = [key("owner"), key("thief"), key("root")];
    const set = rootSetOf([root], 1);
    const settings = { rootCommitment: commitmentTo(set) };
    return { owner, thief, root, set, policy: await found(world, [owner, thief], { settings }) };
  }

  describe("thief removes the other admin, again and again", () => {
    it("schedule, veto, wait, schedule, veto, …: a stalemate, which root keys end", async () => {
      const { owner, thief, root, set, policy } = await robbed();
      for (let round = 0; round < 3; round++) {
        const { id } = await scheduled(world, policy, [thief], { agents: [power(owner, 0)] });
        await veto(world, policy, id, owner);
        const again = await proposal(world, policy, thief, { agents: [power(owner, 0)] });
        const until = (await now(world)) + DELAY;
        await expectRevert(world, schedule(world, again, [thief]), "AgentPolicyProposerMustWait", [
          policy,
          thief.id,
          until,
        ]);
        const back = await scheduled(world, policy, [owner], { agents: [power(thief, 0)] });
        await veto(world, policy, back.id, thief);
        await wait(world, DELAY);
      }
      const op = await rotation(world, policy, { agents: [power(owner, ADMIN)], survivors: [owner] });
      await rotate(world, op, set, [root], [owner]);
      expect(await bitsOf(world, policy, thief)).to.equal(0);
      expect(await bitsOf(world, policy, owner)).to.equal(PROVE | ADMIN);
    });

    it("schedule, withdraw in front of the veto, schedule at once: begins a whole delay anew", async () => {
      const { owner, thief, policy } = await robbed();
      const first = await scheduled(world, policy, [thief], { agents: [power(owner, 0)] });
      await wait(world, DELAY - HOUR);
      await withdraw(world, policy, first.id, thief);
      const gone = [policy, first.id];
      await expectRevert(world, veto(world, policy, first.id, owner), "AgentPolicyChangeUnknown", gone);
      const second = await scheduled(world, policy, [thief], { agents: [power(owner, 0)] });
      expect(second.earliest).to.equal((await now(world)) + DELAY);
      await veto(world, policy, second.id, owner);
    });
  });

  describe("two of five remove the rest in one batch", () => {
    async function five() {
      const honest = [key("a"), key("b"), key("c")];
      const [one, two] = [key("thief one"), key("thief two")];
      const settings = { adminQuorum: 2n, rootCommitment: nextCommitment("of five") };
      const policy = await found(world, [...honest, one, two], { settings });
      return { honest, one, two, policy };
    }

    it("schedule(remove a, b, c), veto by any of them", async () => {
      const { honest, one, two, policy } = await five();
      for (const party of honest) {
        const { id } = await scheduled(world, policy, [one, two], {
          agents: honest.map((victim) => power(victim, 0)),
        });
        await veto(world, policy, id, party);
        await wait(world, DELAY);
      }
    });

    it("three of five remove the two, who can neither veto nor be quicker", async () => {
      const { honest, one, two, policy } = await five();
      const [a = one, b = one, c = one] = honest;
      const theirs = await scheduled(world, policy, [one, two], { agents: [power(a, 0), power(b, 0)] });
      const ours = await scheduled(world, policy, [a, b, c], { agents: [power(one, 0), power(two, 0)] });
      for (const party of [one, two]) {
        await expectRevert(world, veto(world, policy, ours.id, party), "AgentPolicyChangeHasMajority", [
          ours.id,
          3,
          5,
        ]);
      }
      await veto(world, policy, theirs.id, c);
      await at(world, ours.earliest);
      await world.registry.execute(policy, ours.id);
      expect((await world.registry.policyOf(policy)).adminCount).to.equal(3);
    });
  });

  it("approver removed before execution: schedule(by a thief and an approver), remove the approver, execute", async () => {
    const [owner, phone, laptop, thief] = [key("owner"), key("phone"), key("laptop"), key("thief")];
    const policy = await found(world, [owner, phone, laptop, thief], { settings: { adminQuorum: 2n } });
    const removal = await scheduled(world, policy, [owner, phone], { agents: [power(laptop, 0)] });
    const theft = await scheduled(world, policy, [thief, laptop], {
      agents: [power(thief, ADMIN | PROVE_GRANT)],
    });
    await at(world, theft.earliest);
    await world.registry.execute(policy, removal.id);
    await expectRevert(world, world.registry.execute(policy, theft.id), "AgentPolicyRightMissing", [
      policy,
      ADMIN,
      1,
      2,
    ]);
  });

  it("self-rotation to dodge a pending removal: promote a second key, be removed, execute the promotion", async () => {
    const [owner, phone, thief, second] = [key("owner"), key("phone"), key("thief"), key("second key")];
    const policy = await found(world, [owner, phone, thief]);
    const removal = await scheduled(world, policy, [owner, phone], { agents: [power(thief, 0)] });
    await expectRevert(world, veto(world, policy, removal.id, thief), "AgentPolicyChangeHasMajority", [
      removal.id,
      2,
      3,
    ]);
    const dodge = await scheduled(world, policy, [thief], { agents: [power(second, ADMIN)] }, [second]);
    expect(dodge.earliest > removal.earliest).to.equal(true);
    await at(world, dodge.earliest);
    await world.registry.execute(policy, removal.id);
    await expectRevert(world, world.registry.execute(policy, dodge.id), "AgentPolicyRightMissing", [
      policy,
      ADMIN,
      0,
      1,
    ]);
    expect(await bitsOf(world, policy, second)).to.equal(0);
  });

  it("thief re-grants in the block of the revocation and fills 32 slots: stop, revoke all, in one block", async () => {
    const { owner, thief, policy } = await robbed();
    const crowd = Array.from({ length: 31 }, (_, i) => key(`filler ${i}`));
    await grant(world, policy, thief, crowd);
    await expectRevert(world, grant(world, policy, owner, [key("mine")]), "AgentPolicyProverLimit", [
      policy,
      32,
    ]);
    const one = crowd[0] ?? thief;
    const provider = world.ethers.provider;
    // what the thief sends after the revocation in the same block
    const frame = await frameOf(world, policy, thief);
    const change = {
      kind: one.kind,
      key: key("regranted").key,
      authorizations: PROVE,
      commitment: commitmentOf("regranted"),
      expiry: NO_EXPIRY,
    };
    const regrant = { ...frame, changes: [change], checkpoint: false };
    const approvals = await approveAll(world, "Authorize", regrant, [thief]);
    await provider.send("evm_setAutomine", [false]);
    const sent: { hash: string }[] = [];
    try {
      sent.push(await stop(world, policy, owner));
      sent.push(await take(world, policy, owner, crowd));
      // without an estimate, as it fails
      sent.push(await world.registry.authorize(regrant, [NO_ACCEPTANCE], approvals, { gasLimit: 1_000_000 }));
    } finally {
      await provider.send("evm_mine", []);
      await provider.send("evm_setAutomine", [true]);
    }
    const receipts = await Promise.all(sent.map(async ({ hash }) => provider.getTransactionReceipt(hash)));
    expect(receipts.map((receipt) => receipt?.status)).to.deep.equal([1, 1, 0]);
    expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).to.equal(1);
    for (const party of crowd) expect(await isRevoked(world, policy, party)).to.equal(true);
    await expectRevert(world, grant(world, policy, thief, [key("again")]), "AgentPolicyGrantsStopped", [
      policy,
      owner.id,
    ]);
    // and none of those who were revoked in front makes the batch fail
    const { owner: other, policy: second, thief: rogue } = await robbed();
    const few = crowd.slice(0, 4);
    await grant(world, second, rogue, few);
    await take(world, second, rogue, few.slice(1, 3));
    await take(world, second, other, few);
    expect(await world.registry.liveLeavesOf(second)).to.have.length(1);
  });

  it("stolen laptop as sole ADMIN: it gains nothing within the delay, a phone revokes it, root keys replace it", async () => {
    const [laptop, phone, root, fresh] = [key("laptop"), key("phone"), key("root"), key("fresh laptop")];
    const set = rootSetOf([root], 1);
    const others = [[phone, PROVE | PROVE_REVOKE]] as const;
    const policy = await found(world, [laptop], { others, settings: { rootCommitment: commitmentTo(set) } });
    await take(world, policy, phone, [laptop]);
    expect(await isRevoked(world, policy, laptop)).to.equal(true);
    const content = {
      settings: { rootCommitment: nextCommitment("the thief's") },
      agents: [power(phone, 0)],
    };
    const theft = await scheduled(world, policy, [laptop], content);
    await at(world, theft.earliest - 1n);
    await expectRevert(world, world.registry.execute(policy, theft.id), "AgentPolicyChangeTooEarly", [
      theft.id,
      theft.earliest,
      theft.earliest - 1n,
    ]);
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN)], survivors: [phone] });
    await rotate(world, op, set, [root], [fresh]);
    await expectRevert(world, world.registry.execute(policy, theft.id), "AgentPolicyChangeUnknown", [
      policy,
      theft.id,
    ]);
    expect(await bitsOf(world, policy, laptop)).to.equal(0);
    expect(await bitsOf(world, policy, phone)).to.equal(PROVE);
  });

  describe("thief raises a quorum to n-of-n or lengthens the delay", () => {
    it("is refused without root keys, and vetoed with them", async () => {
      const [owner, thief] = [key("owner"), key("thief")];
      const bare = await found(world, [owner, thief]);
      for (const [settings, right] of [
        [{ adminQuorum: 2n }, ADMIN],
        [{ grantQuorum: 2n }, PROVE_GRANT],
      ] as const) {
        const op = await proposal(world, bare, thief, { settings });
        await expectRevert(world, schedule(world, op, [thief]), "AgentPolicyQuorumNeedsRootKeys", [
          bare,
          right,
          2,
        ]);
      }
      const { owner: other, thief: rogue, policy } = await robbed();
      for (const settings of [{ adminQuorum: 2n }, { grantQuorum: 2n }, { delay: MONTH }]) {
        const { id } = await scheduled(world, policy, [rogue], { settings });
        await veto(world, policy, id, other);
        await wait(world, DELAY);
      }
    });

    it("leaves what waits already as it is, be the delay lengthened or shortened", async () => {
      const { owner, thief, policy } = await robbed();
      for (const [delay, window] of [
        [MONTH, 2n * DAY],
        [HOUR, 3n * DAY],
      ] as const) {
        const waiting = await scheduled(world, policy, [owner], { settings: { window } });
        const lengthen = await scheduled(world, policy, [thief], { settings: { delay } });
        await at(world, lengthen.earliest);
        await world.registry.execute(policy, lengthen.id);
        const view = await world.registry.pendingChangeOf(policy, waiting.id);
        expect([view.earliest, view.latest]).to.deep.equal([waiting.earliest, waiting.latest]);
        await world.registry.execute(policy, waiting.id);
      }
    });
  });

  it("commitment copied to brick a rotation: of an agent's PROVE, and of the root keys", async () => {
    const { owner, thief, root, set, policy } = await robbed();
    const planned = commitmentOf("planned for the new laptop");
    const fresh = key("new laptop");
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN)], survivors: [owner] });
    // the thief has seen the commitment that the new laptop shall prove with
    await grant(world, policy, thief, [key("thief's agent")], { commitment: () => planned });
    // and founds a policy on the owner's root keys
    const settings = { rootCommitment: commitmentTo(set) };
    const copy = await found(world, [key("copying thief")], { settings });
    await rotate(world, op, set, [root], [fresh]);
    const again = { ...op, policy: copy };
    const consents = await acceptances(world, { policy: copy, epoch: 2n }, op.agents, [fresh]);
    const replayed = world.registry.emergencyRotate(
      again,
      set,
      consents,
      await approveRoot(world, op, [root]),
    );
    await expectRevert(world, replayed, "AgentKeySignatureInvalid", [root.id]);
    const taken = grant(world, policy, fresh, [fresh], { commitment: () => planned });
    await expectRevert(world, taken, "AgentPolicyCommitmentUsed", [policy, planned]);
    await grant(world, policy, fresh, [fresh]);
    expect(await bitsOf(world, policy, fresh)).to.equal(PROVE | ADMIN);
  });

  it("survivor revoked in front of a rotation: it is skipped, the others survive", async () => {
    const { owner, thief, root, set, policy } = await robbed();
    const [phone, fresh] = [key("phone"), key("fresh")];
    await grant(world, policy, owner, [phone]);
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN)], survivors: [owner, phone] });
    await take(world, policy, thief, [phone]);
    await rotate(world, op, set, [root], [fresh]);
    expect(await bitsOf(world, policy, owner)).to.equal(PROVE);
    expect(await bitsOf(world, policy, phone)).to.equal(0);
  });

  it("anything that an ADMIN can do in front of a rotation: it goes through all the same", async () => {
    const { owner, thief, root, set, policy } = await robbed();
    const [fresh, decoy] = [key("fresh"), key("decoy")];
    const first = await scheduled(world, policy, [thief], { settings: { delay: HOUR } });
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN), power(owner, PROVE_REVOKE)] });
    const consents = await acceptances(world, { policy, epoch: 2n }, op.agents, [fresh, owner]);
    const approvals = await approveRoot(world, op, [root]);
    await at(world, first.earliest);
    await world.registry.execute(policy, first.id);
    await grant(world, policy, thief, [decoy]);
    await stop(world, policy, thief);
    await take(world, policy, thief, [owner, decoy]);
    await voidApprovals(world, policy, thief);
    await scheduled(world, policy, [thief], { abandon: true });
    await renounce(world, policy, thief, ADMIN);
    await world.registry.emergencyRotate(op, set, consents, approvals);
    expect(await bitsOf(world, policy, fresh)).to.equal(ADMIN);
    expect(await bitsOf(world, policy, owner)).to.equal(PROVE_REVOKE);
    expect(await pendingIds(world, policy)).to.deep.equal([]);
  });

  describe("approval replayed on another policy, epoch, chain, fork", () => {
    it("a change's: same parties, other policy", async () => {
      const [owner, thief] = [key("owner"), key("thief")];
      const policy = await found(world, [owner, thief]);
      const other = await found(world, [thief, owner]);
      const op = await proposal(world, policy, owner, DELAY_CHANGE);
      const approvals = await approveAll(world, "GovernanceChange", op, [owner]);
      await expectRevert(
        world,
        world.registry.schedule({ ...op, policy: other }, [], approvals),
        "AgentKeySignatureInvalid",
        [owner.id],
      );
      await world.registry.schedule(op, [], approvals);
      await expectRevert(world, world.registry.execute(other, changeIdOf(op)), "AgentPolicyChangeUnknown", [
        other,
        changeIdOf(op),
      ]);
    });

    it("a change's, veto's and withdrawal's: other chain, other registry at the same address of a fork", async () => {
      const { owner, thief, policy } = await robbed();
      const elsewhere: World[] = [
        { ...world, domain: { ...world.domain, chainId: 5n } },
        { ...world, domain: { ...world.domain, verifyingContract: world.stranger.address } },
        { ...world, domain: { ...world.domain, version: "2" } },
      ];
      const waiting = await scheduled(world, policy, [owner], DELAY_CHANGE);
      const decision = {
        policy,
        epoch: 1,
        change: waiting.id,
        agent: owner.id,
        deadline: await deadlineOf(world),
      };
      const op = await proposal(world, policy, thief, DELAY_CHANGE);
      for (const there of elsewhere) {
        const approvals = await approveAll(there, "GovernanceChange", op, [thief]);
        const invalid = [thief.id];
        await expectRevert(
          world,
          world.registry.schedule(op, [], approvals),
          "AgentKeySignatureInvalid",
          invalid,
        );
        const vetoes = await approve(there, "Veto", decision, owner);
        await expectRevert(world, world.registry.veto(decision, vetoes), "AgentKeySignatureInvalid", [
          owner.id,
        ]);
        const leaves = await approve(there, "Withdraw", decision, owner);
        await expectRevert(world, world.registry.withdraw(decision, leaves), "AgentKeySignatureInvalid", [
          owner.id,
        ]);
      }
    });

    it("a veto as a withdrawal and the other way round, and for another change", async () => {
      const [owner, phone, thief] = [key("owner"), key("phone"), key("thief")];
      const policy = await found(world, [owner, phone, thief]);
      const one = await scheduled(world, policy, [owner], DELAY_CHANGE);
      const two = await scheduled(world, policy, [phone, owner], DELAY_CHANGE);
      const decision = {
        policy,
        epoch: 1,
        change: one.id,
        agent: owner.id,
        deadline: await deadlineOf(world),
      };
      const vetoes = await approve(world, "Veto", decision, owner);
      const leaves = await approve(world, "Withdraw", decision, owner);
      const other = { ...decision, change: two.id };
      for (const send of [
        () => world.registry.withdraw(decision, vetoes),
        () => world.registry.veto(decision, leaves),
        () => world.registry.veto(other, vetoes),
        () => world.registry.withdraw(other, leaves),
      ]) {
        await expectRevert(world, send(), "AgentKeySignatureInvalid", [owner.id]);
      }
    });

    it("a change's, in the next epoch that has the same ADMINs", async () => {
      const { owner, thief, root, set, policy } = await robbed();
      const op = await proposal(world, policy, thief, DELAY_CHANGE);
      const approvals = await approveAll(world, "GovernanceChange", op, [thief]);
      const agents = [power(owner, ADMIN), power(thief, ADMIN)];
      const turn = await rotation(world, policy, { agents });
      await rotate(world, turn, set, [root], [owner, thief]);
      await expectRevert(world, world.registry.schedule(op, [], approvals), "AgentPolicyEpochMismatch", [
        policy,
        1,
        2,
      ]);
      await expectRevert(
        world,
        world.registry.schedule({ ...op, epoch: 2 }, [], approvals),
        "AgentKeySignatureInvalid",
        [thief.id],
      );
    });
  });

  it("approval withheld and sent late: gather two of two, wait; it is void at its deadline, or once its signer says so", async () => {
    const [owner, phone, thief] = [key("owner"), key("phone"), key("thief")];
    const policy = await found(world, [owner, phone, thief], { settings: { adminQuorum: 2n } });
    const promote = { agents: [power(thief, ADMIN | PROVE_GRANT)] };
    const forever = await proposal(world, policy, thief, promote, {
      deadline: (await now(world)) + MONTH + DAY,
    });
    const held = await approveAll(world, "GovernanceChange", forever, [thief, phone]);
    await expect(world.registry.schedule(forever, [NO_ACCEPTANCE], held)).to.be.revertedWithCustomError(
      world.registry,
      "AgentPolicyDeadlineTooFar",
    );
    const longest = await proposal(world, policy, thief, promote, { deadline: (await now(world)) + MONTH });
    const approvals = await approveAll(world, "GovernanceChange", longest, [thief, phone]);
    await voidApprovals(world, policy, phone);
    await expectRevert(
      world,
      world.registry.schedule(longest, [NO_ACCEPTANCE], approvals),
      "AgentKeySignatureInvalid",
      [phone.id],
    );
    const renewed = await approveAll(world, "GovernanceChange", longest, [thief, phone]);
    await at(world, BigInt(longest.deadline) + 1n);
    await expectRevert(
      world,
      world.registry.schedule(longest, [NO_ACCEPTANCE], renewed),
      "AgentPolicyDeadlinePassed",
      [longest.deadline, BigInt(longest.deadline) + 1n],
    );
    // the time that was set for it
    await world.networkHelpers.mine();
  });

  it("unfinalizable change: renounce so that the quorum it sets is out of reach; its proposer withdraws and goes on", async () => {
    const [owner, phone, thief] = [key("owner"), key("phone"), key("thief")];
    const policy = await found(world, [owner, phone, thief]);
    const { id, earliest } = await scheduled(world, policy, [owner], { settings: { adminQuorum: 2n } });
    await renounce(world, policy, thief, ADMIN);
    await at(world, earliest);
    await expectRevert(world, world.registry.execute(policy, id), "AgentPolicyQuorumNeedsRootKeys", [
      policy,
      ADMIN,
      2,
    ]);
    await withdraw(world, policy, id, owner);
    await enact(world, policy, [owner], {
      settings: { adminQuorum: 2n, rootCommitment: nextCommitment("unfinalizable") },
    });
  });

  it("one key under two kinds: in one change, in two, in a rotation, and by another's word", async () => {
    const { owner, root, set, policy } = await robbed();
    const token = partyOfSigner(await passkeySigner("two kinds"));
    for (const kind of [3, 4]) {
      const both = { agents: [power(token, ADMIN), { ...power(token, ADMIN), kind }] };
      const op = await proposal(world, policy, owner, both);
      await expectRevert(world, schedule(world, op, [owner], [token]), "AgentPolicyAgentRepeated", [
        token.id,
      ]);
      const turn = await rotation(world, policy, both);
      await expectRevert(world, rotate(world, turn, set, [root], [token]), "AgentPolicyAgentRepeated", [
        token.id,
      ]);
    }
    await grant(world, policy, owner, [token]);
    for (const kind of [3, 4]) {
      const op = await proposal(world, policy, owner, { agents: [{ ...power(token, ADMIN), kind }] });
      await expectRevert(world, schedule(world, op, [owner], [token]), "AgentPolicyKindMismatch", [
        token.id,
        kind,
        5,
      ]);
    }
    const op = await rotation(world, policy, { agents: [power(owner, ADMIN)] });
    await rotate(world, op, set, [root], [owner]);
    // the kind outlives the epoch
    const later = await proposal(world, policy, owner, { agents: [{ ...power(token, ADMIN), kind: 4 }] });
    await expectRevert(world, schedule(world, later, [owner], [token]), "AgentPolicyKindMismatch", [
      token.id,
      4,
      5,
    ]);
  });

  it("EIP-7702 delegation on an agent's key: neither helps nor hinders it, and makes it no contract", async () => {
    const { owner, thief, policy } = await robbed();
    const wallet = await world.ethers.deployContract("WalletMock", [agentKey("delegate's owner").address]);
    const target = await wallet.getAddress();
    const delegation = `0xef0100${target.slice(2)}`;
    await world.networkHelpers.setCode(owner.key, delegation);
    const { id } = await scheduled(world, policy, [thief], DELAY_CHANGE);
    const decision = { policy, epoch: 1, change: id, agent: owner.id, deadline: await deadlineOf(world) };
    const empty = { key: owner.key, signature: "0x" };
    await expectRevert(world, world.registry.veto(decision, empty), "AgentKeySenderMismatch", [
      owner.id,
      world.relayer.address,
    ]);
    const any = { key: owner.key, signature: `0x${"11".repeat(65)}` };
    await expectRevert(world, world.registry.veto(decision, any), "AgentKeySignatureInvalid", [owner.id]);
    await veto(world, policy, id, owner);
    const fresh = key("delegating");
    await world.networkHelpers.setCode(fresh.key, delegation);
    const op = await proposal(world, policy, owner, { agents: [{ ...power(fresh, ADMIN), kind: 2 }] });
    await expectRevert(world, schedule(world, op, [owner], [fresh]), "AgentKeyDelegated", [
      fresh.key,
      target,
    ]);
  });

  it("trailing signature bytes: of approvals, acceptances and root keys of every kind", async () => {
    const element = partyOfSigner(elementSigner("trailing element"));
    const token = partyOfSigner(await passkeySigner("trailing token"));
    const [account, owner] = [key("account"), key("owner")];
    const set = rootSetOf([account, element, token], 1);
    const settings = { rootCommitment: commitmentTo(set) };
    const policy = await found(world, [owner, account, element, token], { settings });
    const cases = [
      [account, "AgentKeySignatureInvalid", (id: string) => [id]],
      [element, "AgentKeySignatureLengthWrong", (id: string) => [id, 65]],
      [token, "AgentKeyAssertionMalformed", (id: string) => [id]],
    ] as const;
    for (const [party, error, args] of cases) {
      const op = await proposal(world, policy, party, DELAY_CHANGE);
      const [approval] = await approveAll(world, "GovernanceChange", op, [party]);
      const longer = { key: party.key, signature: `${approval?.signature}00` };
      await expectRevert(world, world.registry.schedule(op, [], [longer]), error, args(party.id));
      const turn = await rotation(world, policy, { agents: [power(party, ADMIN)] });
      const [own] = await acceptances(world, { policy, epoch: 2n }, turn.agents, [party]);
      const [signed] = await approveRoot(world, turn, [party]);
      if (own === undefined || signed === undefined) throw new Error("one of each");
      const consent = { ...own, signature: `${own.signature}00` };
      const { registry } = world;
      await expectRevert(
        world,
        registry.emergencyRotate(turn, set, [consent], [signed]),
        error,
        args(party.id),
      );
      const sealed = { ...signed, signature: `${signed.signature}00` };
      await expectRevert(world, registry.emergencyRotate(turn, set, [own], [sealed]), error, args(party.id));
    }
  });

  it("trailing bytes of a root key: one account, with a byte more, is not two of two", async () => {
    const [owner, root, fresh] = [key("owner"), key("root"), key("fresh")];
    const longer: Party = { ...root, key: `${root.key}00`, id: keccak256(`${root.key}00`) };
    const set = rootSetOf([root, longer], 2);
    const policy = await found(world, [owner], { settings: { rootCommitment: commitmentTo(set) } });
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN)] });
    const sent = rotate(world, op, set, [root, longer], [fresh]);
    await expectRevert(world, sent, "AgentKeyLengthWrong", [1, 21]);
  });

  it("nonce lane of another agent: propose in the owner's name, or burn the owner's nonce", async () => {
    const { owner, thief, policy } = await robbed();
    const op = await proposal(world, policy, owner, DELAY_CHANGE);
    await expectRevert(world, schedule(world, op, [thief]), "AgentPolicyProposerNotApproving", [owner.id]);
    const [stolen] = await approveAll(world, "GovernanceChange", op, [thief]);
    const forged = { key: owner.key, signature: `${stolen?.signature}` };
    await expectRevert(world, world.registry.schedule(op, [], [forged]), "AgentKeySignatureInvalid", [
      owner.id,
    ]);
    await scheduled(world, policy, [thief], DELAY_CHANGE);
    expect(await world.registry.nonceOf(policy, owner.id, 0)).to.equal(0);
    await schedule(world, op, [owner]);
    expect(await world.registry.nonceOf(policy, owner.id, 0)).to.equal(1);
  });

  it("acceptance replayed after removal: in the same epoch, the next, and another policy", async () => {
    const { owner, root, set, policy } = await robbed();
    const guest = key("guest");
    const consent = await acceptPower(world, policy, 1, guest, PROVE_REVOKE);
    const content = { agents: [power(guest, PROVE_REVOKE)] };
    const send = async (of: bigint, by: Party) => {
      const op = await proposal(world, of, by, content);
      const approvals = await approveAll(world, "GovernanceChange", op, [by]);
      return world.registry.schedule(op, [consent], approvals);
    };
    const joined = await scheduled(world, policy, [owner], content, [guest]);
    await at(world, joined.earliest);
    await world.registry.execute(policy, joined.id);
    await renounce(world, policy, guest, PROVE_REVOKE);
    await expectRevert(world, send(policy, owner), "AgentPolicyAgentRemoved", [policy, guest.id]);
    const op = await rotation(world, policy, { agents: [power(owner, ADMIN)] });
    await rotate(world, op, set, [root], [owner]);
    await expectRevert(world, send(policy, owner), "AgentKeySignatureInvalid", [guest.id]);
    const other = await found(world, [key("founder"), owner]);
    await expectRevert(world, send(other, owner), "AgentKeySignatureInvalid", [guest.id]);
  });

  it("raised quorums left behind by a thief: a rotation sets them anew, and nothing of the old epoch helps", async () => {
    const { owner, thief, root, set, policy } = await robbed();
    // the owner slept for a delay
    await enact(world, policy, [thief], { settings: { grantQuorum: 2n, adminQuorum: 2n } });
    const fresh = key("fresh");
    const op = await rotation(world, policy, { agents: [power(fresh, ADMIN)], survivors: [owner] });
    await rotate(world, op, set, [root], [fresh]);
    const { grantQuorum, adminQuorum } = await world.registry.settingsOf(policy);
    expect([grantQuorum, adminQuorum]).to.deep.equal([1n, 1n]);
    await grant(world, policy, fresh, [key("phone")]);
    await enact(world, policy, [fresh], DELAY_CHANGE);
  });

  it("approvals stripped by a relayer and vetoed: works once, not against the second try", async () => {
    const [a, b, c, d, thief] = [key("a"), key("b"), key("c"), key("d"), key("thief")];
    const policy = await found(world, [a, b, c, d, thief]);
    const content = { agents: [power(thief, 0)] };
    // three of five approve, but only one approval arrives, and the thief is quick
    const first = await proposal(world, policy, a, content);
    const all = await approveAll(world, "GovernanceChange", first, [a, b, c]);
    await world.registry.schedule(
      first,
      [NO_ACCEPTANCE],
      all.filter((approval) => approval.key === a.key),
    );
    await veto(world, policy, changeIdOf(first), thief);
    const until = (await now(world)) + DELAY;
    // now that a has to wait, fewer than most cannot schedule it at all
    const second = await proposal(world, policy, a, content);
    await expectRevert(world, schedule(world, second, [a]), "AgentPolicyProposerMustWait", [
      policy,
      a.id,
      until,
    ]);
    await schedule(world, second, [a, b, c]);
    await expectRevert(
      world,
      veto(world, policy, changeIdOf(second), thief),
      "AgentPolicyChangeHasMajority",
      [changeIdOf(second), 3, 5],
    );
  });

  it("a key promoted while it loses PROVE: one holder of PROVE_REVOKE cannot keep it from power", async () => {
    const { owner, thief, policy } = await robbed();
    const phone = key("phone");
    await grant(world, policy, owner, [phone]);
    const { id, earliest } = await scheduled(world, policy, [owner], { agents: [power(phone, ADMIN)] });
    await take(world, policy, thief, [phone]);
    expect((await world.registry.agentOf(policy, phone.id)).removed).to.equal(true);
    await at(world, earliest);
    await world.registry.execute(policy, id);
    expect(await bitsOf(world, policy, phone)).to.equal(ADMIN);
    expect(await isRevoked(world, policy, phone)).to.equal(true);
    const head = await world.registry.policyOf(policy);
    expect([head.adminCount, head.powerfulCount, head.agentCount]).to.deep.equal([3n, 3n, 3n]);
    // and gains PROVE again like anyone, with a commitment of its own
    await grant(world, policy, owner, [phone]);
  });

  it("PROVE named alone is always revocable, whatever is executed in front", async () => {
    const { owner, thief, policy } = await robbed();
    const rogue = key("rogue");
    await grant(world, policy, thief, [rogue]);
    const { id, earliest } = await scheduled(world, policy, [thief], { agents: [power(rogue, ADMIN)] });
    await at(world, earliest);
    await world.registry.execute(policy, id);
    await take(world, policy, owner, [rogue, thief]);
    expect(await isRevoked(world, policy, rogue)).to.equal(true);
    expect(await bitsOf(world, policy, rogue)).to.equal(ADMIN);
  });

  it("two changes of one agent: whoever executes them chooses the order, but the one scheduled later stands", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { owner, thief, policy } = await robbed();
      const guest = key("guest");
      const more = await scheduled(world, policy, [owner], { agents: [power(guest, ADMIN)] }, [guest]);
      const less = await scheduled(world, policy, [thief], { agents: [power(guest, PROVE_REVOKE)] }, [guest]);
      const ids = [more.id, less.id];
      await at(world, less.earliest);
      for (const i of order) await world.registry.execute(policy, ids[i] ?? "");
      expect(await bitsOf(world, policy, guest)).to.equal(PROVE_REVOKE);
      const head = await world.registry.policyOf(policy);
      expect([head.agentCount, head.powerfulCount]).to.deep.equal([3n, 3n]);
    }
  });
});
