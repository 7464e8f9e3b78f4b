import { expect } from "chai";
import { keccak256 } from "ethers";
import { CODEC, commitmentOf, EMPTY_STATE, encodeState, NEVER, nextOf, ZERO } from "./encoding.ts";
import {
  approvals,
  bytes32,
  controllerKey,
  controllersOf,
  controlOf,
  createDid,
  deployWorld,
  FAR,
  quorum,
  updateDid,
  type World,
} from "./world.ts";

describe("DidRegistry", () => {
  let world: World;
  before(async () => {
    world = await deployWorld();
  });

  const state = encodeState({
    keys: [{ codec: CODEC.ED25519, relationships: 3, expiry: NEVER, key: bytes32("a key") }],
  });

  describe("update", () => {
    it("makes the next version of the chain of commitments and keeps controllers and creation", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "next version", { next: bytes32("next") });
      const { created } = await registry.head(did.did);
      const first = await registry.commitment(did.did);
      await networkHelpers.mine(3);
      await updateDid(world, did, state);
      const time = BigInt(await networkHelpers.time.latest());
      const block = BigInt(await networkHelpers.time.latestBlock());
      expect(await registry.head(did.did)).to.deep.equal([2n, 1n, created, time, block, block, false]);
      expect(await registry.commitment(did.did)).to.equal(
        commitmentOf({
          previous: first,
          version: 2,
          updated: time,
          controllersHash: keccak256(controllersOf(did.quorum)),
          next: did.next,
          stateHash: keccak256(state),
        }),
      );
    });

    it("emits the whole new version and the block of the one before", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "emits", { next: bytes32("next") });
      const { updatedBlock } = await registry.head(did.did);
      const first = await registry.commitment(did.did);
      await networkHelpers.mine(3);
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      const time = BigInt(await networkHelpers.time.latest()) + 7n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await expect(registry.update(op, controlOf(did), signed))
        .to.emit(registry, "DidUpdated")
        .withArgs(did.did, 2n, updatedBlock, time, first, controllersOf(did.quorum), did.next, state);
    });

    it("takes several updates in one block", async () => {
      const { registry, ethers } = world;
      let did = await createDid(world, "one block");
      const start = await registry.head(did.did);
      await ethers.provider.send("evm_setAutomine", [false]);
      try {
        const time = start.updated + 1000n;
        const controllersHash = keccak256(controllersOf(did.quorum));
        for (const version of [1, 2]) {
          const { previous, next } = did;
          const link = { previous, version, controllersHash, next, stateHash: keccak256(did.state) };
          const current = commitmentOf({ ...link, updated: version === 1 ? start.updated : time });
          const op = { did: did.did, version, previous: current, state, deadline: FAR };
          const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
          await registry.update(op, controlOf(did), signed, { gasLimit: 500_000n });
          did = { ...did, previous: current, state };
        }
        await world.networkHelpers.time.setNextBlockTimestamp(time);
        await ethers.provider.send("evm_mine", []);
      } finally {
        await ethers.provider.send("evm_setAutomine", [true]);
      }
      const head = await registry.head(did.did);
      expect(head.version).to.equal(3n);
      const logs = await registry.queryFilter(
        registry.filters.DidUpdated(did.did, 3),
        Number(head.updatedBlock),
      );
      expect(logs[0]?.args.previousBlock).to.equal(head.updatedBlock);
    });

    it("takes the sender's own approval without a signature", async () => {
      const { registry, alice } = world;
      const key = { address: alice.address };
      const founders = quorum(1, "bob");
      const shared = { threshold: 1, keys: [...founders.keys] };
      const did = await createDid(world, "direct", { quorum: shared });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      await expect(
        registry.connect(alice).update(op, controlOf(did), [{ key: key.address, signature: "0x" }]),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryNotController")
        .withArgs(did.did, keccak256(alice.address));
      const [bob] = founders.keys;
      if (bob === undefined) throw new Error("no key");
      await world.networkHelpers.setBalance(bob.address, 10n ** 18n);
      const own = registry.connect(bob.connect(world.ethers.provider));
      await own.update(op, controlOf(did), [{ key: bob.address, signature: "0x" }]);
      expect((await registry.head(did.did)).version).to.equal(2n);
    });

    it("reverts when the version is not the current one: each approval serves once", async () => {
      const { registry } = world;
      const did = await createDid(world, "stale");
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      const early = { ...op, version: 2 };
      await expect(
        registry.update(
          early,
          controlOf(did),
          await approvals(world.domain, "DidUpdate", early, did.quorum.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionMismatch")
        .withArgs(did.did, 2n, 1n);
      const previous = await registry.commitment(did.did);
      await registry.update(op, controlOf(did), signed);
      await expect(registry.update(op, controlOf({ ...did, previous, state }), signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionMismatch")
        .withArgs(did.did, 1n, 2n);
    });

    it("reverts when approved for other content of the current version: a lying node gains nothing", async () => {
      const { registry } = world;
      const did = await createDid(world, "lied to", { state });
      const stored = await registry.commitment(did.did);
      const op = { did: did.did, version: 1, previous: bytes32("a lie"), state, deadline: FAR };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      await expect(registry.update(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryPreviousMismatch")
        .withArgs(did.did, op.previous, stored);
      await expect(registry.update({ ...op, previous: stored }, controlOf(did), signed))
        .to.be.revertedWithCustomError(registry, "AgentKeySignatureInvalid")
        .withArgs(keccak256(controllerKey("alice").address));
    });

    it("lets only the first of two concurrent changes through", async () => {
      const { registry } = world;
      const did = await createDid(world, "concurrent", { quorum: quorum(1, "alice", "bob") });
      const other = encodeState({ alsoKnownAs: ["https://other.example"] });
      const first = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const second = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state: other,
        deadline: FAR,
      };
      const byAlice = await approvals(world.domain, "DidUpdate", first, [controllerKey("alice")]);
      const byBob = await approvals(world.domain, "DidUpdate", second, [controllerKey("bob")]);
      await registry.update(first, controlOf(did), byAlice);
      const stored = await registry.commitment(did.did);
      await expect(registry.update(second, controlOf(did), byBob)).to.be.revertedWithCustomError(
        registry,
        "DidRegistryCommitmentMismatch",
      );
      expect(await registry.commitment(did.did)).to.equal(stored);
    });

    it("reverts when any part of the current version is wrong", async () => {
      const { registry } = world;
      const did = await createDid(world, "opening", { next: bytes32("next") });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const control = controlOf(did);
      const stored = await registry.commitment(did.did);
      const { updated } = await registry.head(did.did);
      const thief = quorum(1, "mallory");
      const forgeries = [
        { ...control, previous: bytes32("other") },
        { ...control, controllers: controllersOf(thief) },
        { ...control, next: ZERO },
        { ...control, stateHash: keccak256(state) },
      ];
      for (const forged of forgeries) {
        const computed = commitmentOf({
          previous: forged.previous,
          version: 1,
          updated,
          controllersHash: keccak256(forged.controllers),
          next: forged.next,
          stateHash: forged.stateHash,
        });
        const signed = await approvals(world.domain, "DidUpdate", op, thief.keys);
        await expect(registry.update(op, forged, signed))
          .to.be.revertedWithCustomError(registry, "DidRegistryCommitmentMismatch")
          .withArgs(did.did, computed, stored);
      }
    });

    it("reverts when the DID is unknown", async () => {
      const did = await createDid(world, "known");
      const unknown = `0x${"12".repeat(20)}`;
      const op = {
        did: unknown,
        version: 0,
        previous: await world.registry.commitment(unknown),
        state,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      await expect(world.registry.update(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryUnknown")
        .withArgs(unknown);
    });

    it("reverts when approved for another DID, state or deadline, or another kind of operation", async () => {
      const { registry } = world;
      const did = await createDid(world, "bound");
      const twin = await createDid(world, "bound twin");
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const alice = controllerKey("alice");
      const wrong = [
        await approvals(world.domain, "DidUpdate", { ...op, did: twin.did }, [alice]),
        await approvals(world.domain, "DidUpdate", { ...op, state: EMPTY_STATE }, [alice]),
        await approvals(world.domain, "DidUpdate", { ...op, version: 2 }, [alice]),
        await approvals(world.domain, "DidUpdate", { ...op, previous: ZERO }, [alice]),
        await approvals(world.domain, "DidUpdate", { ...op, deadline: FAR - 1n }, [alice]),
        await approvals(world.domain, "DidDeactivation", op, [alice]),
        await approvals({ ...world.domain, chainId: 1n }, "DidUpdate", op, [alice]),
        await approvals({ ...world.domain, verifyingContract: did.did }, "DidUpdate", op, [alice]),
      ];
      for (const signed of wrong) {
        await expect(registry.update(op, controlOf(did), signed))
          .to.be.revertedWithCustomError(registry, "AgentKeySignatureInvalid")
          .withArgs(keccak256(alice.address));
      }
    });

    it("reverts when fewer than the threshold approve: a stolen device can do nothing alone", async () => {
      const did = await createDid(world, "stolen", { quorum: quorum(2, "alice", "bob", "carol") });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, [controllerKey("carol")]);
      await expect(world.registry.update(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryQuorumMissing")
        .withArgs(did.did, 1n, 2n);
    });

    it("does not take the approval of those committed to as next", async () => {
      const cold = quorum(1, "cold");
      const did = await createDid(world, "next may not", { next: nextOf(controllersOf(cold), ZERO) });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, cold.keys);
      await expect(world.registry.update(op, controlOf(did), signed)).to.be.revertedWithCustomError(
        world.registry,
        "DidRegistryNotController",
      );
    });

    it("reverts after its deadline", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "deadline");
      const deadline = BigInt(await networkHelpers.time.latest()) + 10n;
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state,
        deadline,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(registry.update(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryDeadlinePassed")
        .withArgs(deadline, deadline + 1n);
    });

    it("reverts when its deadline is more than 30 days off, and takes one that is just as far", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "far deadline");
      const time = BigInt(await networkHelpers.time.latest()) + 10n;
      const latest = time + 30n * 86_400n;
      const previous = await registry.commitment(did.did);
      for (const deadline of [latest + 1n, 2n ** 64n - 1n]) {
        const op = { did: did.did, version: 1, previous, state, deadline };
        const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
        await networkHelpers.time.setNextBlockTimestamp(time);
        await expect(registry.update(op, controlOf(did), signed))
          .to.be.revertedWithCustomError(registry, "DidRegistryDeadlineTooFar")
          .withArgs(deadline, latest);
      }
      const op = { did: did.did, version: 1, previous, state, deadline: latest + 60n };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      await networkHelpers.time.setNextBlockTimestamp(time + 60n);
      await registry.update(op, controlOf(did), signed);
      expect((await registry.head(did.did)).version).to.equal(2n);
    });

    it("reverts when the state is malformed", async () => {
      const did = await createDid(world, "malformed");
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        state: "0x00000000",
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, did.quorum.keys);
      await expect(world.registry.update(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryStateTrailing")
        .withArgs(4n, 3n);
    });
  });

  describe("republish", () => {
    it("emits the current version again, from anyone, and points to it", async () => {
      const { registry, networkHelpers, stranger } = world;
      const did = await updateDid(
        world,
        await createDid(world, "republished", { next: bytes32("next") }),
        state,
      );
      const head = await registry.head(did.did);
      const commitment = await registry.commitment(did.did);
      await networkHelpers.mine(5);
      const { previous, quorum: who, next } = did;
      await expect(
        registry
          .connect(stranger)
          .republish(did.did, { previous, controllers: controllersOf(who), next, state }),
      )
        .to.emit(registry, "DidRepublished")
        .withArgs(did.did, 2n, head.updatedBlock, head.updated, previous, controllersOf(who), next, state);
      const block = BigInt(await networkHelpers.time.latestBlock());
      expect(await registry.head(did.did)).to.deep.equal([
        head.version,
        head.controlVersion,
        head.created,
        head.updated,
        head.updatedBlock,
        block,
        false,
      ]);
      expect(await registry.commitment(did.did)).to.equal(commitment);
      const op = {
        did: did.did,
        version: 2,
        previous: await world.registry.commitment(did.did),
        state: EMPTY_STATE,
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidUpdate", op, who.keys);
      await expect(registry.update(op, controlOf(did), signed))
        .to.emit(registry, "DidUpdated")
        .withArgs(
          did.did,
          3n,
          block,
          (time: bigint) => time > 0n,
          commitment,
          controllersOf(who),
          next,
          EMPTY_STATE,
        );
    });

    it("reverts when anything but the current version is offered", async () => {
      const { registry } = world;
      const first = await createDid(world, "old news");
      const did = await updateDid(world, first, state);
      const snapshot = {
        previous: did.previous,
        controllers: controllersOf(did.quorum),
        next: did.next,
        state: did.state,
      };
      const lies = [
        { ...snapshot, previous: first.previous, state: first.state },
        { ...snapshot, state: EMPTY_STATE },
        { ...snapshot, next: bytes32("next") },
        { ...snapshot, controllers: controllersOf(quorum(1, "mallory")) },
        { ...snapshot, previous: ZERO },
      ];
      for (const lie of lies) {
        await expect(registry.republish(did.did, lie)).to.be.revertedWithCustomError(
          registry,
          "DidRegistryCommitmentMismatch",
        );
      }
    });

    it("reverts when the DID is unknown", async () => {
      const snapshot = { previous: ZERO, controllers: "0x", next: ZERO, state: "0x" };
      const unknown = `0x${"00".repeat(20)}`;
      await expect(world.registry.republish(unknown, snapshot))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryUnknown")
        .withArgs(unknown);
    });
  });
});
