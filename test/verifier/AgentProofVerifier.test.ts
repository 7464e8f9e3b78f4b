import { expect } from "chai";
import fc from "fast-check";
import { artifacts, network } from "hardhat";
import { COORDINATE_MODULUS, type Hex32, hex20, hex32, SCALAR_MODULUS } from "../../client/core/index.ts";
import {
  AGENT_AUTHORIZATION_KEY_HASH,
  type ContractPresentation,
  contractAudience,
  encodeForContract,
  generateChallenge,
  hiddenInputs,
  type PresentationContext,
  type PresentationRequest,
  present,
  pseudonymId,
  ZERO_SCOPE,
} from "../../client/proof/index.ts";
import { encodeG1, G1 } from "../../client/proof/points.ts";
import { forge, honestParts, outsideSubgroup, pairingOnlyPoints } from "../client/proof/forge.ts";
import { newCredential, SCOPE, type Scenario } from "../client/proof/support.ts";
import {
  deployConsumer,
  deployVerifier,
  GENERATION,
  realStage,
  SIZE,
  STATUS,
  type Stage,
  struct,
} from "./support.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

/** EIP-170. */
const MAX_CODE_SIZE = 24_576;

describe("AgentProofVerifier", () => {
  let stage: Stage;
  let deployed: Awaited<ReturnType<typeof deployVerifier>>;
  let now: bigint;

  before(async () => {
    now = BigInt(await networkHelpers.time.latest());
    stage = await realStage(now);
    deployed = await deployVerifier(connection, stage);
  });

  let untouched: Awaited<ReturnType<typeof networkHelpers.takeSnapshot>>;

  beforeEach(async () => {
    untouched = await networkHelpers.takeSnapshot();
  });

  // Takes back what a test did to the clock and to the roots.
  afterEach(() => untouched.restore());

  function request(changes: Partial<PresentationRequest> = {}): PresentationRequest {
    const disclose = changes.disclose ?? 3;
    return {
      scope: disclose === 0 ? ZERO_SCOPE : SCOPE,
      challenge: generateChallenge(),
      disclose,
      maxRevocationAge: 300n,
      minAgents: 10n,
      expiresAt: now + 6000n,
      ...changes,
    };
  }

  function show(
    asked: PresentationRequest,
    changes: Partial<PresentationContext> = {},
  ): ContractPresentation {
    const context = { ...deployed.context, ...changes };
    const presentation = present({ ...stage, context, request: asked, sharedScopeConsent: true });
    return encodeForContract(presentation, asked, context.audience);
  }

  /** Checks by the consumer, or directly by an account. */
  const check = (asked: PresentationRequest, shown: ContractPresentation) =>
    deployed.consumer.check(asked, struct(shown));

  const refused = (asked: PresentationRequest, shown: ContractPresentation, error: string) =>
    expect(check(asked, shown)).to.be.revertedWithCustomError(deployed.verifier, error);

  const scenario = (): Scenario => ({
    ...stage,
    context: deployed.context,
    trapdoor: {
      coordinates: stage.key.coordinates,
      prove: () => {
        throw new Error("nobody knows this key's secrets");
      },
    },
    facts: { blockTime: now, provisioned: undefined, revoked: { status: "unknown" } },
  });

  describe("constructor", () => {
    it("pins registry and verifying key", async () => {
      expect(await deployed.verifier.registry()).to.equal(await deployed.registry.getAddress());
      expect(await deployed.verifier.verifyingKeyHash()).to.equal(AGENT_AUTHORIZATION_KEY_HASH);
    });

    it("reverts when the registry is no contract", async () => {
      const account = ethers.Wallet.createRandom().address;
      await expect(ethers.deployContract("AgentProofVerifier", [account]))
        .to.be.revertedWithCustomError(deployed.verifier, "AgentProofRegistryMissing")
        .withArgs(account);
    });

    it("reverts when the key in its code is not sound", async () => {
      const { abi, bytecode } = await artifacts.readArtifact("AgentProofVerifier");
      const word = (value: bigint) => value.toString(16).padStart(64, "0");
      const registry = await deployed.registry.getAddress();
      const { delta1, alpha } = stage.key.coordinates;
      const [otherX, otherY] = encodeG1(G1.BASE.multiply(12_345n));
      for (const [name, changes] of [
        [
          "two deltas",
          [
            [delta1[0], otherX],
            [delta1[1], otherY],
          ],
        ],
        ["delta off the curve", [[delta1[0], otherX]]],
        ["alpha off the curve", [[alpha[0], otherX]]],
      ] as const) {
        const broken = changes.reduce((code, [from, to]) => code.replaceAll(word(from), word(to)), bytecode);
        expect(broken, name).not.to.equal(bytecode);
        const factory = await ethers.getContractFactory(abi, broken);
        await expect(factory.deploy(registry), name).to.be.revertedWithCustomError(
          deployed.verifier,
          "AgentProofKeyInvalid",
        );
      }
    });

    it("fits the code size limit", async () => {
      const code = await ethers.provider.getCode(deployed.verifier);
      expect((code.length - 2) / 2).to.be.lessThan(MAX_CODE_SIZE);
    });
  });

  describe("verify", () => {
    for (const disclose of [0, 1, 2, 3, 5, 6, 7]) {
      it(`accepts disclose ${disclose} and returns just the pseudonyms asked for`, async () => {
        const asked = request({ disclose });
        const shown = show(asked);
        const [owner, device] = await check(asked, shown);
        expect(owner).to.equal(pseudonymId(shown.ownerPseudonym) ?? ethers.ZeroHash);
        expect(device).to.equal(pseudonymId(shown.devicePseudonym) ?? ethers.ZeroHash);
        expect(owner !== ethers.ZeroHash).to.equal((disclose & 1) !== 0);
        expect(device !== ethers.ZeroHash).to.equal((disclose & 2) !== 0);
      });
    }

    it("returns the same pseudonyms again in the scope, others elsewhere", async () => {
      const of = async (scope: Hex32) => {
        const asked = request({ scope });
        return check(asked, show(asked));
      };
      const other = hex32(`0x${"77".repeat(32)}`);
      expect(await of(SCOPE)).to.deep.equal(await of(SCOPE));
      expect((await of(SCOPE))[0]).not.to.equal((await of(other))[0]);
    });
  });

  describe("time", () => {
    it("reverts after the request's last second: at -1, 0, +1", async () => {
      // the chain's clock runs on with the machine's while the tests before this one run
      const last = BigInt(await networkHelpers.time.latest()) + 100n;
      const asked = request({ expiresAt: last });
      const shown = show(asked);
      await expect(at(last - 1n, asked, shown)).not.to.revert(ethers);
      await expect(at(last, asked, shown)).not.to.revert(ethers);
      await expect(at(last + 1n, asked, shown))
        .to.be.revertedWithCustomError(deployed.verifier, "AgentProofRequestExpired")
        .withArgs(last, last + 1n);
    });

    it("reverts after the presentation's last second: validUntil at -1, 0, +1", async () => {
      const { validUntil } = stage.authorization.revealed;
      const asked = request({ expiresAt: validUntil + 100n });
      const shown = show(asked);
      await expect(at(validUntil - 1n, asked, shown)).not.to.revert(ethers);
      await expect(at(validUntil, asked, shown)).not.to.revert(ethers);
      await expect(at(validUntil + 1n, asked, shown))
        .to.be.revertedWithCustomError(deployed.verifier, "AgentProofExpired")
        .withArgs(validUntil, validUntil + 1n);
    });
  });

  describe("request", () => {
    for (const disclose of [4, 8, 255]) {
      it(`reverts when disclose is ${disclose}`, async () => {
        const asked = request();
        await refused({ ...asked, disclose }, show(asked), "AgentProofDiscloseInvalid").withArgs(disclose);
      });
    }

    it("reverts when a pseudonym has no scope", async () => {
      const asked = request({ disclose: 2 });
      await refused({ ...asked, scope: ZERO_SCOPE }, show(asked), "AgentProofScopeMissing").withArgs(2);
    });

    it("reverts when there is a scope and no pseudonym", async () => {
      const asked = request({ disclose: 0 });
      await refused({ ...asked, scope: SCOPE }, show(asked), "AgentProofScopeUnexpected").withArgs(SCOPE);
    });

    it("reverts on words that are not clean", async () => {
      const asked = request();
      const data = deployed.consumer.interface.encodeFunctionData("check", [asked, struct(show(asked))]);
      const to = await deployed.consumer.getAddress();
      await ethers.provider.call({ to, data });
      // selector, then scope, challenge, disclose, maxRevocationAge, minAgents, expiresAt, each of 64 digits
      for (const position of [2, 3, 4, 5]) {
        const start = 10 + 64 * position;
        const dirty = `${data.slice(0, start)}01${data.slice(start + 2)}`;
        await expect(ethers.provider.call({ to, data: dirty })).to.be.revertedWithoutReason(ethers);
      }
    });
  });

  describe("form", () => {
    const scalars = [
      "provisionedRoot",
      "revokedRoot",
      "validUntil",
      "sigmaChallenge",
      "sPolicy",
      "sOwner",
      "sDevice",
      "sZ",
    ] as const;
    for (const name of scalars) {
      it(`reverts on ${name} + r`, async () => {
        const asked = request();
        const shown = show(asked);
        const value = shown[name] + SCALAR_MODULUS;
        await refused(asked, { ...shown, [name]: value }, "AgentProofScalarNotCanonical").withArgs(value);
      });
    }

    const points = ["a", "b", "c", "h", "ownerPseudonym", "devicePseudonym"] as const;
    for (const [position, name] of points.entries()) {
      it(`reverts on ${name} at zero`, async () => {
        const asked = request();
        const shown = show(asked);
        const zero = { ...shown, [name]: shown[name].map(() => 0n) };
        if (position < 4) await refused(asked, zero, "AgentProofPointZero").withArgs(position);
        else await refused(asked, zero, "AgentProofPseudonymMissing").withArgs(position - 3);
      });
    }

    for (const name of ["h", "ownerPseudonym", "devicePseudonym"] as const) {
      it(`reverts on ${name} off the curve or with a coordinate + p, and burns a bounded amount of gas`, async () => {
        const asked = request();
        const shown = show(asked);
        const off = { ...shown, [name]: shown[name].with(1, (shown[name][1] ?? 0n) ^ 1n) };
        const beyond = { ...shown, [name]: shown[name].with(0, (shown[name][0] ?? 0n) + COORDINATE_MODULUS) };
        await refused(asked, off, "AgentProofBadPoint");
        await refused(asked, beyond, "AgentProofBadPoint");
        await expect(send(asked, off)).to.be.revertedWithCustomError(deployed.verifier, "AgentProofBadPoint");
        const gasUsed = (await ethers.provider.getBlock("latest"))?.gasUsed ?? 0n;
        expect(gasUsed > 50_000n && gasUsed < 200_000n, `${gasUsed}`).to.equal(true);
      });
    }

    for (const name of ["a", "b", "c"] as const) {
      it(`reverts on ${name} off the curve, with a sigma proof that fits`, async () => {
        const asked = request();
        const parts = honestParts(scenario(), asked);
        const point = parts.points[name].with(1, (parts.points[name][1] ?? 0n) ^ 1n);
        await refused(
          asked,
          forged(asked, { points: { ...parts.points, [name]: point } }, parts),
          "AgentProofBadPoint",
        );
      });
    }

    it("reverts on B' outside the subgroup, with a sigma proof that fits", async () => {
      const asked = request();
      const parts = honestParts(scenario(), asked);
      await check(asked, forged(asked, {}, parts));
      const b = outsideSubgroup(parts.points.b);
      await refused(asked, forged(asked, { points: { ...parts.points, b } }, parts), "AgentProofBadPoint");
    });

    it("reverts when a pseudonym is there that was not asked for", async () => {
      const asked = request({ disclose: 1 });
      const shown = show(asked);
      const both = { ...shown, devicePseudonym: shown.ownerPseudonym };
      await refused(asked, both, "AgentProofPseudonymUnexpected").withArgs(2);
    });
  });

  describe("hints", () => {
    const skipping = () => {
      for (;;) {
        const asked = request({ disclose: 1, scope: generateChallenge() });
        const shown = show(asked);
        if (shown.hints.length > 1) return { asked, shown };
      }
    };
    const withHints = (shown: ContractPresentation, hints: readonly bigint[]) => ({ ...shown, hints });

    it("reverts when there are none", async () => {
      const { asked, shown } = skipping();
      await refused(asked, withHints(shown, []), "HashToG1HintMissing").withArgs(0);
    });

    it("reverts when the last is missing", async () => {
      const { asked, shown } = skipping();
      const short = shown.hints.slice(0, -1);
      await refused(asked, withHints(shown, short), "HashToG1HintMissing").withArgs(short.length);
    });

    it("reverts when a skipped counter's is left out", async () => {
      const { asked, shown } = skipping();
      const [, second = 0n] = shown.hints;
      await refused(asked, withHints(shown, shown.hints.slice(1)), "HashToG1HintWrong").withArgs(0, second);
    });

    it("reverts when one is left over", async () => {
      const { asked, shown } = skipping();
      const used = shown.hints.length;
      await refused(asked, withHints(shown, [...shown.hints, 2n]), "HashToG1HintSurplus").withArgs(
        used,
        used + 1,
      );
    });

    it("reverts when one is wrong", async () => {
      const { asked, shown } = skipping();
      for (const position of shown.hints.keys()) {
        const wrong = ((shown.hints[position] ?? 0n) + 2n) % (COORDINATE_MODULUS - 1n);
        await refused(
          asked,
          withHints(shown, shown.hints.with(position, wrong)),
          "HashToG1HintWrong",
        ).withArgs(position, wrong);
      }
    });

    it("reverts on the odd root, which would be a second pseudonym, and on odd roots of skipped counters", async () => {
      const { asked, shown } = skipping();
      for (const position of shown.hints.keys()) {
        const odd = COORDINATE_MODULUS - (shown.hints[position] ?? 0n);
        await refused(asked, withHints(shown, shown.hints.with(position, odd)), "HashToG1HintOdd").withArgs(
          position,
          odd,
        );
      }
    });

    it("reverts on a hint + p and on 2p - hint", async () => {
      const { asked, shown } = skipping();
      const last = shown.hints.length - 1;
      const hint = shown.hints[last] ?? 0n;
      for (const bad of [hint + COORDINATE_MODULUS, 2n * COORDINATE_MODULUS - hint]) {
        await refused(
          asked,
          withHints(shown, shown.hints.with(last, bad)),
          "HashToG1HintNotCanonical",
        ).withArgs(last, bad);
      }
    });

    it("reverts when there are hints and no pseudonym", async () => {
      const asked = request({ disclose: 0 });
      await refused(asked, withHints(show(asked), [2n]), "HashToG1HintSurplus").withArgs(0, 1);
    });
  });

  describe("roots", () => {
    it("reverts on a never-checkpointed root", async () => {
      const asked = request();
      await deployed.registry.setCheckpoint(stage.roots.provisionedRoot, { generation: 0, size: 0, time: 0 });
      await refused(asked, show(asked), "AgentProofProvisionedRootUnknown").withArgs(
        stage.roots.provisionedRoot,
      );
    });

    it("reverts on too few agents", async () => {
      const exact = request({ minAgents: BigInt(SIZE) });
      await check(exact, show(exact));
      const more = request({ minAgents: BigInt(SIZE) + 1n });
      await refused(more, show(more), "AgentProofTooFewAgents").withArgs(SIZE, SIZE + 1);
    });

    it("reverts on roots of two generations", async () => {
      const asked = request();
      await deployed.registry.setCheckpoint(stage.roots.provisionedRoot, {
        generation: 4,
        size: SIZE,
        time: 1,
      });
      await refused(asked, show(asked), "AgentProofRevokedRootUnknown").withArgs(4, stage.roots.revokedRoot);
    });

    it("takes the status of the provisioned root's generation if two know the same revoked root", async () => {
      const asked = request();
      await deployed.registry.setRevoked(4, stage.roots.revokedRoot, STATUS.SUPERSEDED, 1);
      await check(asked, show(asked));
      await deployed.registry.setCheckpoint(stage.roots.provisionedRoot, {
        generation: 4,
        size: SIZE,
        time: 1,
      });
      await refused(asked, show(asked), "AgentProofRevokedRootSuperseded");
    });

    it("accepts a superseded root within the window only: at -1, 0, +1 s", async () => {
      const asked = request();
      const shown = show(asked);
      const supersededAt = BigInt(await networkHelpers.time.latest());
      await deployed.registry.setRevoked(
        GENERATION,
        stage.roots.revokedRoot,
        STATUS.SUPERSEDED,
        supersededAt,
      );
      await expect(at(supersededAt + 299n, asked, shown)).not.to.revert(ethers);
      for (const age of [300n, 301n]) {
        await expect(at(supersededAt + age, asked, shown))
          .to.be.revertedWithCustomError(deployed.verifier, "AgentProofRevokedRootSuperseded")
          .withArgs(stage.roots.revokedRoot, supersededAt, 300);
      }
    });

    it("counts a revocation in this very block if the window is 0", async () => {
      const asked = request({ maxRevocationAge: 0n });
      const shown = show(asked);
      await expect(send(asked, shown)).not.to.revert(ethers);
      const time = BigInt(await networkHelpers.time.latest()) + 50n;
      await deployed.registry.setRevoked(GENERATION, stage.roots.revokedRoot, STATUS.SUPERSEDED, time);
      await expect(at(time, asked, shown)).to.be.revertedWithCustomError(
        deployed.verifier,
        "AgentProofRevokedRootSuperseded",
      );
    });
  });

  describe("binding", () => {
    const other = hex20(`0x${"01".repeat(20)}`);

    for (const [name, context] of Object.entries({
      audience: { audience: contractAudience(other) },
      chain: { chainId: 1n },
      registry: { registry: other },
      verifier: { verifier: other },
    })) {
      it(`reverts on a presentation made for another ${name}`, async () => {
        const asked = request({ disclose: 0 });
        await refused(asked, show(asked, context), "AgentProofSigmaMismatch");
      });
    }

    it("reverts on a presentation that another contract or account shows", async () => {
      const asked = request();
      const shown = show(asked);
      const thief = await deployConsumer(ethers, deployed.verifier);
      await check(asked, shown);
      // Its audience gives other bases, so not even the hints fit.
      await expect(thief.check(asked, struct(shown))).to.be.revertedWithCustomError(
        deployed.verifier,
        "HashToG1HintWrong",
      );
      const bare = request({ disclose: 0 });
      await expect(deployed.verifier.verify(bare, struct(show(bare)))).to.be.revertedWithCustomError(
        deployed.verifier,
        "AgentProofSigmaMismatch",
      );
    });

    for (const [name, change] of Object.entries({
      challenge: { challenge: hex32(`0x${"77".repeat(32)}`) },
      window: { maxRevocationAge: 301n },
      "number of agents": { minAgents: 11n },
      expiry: { expiresAt: 1n << 40n },
    })) {
      it(`reverts on a presentation made for another ${name}`, async () => {
        const asked = request();
        await refused({ ...asked, ...change }, show(asked), "AgentProofSigmaMismatch");
      });
    }

    it("reverts on a presentation made for another scope, with hints of either", async () => {
      const asked = request();
      const elsewhere = { ...asked, scope: hex32(`0x${"77".repeat(32)}`) };
      const shown = show(asked);
      await refused(elsewhere, shown, "HashToG1HintWrong");
      const { hints } = encodeForContract(shown, elsewhere, deployed.context.audience);
      await refused(elsewhere, { ...shown, hints }, "AgentProofSigmaMismatch");
    });

    it("reverts on a presentation made for a scope of the other kind, with hints of either", async () => {
      const asked = request({ disclose: 1 });
      const shared = { ...asked, disclose: 5 };
      const shown = show(asked);
      const { hints } = encodeForContract(shown, shared, deployed.context.audience);
      await refused(shared, { ...shown, hints }, "AgentProofSigmaMismatch");
    });

    it("reverts if any single bit of the presentation is altered", async () => {
      const asked = request();
      const shown = show(asked);
      const words = Object.entries(shown).flatMap(([name, value]) =>
        Array.isArray(value) ? value.map((_, i) => [name, i] as const) : [[name, -1] as const],
      );
      await check(asked, shown);
      const alter = async (name: string, position: number, mask: bigint) => {
        const altered = flip(shown, name, position, mask);
        await expect(check(asked, altered), `${name} ${position} ${mask}`).to.revert(ethers);
      };
      for (const [name, position] of words) {
        for (const bit of [0n, 253n, 255n]) await alter(name, position, 1n << bit);
      }
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...words),
          fc.integer({ min: 0, max: 255 }),
          async ([name, position], bit) => alter(name, position, 1n << BigInt(bit)),
        ),
        { numRuns: 150, seed: 11 },
      );
    });
  });

  describe("soundness", () => {
    it("reverts on a forged H that the pairing alone accepts", async () => {
      const asked = request();
      const parts = honestParts(scenario(), asked);
      const points = pairingOnlyPoints(stage.key, stage.authorization.revealed);
      const guess = hiddenInputs(newCredential()).reveal();
      await refused(asked, forged(asked, { points, hidden: guess }, parts), "AgentProofSigmaMismatch");
    });

    it("reverts on a valid sigma proof over inputs that the base proof does not hold for", async () => {
      const asked = request();
      const parts = honestParts(scenario(), asked);
      const hidden = hiddenInputs(newCredential()).reveal();
      const [, , , , l4, l5, l6] = stage.key.inputs;
      const h = encodeG1(
        l4
          .multiply(hidden.policy)
          .add(l5.multiply(hidden.ownerKey))
          .add(l6.multiply(hidden.deviceKey))
          .add(stage.key.delta1.multiply(parts.z)),
      );
      const points = { ...parts.points, h };
      await refused(asked, forged(asked, { hidden, points }, parts), "AgentProofPairingMismatch");
    });

    it("reverts on a presentation that a third party re-randomised", async () => {
      const asked = request();
      const shown = show(asked);
      const t = G1.BASE.multiply(99n);
      const [x, y] = shown.c;
      const c = encodeG1(G1.fromAffine({ x, y }).subtract(t));
      const [hx, hy] = shown.h;
      const h = encodeG1(G1.fromAffine({ x: hx, y: hy }).add(stage.key.delta1.multiply(99n)));
      await refused(asked, { ...shown, c, h }, "AgentProofSigmaMismatch");
    });
  });

  describe("gas", () => {
    const SCOPES = 40;
    for (const [name, disclose, most] of [
      ["no pseudonym", 0, 285_000n],
      ["the owner's pseudonym", 1, 300_000n],
      ["the device's pseudonym", 2, 300_000n],
      ["both pseudonyms", 3, 320_000n],
    ] as const) {
      it(`verifies ${name} for at most ${most}, mean over ${SCOPES} scopes`, async () => {
        let total = 0n;
        for (let i = 0; i < SCOPES; i++) {
          const scope = disclose === 0 ? ZERO_SCOPE : hex32(ethers.id(`scope ${i}`));
          const asked = request({ disclose, scope });
          const sent = await send(asked, show(asked));
          total += (await sent.wait())?.gasUsed ?? 0n;
        }
        expect(total / BigInt(SCOPES)).to.be.lessThanOrEqual(most);
      });
    }
  });

  function forged(
    asked: PresentationRequest,
    changes: Partial<Parameters<typeof forge>[0]>,
    parts: Parameters<typeof forge>[0],
  ): ContractPresentation {
    return encodeForContract(forge({ ...parts, ...changes }), asked, deployed.context.audience);
  }

  /** A transaction to the consumer, mined whether it reverts or not. */
  async function send(asked: PresentationRequest, shown: ContractPresentation) {
    const [account] = await ethers.getSigners();
    if (account === undefined) throw new Error("no account");
    const call = await deployed.consumer.check.populateTransaction(asked, struct(shown));
    return account.sendTransaction({ ...call, gasLimit: 2_000_000n });
  }

  async function at(time: bigint, asked: PresentationRequest, shown: ContractPresentation) {
    await networkHelpers.time.setNextBlockTimestamp(time);
    return send(asked, shown);
  }
});

function flip(
  shown: ContractPresentation,
  name: string,
  position: number,
  mask: bigint,
): ContractPresentation {
  const value: unknown = Reflect.get(shown, name);
  if (typeof value === "bigint") return { ...shown, [name]: value ^ mask };
  const words = value as readonly bigint[];
  return { ...shown, [name]: words.with(position, (words[position] ?? 0n) ^ mask) };
}
