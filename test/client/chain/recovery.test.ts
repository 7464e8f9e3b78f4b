import { expect } from "chai";
import { Interface, type Result, toBeHex, Wallet } from "ethers";
import {
  anchorBackup,
  consentToRecovery,
  makeRootKit,
  proposeRecovery,
  proposeTrustees,
  requestRecovery,
  verifyAppointment,
  voteRecovery,
} from "../../../client/app/index.ts";
import {
  AGENT_POLICY_REGISTRY_ABI,
  connectRpc,
  openRegistry,
  type Registry,
  readBackupAnchor,
  readPolicyState,
  readProposal,
  readRecovery,
  readTrusteeCapabilities,
  readTrusteeNonce,
  readTrusteeSet,
  readVote,
} from "../../../client/chain/index.ts";
import { type Hex32, hex32 } from "../../../client/core/index.ts";
import { keyIdOf, secp256k1Key } from "../../../client/keys/index.ts";
import { trusteeSettingsHash } from "../../../client/policy/index.ts";
import type { TrusteeSet } from "../../../client/trustees/index.ts";
import { draftSet, install, openTrusteeWorld, type TrusteeWorld, trusteeOf } from "../app/trusteeWorld.ts";
import { codeOfAsync } from "../support.ts";
import { CHAIN_ID, type FaultyNode, IMPATIENT, startFaultyNode } from "./node.ts";

type RawLog = { readonly topics: readonly string[]; readonly data: string; readonly logIndex: string };

const REGISTRY = new Interface(AGENT_POLICY_REGISTRY_ABI);
const CONTRADICTION = "POLICY_LOGS_CONTRADICT_STATE";
const UNEXPECTED = "POLICY_EVENT_UNEXPECTED";
const OTHER = `0x${"11".repeat(32)}`;

