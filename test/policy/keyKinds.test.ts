import { expect } from "chai";
import type { TypedDataField } from "ethers";
import { type AgentKey, type AgentSigner, KEY_KINDS, keyIdOf } from "../../client/keys/index.ts";
import type {
  AcceptanceStruct,
  AgentChangeStruct,
  ApprovalStruct,
  AuthorizeStruct,
  CreatePolicyStruct,
  RevokeStruct,
} from "../../types/interfaces/IAgentPolicyRegistry.ts";
import { accountSigner, elementSigner, passkeySigner, walletSigner } from "../support/signers.ts";
import {
  ALL,
  agentKey,
  commitmentOf,
  deadlineOf,
  deployWorld,
  FAR,
  NO_ACCEPTANCE,
  NO_EXPIRY,
  PROVE,
  PROVE_GRANT,
  PROVE_REVOKE,
  SECP256K1,
  SETTINGS,
  TYPES,
  type World,
} from "./support.ts";

/** Gas that an approval may cost beyond one of a SECP256K1 key; a tenth more than measured. */
const MAX_MORE = { CONTRACT: 8_000, P256: 10_000, WEBAUTHN: 24_000, WEBAUTHN_DEVICE_BOUND: 24_000 } as const;

type Key = Pick<AgentKey, "kind" | "material">;

