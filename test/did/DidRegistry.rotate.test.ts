import { expect } from "chai";
import { keccak256 } from "ethers";
import {
  CODEC,
  commitmentOf,
  EMPTY_STATE,
  encodeControllers,
  encodeState,
  keyIdOf,
  NEVER,
  nextOf,
  ZERO,
} from "./encoding.ts";
import {
  approvals,
  bytes32,
  controllerKey,
  controllersOf,
  controlOf,
  createDid,
  type Did,
  deployWorld,
  FAR,
  type Quorum,
  quorum,
  snapshotOf,
  updateDid,
  type World,
} from "./world.ts";

const SALT = bytes32("pre-rotation");

describe("DidRegistry", () => {
  let world: World;
  before(async () => {
    world = await deployWorld();
  });

  const key = { codec: CODEC.ED25519, relationships: 3, expiry: NEVER, key: bytes32("a key") };
  const state = encodeState({ keys: [key] });
  const hot = quorum(1, "hot");
  const cold = quorum(2, "cold 1", "cold 2", "cold 3");
  const colder = quorum(1, "colder");

  async function rotation(
    did: Did,
    options: {
      readonly to: Quorum;
      readonly version?: number;
      /** The current commitment if left out. */
      readonly previous?: string;
      readonly next?: string;
      readonly state?: string;
    },
  ) {
    const { to, version = 1, next = ZERO, state = EMPTY_STATE } = options;
    const previous = options.previous ?? (await world.registry.commitment(did.did));
    return { did: did.did, version, previous, controllers: controllersOf(to), next, state, deadline: FAR };
  }

  function preRotated(name: string): Promise<Did> {
    return createDid(world, name, { quorum: hot, next: nextOf(controllersOf(cold), SALT), state });
  }

  describe("rotate", () => {
    it("replaces controllers, pre-rotation and state by the quorum's word", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "plain", { quorum: hot, state });
      const before = await registry.head(did.did);
      const first = await registry.commitment(did.did);
      const op = await rotation(did, { to: cold, next: bytes32("next") });
      const signed = await approvals(world.domain, "DidRotation", op, hot.keys);
      const time = before.updated + 60n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await expect(registry.rotate(op, controlOf(did), signed))
        .to.emit(registry, "DidUpdated")
        .withArgs(did.did, 2n, before.updatedBlock, time, first, op.controllers, op.next, EMPTY_STATE);
      const block = BigInt(await networkHelpers.time.latestBlock());
      expect(await registry.head(did.did)).to.deep.equal([2n, 2n, before.created, time, block, block, false]);
      expect(await registry.commitment(did.did)).to.equal(
        commitmentOf({
          previous: first,
          version: 2,
          updated: time,
          controllersHash: keccak256(op.controllers),
          next: op.next,
          stateHash: keccak256(EMPTY_STATE),
        }),
      );
    });

    it("leaves no former key that the new state does not list", async () => {
      const { registry } = world;
      const did = await createDid(world, "drops", { quorum: hot, state });
      const id = keyIdOf(key);
      expect(await registry.verifyKey(did.did, snapshotOf(did), id, 1)).to.equal(true);
      const previous = await registry.commitment(did.did);
      const op = await rotation(did, { to: colder });
      await registry.rotate(op, controlOf(did), await approvals(world.domain, "DidRotation", op, hot.keys));
      const rotated: Did = { ...did, quorum: colder, previous, state: EMPTY_STATE };
      expect(await registry.verifyKey(did.did, snapshotOf(rotated), id, 1)).to.equal(false);
      const old = { ...snapshotOf(rotated), state };
      await expect(registry.verifyKey(did.did, old, id, 1)).to.be.revertedWithCustomError(
        registry,
        "DidRegistryCommitmentMismatch",
      );
    });

    it("leaves the former controllers no power, and gives it to the new ones", async () => {
      const { registry } = world;
      const did = await createDid(world, "power", { quorum: hot });
      const previous = await registry.commitment(did.did);
      const op = await rotation(did, { to: colder });
      await registry.rotate(op, controlOf(did), await approvals(world.domain, "DidRotation", op, hot.keys));
      const rotated: Did = { ...did, quorum: colder, previous };
      const update = {
        did: did.did,
        version: 2,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const byOld = await approvals(world.domain, "DidUpdate", update, hot.keys);
      await expect(registry.update(update, controlOf(rotated), byOld)).to.be.revertedWithCustomError(
        registry,
        "DidRegistryNotController",
      );
      await updateDid(world, rotated, state);
      expect((await registry.head(did.did)).version).to.equal(3n);
    });

    it("reverts when a former approval is replayed after rotating back", async () => {
      const { registry } = world;
      let did = await createDid(world, "back", { quorum: hot });
      const there = await rotation(did, { to: colder });
      const signed = await approvals(world.domain, "DidRotation", there, hot.keys);
      let previous = await registry.commitment(did.did);
      await registry.rotate(there, controlOf(did), signed);
      did = { ...did, quorum: colder, previous };
      const back = await rotation(did, { to: hot, version: 2 });
      previous = await registry.commitment(did.did);
      await registry.rotate(
        back,
        controlOf(did),
        await approvals(world.domain, "DidRotation", back, colder.keys),
      );
      did = { ...did, quorum: hot, previous };
      await expect(registry.rotate(there, controlOf(did), signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionMismatch")
        .withArgs(did.did, 1n, 3n);
    });

    it("reverts when the new controllers alone approve, without pre-rotation", async () => {
      const did = await createDid(world, "takeover", { quorum: hot });
      const op = await rotation(did, { to: colder });
      const signed = await approvals(world.domain, "DidRotation", op, colder.keys);
      await expect(world.registry.rotate(op, controlOf(did), signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryNotController")
        .withArgs(did.did, keccak256(controllerKey("colder").address));
    });

    it("reverts when new controllers or state are malformed, so that control cannot be lost by mistake", async () => {
      const { registry } = world;
      const did = await createDid(world, "lost", { quorum: hot });
      const unreachable = {
        ...(await rotation(did, { to: colder })),
        controllers: encodeControllers(3, [did.did]),
      };
      await expect(
        registry.rotate(
          unreachable,
          controlOf(did),
          await approvals(world.domain, "DidRotation", unreachable, hot.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryThresholdUnreachable")
        .withArgs(3n, 1n);
      const malformed = await rotation(did, { to: colder, state: "0x" });
      await expect(
        registry.rotate(
          malformed,
          controlOf(did),
          await approvals(world.domain, "DidRotation", malformed, hot.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryStateTruncated")
        .withArgs(0n, 0n);
    });

    it("reverts after its deadline, and for an unknown DID", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "late", { quorum: hot });
      const time = BigInt(await networkHelpers.time.latest());
      const late = { ...(await rotation(did, { to: colder })), deadline: time };
      await networkHelpers.time.setNextBlockTimestamp(time + 5n);
      await expect(
        registry.rotate(late, controlOf(did), await approvals(world.domain, "DidRotation", late, hot.keys)),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryDeadlinePassed")
        .withArgs(time, time + 5n);
      const unknown = { ...(await rotation(did, { to: colder })), did: `0x${"34".repeat(20)}` };
      await expect(
        registry.rotate(
          unknown,
          controlOf(did),
          await approvals(world.domain, "DidRotation", unknown, hot.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryUnknown")
        .withArgs(unknown.did);
    });

    it("reverts when something is revealed although nothing was committed to", async () => {
      const did = await createDid(world, "nothing committed", { quorum: hot });
      const op = await rotation(did, { to: colder });
      const signed = await approvals(world.domain, "DidRotation", op, hot.keys);
      await expect(world.registry.rotateByReveal(op, SALT, signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryRevealUnexpected")
        .withArgs(did.did);
    });
  });

  describe("rotate with pre-rotation", () => {
    it("works with a quorum of the next controllers alone", async () => {
      const { registry } = world;
      const did = await preRotated("emergency");
      const op = await rotation(did, { to: cold, next: nextOf(controllersOf(colder), SALT) });
      const [one, two] = cold.keys;
      if (one === undefined || two === undefined) throw new Error("no keys");
      const signed = await approvals(world.domain, "DidRotation", op, [one, two]);
      await registry.rotateByReveal(op, SALT, signed);
      const head = await registry.head(did.did);
      expect([head.version, head.controlVersion]).to.deep.equal([2n, 2n]);
    });

    it("reverts when thieves of the present keys rotate to themselves, revealed or not", async () => {
      const { registry } = world;
      const did = await preRotated("thieves");
      const thieves = quorum(1, "mallory");
      const op = await rotation(did, { to: thieves });
      const signed = await approvals(world.domain, "DidRotation", op, hot.keys);
      for (const salt of [ZERO, SALT]) {
        await expect(registry.rotateByReveal(op, salt, signed))
          .to.be.revertedWithCustomError(registry, "DidRegistryRevealMismatch")
          .withArgs(did.did, nextOf(op.controllers, salt), did.next);
      }
    });

    it("reverts when thieves of the present keys rotate to the next set, whose reveal they saw", async () => {
      const did = await preRotated("reveal seen");
      const op = await rotation(did, { to: cold, next: nextOf(controllersOf(quorum(1, "mallory")), ZERO) });
      const hotKey = controllerKey("hot");
      const signed = await approvals(world.domain, "DidRotation", op, [hotKey]);
      await expect(world.registry.rotateByReveal(op, SALT, signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryQuorumMissing")
        .withArgs(did.did, 1n, 2n);
      const both = await approvals(world.domain, "DidRotation", op, [hotKey, controllerKey("cold 1")]);
      await expect(world.registry.rotateByReveal(op, SALT, both))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryNotController")
        .withArgs(did.did, keccak256(hotKey.address));
    });

    it("reverts when the next controllers come with another threshold", async () => {
      const did = await preRotated("threshold");
      const weaker = { threshold: 1, keys: cold.keys };
      const op = await rotation(did, { to: weaker });
      const signed = await approvals(world.domain, "DidRotation", op, cold.keys);
      await expect(world.registry.rotateByReveal(op, SALT, signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryRevealMismatch")
        .withArgs(did.did, nextOf(op.controllers, SALT), did.next);
    });

    it("cannot be voided by updates of the thieves: any version since the last rotation will do", async () => {
      const { registry } = world;
      let did = await preRotated("voided");
      const op = await rotation(did, { to: cold, previous: ZERO });
      const signed = await approvals(world.domain, "DidRotation", op, cold.keys);
      for (let i = 0; i < 3; ++i)
        did = await updateDid(world, did, encodeState({ alsoKnownAs: [`https://x.y/${i}`] }));
      await registry.rotateByReveal(op, SALT, signed);
      const head = await registry.head(did.did);
      expect([head.version, head.controlVersion]).to.deep.equal([5n, 5n]);
    });

    it("reverts when the approval is of before the last rotation, or of a future version", async () => {
      const { registry } = world;
      let did = await preRotated("window");
      const first = await rotation(did, { to: cold, next: did.next, previous: ZERO });
      const signed = await approvals(world.domain, "DidRotation", first, cold.keys);
      const future = { ...first, version: 2 };
      await expect(
        registry.rotateByReveal(
          future,
          SALT,
          await approvals(world.domain, "DidRotation", future, cold.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionOutsideControl")
        .withArgs(did.did, 2n, 1n, 1n);
      const previous = await registry.commitment(did.did);
      await registry.rotateByReveal(first, SALT, signed);
      // The same set is committed to again, so nothing but the version tells the replay from a new rotation.
      did = { ...did, quorum: cold, previous, state: EMPTY_STATE };
      await expect(registry.rotateByReveal(first, SALT, signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionOutsideControl")
        .withArgs(did.did, 1n, 2n, 2n);
    });

    it("has a state bound to the version that it was approved for", async () => {
      const { registry } = world;
      let did = await preRotated("bound state");
      const stored = await registry.commitment(did.did);
      const op = await rotation(did, { to: cold, state });
      const signed = await approvals(world.domain, "DidRotation", op, cold.keys);
      const lied = { ...op, previous: bytes32("a lie") };
      await expect(
        registry.rotateByReveal(lied, SALT, await approvals(world.domain, "DidRotation", lied, cold.keys)),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryPreviousMismatch")
        .withArgs(did.did, lied.previous, stored);
      // The key of `state` is revoked after the approval: it must not come back.
      did = await updateDid(world, did, EMPTY_STATE);
      await expect(registry.rotateByReveal(op, SALT, signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionMismatch")
        .withArgs(did.did, 1n, 2n);
      const unbound = { ...op, previous: ZERO };
      await expect(
        registry.rotateByReveal(
          unbound,
          SALT,
          await approvals(world.domain, "DidRotation", unbound, cold.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryRevealStateNotEmpty")
        .withArgs(did.did, (state.length - 2) / 2);
      const again = await rotation(did, { to: cold, version: 2, state });
      await registry.rotateByReveal(
        again,
        SALT,
        await approvals(world.domain, "DidRotation", again, cold.keys),
      );
      const head = await registry.head(did.did);
      expect([head.version, head.controlVersion]).to.deep.equal([3n, 3n]);
    });

    it("leaves no pre-rotation commitment unless it sets one", async () => {
      const { registry } = world;
      const did = await preRotated("ended pre-rotation");
      const op = await rotation(did, { to: cold });
      const previous = await registry.commitment(did.did);
      await registry.rotateByReveal(op, SALT, await approvals(world.domain, "DidRotation", op, cold.keys));
      const after: Did = { ...did, quorum: cold, previous, next: ZERO, state: EMPTY_STATE };
      const back = await rotation(after, { to: hot, version: 2 });
      await expect(
        registry.rotateByReveal(back, SALT, await approvals(world.domain, "DidRotation", back, cold.keys)),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryRevealUnexpected")
        .withArgs(did.did);
      await registry.rotate(
        back,
        controlOf(after),
        await approvals(world.domain, "DidRotation", back, cold.keys),
      );
      expect((await registry.head(did.did)).version).to.equal(3n);
    });

    it("can be set by the quorum later, and then only the next controllers can change it", async () => {
      const { registry } = world;
      let did = await createDid(world, "later", { quorum: hot });
      const set = await rotation(did, { to: hot, next: nextOf(controllersOf(cold), SALT) });
      const previous = await registry.commitment(did.did);
      await registry.rotate(set, controlOf(did), await approvals(world.domain, "DidRotation", set, hot.keys));
      did = { ...did, previous, next: set.next };
      const unset = await rotation(did, { to: hot, version: 2 });
      await expect(
        registry.rotate(unset, controlOf(did), await approvals(world.domain, "DidRotation", unset, hot.keys)),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryRevealMissing")
        .withArgs(did.did, set.next);
      const through = await rotation(did, { to: cold, version: 2 });
      await registry.rotateByReveal(
        through,
        SALT,
        await approvals(world.domain, "DidRotation", through, cold.keys),
      );
      expect((await registry.head(did.did)).controlVersion).to.equal(3n);
    });
  });

  describe("deactivate", () => {
    it("ends a DID for every reader and writer, for ever", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "ended", { quorum: hot, state });
      const before = await registry.head(did.did);
      const first = await registry.commitment(did.did);
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidDeactivation", op, hot.keys);
      const time = before.updated + 9n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await expect(registry.deactivate(op, controlOf(did), signed))
        .to.emit(registry, "DidDeactivated")
        .withArgs(did.did, 2n, before.updatedBlock, time, first);

      const block = BigInt(await networkHelpers.time.latestBlock());
      const ended = [2n, 1n, before.created, time, block, block, true];
      expect(await registry.head(did.did)).to.deep.equal(ended);
      const commitment = commitmentOf({
        previous: first,
        version: 2,
        updated: time,
        controllersHash: ZERO,
        next: ZERO,
        stateHash: ZERO,
      });
      expect(await registry.commitment(did.did)).to.equal(commitment);
      expect(await registry.isDeactivated(did.did)).to.equal(true);
      expect((await registry.resolve(did.did)).head.deactivated).to.equal(true);
      expect(await registry.verifyKey(did.did, snapshotOf(did), keyIdOf(key), 1)).to.equal(false);
      const hotId = keccak256(controllerKey("hot").address);
      expect(await registry.isController(did.did, controlOf(did), hotId)).to.equal(false);

      const control = { previous: first, controllers: "0x", next: ZERO, stateHash: ZERO };
      const update = {
        did: did.did,
        version: 2,
        previous: await world.registry.commitment(did.did),
        state,
        deadline: FAR,
      };
      const rotate = await rotation(did, { to: hot, version: 2 });
      const again = { ...op, version: 2 };
      const attempts = [
        async () =>
          registry.update(update, control, await approvals(world.domain, "DidUpdate", update, hot.keys)),
        async () =>
          registry.rotate(rotate, control, await approvals(world.domain, "DidRotation", rotate, hot.keys)),
        async () =>
          registry.deactivate(
            again,
            control,
            await approvals(world.domain, "DidDeactivation", again, hot.keys),
          ),
        async () => registry.republish(did.did, snapshotOf(did)),
      ];
      for (const attempt of attempts) {
        await expect(attempt())
          .to.be.revertedWithCustomError(registry, "DidRegistryDeactivated")
          .withArgs(did.did);
      }
      await expect(createDid(world, "ended", { quorum: hot, state }))
        .to.be.revertedWithCustomError(registry, "DidRegistryExists")
        .withArgs(did.did);
      expect(await registry.head(did.did)).to.deep.equal(ended);
      expect(await registry.commitment(did.did)).to.equal(commitment);
    });

    it("is possible by the quorum only, for the current version only, in time only", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "not ended", { quorum: hot });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        deadline: FAR,
      };
      const mallory = [controllerKey("mallory")];
      await expect(
        registry.deactivate(
          op,
          controlOf(did),
          await approvals(world.domain, "DidDeactivation", op, mallory),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryNotController")
        .withArgs(did.did, keccak256(controllerKey("mallory").address));
      await expect(registry.deactivate(op, controlOf(did), []))
        .to.be.revertedWithCustomError(registry, "DidRegistryQuorumMissing")
        .withArgs(did.did, 0n, 1n);
      const stale = { ...op, version: 0 };
      await expect(
        registry.deactivate(
          stale,
          controlOf(did),
          await approvals(world.domain, "DidDeactivation", stale, hot.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryVersionMismatch")
        .withArgs(did.did, 0n, 1n);
      const time = BigInt(await networkHelpers.time.latest());
      const late = { ...op, deadline: time };
      await networkHelpers.time.setNextBlockTimestamp(time + 3n);
      await expect(
        registry.deactivate(
          late,
          controlOf(did),
          await approvals(world.domain, "DidDeactivation", late, hot.keys),
        ),
      )
        .to.be.revertedWithCustomError(registry, "DidRegistryDeadlinePassed")
        .withArgs(time, time + 3n);
      expect(await registry.isDeactivated(did.did)).to.equal(false);
    });

    it("reverts when something is revealed although nothing was committed to", async () => {
      const did = await createDid(world, "no reveal", { quorum: hot });
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        deadline: FAR,
      };
      const signed = await approvals(world.domain, "DidDeactivation", op, hot.keys);
      for (const salt of [ZERO, SALT]) {
        const reveal = { controllers: controllersOf(cold), salt };
        await expect(world.registry.deactivateByReveal(op, reveal, signed))
          .to.be.revertedWithCustomError(world.registry, "DidRegistryRevealUnexpected")
          .withArgs(did.did);
      }
    });

    it("is out of the present keys' reach once there is a pre-rotation commitment", async () => {
      const { registry } = world;
      const did = await preRotated("destroyers");
      const op = {
        did: did.did,
        version: 1,
        previous: await world.registry.commitment(did.did),
        deadline: FAR,
      };
      const byHot = await approvals(world.domain, "DidDeactivation", op, hot.keys);
      await expect(registry.deactivate(op, controlOf(did), byHot))
        .to.be.revertedWithCustomError(registry, "DidRegistryRevealMissing")
        .withArgs(did.did, did.next);
      const own = { controllers: controllersOf(hot), salt: SALT };
      await expect(registry.deactivateByReveal(op, own, byHot))
        .to.be.revertedWithCustomError(registry, "DidRegistryRevealMismatch")
        .withArgs(did.did, nextOf(own.controllers, SALT), did.next);
      const nothing = { controllers: "0x", salt: ZERO };
      await expect(registry.deactivateByReveal(op, nothing, byHot))
        .to.be.revertedWithCustomError(registry, "DidRegistryControllersTruncated")
        .withArgs(0n);
      const reveal = { controllers: controllersOf(cold), salt: SALT };
      await expect(registry.deactivateByReveal(op, reveal, byHot))
        .to.be.revertedWithCustomError(registry, "DidRegistryQuorumMissing")
        .withArgs(did.did, 1n, 2n);
      const unbound = { ...op, previous: ZERO };
      const byCold = await approvals(world.domain, "DidDeactivation", unbound, cold.keys);
      await updateDid(world, did, state);
      await registry.deactivateByReveal(unbound, reveal, byCold);
      expect(await registry.isDeactivated(did.did)).to.equal(true);
    });
  });
});
