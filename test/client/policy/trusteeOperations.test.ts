import { readFileSync } from "node:fs";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { hex32 } from "../../../client/core/index.ts";
import { contractKey, type TypedData, typedDataDigest } from "../../../client/keys/index.ts";
import {
  acceptRecovery,
  approvalNeeds,
  approveBundle,
  buildRecoveryAcceptance,
  buildRecoveryProposal,
  buildRecoveryVote,
  buildTrusteeChange,
  buildTrusteeRevoke,
  checkRecoveryAcceptance,
  describeChange,
  describeOperation,
  describeRunning,
  describeTrusteeOperation,
  missingApprovals,
  NO_HASH,
  NO_TRUSTEES,
  type Operation,
  openBundle,
  type PendingChange,
  parseBundle,
  parseOperation,
  proposalIdOf,
  type RecoveryProposalState,
  recoveryAcceptanceTypedData,
  serializeBundle,
  serializeOperation,
  shortPolicyId,
  type TrusteeOperation,
  trusteeTypedData,
} from "../../../client/policy/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import {
  CONTEXT,
  LAPTOP,
  LOCATION,
  NOW,
  OPERATIONS,
  PHONE,
  POLICY,
  SERVER,
  SETTINGS,
  TRUSTEES,
} from "./fixtures.ts";
import { member, stateOf } from "./policyState.ts";

const timing = { policy: POLICY, trusteeSet: 4, now: NOW };
const { proposal } = OPERATIONS.CancelRecovery;
const { rootCommitment } = OPERATIONS.EmergencyRotate.settings;
const rules = { grantQuorum: 1, adminQuorum: 1, contractKeysCount: false, rootCommitment };
const statements = {
  RecoveryProposal: buildRecoveryProposal({
    ...{ ...timing, recovery: 3n, agents: [{ key: SERVER.key, authorizations: ["ADMIN"] }] },
    settings: rules,
  }),
  RecoveryVote: buildRecoveryVote({ ...timing, recovery: 3n, proposal, sequence: 1 }),
  TrusteeRevoke: buildTrusteeRevoke({ ...timing, epoch: 1, agents: [LAPTOP.id, PHONE.id], nonce: 0n }),
} as const satisfies Record<TrusteeOperation["action"], TrusteeOperation>;
const offer = buildRecoveryAcceptance({
  ...{ policy: POLICY, recovery: 3n, now: NOW, power: { key: SERVER.key, authorizations: ["ADMIN"] } },
});

/** The type string of a Solidity file: the literals of a TYPEHASH, joined. */
function solidityType(file: string, constant = "TYPEHASH"): string {
  const source = readFileSync(`contracts/types/${file}.sol`, "utf8");
  const pattern = new RegExp(`constant ${constant} =\\s*keccak256\\(\\s*((?:"[^"]*"\\s*)+)\\)`);
  return [...(pattern.exec(source)?.[1] ?? "").matchAll(/"([^"]*)"/g)].map(([, text]) => text).join("");
}

function encodedType({ types, primaryType }: TypedData): string {
  return TypedDataEncoder.from(structuredClone(types)).encodeType(primaryType);
}

