import { readFileSync } from "node:fs";
import { expect } from "chai";
import { AbiCoder, dataSlice, keccak256, toBeHex } from "ethers";
import { storageLayoutOf } from "../structure/storageLayout.ts";
import { CODEC, encodeState, keyIdOf, NEVER, nextOf, RELATIONSHIP, type StateKey, ZERO } from "./encoding.ts";
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
  snapshotOf,
  updateDid,
  type World,
} from "./world.ts";

/** EIP-170. */
const MAX_CODE_SIZE = 24_576;
/** Slots 0 and 1 are the fallbacks of OpenZeppelin's EIP712 for long names. */
const RECORDS_SLOT = 2n;

describe("DidRegistry", () => {
  let world: World;
  before(async () => {
    world = await deployWorld();
  });

  const signing: StateKey = {
    codec: CODEC.SECP256K1,
    relationships: RELATIONSHIP.AUTHENTICATION | RELATIONSHIP.CAPABILITY_DELEGATION,
    expiry: NEVER,
    key: `0x03${bytes32("signing").slice(2)}`,
  };
  const agreement: StateKey = {
    codec: CODEC.X25519,
    relationships: RELATIONSHIP.KEY_AGREEMENT,
    expiry: NEVER,
    key: bytes32("agreement"),
  };
  const large: StateKey = {
    codec: 0x1210,
    relationships: RELATIONSHIP.ASSERTION_METHOD,
    expiry: NEVER,
    key: `0x${"5a".repeat(1312)}`,
  };
  const unknown = `0x${"56".repeat(20)}`;

  describe("verifyKey", () => {
    it("is true for exactly the relationships of each key of the state", async () => {
      const keys = [signing, agreement, large];
      const did = await createDid(world, "verify", { state: encodeState({ keys }) });
      for (const key of keys) {
        for (const relationship of Object.values(RELATIONSHIP)) {
          expect(
            await world.registry.verifyKey(did.did, snapshotOf(did), keyIdOf(key), relationship),
          ).to.equal((key.relationships & relationship) !== 0);
        }
      }
    });

    it("is false for a key that is not in the state, its bytes under another codec, and for id zero", async () => {
      const did = await createDid(world, "verify other", {
        state: encodeState({ keys: [signing, agreement] }),
      });
      const strangers = [keyIdOf(large), keyIdOf({ ...signing, codec: CODEC.P256 }), ZERO];
      for (const id of strangers) {
        for (const relationship of Object.values(RELATIONSHIP))
          expect(await world.registry.verifyKey(did.did, snapshotOf(did), id, relationship)).to.equal(false);
      }
    });

    it("is false for a service that looks like a key", async () => {
      const did = await createDid(world, "verify service", {
        state: encodeState({ services: [{ id: "key", type: "T", endpoint: "e".repeat(60) }] }),
      });
      const state = did.state;
      for (let i = 0; i + 34 < (state.length - 2) / 2; ++i) {
        const id = keccak256(dataSlice(state, i, i + 34));
        expect(await world.registry.verifyKey(did.did, snapshotOf(did), id, 1)).to.equal(false);
      }
    });

    it("holds up to and including the second of its expiry", async () => {
      const { registry, networkHelpers } = world;
      const expiry = (await networkHelpers.time.latest()) + 1000;
      const key = { ...signing, expiry };
      const did = await createDid(world, "expiry", { state: encodeState({ keys: [key] }) });
      for (const [time, holds] of [
        [expiry - 1, true],
        [expiry, true],
        [expiry + 1, false],
      ] as const) {
        await networkHelpers.time.increaseTo(time);
        expect(await registry.verifyKey(did.did, snapshotOf(did), keyIdOf(key), 1), `at ${time}`).to.equal(
          holds,
        );
      }
    });

    it("is false from the very block that revokes the key", async () => {
      const { registry } = world;
      const did = await createDid(world, "revoked", { state: encodeState({ keys: [signing] }) });
      const { updatedBlock } = await registry.head(did.did);
      const revoked = await updateDid(world, did, encodeState({ keys: [agreement] }));
      const { updatedBlock: block } = await registry.head(did.did);
      const at = (blockTag: bigint, snapshot: ReturnType<typeof snapshotOf>) =>
        registry.verifyKey(did.did, snapshot, keyIdOf(signing), 1, { blockTag });
      expect(await at(updatedBlock, snapshotOf(did))).to.equal(true);
      expect(await at(block, snapshotOf(revoked))).to.equal(false);
      await expect(at(block, snapshotOf(did))).to.be.revertedWithCustomError(
        registry,
        "DidRegistryCommitmentMismatch",
      );
    });

    it("reverts when the snapshot is not the current version, or the DID unknown", async () => {
      const { registry } = world;
      const did = await createDid(world, "snapshot", { state: encodeState({ keys: [signing] }) });
      const forged = encodeState({ keys: [{ ...signing, relationships: 2 }, agreement] });
      for (const lie of [
        { ...snapshotOf(did), state: forged },
        { ...snapshotOf(did), next: bytes32("next") },
        { ...snapshotOf(did), previous: ZERO },
        { ...snapshotOf(did), controllers: controllersOf(quorum(1, "mallory")) },
      ]) {
        await expect(registry.verifyKey(did.did, lie, keyIdOf(signing), 1)).to.be.revertedWithCustomError(
          registry,
          "DidRegistryCommitmentMismatch",
        );
      }
      await expect(registry.verifyKey(unknown, snapshotOf(did), keyIdOf(signing), 1))
        .to.be.revertedWithCustomError(registry, "DidRegistryUnknown")
        .withArgs(unknown);
    });

    it("reverts unless asked for one relationship of the five", async () => {
      const did = await createDid(world, "relationship", { state: encodeState({ keys: [signing] }) });
      for (const relationship of [0, 3, 17, 31, 32, 64, 128, 255]) {
        await expect(world.registry.verifyKey(did.did, snapshotOf(did), keyIdOf(signing), relationship))
          .to.be.revertedWithCustomError(world.registry, "DidRegistryRelationshipUnknown")
          .withArgs(relationship);
      }
    });
  });

  describe("isController", () => {
    it("is true for each controller and for nobody else", async () => {
      const founders = quorum(2, "alice", "bob", "carol");
      const cold = controllersOf(quorum(1, "cold"));
      const did = await createDid(world, "controllers", { quorum: founders, next: nextOf(cold, ZERO) });
      const ask = (name: string) =>
        world.registry.isController(did.did, controlOf(did), keccak256(controllerKey(name).address));
      for (const name of ["alice", "bob", "carol"]) expect(await ask(name), name).to.equal(true);
      for (const name of ["cold", "mallory"]) expect(await ask(name), name).to.equal(false);
    });

    it("reverts when the opening is not the current version's, or the DID unknown", async () => {
      const did = await createDid(world, "opening");
      const id = keccak256(controllerKey("mallory").address);
      const forged = { ...controlOf(did), controllers: controllersOf(quorum(1, "mallory")) };
      await expect(world.registry.isController(did.did, forged, id)).to.be.revertedWithCustomError(
        world.registry,
        "DidRegistryCommitmentMismatch",
      );
      await expect(world.registry.isController(unknown, controlOf(did), id))
        .to.be.revertedWithCustomError(world.registry, "DidRegistryUnknown")
        .withArgs(unknown);
    });
  });

  describe("resolve", () => {
    it("gives head, commitment, block, time and chain of one block", async () => {
      const { registry, networkHelpers } = world;
      const did = await createDid(world, "resolve");
      const block = await networkHelpers.time.latestBlock();
      const time = await networkHelpers.time.latest();
      const resolution = await registry.resolve(did.did, { blockTag: block });
      expect(resolution.head).to.deep.equal(await registry.head(did.did));
      expect(resolution.commitment).to.equal(await registry.commitment(did.did));
      expect(resolution.blockNumber).to.equal(BigInt(block));
      expect(resolution.time).to.equal(BigInt(time));
      expect(resolution.chainId).to.equal(world.chainId);
    });

    it("gives version 0 for a DID that was never created, and no other query reverts either", async () => {
      const { registry } = world;
      const empty = [0n, 0n, 0n, 0n, 0n, 0n, false];
      const resolution = await registry.resolve(unknown);
      expect(resolution.head).to.deep.equal(empty);
      expect(resolution.commitment).to.equal(ZERO);
      expect(await registry.head(unknown)).to.deep.equal(empty);
      expect(await registry.commitment(unknown)).to.equal(ZERO);
      expect(await registry.isDeactivated(unknown)).to.equal(false);
    });
  });

  describe("storage", () => {
    it("has the layout of the snapshot", async () => {
      const snapshot: unknown = JSON.parse(readFileSync("test/structure/storage/DidRegistry.json", "utf8"));
      expect(await storageLayoutOf("DidRegistry")).to.deep.equal(snapshot);
    });

    it("is two slots a DID, and a third where there is a pre-rotation commitment", async () => {
      const { registry, ethers } = world;
      const did = await updateDid(world, await createDid(world, "layout"), "0x000000");
      const slot = BigInt(
        keccak256(AbiCoder.defaultAbiCoder().encode(["bytes20", "uint256"], [did.did, RECORDS_SLOT])),
      );
      const at = async (offset: bigint) =>
        BigInt(await ethers.provider.getStorage(world.address, slot + offset));
      const head = await registry.head(did.did);
      expect(await at(0n)).to.equal(
        head.version |
          (head.controlVersion << 32n) |
          (head.created << 64n) |
          (head.updated << 104n) |
          (head.updatedBlock << 144n) |
          (head.publishedBlock << 192n),
      );
      expect(toBeHex(await at(1n), 32)).to.equal(await registry.commitment(did.did));
      expect(await at(2n)).to.equal(0n);
      const committed = await createDid(world, "layout with next", { next: bytes32("next") });
      const third = keccak256(
        AbiCoder.defaultAbiCoder().encode(["bytes20", "uint256"], [committed.did, RECORDS_SLOT]),
      );
      expect(await ethers.provider.getStorage(world.address, BigInt(third) + 2n)).to.equal(committed.next);
      const op = {
        did: did.did,
        version: 2,
        previous: await world.registry.commitment(did.did),
        deadline: FAR,
      };
      await registry.deactivate(
        op,
        controlOf(did),
        await approvals(world.domain, "DidDeactivation", op, did.quorum.keys),
      );
      expect((await at(0n)) >> 240n).to.equal(1n);
      for (const fixed of [0n, 1n, 2n])
        expect(BigInt(await ethers.provider.getStorage(world.address, fixed))).to.equal(0n);
    });
  });

  describe("code", () => {
    it("fits EIP-170 and holds nothing that only some may call", async () => {
      const code = await world.ethers.provider.getCode(world.address);
      expect((code.length - 2) / 2).to.be.lessThan(MAX_CODE_SIZE);
      const functions: string[] = [];
      world.registry.interface.forEachFunction((f) => functions.push(f.name));
      expect(functions.sort()).to.deep.equal([
        "checkControllers",
        "checkState",
        "commitment",
        "create",
        "deactivate",
        "deactivateByReveal",
        "didOf",
        "eip712Domain",
        "head",
        "isController",
        "isDeactivated",
        "republish",
        "resolve",
        "rotate",
        "rotateByReveal",
        "update",
        "verifyKey",
      ]);
    });

    it("says its EIP-712 domain by EIP-5267", async () => {
      const domain = await world.registry.eip712Domain();
      expect(domain.fields).to.equal("0x0f");
      expect([domain.name, domain.version, domain.chainId, domain.verifyingContract]).to.deep.equal([
        world.domain.name,
        world.domain.version,
        world.chainId,
        world.address,
      ]);
    });
  });
});