describe("agents of every kind of key", () => {
  let world: World;
  let creator: AgentSigner;
  let element: AgentSigner;
  let synced: AgentSigner;
  let account: AgentSigner;
  let wallet: AgentSigner;
  let policy: bigint;

  const OWNER = "owner of a wallet contract";

  async function deployWallet(owner: string): Promise<string> {
    return (await world.ethers.deployContract("WalletMock", [owner])).getAddress();
  }

  async function sign(
    signer: AgentSigner,
    primaryType: keyof typeof TYPES,
    message: object,
  ): Promise<string> {
    const { name, version, verifyingContract } = world.domain;
    const types: Record<string, TypedDataField[]> = TYPES[primaryType];
    const domain = {
      name: name ?? "",
      version: version ?? "",
      chainId: world.chainId,
      verifyingContract: `${verifyingContract}`,
    };
    // nobody here voids approvals; types without a counter ignore it
    return signer.sign({ domain, types, primaryType, message: { ...message, counter: 0n } });
  }

  async function approve(
    signer: AgentSigner,
    name: "CreatePolicy" | "Authorize" | "Revoke",
    op: object,
  ): Promise<ApprovalStruct> {
    return { key: signer.key.material, signature: await sign(signer, name, op) };
  }

  async function accept(
    signer: AgentSigner,
    change: AgentChangeStruct,
    of = policy,
  ): Promise<AcceptanceStruct> {
    const offer = { policy: of, epoch: 1, ...change, deadline: FAR };
    return { deadline: FAR, signature: await sign(signer, "AgentAcceptance", offer) };
  }

  function change(
    { kind, material }: Key,
    authorizations: number,
    named: string = material,
  ): AgentChangeStruct {
    const proves = (authorizations & PROVE) !== 0;
    return {
      kind: KEY_KINDS[kind],
      key: material,
      authorizations,
      commitment: proves ? commitmentOf(`${named} of any kind`) : 0n,
      expiry: proves ? NO_EXPIRY : 0n,
    };
  }

  async function frame(proposer: AgentSigner) {
    const keyId = keyIdOf(proposer.key);
    const nonce = await world.registry.nonceOf(policy, keyId, 0n);
    return { policy, epoch: 1, proposer: keyId, lane: 0n, nonce, deadline: await deadlineOf(world) };
  }

  async function creation(agents: AgentChangeStruct[], by: AgentSigner): Promise<CreatePolicyStruct> {
    const ownerCommitment = commitmentOf(`owner with ${by.key.kind}`);
    const address = await world.registry.policyAddress(ownerCommitment, keyIdOf(by.key));
    // the wallet contract grants PROVE too
    const settings = { ...SETTINGS, contractKeysCount: true };
    const deadline = await deadlineOf(world);
    return { policy: address, ownerCommitment, agents, settings, checkpoint: false, deadline };
  }

  async function authorization(by: AgentSigner, changes: AgentChangeStruct[]): Promise<AuthorizeStruct> {
    return { ...(await frame(by)), changes, checkpoint: false };
  }

  async function revocation(by: AgentSigner, agent: AgentSigner): Promise<RevokeStruct> {
    return { ...(await frame(by)), revocations: [{ agent: keyIdOf(agent.key), authorizations: PROVE }] };
  }

  /** Grants PROVE to a fresh agent, approved by one; returns the gas that it took. */
  async function grant(by: AgentSigner, to: AgentSigner): Promise<number> {
    const offer = change(to.key, PROVE);
    const op = await authorization(by, [offer]);
    const sent = await world.registry.authorize(
      op,
      [await accept(to, offer)],
      [await approve(by, "Authorize", op)],
    );
    return Number((await sent.wait())?.gasUsed);
  }

  before(async () => {
    world = await deployWorld();
    creator = await passkeySigner("creator");
    element = elementSigner("element");
    synced = await passkeySigner("synced", { deviceBound: false });
    account = await accountSigner("account");
    wallet = walletSigner(await deployWallet(agentKey(OWNER).address), OWNER);
    const agents = [
      change(creator.key, ALL),
      change(element.key, PROVE_GRANT),
      change(wallet.key, PROVE_GRANT | PROVE_REVOKE),
      change(synced.key, PROVE_GRANT),
      change(account.key, PROVE_GRANT),
    ];
    const op = await creation(agents, creator);
    policy = BigInt(op.policy);
    const acceptances = [NO_ACCEPTANCE];
    for (const [i, agent] of [element, wallet, synced, account].entries()) {
      acceptances.push(await accept(agent, agents[i + 1] ?? change(agent.key, 0)));
    }
    await world.registry.createPolicy(op, acceptances, await approve(creator, "CreatePolicy", op));
  });

  it("open a policy with a passkey and let in others", async () => {
    for (const { key } of [creator, element, wallet, synced, account]) {
      expect((await world.registry.agentOf(policy, keyIdOf(key))).kind).to.equal(KEY_KINDS[key.kind]);
    }
    expect(creator.key.kind).to.equal("WEBAUTHN_DEVICE_BOUND");
    expect(synced.key.kind).to.equal("WEBAUTHN");
  });

  it("emit the material, so that logs name the key", async () => {
    const events = await world.registry.queryFilter(world.registry.filters.AgentAdded(policy));
    const added = events.map(({ args }) => [args.kind, args.key]);
    for (const { key } of [creator, element, wallet, synced, account]) {
      expect(added).to.deep.include([BigInt(KEY_KINDS[key.kind]), key.material]);
    }
  });

  it("authorize by P256 and by WEBAUTHN, and revoke by CONTRACT", async () => {
    await grant(element, elementSigner("prover of element"));
    await grant(synced, elementSigner("prover of synced"));
    const prover = elementSigner("prover of element");
    const op = await revocation(wallet, prover);
    await world.registry.revoke(op, [await approve(wallet, "Revoke", op)]);
    expect((await world.registry.agentOf(policy, keyIdOf(prover.key))).authorizations).to.equal(0);
  });

  it("cost little more than an account, on a chain with the P-256 precompile", async () => {
    const gas: Partial<Record<AgentKey["kind"], number>> = {};
    const agents = [account, wallet, element, synced, creator];
    // the first operation of a lane costs more
    for (const by of agents) await grant(by, await accountSigner(`first of ${by.key.kind}`));
    const prover = await accountSigner("the same for all");
    for (const by of agents) {
      const before = await world.networkHelpers.takeSnapshot();
      gas[by.key.kind] = await grant(by, prover);
      await before.restore();
    }
    const { SECP256K1: base = 0 } = gas;
    for (const [kind, limit] of Object.entries(MAX_MORE)) {
      expect(Number(gas[kind as AgentKey["kind"]]) - base, kind).to.be.at.most(limit);
    }
  });

  it("act without a signature only if they are a contract that sends it itself", async () => {
    const prover = elementSigner("prover to be revoked directly");
    await grant(element, prover);
    const op = await revocation(wallet, prover);
    const unsigned = [{ key: wallet.key.material, signature: "0x" }];
    await expect(world.registry.revoke(op, unsigned))
      .to.be.revertedWithCustomError(world.registry, "AgentKeyContractRefused")
      .withArgs(keyIdOf(wallet.key), world.ethers.getAddress(wallet.key.material));
    const owner = agentKey(OWNER).connect(world.ethers.provider);
    await (await world.relayer.sendTransaction({ to: owner.address, value: 10n ** 18n })).wait();
    const contract = await world.ethers.getContractAt("WalletMock", wallet.key.material);
    const call = world.registry.interface.encodeFunctionData("revoke", [op, unsigned]);
    const data = contract.interface.encodeFunctionData("execute", [world.address, call]);
    await owner.sendTransaction({ to: wallet.key.material, data });
    expect((await world.registry.agentOf(policy, keyIdOf(prover.key))).authorizations).to.equal(0);
  });

  it("revert without a signature otherwise", async () => {
    const op = await authorization(element, [change(elementSigner("never").key, PROVE)]);
    for (const [by, error, more] of [
      [element, "AgentKeySignatureLengthWrong", [0]],
      [creator, "AgentKeyAssertionMalformed", []],
    ] as const) {
      const own = { ...op, proposer: keyIdOf(by.key), nonce: (await frame(by)).nonce };
      await expect(
        world.registry.authorize(own, [NO_ACCEPTANCE], [{ key: by.key.material, signature: "0x" }]),
      )
        .to.be.revertedWithCustomError(world.registry, error)
        .withArgs(keyIdOf(by.key), ...more);
    }
  });

  describe("the kind", () => {
    const other: Readonly<Record<AgentKey["kind"], AgentKey["kind"]>> = {
      SECP256K1: "CONTRACT",
      CONTRACT: "SECP256K1",
      P256: "WEBAUTHN",
      WEBAUTHN: "P256",
      WEBAUTHN_DEVICE_BOUND: "WEBAUTHN",
    };

    it("is pinned: no key changes its kind", async () => {
      for (const { key } of [creator, element, wallet, synced, account]) {
        const disguised = { kind: other[key.kind], material: key.material };
        const op = await authorization(creator, [change(disguised, PROVE, `${key.kind} disguised`)]);
        await expect(world.registry.authorize(op, [NO_ACCEPTANCE], [await approve(creator, "Authorize", op)]))
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyKindMismatch")
          .withArgs(keyIdOf(key), KEY_KINDS[disguised.kind], KEY_KINDS[key.kind]);
      }
    });

    it("gives a key no second identity in one operation", async () => {
      const { material } = elementSigner("twice").key;
      const account = await deployWallet(agentKey(OWNER).address);
      for (const [one, two] of [
        [
          change({ kind: "P256", material }, PROVE, "one"),
          change({ kind: "WEBAUTHN", material }, PROVE, "two"),
        ],
        [
          { ...change(wallet.key, PROVE, "three"), key: account },
          { ...change(wallet.key, PROVE, "four"), key: account, kind: SECP256K1 },
        ],
      ] as const) {
        const op = await authorization(creator, [one, two]);
        await expect(
          world.registry.authorize(
            op,
            [NO_ACCEPTANCE, NO_ACCEPTANCE],
            [await approve(creator, "Authorize", op)],
          ),
        )
          .to.be.revertedWithCustomError(world.registry, "AgentPolicyAgentRepeated")
          .withArgs(world.ethers.keccak256(one.key));
      }
    });

    it("decides how a signature is checked, whatever the key could sign as well", async () => {
      // its signature is good for WEBAUTHN, not for a key that is added as device-bound
      const syncable = await passkeySigner("said to be bound", { deviceBound: false });
      const offer = change({ kind: "WEBAUTHN_DEVICE_BOUND", material: syncable.key.material }, PROVE);
      const op = await authorization(element, [offer]);
      await expect(
        world.registry.authorize(
          op,
          [await accept(syncable, offer)],
          [await approve(element, "Authorize", op)],
        ),
      )
        .to.be.revertedWithCustomError(world.registry, "AgentKeyBackupEligible")
        .withArgs(keyIdOf(syncable.key));
    });
  });

  it("are refused where their material is none", async () => {
    const { address } = agentKey("account without code");
    const off = `${element.key.material.slice(0, -2)}00`;
    for (const [change_, error, args] of [
      [{ ...change(wallet.key, PROVE), key: address }, "AgentKeyWithoutCode", [address]],
      [{ ...change(element.key, PROVE), key: address }, "AgentKeyLengthWrong", [KEY_KINDS.P256, 20]],
      [
        { ...change(element.key, PROVE), key: off },
        "AgentKeyPointInvalid",
        [off.slice(0, 66), `0x${off.slice(66)}`],
      ],
    ] as const) {
      const op = await authorization(creator, [change_]);
      await expect(world.registry.checkAuthorize(op, [keyIdOf(creator.key)]))
        .to.be.revertedWithCustomError(world.registry, error)
        .withArgs(...args);
    }
  });
});
