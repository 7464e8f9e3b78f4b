import { expect } from "chai";
import { network } from "hardhat";
import { didCall } from "../../client/chain/index.ts";
import { hex32 } from "../../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  type DidRequest,
  deactivateDid,
  didKeyIdOf,
  EMPTY_STATE,
  NO_NEXT,
  nextCommitment,
  revokeKey,
  rotateControllers,
  updateDid,
} from "../../client/did/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS, KEYS } from "../client/did/fixture.ts";
import { codeOf } from "../client/support.ts";

const SALT = hex32(`0x${"5a".repeat(32)}`);
const DAY = 86_400;

/**
 * Who opened a pre-rotation commitment also had to open the current version. A thief of the present keys who updated in
 * front of it made that opening stale, block after block, for as long as he paid.
 */
describe("finding: a thief of the present keys outruns the reveal", () => {
  let fixture: DidFixture;
  before(async () => {
    fixture = await didFixture(await network.create());
  });

  async function compromised() {
    const [thief, owner] = fixture.signers;
    if (thief === undefined || owner === undefined) throw new Error("too few accounts");
    const cold = accountControllers([owner.address]);
    const { did, id } = await fixture.create(FOUR_KEYS, { next: nextCommitment(cold, SALT) });
    return { did, id, thief, owner, cold };
  }

  /** Both transactions in one block, the first one first. */
  async function inOneBlock(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
    const { provider } = fixture.ethers;
    await provider.send("evm_setAutomine", [false]);
    try {
      await first();
      await second();
      await provider.send("evm_mine", []);
    } finally {
      await provider.send("evm_setAutomine", [true]);
    }
  }

  for (const action of ["rotation", "deactivation"] as const) {
    it(`a ${action} goes through in the very block of the thief's update`, async () => {
      const { did, id, thief, owner, cold } = await compromised();
      const record = await fixture.record(did);
      const request: DidRequest =
        action === "rotation"
          ? rotateControllers(record, {
              controllers: cold,
              salt: SALT,
              endPreRotation: true,
              deadline: FAR_DEADLINE,
            })
          : deactivateDid(record, { successors: { controllers: cold, salt: SALT }, deadline: FAR_DEADLINE });
      const theft = updateDid(record, { state: EMPTY_STATE, deadline: FAR_DEADLINE });
      const [reveal, update] = [
        didCall(request, [await approveDid(owner, request)]),
        didCall(theft, [await approveDid(thief, theft)]),
      ];
      await inOneBlock(
        () => thief.sendTransaction({ ...update, gasLimit: 500_000n, maxPriorityFeePerGas: 2n * 10n ** 9n }),
        () => owner.sendTransaction({ ...reveal, gasLimit: 500_000n, maxPriorityFeePerGas: 10n ** 9n }),
      );
      const head = await fixture.registry.head(id);
      expect(head.version).to.equal(3n);
      expect(head.deactivated).to.equal(action === "deactivation");
      if (action === "rotation") expect((await fixture.record(did)).controllers).to.deep.equal(cold);
    });
  }

  it("what was approved before a key was revoked cannot bring the key back", async () => {
    const { did, id, thief, owner, cold } = await compromised();
    const options = { controllers: cold, salt: SALT, endPreRotation: true, deadline: FAR_DEADLINE } as const;
    const record = await fixture.record(did);
    const bound = rotateControllers(record, { ...options, state: record.state });
    const lasting = rotateControllers(record, options);
    const approvals = [await approveDid(owner, bound), await approveDid(owner, lasting)] as const;
    await fixture.execute(
      updateDid(record, { state: revokeKey(record.state, didKeyIdOf(KEYS.ed25519)), deadline: FAR_DEADLINE }),
    );
    await expect(thief.sendTransaction(didCall(bound, [approvals[0]])))
      .to.be.revertedWithCustomError(fixture.registry, "DidRegistryVersionMismatch")
      .withArgs(id, 1n, 2n);
    await thief.sendTransaction(didCall(lasting, [approvals[1]]));
    const after = await fixture.record(did);
    expect(after.controllers).to.deep.equal(cold);
    expect(after.state).to.deep.equal(EMPTY_STATE);
    expect(after.snapshot.next).to.equal(NO_NEXT);
  });

  it("no rotation ends pre-rotation by leaving it out", async () => {
    const { did, cold } = await compromised();
    const record = await fixture.record(did);
    const options = { controllers: cold, salt: SALT, deadline: FAR_DEADLINE };
    expect(codeOf(() => rotateControllers(record, options))).to.equal("NEXT_UNDECIDED");
    const next = nextCommitment(cold, hex32(`0x${"5b".repeat(32)}`));
    expect(codeOf(() => rotateControllers(record, { ...options, next, endPreRotation: true }))).to.equal(
      "NEXT_UNDECIDED",
    );
    expect(rotateControllers(record, { ...options, next }).operation).to.include({ next });
  });

  it("an approval that nobody sent ends with its deadline, at most 30 days later", async () => {
    const { did, owner, cold } = await compromised();
    const record = await fixture.record(did);
    const reveal = (days: bigint) =>
      rotateControllers(record, {
        controllers: cold,
        salt: SALT,
        endPreRotation: true,
        deadline: record.time + days * BigInt(DAY),
      });
    const send = async (request: DidRequest) =>
      owner.sendTransaction(didCall(request, [await approveDid(owner, request)]));
    await expect(send(reveal(31n))).to.be.revertedWithCustomError(
      fixture.registry,
      "DidRegistryDeadlineTooFar",
    );
    await fixture.networkHelpers.time.increase(30 * DAY);
    await expect(send(reveal(30n))).to.be.revertedWithCustomError(
      fixture.registry,
      "DidRegistryDeadlinePassed",
    );
  });
});
