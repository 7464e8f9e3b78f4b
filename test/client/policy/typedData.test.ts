import { readFileSync } from "node:fs";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import type { TypedData } from "../../../client/keys/index.ts";
import {
  type AgentChange,
  acceptanceTypedData,
  buildAcceptance,
  buildAuthorize,
  buildCreatePolicy,
  buildRenounce,
  buildRevoke,
  NO_EXPIRY,
  operationTypedData,
} from "../../../client/policy/index.ts";
import { CONTEXT, LAPTOP, LOCATION, NOW, OWNER, PHONE, POLICY } from "./fixtures.ts";

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
const change: AgentChange = { key: LAPTOP.key, authorizations: ["PROVE", "ADMIN"], grant };
const creator = { key: PHONE.key, grant: { commitment: PHONE.commitment, expiry: NO_EXPIRY } };
const { proposer, ...own } = CONTEXT;
const operations = {
  CreatePolicy: buildCreatePolicy({ location: LOCATION, ownerCommitment: OWNER, creator, now: NOW }),
  Authorize: buildAuthorize({ ...CONTEXT, changes: [change] }),
  Revoke: buildRevoke({ ...CONTEXT, revocations: [{ agent: LAPTOP.id, authorizations: ["PROVE"] }] }),
  Renounce: buildRenounce({ ...own, agent: proposer, authorizations: ["PROVE", "PROVE_GRANT"] }),
};
const acceptance = acceptanceTypedData(
  LOCATION,
  buildAcceptance({ policy: POLICY, epoch: 1, change, now: NOW }),
);

describe("policy/typedData", () => {
  for (const [name, operation] of Object.entries(operations)) {
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
    expect(operationTypedData(LOCATION, operations.Authorize).message.changes).to.deep.equal([
      {
        kind: 1,
        key: LAPTOP.key.material,
        authorizations: 9,
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

  it("gives digests that differ in chain, registry and every member", () => {
    const digest = ({ domain, types, message }: TypedData) =>
      TypedDataEncoder.hash({ ...domain }, structuredClone(types), { ...message });
    const base = operations.Authorize;
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
      operationTypedData(LOCATION, { ...base, changes: [{ ...change, authorizations: ["PROVE"] }] }),
    ];
    expect(new Set(variants.map(digest)).size).to.equal(variants.length);
  });
});