describe("policy/typedData of trustees", () => {
  for (const [name, statement] of Object.entries(statements)) {
    it(`gives ${name} the type of its Solidity struct, and every member of it`, () => {
      const data = trusteeTypedData(LOCATION, statement);
      expect(encodedType(data)).to.equal(solidityType(name));
      const members = data.types[data.primaryType]?.map((field) => field.name) ?? [];
      expect(Object.keys(data.message)).to.have.members(members);
    });
  }

  it("gives a recovery's acceptance the type of its Solidity struct", () => {
    const data = recoveryAcceptanceTypedData(LOCATION, offer);
    expect(encodedType(data)).to.equal(solidityType("RecoveryProposal", "ACCEPTANCE_TYPEHASH"));
    expect(data.message).to.deep.equal({
      ...{ policy: POLICY, recovery: 3n, kind: 1, key: SERVER.key.material, authorizations: 8 },
      deadline: offer.deadline,
    });
  });

  it("writes no delay and no window into a proposal, and zero for a vote taken back", () => {
    const { message } = trusteeTypedData(LOCATION, statements.RecoveryProposal);
    expect(message.settings).to.deep.equal({ ...rules, delay: 0, window: 0 });
    const { proposal: _, ...back } = statements.RecoveryVote;
    expect(trusteeTypedData(LOCATION, back).message.proposal).to.equal(NO_HASH);
  });

  it("gives digests that differ in chain, registry and every member", () => {
    const { RecoveryProposal, RecoveryVote, TrusteeRevoke } = statements;
    const registry = PHONE.key.material as typeof LOCATION.registry;
    const variants: readonly TypedData[] = [
      ...Object.values(statements).flatMap((one) => [
        trusteeTypedData(LOCATION, one),
        trusteeTypedData({ ...LOCATION, chainId: 1n }, one),
        trusteeTypedData({ ...LOCATION, registry }, one),
        trusteeTypedData(LOCATION, { ...one, policy: LAPTOP.commitment as never }),
        trusteeTypedData(LOCATION, { ...one, trusteeSet: 5 }),
        trusteeTypedData(LOCATION, { ...one, deadline: one.deadline + 1n }),
      ]),
      ...[
        { ...RecoveryProposal, recovery: 4n },
        { ...RecoveryProposal, settings: { ...rules, adminQuorum: 2 } },
        { ...RecoveryProposal, agents: [{ key: LAPTOP.key, authorizations: ["ADMIN"] as const }] },
        { ...RecoveryVote, recovery: 4n },
        { ...RecoveryVote, sequence: 2 },
        { ...RecoveryVote, proposal: NO_HASH },
        { ...TrusteeRevoke, nonce: 1n },
        { ...TrusteeRevoke, agents: [PHONE.id, LAPTOP.id] },
      ].map((one) => trusteeTypedData(LOCATION, one)),
      recoveryAcceptanceTypedData(LOCATION, offer),
      recoveryAcceptanceTypedData(LOCATION, { ...offer, recovery: 4n }),
      recoveryAcceptanceTypedData(LOCATION, { ...offer, deadline: offer.deadline + 1n }),
      recoveryAcceptanceTypedData(LOCATION, {
        ...{ ...offer, power: { ...offer.power, authorizations: ["PROVE_REVOKE", "ADMIN"] } },
      }),
    ];
    expect(new Set(variants.map(typedDataDigest)).size).to.equal(variants.length);
  });

  it("names a proposal by all that it does", () => {
    const { RecoveryProposal } = statements;
    const types = { ...trusteeTypedData(LOCATION, RecoveryProposal) };
    expect(proposalIdOf(RecoveryProposal)).to.equal(
      TypedDataEncoder.hashStruct("RecoveryProposal", structuredClone(types.types), { ...types.message }),
    );
    expect(proposalIdOf({ ...RecoveryProposal, recovery: 4n })).not.to.equal(proposalIdOf(RecoveryProposal));
  });
});

describe("policy/acceptRecovery", () => {
  it("accepts this power in this recovery, and no other", async () => {
    const acceptance = await acceptRecovery(SERVER.wallet, LOCATION, offer);
    const check = (more: Partial<typeof offer> = {}, place = LOCATION) =>
      codeOf(() => checkRecoveryAcceptance(place, { ...offer, ...more, acceptance }));
    expect(check()).to.equal(undefined);
    expect(check({ recovery: 4n })).to.equal("ACCEPTANCE_MISMATCH");
    expect(check({ policy: LAPTOP.commitment as never })).to.equal("ACCEPTANCE_MISMATCH");
    expect(check({ power: { ...offer.power, authorizations: ["PROVE_GRANT", "ADMIN"] } })).to.equal(
      "ACCEPTANCE_MISMATCH",
    );
    expect(check({ power: { ...offer.power, key: LAPTOP.key } })).to.equal("ACCEPTANCE_MISMATCH");
    expect(check({}, { ...LOCATION, chainId: 1n })).to.equal("ACCEPTANCE_MISMATCH");
    const altered = { deadline: acceptance.deadline + 1n, signature: acceptance.signature };
    expect(codeOf(() => checkRecoveryAcceptance(LOCATION, { ...offer, acceptance: altered }))).to.equal(
      "ACCEPTANCE_MISMATCH",
    );
    const empty = { ...acceptance, signature: "0x" as const };
    expect(codeOf(() => checkRecoveryAcceptance(LOCATION, { ...offer, acceptance: empty }))).to.equal(
      "SIGNATURE_MALFORMED",
    );
  });

  it("refuses to accept for another agent, and leaves contracts to the chain", async () => {
    expect(await codeOfAsync(() => acceptRecovery(PHONE.wallet, LOCATION, offer))).to.equal(
      "ACCEPTANCE_MISMATCH",
    );
    const power = { ...offer.power, key: contractKey(`0x${"c0".repeat(20)}`) };
    const acceptance = { deadline: offer.deadline, signature: "0x1234" } as const;
    expect(codeOf(() => checkRecoveryAcceptance(LOCATION, { ...offer, power, acceptance }))).to.equal(
      undefined,
    );
  });
});

