import { expect } from "chai";
import { keccak256, Signature, Wallet, zeroPadValue } from "ethers";
import {
  commitmentOf,
  EMPTY_STATE,
  encodeController,
  encodeControllers,
  encodeState,
  NEVER,
  nextOf,
  ZERO,
} from "./encoding.ts";
import {
  approvals,
  bytes32,
  controllerKey,
  controllersOf,
  createDid,
  creation,
  deployWorld,
  FAR,
  genesisOf,
  quorum,
  type World,
} from "./world.ts";

describe("DidRegistry", () => {
  let world: World;
  before(async () => {
    world = await deployWorld();
  });

  const state = encodeState({
    keys: [{ codec: 0xed, relationships: 3, expiry: NEVER, key: bytes32("a key") }],
    services: [{ id: "inbox", type: "DIDCommMessaging", endpoint: "https://example.com/inbox" }],
    alsoKnownAs: ["https://example.com"],
  });

  describe("create", () => {
    it("stores a head and a commitment to all the rest", async () => {
      const { registry, networkHelpers } = world;
      const op = creation(world, "stores", { state, next: bytes32("next") });
      await registry.create(op, await approvals(world.domain, "DidCreation", op, [controllerKey("alice")]));
      const time = BigInt(await networkHelpers.time.latest());
      const block = BigInt(await networkHelpers.time.latestBlock());
      expect(await registry.head(op.did)).to.deep.equal([1n, 1n, time, time, block, block, false]);
      expect(await registry.commitment(op.did)).to.equal(
        commitmentOf({
          previous: genesisOf(op.did),
          version: 1,
          updated: time,
          controllersHash: keccak256(op.controllers),
          next: op.next,
          stateHash: keccak256(state),
        }),
      );
    });

    it("emits all that opens the commitment", async () => {
      const { registry, networkHelpers } = world;
      const op = creation(world, "emits", { state, next: bytes32("next") });
      const signed = await approvals(world.domain, "DidCreation", op, [controllerKey("alice")]);
      const time = BigInt(await networkHelpers.time.latest()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(time);
      await expect(registry.create(op, signed))
        .to.emit(registry, "DidUpdated")
        .withArgs(op.did, 1n, 0n, time, genesisOf(op.did), op.controllers, op.next, state);
    });

    it("takes an empty signature from the controller itself", async () => {
      const controllers = encodeControllers(1, [world.alice.address]);
      const salt = bytes32("direct");
      const did = await world.registry.didOf(controllers, ZERO, salt);
      const op = { did, controllers, next: ZERO, salt, state, deadline: FAR };
      const own = [{ key: world.alice.address, signature: "0x" }];
      await expect(world.registry.connect(world.stranger).create(op, own))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySenderMismatch")
        .withArgs(keccak256(world.alice.address), world.stranger.address);
      await world.registry.connect(world.alice).create(op, own);
      expect((await world.registry.head(did)).version).to.equal(1n);
    });

    it("takes two of three, one of them as the sender", async () => {
      const founders = [controllerKey("bob").address, world.alice.address, controllerKey("carol").address];
      const controllers = encodeControllers(2, founders);
      const salt = bytes32("two of three");
      const did = await world.registry.didOf(controllers, ZERO, salt);
      const op = { did, controllers, next: ZERO, salt, state, deadline: FAR };
      const [bob] = await approvals(world.domain, "DidCreation", op, [controllerKey("bob")]);
      if (bob === undefined) throw new Error("no approval");
      const both = [bob, { key: world.alice.address, signature: "0x" }].sort((a, b) =>
        BigInt(keccak256(a.key)) < BigInt(keccak256(b.key)) ? -1 : 1,
      );
      await world.registry.connect(world.alice).create(op, both);
      expect((await world.registry.head(did)).version).to.equal(1n);
    });

    it("takes more approvals than the threshold, up to all of sixteen", async () => {
      const names = Array.from({ length: 16 }, (_, i) => `founder ${i}`);
      const { did } = await createDid(world, "sixteen", { quorum: quorum(9, ...names) });
      expect((await world.registry.head(did)).version).to.equal(1n);
    });

    it("reverts when the threshold is not reached", async () => {
      const founders = quorum(2, "alice", "bob", "carol");
      const op = creation(world, "one of two", { quorum: founders });
      for (const keys of [[], [controllerKey("bob")]]) {
        await expect(world.registry.create(op, await approvals(world.domain, "DidCreation", op, keys)))
          .to.be.revertedWithCustomError(world.registry, "DidRegistryQuorumMissing")
          .withArgs(op.did, BigInt(keys.length), 2n);
      }
    });

    it("reverts when one controller approves twice", async () => {
      const op = creation(world, "twice", { quorum: quorum(2, "alice", "bob") });
      const [alice] = await approvals(world.domain, "DidCreation", op, [controllerKey("alice")]);
      if (alice === undefined) throw new Error("no approval");
      const id = keccak256(alice.key);
      await expect(world.registry.create(op, [alice, alice]))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryApprovalsNotAscending")
        .withArgs(id, id);
    });

    it("reverts when approvals are out of order", async () => {
      const founders = quorum(2, "alice", "bob");
      const op = creation(world, "order", { quorum: founders });
      const [low, high] = await approvals(world.domain, "DidCreation", op, founders.keys);
      if (low === undefined || high === undefined) throw new Error("no approvals");
      await expect(world.registry.create(op, [high, low]))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryApprovalsNotAscending")
        .withArgs(keccak256(high.key), keccak256(low.key));
    });

    it("reverts when somebody else approves, alone or among the controllers", async () => {
      const op = creation(world, "outsider", { quorum: quorum(1, "alice", "bob") });
      for (const keys of [[controllerKey("mallory")], [controllerKey("alice"), controllerKey("mallory")]]) {
        await expect(world.registry.create(op, await approvals(world.domain, "DidCreation", op, keys)))
          .to.be.revertedWithCustomError(world.registry, "DidRegistryNotController")
          .withArgs(op.did, keccak256(controllerKey("mallory").address));
      }
    });

    it("reverts when a signature is another key's, malleable, cut short, prolonged or empty", async () => {
      const alice = controllerKey("alice");
      const op = creation(world, "signatures");
      const [good] = await approvals(world.domain, "DidCreation", op, [alice]);
      const [foreign] = await approvals(world.domain, "DidCreation", op, [controllerKey("mallory")]);
      if (good === undefined || foreign === undefined) throw new Error("no approvals");
      const { r, s, v } = Signature.from(good.signature);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const highS = zeroPadValue(`0x${(order - BigInt(s)).toString(16)}`, 32);
      const malleable = r + highS.slice(2) + (v === 27 ? "1c" : "1b");
      const bad = [foreign.signature, malleable, good.signature.slice(0, -2), `${good.signature}00`];
      for (const signature of bad) {
        await expect(world.registry.create(op, [{ key: alice.address, signature }]))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(keccak256(alice.address));
      }
      await expect(world.registry.create(op, [{ key: alice.address, signature: "0x" }]))
        .to.be.revertedWithCustomError(world.registry, "AgentKeySenderMismatch")
        .withArgs(keccak256(alice.address), world.relayer.address);
    });

    it("reverts when signed for another chain, registry, domain name or version", async () => {
      const alice = controllerKey("alice");
      const op = creation(world, "domain");
      const domains = [
        { ...world.domain, chainId: world.chainId + 1n },
        { ...world.domain, verifyingContract: world.stranger.address },
        { ...world.domain, name: "dkms AgentPolicyRegistry" },
        { ...world.domain, version: "2" },
      ];
      for (const domain of domains) {
        await expect(world.registry.create(op, await approvals(domain, "DidCreation", op, [alice])))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(keccak256(alice.address));
      }
    });

    it("reverts when the state or the deadline was altered after signing", async () => {
      const alice = controllerKey("alice");
      const op = creation(world, "altered");
      const signed = await approvals(world.domain, "DidCreation", op, [alice]);
      for (const altered of [
        { ...op, state },
        { ...op, deadline: FAR + 1n },
      ]) {
        await expect(world.registry.create(altered, signed))
          .to.be.revertedWithCustomError(world.registry, "AgentKeySignatureInvalid")
          .withArgs(keccak256(alice.address));
      }
    });

    it("reverts when the DID is not the one of controllers, pre-rotation and salt: nobody can take another's", async () => {
      const op = creation(world, "squatted", { next: nextOf(controllersOf(quorum(1, "cold")), ZERO) });
      const mallory = quorum(1, "mallory");
      const thefts = [
        { ...op, controllers: controllersOf(mallory) },
        { ...op, controllers: controllersOf(mallory), next: ZERO },
        { ...op, next: ZERO },
        { ...op, salt: bytes32("another salt") },
      ];
      for (const theft of thefts) {
        const computed = await world.registry.didOf(theft.controllers, theft.next, theft.salt);
        const signed = await approvals(world.domain, "DidCreation", theft, mallory.keys);
        await expect(world.registry.create(theft, signed))
          .to.be.revertedWithCustomError(world.registry, "DidRegistryIdMismatch")
          .withArgs(op.did, computed);
      }
    });

    it("gives the DID that the client computes, another one in another registry", async () => {
      const op = creation(world, "computed", { next: bytes32("next") });
      expect(await world.registry.didOf(op.controllers, op.next, op.salt)).to.equal(op.did);
      const AgentSignatures = await (await world.ethers.deployContract("AgentSignatures")).getAddress();
      const other = await world.ethers.deployContract("DidRegistry", { libraries: { AgentSignatures } });
      expect(await other.getFunction("didOf")(op.controllers, op.next, op.salt)).to.not.equal(op.did);
    });

    it("reverts when the DID exists", async () => {
      const { did } = await createDid(world, "exists");
      const op = creation(world, "exists", { state });
      expect(op.did).to.equal(did);
      const signed = await approvals(world.domain, "DidCreation", op, [controllerKey("alice")]);
      await expect(world.registry.create(op, signed))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryExists")
        .withArgs(did);
    });

    it("works in the second of its deadline, reverts in the next", async () => {
      const { registry, networkHelpers } = world;
      const deadline = BigInt(await networkHelpers.time.latest()) + 100n;
      const late = { ...creation(world, "late"), deadline };
      const signed = await approvals(world.domain, "DidCreation", late, [controllerKey("alice")]);
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(registry.create(late, signed))
        .to.be.revertedWithCustomError(registry, "DidRegistryDeadlinePassed")
        .withArgs(deadline, deadline + 1n);
      const op = { ...creation(world, "in time"), deadline: deadline + 50n };
      const timely = await approvals(world.domain, "DidCreation", op, [controllerKey("alice")]);
      await networkHelpers.time.setNextBlockTimestamp(deadline + 50n);
      await registry.create(op, timely);
      expect((await registry.head(op.did)).version).to.equal(1n);
    });

    it("reverts when controllers or state are malformed, and creates nothing", async () => {
      const founder = controllerKey("alice");
      const cases = [
        { controllers: encodeControllers(2, [founder.address]), state: EMPTY_STATE },
        { controllers: encodeControllers(1, [founder.address]), state: "0x0000" },
      ];
      const errors = ["DidRegistryThresholdUnreachable", "DidRegistryStateTruncated"];
      for (const [i, content] of cases.entries()) {
        const salt = bytes32("malformed");
        const did = await world.registry.didOf(content.controllers, ZERO, salt);
        const op = { did, ...content, next: ZERO, salt, deadline: FAR };
        const signed = await approvals(world.domain, "DidCreation", op, [founder]);
        await expect(world.registry.create(op, signed)).to.be.revertedWithCustomError(
          world.registry,
          errors[i] ?? "",
        );
        expect((await world.registry.head(did)).version).to.equal(0n);
      }
    });

    it("has no controller with key zero, for whom nobody can sign", async () => {
      const zero = `0x${"00".repeat(20)}`;
      const controllers = `0x01${encodeController(zero).slice(2)}`;
      const did = await world.registry.didOf(controllers, ZERO, ZERO);
      const op = { did, controllers, next: ZERO, salt: ZERO, state: EMPTY_STATE, deadline: FAR };
      const unrecoverable = `0x${"00".repeat(64)}1b`;
      await expect(
        world.registry.create(op, [{ key: zero, signature: unrecoverable }]),
      ).to.be.revertedWithCustomError(world.registry, "AgentKeyZero");
    });

    it("cares not who a controller is beyond its key: an address with code signs as any other", async () => {
      const key = new Wallet(bytes32("has code"));
      await world.networkHelpers.setCode(key.address, "0x00");
      const op = creation(world, "code", { quorum: { threshold: 1, keys: [key] } });
      await world.registry.create(op, await approvals(world.domain, "DidCreation", op, [key]));
      expect((await world.registry.head(op.did)).version).to.equal(1n);
    });
  });
});
