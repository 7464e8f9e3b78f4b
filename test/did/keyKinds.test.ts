import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";
import { type AgentSigner, KEY_KINDS, keyIdOf } from "../../client/keys/index.ts";
import { agentKey } from "../policy/support.ts";
import { elementSigner, passkeySigner, walletSigner } from "../support/signers.ts";
import { type Approval, ascending, didOf, EMPTY_STATE, encodeController, ZERO } from "./encoding.ts";
import { bytes32, deployWorld, FAR, genesisOf, typesOf, type World } from "./world.ts";

const OWNER = "owner of a controlling contract";

describe("DidRegistry with controllers of every kind of key", () => {
  let world: World;
  let signers: readonly AgentSigner[];
  let controllers: string;

  before(async () => {
    world = await deployWorld();
    const wallet = await world.ethers.deployContract("WalletMock", [agentKey(OWNER).address]);
    signers = ascending(
      [
        await passkeySigner("controller"),
        await passkeySigner("synced controller", { deviceBound: false }),
        elementSigner("controller"),
        walletSigner(await wallet.getAddress(), OWNER),
      ],
      ({ key }) => keyIdOf(key),
    );
    controllers = listOf(signers.length, signers);
  });

  function listOf(threshold: number, list: readonly AgentSigner[]): string {
    return concat([
      toBeHex(threshold, 1),
      ...list.map(({ key }) => encodeController(key.material, KEY_KINDS[key.kind])),
    ]);
  }

  async function approve(name: "DidCreation" | "DidUpdate", message: object): Promise<Approval[]> {
    const { chainId, address } = world;
    const domain = { name: "dkms DidRegistry", version: "1", chainId, verifyingContract: address };
    return Promise.all(
      signers.map(async (signer) => ({
        key: signer.key.material,
        signature: await signer.sign({
          domain,
          types: typesOf(name),
          primaryType: name,
          message: { ...message },
        }),
      })),
    );
  }

  it("takes the approval of each", async () => {
    const salt = bytes32("of every kind");
    const did = didOf({ chainId: world.chainId, registry: world.address, controllers, next: ZERO, salt });
    const creation = { did, controllers, next: ZERO, salt, state: EMPTY_STATE, deadline: FAR };
    await world.registry.create(creation, await approve("DidCreation", creation));
    const control = {
      previous: genesisOf(did),
      controllers,
      next: ZERO,
      stateHash: keccak256(EMPTY_STATE),
    };
    const previous = await world.registry.commitment(did);
    const update = { did, version: 1, previous, state: EMPTY_STATE, deadline: FAR };
    const approvals = await approve("DidUpdate", update);
    for (const [i, { key }] of signers.entries()) {
      const forged = approvals.map((approval, j) =>
        i === j ? { ...approval, signature: "0x1234" } : approval,
      );
      await expect(world.registry.update(update, control, forged), key.kind).to.be.revertedWithCustomError(
        world.registry,
        {
          SECP256K1: "AgentKeySignatureInvalid",
          CONTRACT: "AgentKeyContractRefused",
          P256: "AgentKeySignatureLengthWrong",
          WEBAUTHN: "AgentKeyAssertionMalformed",
          WEBAUTHN_DEVICE_BOUND: "AgentKeyAssertionMalformed",
        }[key.kind],
      );
    }
    await world.registry.update(update, control, approvals);
    expect((await world.registry.head(did)).version).to.equal(2);
  });

  it("refuses controllers whose material is none of their kind", async () => {
    const { address } = agentKey("controller without code");
    await expect(
      world.registry.checkControllers(concat(["0x01", encodeController(address, KEY_KINDS.CONTRACT)])),
    )
      .to.be.revertedWithCustomError(world.registry, "AgentKeyWithoutCode")
      .withArgs(address);
    const zero = toBeHex(0, 32);
    await expect(
      world.registry.checkControllers(
        concat(["0x01", encodeController(concat([zero, zero]), KEY_KINDS.P256)]),
      ),
    )
      .to.be.revertedWithCustomError(world.registry, "AgentKeyPointInvalid")
      .withArgs(zero, zero);
  });
});