describe("policy/serialize of trustees' operations", () => {
  const kinds = ["TrusteeChange", "PermitAnchor", "AnchorBackup", "CancelRecovery"] as const;

  it("brings each back, also one that removes all trustees", () => {
    const removal = buildTrusteeChange({ ...CONTEXT, trustees: NO_TRUSTEES });
    for (const operation of [...kinds.map((kind) => OPERATIONS[kind]), removal]) {
      expect(parseOperation(serializeOperation(operation))).to.deep.equal(operation);
      const bundle = openBundle({ location: LOCATION, operation, acceptances: [] }, NOW);
      expect(parseBundle(serializeBundle(bundle))).to.deep.equal(bundle);
    }
  });

  for (const kind of kinds) {
    it(`refuses a ${kind} with a member too many, too few, or malformed`, () => {
      const fields = JSON.parse(serializeOperation(OPERATIONS[kind])) as Record<string, unknown>;
      const refusal = (more: object) => codeOf(() => parseOperation(JSON.stringify({ ...fields, ...more })));
      expect(refusal({})).to.equal(undefined);
      expect(refusal({ note: "x" })).to.equal("BUNDLE_MALFORMED");
      for (const name of Object.keys(fields)) {
        expect(refusal({ [name]: undefined }), `without ${name}`).to.equal("BUNDLE_MALFORMED");
        for (const bad of [null, [], {}, -1, 1.5, "x", `0x${"00".repeat(31)}`]) {
          expect(refusal({ [name]: bad }), `${name} ${JSON.stringify(bad)}`).to.equal("BUNDLE_MALFORMED");
        }
      }
    });
  }

  it("refuses numbers that are too large", () => {
    const large = `${2n ** 64n}`;
    const alter = (kind: (typeof kinds)[number], name: string) =>
      codeOf(() =>
        parseOperation(
          JSON.stringify({ ...JSON.parse(serializeOperation(OPERATIONS[kind])), [name]: large }),
        ),
      );
    expect(alter("AnchorBackup", "sequence")).to.equal("BUNDLE_MALFORMED");
    expect(alter("CancelRecovery", "recovery")).to.equal("BUNDLE_MALFORMED");
    expect(alter("TrusteeChange", "nonce")).to.equal("BUNDLE_MALFORMED");
  });

  it("refuses trustees with unknown members, or who could not serve", () => {
    const text = serializeOperation(OPERATIONS.TrusteeChange);
    const alter = (from: string, to: string) => {
      expect(text).to.contain(from);
      return codeOf(() => parseOperation(text.replace(from, to)));
    };
    expect(alter('"delay":1209600', '"delay":1209600,"note":1')).to.equal("BUNDLE_MALFORMED");
    expect(alter('"count":5,', '"count":5,"note":1,')).to.equal("BUNDLE_MALFORMED");
    expect(alter('"ADMIN_AUTHZ"', '"OWNER"')).to.equal("BUNDLE_MALFORMED");
    expect(alter('"delay":1209600', `"delay":${91 * 86_400}`)).to.equal("SETTING_OUT_OF_RANGE");
    expect(alter('"ADMIN_AUTHZ":{"count":5,"quorum":3}', '"ADMIN_AUTHZ":{"count":5,"quorum":1}')).to.equal(
      "TRUSTEE_QUORUM_INVALID",
    );
    expect(alter(TRUSTEES.root, NO_HASH)).to.equal("TRUSTEE_SETTINGS_MALFORMED");
  });
});

