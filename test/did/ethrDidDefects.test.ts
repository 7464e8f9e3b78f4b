import { expect } from "chai";
import { concat, encodeBytes32String, keccak256, Signature, SigningKey, toUtf8Bytes } from "ethers";
import { EthereumDIDRegistry } from "ethr-did-registry";
import {
  CODEC,
  EMPTY_STATE,
  encodeController,
  encodeState,
  keyIdOf,
  NEVER,
  type StateKey,
  ZERO,
} from "./encoding.ts";
import {
  approvals,
  bytes32,
  controllerKey,
  controllersOf,
  controlOf,
  createDid,
  creation,
  deployWorld,
  FAR,
  genesisOf,
  quorum,
  snapshotOf,
  updateDid,
  type World,
} from "./world.ts";

const ZERO_ADDRESS = `0x${"00".repeat(20)}`;
const SIG_AUTH = encodeBytes32String("sigAuth");

/** Each test shows the defect in ERC-1056 (npm ethr-did-registry) and its opposite here. */
describe("defects of ERC-1056 that this registry does not have", () => {
  let world: World;
  let other: World;
  before(async () => {
    world = await deployWorld();
    other = await deployWorld({ chainId: 31_338 });
  });

  const alice = controllerKey("alice");
  const key: StateKey = { codec: CODEC.ED25519, relationships: 1, expiry: NEVER, key: bytes32("a key") };
  const state = encodeState({ keys: [key] });

  async function deployEthr({ ethers, relayer }: World, deployer = relayer) {
    const factory = new ethers.ContractFactory(
      EthereumDIDRegistry.abi,
      EthereumDIDRegistry.bytecode,
      deployer,
    );
    const contract = await factory.deploy();
    await contract.waitForDeployment();
    return contract;
  }

  it("1: a key is listed as valid at the very block of its revocation", async () => {
    const { registry, ethers, networkHelpers, relayer } = world;
    const ethr = await deployEthr(world);
    await ethr.getFunction("addDelegate")(relayer.address, SIG_AUTH, alice.address, 1000);
    await ethr.getFunction("revokeDelegate")(relayer.address, SIG_AUTH, alice.address);
    const block = await ethers.provider.getBlock("latest");
    const [log] = await ethers.provider.getLogs({
      address: await ethr.getAddress(),
      blockHash: block?.hash ?? "",
    });
    const validTo = ethr.interface.parseLog(log ?? { topics: [], data: "" })?.args.getValue("validTo");
    // What the event says: valid up to and including the second in which it was revoked.
    expect(validTo).to.equal(BigInt(block?.timestamp ?? 0));

    const did = await createDid(world, "defect 1", { state });
    const revoked = await updateDid(world, did, EMPTY_STATE);
    const { updatedBlock } = await registry.head(did.did);
    expect(updatedBlock).to.equal(BigInt(await networkHelpers.time.latestBlock()));
    const pinned = { blockTag: updatedBlock };
    expect(await registry.verifyKey(did.did, snapshotOf(revoked), keyIdOf(key), 1, pinned)).to.equal(false);
    // And a key that expires is as valid on chain as its expiry says, in that second and not after it.
    const expiry = (await networkHelpers.time.latest()) + 50;
    const expiring = { ...key, expiry };
    const last = await createDid(world, "defect 1 expiry", { state: encodeState({ keys: [expiring] }) });
    await networkHelpers.time.increaseTo(expiry);
    expect(await registry.verifyKey(last.did, snapshotOf(last), keyIdOf(key), 1)).to.equal(true);
    await networkHelpers.time.increaseTo(expiry + 1);
    expect(await registry.verifyKey(last.did, snapshotOf(last), keyIdOf(key), 1)).to.equal(false);
  });

  it("2: after deactivation there is still an owner, and still delegates are accepted", async () => {
    const { registry, relayer } = world;
    const ethr = await deployEthr(world);
    await ethr.getFunction("changeOwner")(relayer.address, ZERO_ADDRESS);
    expect(await ethr.getFunction("identityOwner")(relayer.address)).to.equal(relayer.address);
    await ethr.getFunction("addDelegate")(relayer.address, SIG_AUTH, alice.address, 1000);
    expect(await ethr.getFunction("validDelegate")(relayer.address, SIG_AUTH, alice.address)).to.equal(true);

    const did = await createDid(world, "defect 2", { state });
    const commitment = await registry.commitment(did.did);
    const end = { did: did.did, version: 1, previous: commitment, deadline: FAR };
    const signed = await approvals(world.domain, "DidDeactivation", end, [alice]);
    await registry.deactivate(end, controlOf(did), signed);
    expect(await registry.isController(did.did, controlOf(did), keccak256(alice.address))).to.equal(false);
    expect(await registry.verifyKey(did.did, snapshotOf(did), keyIdOf(key), 1)).to.equal(false);
    const previous = await registry.commitment(did.did);
    const op = { did: did.did, version: 2, previous, state, deadline: FAR };
    const control = { ...controlOf(did), previous: commitment };
    await expect(registry.update(op, control, await approvals(world.domain, "DidUpdate", op, [alice])))
      .to.be.revertedWithCustomError(registry, "DidRegistryDeactivated")
      .withArgs(did.did);
  });

  it("3: a change signed for one chain is valid on another with the same registry address", async () => {
    // The same deployer with the same nonce, as every cross-chain deployment arranges it.
    const [here, there] = [await deployEthr(world, world.alice), await deployEthr(other, other.alice)];
    expect(await there.getAddress()).to.equal(await here.getAddress());
    const newOwner = world.stranger.address;
    const hash = keccak256(
      concat(["0x1900", await here.getAddress(), ZERO, alice.address, toUtf8Bytes("changeOwner"), newOwner]),
    );
    const { v, r, s } = Signature.from(new SigningKey(alice.privateKey).sign(hash));
    for (const ethr of [here, there]) {
      await ethr.getFunction("changeOwnerSigned")(alice.address, v, r, s, newOwner);
      expect(await ethr.getFunction("identityOwner")(alice.address)).to.equal(newOwner);
    }

    expect(other.address).to.equal(world.address);
    const op = creation(world, "defect 3");
    const signed = await approvals(world.domain, "DidCreation", op, [alice]);
    await world.registry.create(op, signed);
    // The same parts are another DID on the other chain, and the same signature is none there.
    const computed = await other.registry.didOf(op.controllers, op.next, op.salt);
    expect(computed).to.not.equal(op.did);
    await expect(other.registry.create(op, signed))
      .to.be.revertedWithCustomError(other.registry, "DidRegistryIdMismatch")
      .withArgs(op.did, computed);
    await expect(other.registry.create({ ...op, did: computed }, signed))
      .to.be.revertedWithCustomError(other.registry, "AgentKeySignatureInvalid")
      .withArgs(keccak256(alice.address));
  });

  it("4: anyone acts as identity zero, as a failed recovery also yields zero", async () => {
    const ethr = await deployEthr(world);
    const newOwner = world.stranger.address;
    await ethr.getFunction("changeOwnerSigned")(ZERO_ADDRESS, 0, ZERO, ZERO, newOwner);
    expect(await ethr.getFunction("identityOwner")(ZERO_ADDRESS)).to.equal(newOwner);

    const { registry } = world;
    const unrecoverable = { key: ZERO_ADDRESS, signature: `0x${"00".repeat(65)}` };
    const did = await createDid(world, "defect 4");
    const previous = await registry.commitment(did.did);
    const op = { did: did.did, version: 1, previous, state, deadline: FAR };
    await expect(registry.update(op, controlOf(did), [unrecoverable]))
      .to.be.revertedWithCustomError(registry, "DidRegistryNotController")
      .withArgs(did.did, keccak256(ZERO_ADDRESS));
    const controllers = concat(["0x01", encodeController(ZERO_ADDRESS)]);
    const nobody = await registry.didOf(controllers, ZERO, ZERO);
    const founding = { did: nobody, controllers, next: ZERO, salt: ZERO, state, deadline: FAR };
    await expect(registry.create(founding, [unrecoverable])).to.be.revertedWithCustomError(
      registry,
      "AgentKeyZero",
    );
    const zeroDid = { ...op, did: ZERO_ADDRESS, version: 0 };
    const zeroControl = { previous: genesisOf(ZERO_ADDRESS), controllers, next: ZERO, stateHash: ZERO };
    await expect(registry.update(zeroDid, zeroControl, [unrecoverable]))
      .to.be.revertedWithCustomError(registry, "DidRegistryUnknown")
      .withArgs(ZERO_ADDRESS);
  });

  it("8: changing the owner leaves the old owner's keys active", async () => {
    const { registry, relayer, stranger } = world;
    const ethr = await deployEthr(world);
    await ethr.getFunction("addDelegate")(relayer.address, SIG_AUTH, alice.address, 1000);
    await ethr.getFunction("changeOwner")(relayer.address, stranger.address);
    expect(await ethr.getFunction("validDelegate")(relayer.address, SIG_AUTH, alice.address)).to.equal(true);

    const did = await createDid(world, "defect 8", { state });
    const previous = await registry.commitment(did.did);
    const to = quorum(1, "bob");
    const op = {
      did: did.did,
      version: 1,
      previous,
      controllers: controllersOf(to),
      next: ZERO,
      state: EMPTY_STATE,
      deadline: FAR,
    };
    await registry.rotate(op, controlOf(did), await approvals(world.domain, "DidRotation", op, [alice]));
    const rotated = { ...did, quorum: to, previous, state: EMPTY_STATE };
    expect(await registry.verifyKey(did.did, snapshotOf(rotated), keyIdOf(key), 1)).to.equal(false);
    expect(await registry.isController(did.did, controlOf(rotated), keccak256(alice.address))).to.equal(
      false,
    );
  });

  it("9: a key of 2 bytes and an empty one are published", async () => {
    const { registry, relayer } = world;
    const ethr = await deployEthr(world);
    const name = encodeBytes32String("did/pub/Ed25519/veriKey/hex");
    for (const bytes of ["0xabcd", "0x"]) {
      await expect(ethr.getFunction("setAttribute")(relayer.address, name, bytes, 1000)).to.emit(
        ethr,
        "DIDAttributeChanged",
      );
      const bad = encodeState({ keys: [{ ...key, key: bytes }] });
      const op = creation(world, "defect 9", { state: bad });
      await expect(registry.create(op, await approvals(world.domain, "DidCreation", op, [alice])))
        .to.be.revertedWithCustomError(registry, "DidRegistryKeyLengthWrong")
        .withArgs(CODEC.ED25519, (bytes.length - 2) / 2);
    }
  });
});
