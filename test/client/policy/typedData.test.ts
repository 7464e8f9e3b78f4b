import { readFileSync } from "node:fs";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import type { TypedData } from "../../../client/keys/index.ts";
import {
  type AgentChange,
  acceptanceTypedData,
  buildAcceptance,
  buildAuthorize,
  changeIdOf,
  NO_EXPIRY,
  operationTypedData,
} from "../../../client/policy/index.ts";
import { ABANDONMENT, CONTEXT, LAPTOP, LOCATION, NOW, OPERATIONS, PHONE, POLICY } from "./fixtures.ts";

/** The type string that a Solidity file hashes: the literals of its first TYPEHASH, joined. */
function solidityType(file: string): string {
  const source = readFileSync(`contracts/types/${file}.sol`, "utf8");
  const [, literals = ""] = /constant TYPEHASH =\s*keccak256\(\s*((?:"[^"]*"\s*)+)\)/.exec(source) ?? [];
  return [...literals.matchAll(/"([^"]*)"/g)].map(([, text]) => text).join("");
}

function encodedType({ types, primaryType }: TypedData): string {
  return TypedDataEncoder.from(structuredClone(types)).encodeType(primaryType);
}

const grant = { commitment: LAPTOP.commitment, expiry: NO_EXPIRY };
const change: AgentChange = { key: LAPTOP.key, authorizations: ["PROVE"], grant };
const acceptance = acceptanceTypedData(
  LOCATION,
  buildAcceptance({ policy: POLICY, epoch: 1, change, now: NOW }),
);

describe("policy/typedData", () => {
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    it(`gives ${name} the type of its Solidity struct`, () => {
      expect(encodedType(operationTypedData(LOCATION, operation))).to.equal(solidityType(name));
    });

    it(`gives ${name} every member of its type and no other`, () => {
      const { types, message, primaryType } = operationTypedData(LOCATION, operation);
      expect(Object.keys(message)).to.have.members(types[primaryType]?.map(({ name }) => name) ?? []);
    });
  }

  it("gives an acceptance the type of its Solidity struct", () => {
    expect(encodedType(acceptance)).to.equal(solidityType("Acceptance"));
    const members = acceptance.types.AgentAcceptance?.map(({ name }) => name) ?? [];
    expect(Object.keys(acceptance.message)).to.have.members(members);
  });

  it("writes a change as the registry reads it", () => {
    expect(operationTypedData(LOCATION, OPERATIONS.Authorize).message.changes).to.deep.equal([
      {
        kind: 1,
        key: LAPTOP.key.material,
        authorizations: 1,
        commitment: LAPTOP.commitment,
        expiry: 2n ** 40n - 1n,
      },
    ]);
  });

  it("writes no grant as zeros", () => {
    const plain = buildAuthorize({ ...CONTEXT, changes: [{ key: LAPTOP.key, authorizations: [] }] });
    expect(operationTypedData(LOCATION, plain).message.changes).to.deep.equal([
      { kind: 1, key: LAPTOP.key.material, authorizations: 0, commitment: 0n, expiry: 0n },
    ]);
  });

  it("says which settings a change sets, and zeros for the others", () => {
    const { message } = operationTypedData(LOCATION, OPERATIONS.GovernanceChange);
    expect(message.fields).to.equal(2 + 8);
    expect(message.settings).to.deep.equal({
      ...{ grantQuorum: 0, adminQuorum: 2, contractKeysCount: false, delay: 86_400, window: 0 },
      rootCommitment: `0x${"00".repeat(32)}`,
    });
    expect(operationTypedData(LOCATION, ABANDONMENT).message).to.include({
      ...{ abandon: true, successor: `0x${"c4".repeat(32)}`, fields: 0 },
    });
  });

  it("names a change by what it does, whoever approves it", () => {
    const change = OPERATIONS.GovernanceChange;
    expect(changeIdOf(change)).to.match(/^0x[0-9a-f]{64}$/);
    expect(changeIdOf({ ...change, nonce: 1n })).not.to.equal(changeIdOf(change));
    expect(changeIdOf({ ...change, settings: { adminQuorum: 2 } })).not.to.equal(changeIdOf(change));
  });

  it("gives digests that differ in chain, registry and every member", () => {
    const digest = ({ domain, types, message }: TypedData) =>
      TypedDataEncoder.hash({ ...domain }, structuredClone(types), { ...message });
    const base = OPERATIONS.Authorize;
    const variants = [
      operationTypedData(LOCATION, base),
      operationTypedData({ ...LOCATION, chainId: 1n }, base),
      operationTypedData(
        { ...LOCATION, registry: PHONE.wallet.address.toLowerCase() as typeof LOCATION.registry },
        base,
      ),
      operationTypedData(LOCATION, { ...base, epoch: 2 }),
      operationTypedData(LOCATION, { ...base, checkpoint: false }),
      operationTypedData(LOCATION, { ...base, proposer: LAPTOP.id }),
      operationTypedData(LOCATION, { ...base, lane: 1n }),
      operationTypedData(LOCATION, { ...base, nonce: 1n }),
      operationTypedData(LOCATION, { ...base, deadline: base.deadline + 1n }),
      operationTypedData(LOCATION, { ...base, changes: [{ ...change, authorizations: ["PROVE", "ADMIN"] }] }),
      operationTypedData(LOCATION, base, 1),
    ];
    expect(new Set(variants.map(digest)).size).to.equal(variants.length);
  });
});