describe("policy/needs of trustees' operations", () => {
  const three = [PHONE, LAPTOP, SERVER].map((one) => [one, member(one, ["ADMIN"])] as const);
  const state = stateOf(three, { adminQuorum: 2 });
  const needs = (operation: Operation, of = state) =>
    approvalNeeds(operation, { state: of, now: NOW }).map(({ right, quorum }) => `${quorum} ${right}`);

  it("are the quorum of ADMINs for trustees and permissions", () => {
    expect(needs(OPERATIONS.TrusteeChange)).to.deep.equal(["2 ADMIN", "1 OWN"]);
    expect(needs(OPERATIONS.PermitAnchor)).to.deep.equal(["2 ADMIN", "1 OWN"]);
  });

  it("are the agent alone for a backup", () => {
    expect(needs(OPERATIONS.AnchorBackup)).to.deep.equal(["1 OWN"]);
    expect(approvalNeeds(OPERATIONS.AnchorBackup, { state: undefined, now: NOW })[0]?.of).to.deep.equal([
      PHONE.id,
    ]);
  });

  it("are most ADMINs for a cancellation, whatever the quorum is", () => {
    expect(needs(OPERATIONS.CancelRecovery)).to.deep.equal(["2 ADMIN"]);
    expect(needs(OPERATIONS.CancelRecovery, stateOf(three.slice(0, 2)))).to.deep.equal(["2 ADMIN"]);
    expect(needs(OPERATIONS.CancelRecovery, stateOf(three.slice(0, 1)))).to.deep.equal(["1 ADMIN"]);
  });

  it("depend on the policy's state", () => {
    for (const kind of ["TrusteeChange", "PermitAnchor", "CancelRecovery"] as const) {
      const without = () => approvalNeeds(OPERATIONS[kind], { state: undefined, now: NOW });
      expect(codeOf(without)).to.equal("POLICY_STATE_MISSING");
    }
  });

  it("are met approval by approval", async () => {
    const operation = OPERATIONS.CancelRecovery;
    const bundle = openBundle({ location: LOCATION, operation, acceptances: [] }, NOW);
    const one = await approveBundle(PHONE.wallet, bundle);
    expect(missingApprovals(one, state, NOW)).to.deep.equal([
      { right: "ADMIN", quorum: 1, of: [LAPTOP.id, SERVER.id] },
    ]);
    const two = await approveBundle(LAPTOP.wallet, one);
    expect(missingApprovals(two, state, NOW)).to.deep.equal([]);
  });
});