/** A policy with trustees in force, others that wait, votes for two proposals, and two backups. */
describe("chain: trustees, recoveries and backups of a policy", () => {
  let world: TrusteeWorld;
  let set: TrusteeSet;
  let faulty: FaultyNode;
  let lying: Registry;
  let proposals: readonly [Hex32, Hex32];
  const id = (wallet: { readonly address: string }) => keyIdOf(secp256k1Key(wallet.address));

  const trustee = (i: number) => trusteeOf(world, set, world.people[i] ?? world.phone);
  const owner = () => ({
    ...{ registry: world.node.registry, sender: world.node.relayer },
    ...{ policy: world.record.policy, signer: world.phone },
  });

  before(async () => {
    world = await openTrusteeWorld();
    const { registry } = world.node;
    const { policy } = world.record;
    set = await draftSet(world, world.people.slice(0, 4));
    await install(world, set);
    await proposeTrustees(owner(), (await draftSet(world, world.people.slice(1, 6))).settings);
    const ids: Hex32[] = [];
    for (const i of [0, 1]) {
      const consent = await consentToRecovery(Wallet.createRandom(), {
        ...{ registry, policy, authorizations: ["PROVE_REVOKE", "ADMIN"] },
      });
      const { rootSet: nextRootSet } = await makeRootKit();
      const request = requestRecovery({ registry, policy, consents: [consent], nextRootSet });
      ids.push((await proposeRecovery(trustee(i), request)).proposal);
    }
    const [first, second] = ids;
    if (first === undefined || second === undefined) throw new Error("no proposals");
    proposals = [first, second];
    for (const [i, proposal] of [first, first, second].entries()) await voteRecovery(trustee(i), proposal);
    for (const sequence of [1, 2]) await anchorBackup(owner(), { sequence, hash: hex32(OTHER) });
    faulty = await startFaultyNode(world.node.url);
    const provider = connectRpc(faulty.url, { chainId: CHAIN_ID });
    const address = world.node.registryAddress;
    lying = await openRegistry({ provider, address, chainId: CHAIN_ID, retry: IMPATIENT });
  });
  after(async () => {
    lying.provider.destroy();
    await faulty.close();
    await world.close();
  });

  it("is read as the registry stores it", async () => {
    const { registry } = world.node;
    const { policy } = world.record;
    const { trustees, recovery, backups } = await world.state();
    expect(await readTrusteeSet(registry, policy)).to.deep.equal({
      ...{ number: 1, since: trustees.since, settings: trusteeSettingsHash(set.settings) },
    });
    expect(await readRecovery(registry, policy)).to.deep.equal({
      ...{ number: 0n, running: undefined, refused: false },
    });
    const { lapses, agents, settings } = recovery.proposals.get(proposals[0]) ?? expect.fail("no proposal");
    expect(await readProposal(registry, policy, proposals[0])).to.deep.equal({
      ...{ lapses, agents, settings, votes: 2 },
    });
    const [ada = world.phone, , , dan = world.phone] = world.people;
    expect(await readVote(registry, policy, id(ada))).to.deep.equal({ proposal: proposals[0], sequence: 1 });
    expect(await readVote(registry, policy, id(dan))).to.deep.equal({ proposal: undefined, sequence: 0 });
    expect(await readTrusteeCapabilities(registry, policy, id(ada))).to.have.length(4);
    expect(await readTrusteeCapabilities(registry, policy, id(dan))).to.deep.equal([]);
    expect(await readTrusteeNonce(registry, policy)).to.equal(0n);
    const { disowned: _, ...newest } = backups.at(-1) ?? expect.fail("no backup");
    expect(await readBackupAnchor(registry, policy)).to.deep.equal(newest);
    expect(await codeOfAsync(() => readProposal(registry, policy, hex32(OTHER)))).to.equal(
      "AGENT_POLICY_PROPOSAL_UNKNOWN",
    );
    expect(await verifyAppointment(registry, trustee(3).appointment)).to.equal("IN_FORCE");
  });

  function alterLogs(change: (logs: readonly RawLog[]) => readonly RawLog[]): void {
    faulty.fault = ({ method }) =>
      method === "eth_getLogs"
        ? { alter: (reply) => ({ ...reply, result: change(reply.result as readonly RawLog[]) }) }
        : undefined;
  }

  const topicOf = (event: string) => REGISTRY.getEvent(event)?.topicHash;
  const isOf = (event: string) => (log: RawLog) => log.topics[0] === topicOf(event);

  /** Leaves out the events of these names: all of them, or the n-th. */
  const leaveOut = (events: readonly string[], nth?: number) =>
    alterLogs((logs) => {
      const named = logs.filter((log) => events.some((event) => isOf(event)(log)));
      const gone = nth === undefined ? named : named.slice(nth, nth + 1);
      return logs.filter((log) => !gone.includes(log));
    });

  /** Rewrites the values of the last event of a name. */
  const rewrite = (event: string, change: (values: Record<string, unknown>) => void) =>
    alterLogs((logs) => {
      const last = logs.findLast(isOf(event));
      const fragment = REGISTRY.getEvent(event);
      if (last === undefined || fragment === null) throw new Error(`no ${event}`);
      const result = REGISTRY.decodeEventLog(fragment, last.data, [...last.topics]);
      const decoded = result.toObject();
      change(decoded);
      const { data, topics } = REGISTRY.encodeEventLog(
        fragment,
        fragment.inputs.map(({ name }) => decoded[name]),
      );
      return logs.map((log) => (log === last ? { ...log, data, topics } : log));
    });

  const read = () => codeOfAsync(() => readPolicyState(lying, world.record.policy));

  it("is read from an honest node", async () => {
    alterLogs((logs) => logs);
    expect(await read()).to.equal(undefined);
    rewrite("RecoveryVoted", () => undefined);
    expect(await read(), "and what is rewritten as it was").to.equal(undefined);
  });

  for (const [what, events, nth, code] of [
    ["what trustees a change sets", ["TrusteesProposed"], 0, UNEXPECTED],
    ["what trustees wait", ["TrusteesProposed"], 1, CONTRADICTION],
    ["that trustees came into force", ["TrusteesChanged", "ChangeExecuted"], undefined, UNEXPECTED],
    ["that a change of trustees was executed", ["ChangeExecuted"], undefined, UNEXPECTED],
    ["who is a trustee", ["TrusteeRevealed"], 0, UNEXPECTED],
    ["a proposal that has votes", ["RecoveryProposed"], 0, UNEXPECTED],
    ["a vote", ["RecoveryVoted"], 0, CONTRADICTION],
    ["all votes", ["RecoveryVoted"], undefined, CONTRADICTION],
    ["proposals and votes", ["RecoveryVoted", "RecoveryProposed"], undefined, CONTRADICTION],
    ["the newest backup", ["BackupAnchored"], 1, CONTRADICTION],
    ["an older backup", ["BackupAnchored"], 0, UNEXPECTED],
    ["all backups", ["BackupAnchored"], undefined, CONTRADICTION],
  ] as const) {
    it(`finds out a node that hides ${what}`, async () => {
      leaveOut(events, nth);
      expect(await read()).to.equal(code);
    });
  }

  const struct = (value: unknown) => (value as Result).toObject();
  for (const [what, event, change, code] of [
    [
      "the trustees that wait",
      "TrusteesProposed",
      (values) => {
        values.trustees = { ...struct(values.trustees), root: OTHER };
      },
      CONTRADICTION,
    ],
    [
      "what a trustee may do",
      "TrusteeRevealed",
      (values) => {
        values.capabilities = 8;
      },
      CONTRADICTION,
    ],
    [
      "who gets the policy",
      "RecoveryProposed",
      (values) => {
        const [power] = values.agents as Result;
        const thief = Wallet.createRandom().address;
        values.agents = [{ ...struct(power), key: thief, agent: id({ address: thief }) }];
      },
      CONTRADICTION,
    ],
    [
      "what power somebody gets",
      "RecoveryProposed",
      (values) => {
        const [power] = values.agents as Result;
        values.agents = [{ ...struct(power), authorizations: 8 }];
      },
      CONTRADICTION,
    ],
    [
      "whose root keys come",
      "RecoveryProposed",
      (values) => {
        values.settings = { ...struct(values.settings), rootCommitment: OTHER };
      },
      CONTRADICTION,
    ],
    [
      "how long a proposal takes votes",
      "RecoveryProposed",
      (values) => {
        values.lapses = BigInt(values.lapses as bigint) + 1n;
      },
      CONTRADICTION,
    ],
    [
      "what a vote is for",
      "RecoveryVoted",
      (values) => {
        values.proposal = proposals[0];
      },
      CONTRADICTION,
    ],
    [
      "that a vote was taken back",
      "RecoveryVoted",
      (values) => {
        values.proposal = `0x${"00".repeat(32)}`;
      },
      CONTRADICTION,
    ],
    [
      "who voted",
      "RecoveryVoted",
      (values) => {
        values.trustee = OTHER;
      },
      UNEXPECTED,
    ],
    [
      "which recovery it is",
      "RecoveryVoted",
      (values) => {
        values.recovery = 1n;
      },
      UNEXPECTED,
    ],
    [
      "the hash of the newest backup",
      "BackupAnchored",
      (values) => {
        values.backup = `0x${"22".repeat(32)}`;
      },
      CONTRADICTION,
    ],
    [
      "who recorded the newest backup",
      "BackupAnchored",
      (values) => {
        values.agent = id(world.laptop);
      },
      CONTRADICTION,
    ],
    [
      "the number of the newest backup",
      "BackupAnchored",
      (values) => {
        values.sequence = 9n;
      },
      UNEXPECTED,
    ],
  ] as readonly (readonly [string, string, (values: Record<string, unknown>) => void, string])[]) {
    it(`finds out a node that alters ${what}`, async () => {
      rewrite(event, change);
      expect(await read()).to.equal(code);
    });
  }

  it("finds out a node that invents a refusal, a start or an end", async () => {
    for (const [event, values] of [
      ["RecoveryStarted", [world.record.policy, 0n, proposals[0], 1n, 2n]],
      ["RecoveryStopped", [world.record.policy, 0n, proposals[0]]],
      ["RecoveryCancelled", [world.record.policy, 0n, proposals[0]]],
      ["RecoveryExecuted", [world.record.policy, 0n, proposals[0]]],
    ] as const) {
      const { data, topics } = REGISTRY.encodeEventLog(event, [...values]);
      alterLogs((logs) => {
        const last = logs.at(-1) ?? expect.fail("no logs");
        const logIndex = toBeHex(Number(last.logIndex) + 1);
        return [...logs, { ...last, data, topics, logIndex }];
      });
      expect(await read(), event).to.equal(UNEXPECTED);
    }
  });

  describe("while a recovery runs", () => {
    before(async () => {
      await voteRecovery(trustee(2), proposals[0]);
    });

    for (const [what, events, nth, code] of [
      ["that it started", ["RecoveryStarted"], undefined, CONTRADICTION],
      ["the vote that started it", ["RecoveryVoted"], 3, UNEXPECTED],
      ["everything about it", ["RecoveryStarted", "RecoveryVoted"], undefined, CONTRADICTION],
    ] as const) {
      it(`finds out a node that hides ${what}`, async () => {
        leaveOut(events, nth);
        expect(await read()).to.equal(code);
      });
    }

    for (const name of ["earliest", "latest"]) {
      it(`finds out a node that alters its ${name} time`, async () => {
        rewrite("RecoveryStarted", (values) => {
          values[name] = BigInt(values[name] as bigint) + 1n;
        });
        expect(await read()).to.equal(CONTRADICTION);
      });
    }

    it("is read from an honest node", async () => {
      alterLogs((logs) => logs);
      const state = await readPolicyState(lying, world.record.policy);
      expect(state?.recovery.running?.proposal).to.equal(proposals[0]);
      expect(state?.pendingChanges.size).to.equal(0);
    });

    it("finds out a node that hides that it stopped", async () => {
      await voteRecovery(trustee(2), undefined);
      leaveOut(["RecoveryStopped"]);
      expect(await read()).to.equal(CONTRADICTION);
    });
  });
});
