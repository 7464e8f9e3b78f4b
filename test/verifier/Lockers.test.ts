import { expect } from "chai";
import type { Signer } from "ethers";
import { network } from "hardhat";
import { type Hex20, hex20, hex32 } from "../../client/core/index.ts";
import {
  actionChallenge,
  contractAudience,
  encodeForContract,
  type PresentationRequest,
  present,
  pseudonymId,
} from "../../client/proof/index.ts";
import type { Lockers } from "../../types/examples/index.ts";
import { deployVerifier, realStage, type Stage, struct } from "./support.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

const CONTENT = ethers.id("a letter");
const MIN_AGENTS = 100n;

describe("Lockers, an AuthorizedAgentOnly contract", () => {
  let stage: Stage;
  let deployed: Awaited<ReturnType<typeof deployVerifier>>;
  let lockers: Lockers;
  let address: Hex20;
  let alice: Signer;
  let mallory: Signer;
  let now: bigint;
  let untouched: Awaited<ReturnType<typeof networkHelpers.takeSnapshot>>;

  before(async () => {
    now = BigInt(await networkHelpers.time.latest());
    stage = await realStage(now);
    deployed = await deployVerifier(connection, stage);
    const contract: unknown = await ethers.deployContract("Lockers", [
      await deployed.verifier.getAddress(),
      MIN_AGENTS,
    ]);
    lockers = contract as Lockers;
    address = hex20(await lockers.getAddress());
    const signers: readonly Signer[] = await ethers.getSigners();
    [alice, mallory] = signers as readonly [Signer, Signer];
  });

  beforeEach(async () => {
    untouched = await networkHelpers.takeSnapshot();
  });

  afterEach(() => untouched.restore());

  /** What `actor` is to send along to put `content` into `locker`. */
  async function proofFor(
    actor: Signer,
    locker: bigint,
    content: string,
    changes: Partial<PresentationRequest> & { readonly nonce?: bigint } = {},
  ) {
    const { nonce = await lockers.agentNonceOf(actor), ...altered } = changes;
    const argumentsHash = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "bytes32"], [locker, content]),
    );
    const challenge = actionChallenge({
      chainId: deployed.context.chainId,
      contract: address,
      selector: lockers.interface.getFunction("put").selector as `0x${string}`,
      argumentsHash: hex32(argumentsHash),
      actor: hex20(await actor.getAddress()),
      nonce,
    });
    const request: PresentationRequest = {
      scope: hex32(await lockers.SCOPE()),
      challenge,
      disclose: 1,
      maxRevocationAge: await lockers.MAX_REVOCATION_AGE(),
      minAgents: MIN_AGENTS,
      expiresAt: now + 1000n,
      ...altered,
    };
    const context = { ...deployed.context, audience: contractAudience(address) };
    const shown = present({ ...stage, request, context });
    return {
      nonce,
      expiresAt: request.expiresAt,
      presentation: struct(encodeForContract(shown, request, context.audience)),
    };
  }

  it("opens to an authorized agent, whom it knows by a pseudonym alone", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    const holder = pseudonymId(proof.presentation.ownerPseudonym);
    await expect(lockers.connect(alice).put(7n, CONTENT, proof))
      .to.emit(lockers, "LockerFilled")
      .withArgs(7n, holder, CONTENT);
    expect(await lockers.lockerOf(7n)).to.deep.equal([holder, CONTENT]);
    expect(await lockers.agentNonceOf(alice)).to.equal(1n);
  });

  it("computes the challenge as the client does", async () => {
    const argumentsHash = hex32(ethers.id("arguments"));
    const actor = hex20(await alice.getAddress());
    const action = {
      chainId: deployed.context.chainId,
      contract: address,
      selector: "0xdeadbeef" as const,
      argumentsHash,
      actor,
      nonce: 5n,
    };
    expect(await lockers.agentChallenge(action.selector, argumentsHash, actor, action.nonce)).to.equal(
      actionChallenge(action),
    );
  });

  it("names its verifier", async () => {
    expect(await lockers.agentProofVerifier()).to.equal(await deployed.verifier.getAddress());
  });

  it("refuses a replay of the same presentation", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    await lockers.connect(alice).put(7n, CONTENT, proof);
    await expect(lockers.connect(alice).put(7n, CONTENT, proof))
      .to.be.revertedWithCustomError(lockers, "AuthorizedAgentNonceWrong")
      .withArgs(await alice.getAddress(), 1n, 0n);
    await expect(
      lockers.connect(alice).put(7n, CONTENT, { ...proof, nonce: 1n }),
    ).to.be.revertedWithCustomError(deployed.verifier, "AgentProofSigmaMismatch");
  });

  it("refuses a presentation copied from the mempool by another sender, and still takes the first", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    await expect(lockers.connect(mallory).put(7n, CONTENT, proof)).to.be.revertedWithCustomError(
      deployed.verifier,
      "AgentProofSigmaMismatch",
    );
    await lockers.connect(alice).put(7n, CONTENT, proof);
  });

  it("refuses other arguments than those that were proved for", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    for (const [locker, content] of [
      [8n, CONTENT],
      [7n, ethers.id("another letter")],
    ] as const) {
      await expect(lockers.connect(alice).put(locker, content, proof)).to.be.revertedWithCustomError(
        deployed.verifier,
        "AgentProofSigmaMismatch",
      );
    }
  });

  it("refuses other terms than its own", async () => {
    for (const change of [{ maxRevocationAge: 3600n }, { minAgents: 0n }]) {
      const proof = await proofFor(alice, 7n, CONTENT, change);
      await expect(lockers.connect(alice).put(7n, CONTENT, proof)).to.be.revertedWithCustomError(
        deployed.verifier,
        "AgentProofSigmaMismatch",
      );
    }
  });

  it("refuses a proof after its expiry, also if the expiry is altered", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    await networkHelpers.time.increaseTo(proof.expiresAt + 1n);
    await expect(lockers.connect(alice).put(7n, CONTENT, proof)).to.be.revertedWithCustomError(
      deployed.verifier,
      "AgentProofRequestExpired",
    );
    const later = { ...proof, expiresAt: proof.expiresAt + 1000n };
    await expect(lockers.connect(alice).put(7n, CONTENT, later)).to.be.revertedWithCustomError(
      deployed.verifier,
      "AgentProofSigmaMismatch",
    );
  });

  it("refuses a presentation made for another contract of the same code", async () => {
    const twin: unknown = await ethers.deployContract("Lockers", [
      await deployed.verifier.getAddress(),
      MIN_AGENTS,
    ]);
    const proof = await proofFor(alice, 7n, CONTENT);
    await expect((twin as Lockers).connect(alice).put(7n, CONTENT, proof)).to.revert(ethers);
  });

  it("refuses a locker that belongs to another owner, and opens one's own again", async () => {
    await lockers.connect(alice).put(7n, CONTENT, await proofFor(alice, 7n, CONTENT));
    const other = await realStage(now);
    await deployed.registry.setCheckpoint(other.roots.provisionedRoot, {
      generation: 3,
      size: 1000,
      time: 1,
    });
    const [mine, theirs] = [stage, other];
    stage = theirs;
    const intruding = await proofFor(mallory, 7n, CONTENT);
    stage = mine;
    await expect(lockers.connect(mallory).put(7n, CONTENT, intruding))
      .to.be.revertedWithCustomError(lockers, "LockerTaken")
      .withArgs(7n);
    const again = ethers.id("another letter");
    // From another account even: the pseudonym is the owner's, not the sender's.
    await lockers.connect(mallory).put(7n, again, await proofFor(mallory, 7n, again));
    expect((await lockers.lockerOf(7n)).content).to.equal(again);
  });

  it("consumes no nonce when it refuses", async () => {
    const proof = await proofFor(alice, 7n, CONTENT);
    await expect(lockers.connect(alice).put(8n, CONTENT, proof)).to.revert(ethers);
    expect(await lockers.agentNonceOf(alice)).to.equal(0n);
  });
});