describe("policy/describe of trustees", () => {
  const short = (id: string) => `${id.slice(0, 6)}…${id.slice(-4)}`;
  const nameOf = (id: string) => (id === PHONE.id ? "phone" : undefined);
  const phone = `phone (${short(PHONE.id)})`;
  const [laptop, server] = [LAPTOP, SERVER].map(({ id }) => `agent ${short(id)}`);
  const policy = `policy ${shortPolicyId(POLICY)}`;
  const by = "(to be done by 2026-01-01 01:00 UTC).";
  const effect = `${server} may administer the policy, and has no other power; letting somebody prove takes 1 agent; changing power takes 1 ADMIN; wallet contracts do not count as agents of their own; the root keys are those of ${rootCommitment}; nobody else holds power, and nobody proves`;
  const known: RecoveryProposalState = {
    ...{ id: proposal, trustee: PHONE.id, trusteeSet: 4, lapses: NOW + 1_000n },
    ...{ agents: statements.RecoveryProposal.agents, settings: rules },
  };
  const recovery = {
    ...{ number: 3n, starts: 0, executed: undefined, proposals: new Map([[proposal, known]]) },
    votes: new Map([PHONE, LAPTOP].map(({ id }) => [id, proposal])),
    running: { proposal, earliest: NOW + 18_000n, latest: NOW + 86_400n },
  };
  const say = (operation: TrusteeOperation, withState = false) =>
    describeTrusteeOperation(operation, {
      ...{ nameOf },
      ...(withState ? { state: stateOf([], {}, { recovery }) } : {}),
    });

  it("says all that a proposal does", () => {
    expect(say(statements.RecoveryProposal)).to.equal(
      `A trustee proposes to replace all power in ${policy}: ${effect} ${by}`,
    );
  });

  it("says what a vote is for, if the policy's state tells", () => {
    const plain = `A trustee votes for the recovery 0xc4c4…c4c4 of ${policy}`;
    expect(say(statements.RecoveryVote)).to.equal(`${plain} ${by}`);
    expect(say(statements.RecoveryVote, true)).to.equal(`${plain}: ${effect} ${by}`);
    const { proposal: _, ...back } = statements.RecoveryVote;
    expect(say(back, true)).to.equal(`A trustee takes back its vote for a recovery of ${policy} ${by}`);
  });

  it("says whom trustees stop from proving", () => {
    expect(say(statements.TrusteeRevoke)).to.equal(
      `Trustees stop ${laptop} and ${phone} from proving in ${policy} ${by}`,
    );
  });

  it("says that trustees are removed, and permissions are taken", () => {
    const removal = buildTrusteeChange({ ...CONTEXT, trustees: NO_TRUSTEES });
    expect(describeOperation(removal)).to.contain(
      "there are no trustees any more: nobody can give the policy back",
    );
    expect(describeOperation({ ...OPERATIONS.PermitAnchor, permitted: false })).to.contain(
      "may record no more backups",
    );
  });

  it("says what trustees wait to come into force", () => {
    const change: PendingChange = {
      ...{ id: proposal, proposer: PHONE.id, agents: [], settings: {}, majority: false },
      ...{ earliest: NOW + 18_000n, latest: NOW + 86_400n, approvers: [PHONE.id] },
      trustees: { ...TRUSTEES, shareSet: NO_HASH },
    };
    expect(describeChange(change, NOW, { nameOf })).to.equal(
      `3 of 5 trustees together give the policy to whom they choose; 2 of 2 trustees together stop agents from proving; 3 of 5 trustees together restore the recovery secret; a recovery waits 14 days, and can then be executed for 7 days; approved by ${phone}; it can be executed in 5 h, from 2026-01-01 05:00 UTC to 2026-01-02 00:00 UTC; any ADMIN can veto it.`,
    );
  });

  describe("describeRunning", () => {
    const at = (now: bigint, more: Partial<typeof recovery> = {}) =>
      describeRunning({ recovery: { ...recovery, ...more } }, now, { nameOf });

    it("says what runs, who is for it, and when it takes effect", () => {
      expect(at(NOW)).to.equal(
        `${effect}; voted for by ${phone} and ${laptop}; it can be executed in 5 h, from 2026-01-01 05:00 UTC to 2026-01-02 00:00 UTC.`,
      );
    });

    it("says from the first second to the last that it can be executed, and then that it cannot", () => {
      expect(at(NOW + 17_999n)).to.contain("it can be executed in 1 min");
      for (const now of [NOW + 18_000n, NOW + 86_400n]) {
        expect(at(now)).to.contain("anyone can execute it now, until 2026-01-02 00:00 UTC");
      }
      expect(at(NOW + 86_401n)).to.contain("its time has passed, and anyone can clear it");
    });

    it("says that nothing runs, and names what it does not know by its id", () => {
      expect(describeRunning({ recovery: { ...recovery, running: undefined } }, NOW)).to.equal(
        "no recovery runs.",
      );
      expect(at(NOW, { proposals: new Map() })).to.match(/^0xc4c4…c4c4; voted for by /);
      expect(at(NOW, { votes: new Map([[PHONE.id, hex32(SETTINGS.rootCommitment)]]) })).to.contain(
        "voted for by nothing",
      );
    });
  });
});
