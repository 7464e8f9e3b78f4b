import { expect } from "chai";
import { keccak256 } from "ethers";
import { network } from "hardhat";
import { didCall } from "../../client/chain/index.ts";
import { type Hex32, hex, hex32 } from "../../client/core/index.ts";
import {
  addKey,
  approveDid,
  commitmentOf,
  type DidState,
  decodeDidRequest,
  encodeDidRequest,
  encodeState,
  rotateControllers,
  updateDid,
} from "../../client/did/index.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  FOUR_KEYS,
  otherKey,
  uncheckedCall,
} from "../client/did/fixture.ts";
import { codeOf, codeOfAsync } from "../client/support.ts";

type Log = { readonly topics: readonly string[]; readonly data: string };

/**
 * Signatures named the version that they build on, but not its content. A node could show a false state under the true
 * version number, have it signed with one key more, and put it through with the true opening.
 */
describe("finding: a change of a DID is signed on the ground of a false state", () => {
  let fixture: DidFixture;
  let did: string;
  /** What the node says: the true record with a key of the attacker's. */
  const lie: DidState = { ...FOUR_KEYS, keys: [...FOUR_KEYS.keys, otherKey("attacker")] };

  before(async () => {
    fixture = await didFixture(await network.create());
    did = (await fixture.create()).did;
  });

  /** A node that shows the lie as content, and `commitment` in the record. */
  function lying(commitment: (truth: Hex32) => Hex32) {
    const { interface: registry } = fixture.registry;
    return async ({ method }: { readonly method: string }, next: () => Promise<unknown>) => {
      if (method === "eth_call") {
        const [observation] = registry.decodeFunctionResult("resolve", String(await next()));
        const { head, commitment: truth, blockNumber, time, chainId } = observation;
        const told = [head, commitment(hex32(truth)), blockNumber, time, chainId];
        return registry.encodeFunctionResult("resolve", [told]);
      }
      if (method !== "eth_getLogs") return next();
      return ((await next()) as Log[]).map((log) => {
        const { args } = registry.parseLog(log) ?? { args: [] };
        const [id, version, previousBlock, updated, previous, controllers, next_] = args;
        const told = [id, version, previousBlock, updated, previous, controllers, next_, encodeState(lie)];
        return { ...log, ...registry.encodeEventLog("DidUpdated", told) };
      });
    };
  }

  it("the client reads no state that is not what the commitment is made of", async () => {
    const read = fixture.withNode(
      lying((truth) => truth),
      () => fixture.record(did),
    );
    expect(await codeOfAsync(() => read)).to.equal("SNAPSHOT_MISMATCH");
  });

  it("the chain takes nothing that was signed for a false commitment, whoever opens the true one", async () => {
    const truth = await fixture.record(did);
    const { version, snapshot } = truth;
    const { head } = (await fixture.registry.resolve(truth.id)) as unknown as { head: { updated: bigint } };
    const falsehood = commitmentOf(version, head.updated, { ...snapshot, state: encodeState(lie) });
    const deceived = await fixture.withNode(
      lying(() => falsehood),
      () => fixture.record(did),
    );
    expect(deceived.commitment).to.equal(falsehood);
    expect(deceived.state.keys).to.have.length(5);
    const [owner] = fixture.signers;
    if (owner === undefined) throw new Error("no account");
    const state = addKey(deceived.state, otherKey("the owner's new one"));
    const options = { controllers: deceived.controllers, state: deceived.state, deadline: FAR_DEADLINE };
    const changes = [
      [
        updateDid(deceived, { state, deadline: FAR_DEADLINE }),
        updateDid(truth, { state, deadline: FAR_DEADLINE }),
      ],
      [rotateControllers(deceived, options), rotateControllers(truth, options)],
    ] as const;
    for (const [asked, honest] of changes) {
      const approval = await approveDid(owner, asked);
      const opened = { ...asked, current: honest.current };
      await expect(owner.sendTransaction(didCall(opened, [approval])))
        .to.be.revertedWithCustomError(fixture.registry, "DidRegistryPreviousMismatch")
        .withArgs(truth.id, falsehood, truth.commitment);
      // Nor can the operation be made to name the true one.
      expect(codeOf(() => didCall(honest, [approval]))).to.equal("APPROVAL_INVALID");
      await expect(owner.sendTransaction(uncheckedCall(fixture, honest, [approval])))
        .to.be.revertedWithCustomError(fixture.registry, "AgentKeySignatureInvalid")
        .withArgs(keccak256(owner.address));
    }
    expect((await fixture.record(did)).commitment).to.equal(truth.commitment);
  });

  it("a request that comes as text cannot name others than those it opens as its approvers", async () => {
    const request = updateDid(await fixture.record(did), { state: lie, deadline: FAR_DEADLINE });
    const members = JSON.parse(encodeDidRequest(request));
    expect(decodeDidRequest(JSON.stringify(members))).to.deep.equal(request);
    for (const altered of [
      { ...members, current: undefined },
      { ...members, reveal: { controllers: members.current.controllers, salt: hex(`0x${"00".repeat(32)}`) } },
      { ...members, operation: { ...members.operation, previous: undefined } },
    ])
      expect(codeOf(() => decodeDidRequest(JSON.stringify(altered)))).to.equal("REQUEST_MALFORMED");
  });
});
