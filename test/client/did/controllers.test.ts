import { expect } from "chai";
import { keccak256 } from "ethers";
import { network } from "hardhat";
import { didCall } from "../../../client/chain/index.ts";
import { hex, hex32 } from "../../../client/core/index.ts";
import {
  approveDid,
  type Controllers,
  collectApprovals,
  controllersWarnings,
  createDid,
  type DidApproval,
  type DidRequest,
  deactivateDid,
  decodeControllers,
  decodeDidRequest,
  EMPTY_STATE,
  encodeControllers,
  encodeDidRequest,
  formatDid,
  nextCommitment,
  rotateControllers,
  senderApproval,
  updateDid,
} from "../../../client/did/index.ts";
import {
  type AgentSigner,
  contractKey,
  keyIdOf,
  p256Key,
  secp256k1Key,
  webauthnKey,
} from "../../../client/keys/index.ts";
import { agentKey } from "../../policy/support.ts";
import { accountSigner, elementSigner, passkeySigner, walletSigner } from "../../support/signers.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS } from "./fixture.ts";

const SALT = hex32(`0x${"c0".repeat(32)}`);

describe("did controllers of every kind of key", () => {
  let fixture: DidFixture;
  let account: AgentSigner;
  let passkey: AgentSigner;
  let element: AgentSigner;
  let wallet: AgentSigner;
  let made = 0;

  before(async () => {
    fixture = await didFixture(await network.create());
    const contract = await fixture.ethers.deployContract("WalletMock", [agentKey("wallet owner").address]);
    account = await accountSigner("an account");
    passkey = await passkeySigner("a passkey");
    element = elementSigner("an element");
    wallet = walletSigner(await contract.getAddress(), "wallet owner");
  });

  const of = (threshold: number, ...signers: readonly AgentSigner[]): Controllers => ({
    threshold,
    keys: signers.map(({ key }) => key),
  });

  function creation(controllers: Controllers, next?: Controllers): DidRequest {
    made += 1;
    return createDid({
      chainId: fixture.chainId,
      registry: fixture.address,
      controllers,
      state: FOUR_KEYS,
      ...(next !== undefined && { next: nextCommitment(next, SALT) }),
      salt: hex32(`0x${made.toString(16).padStart(64, "0")}`),
      deadline: FAR_DEADLINE,
    });
  }

  /** As in life: each signs what comes as text, somebody else sends it. */
  async function relay(request: DidRequest, ...signers: readonly AgentSigner[]): Promise<void> {
    const text = encodeDidRequest(request);
    const approvals = await Promise.all(signers.map((signer) => approveDid(signer, decodeDidRequest(text))));
    await send(request, approvals);
  }

  async function send(request: DidRequest, approvals: readonly DidApproval[]) {
    const relayer = fixture.signers.at(-1);
    if (relayer === undefined) throw new Error("no account");
    return relayer.sendTransaction(didCall(request, approvals));
  }

  async function created(controllers: Controllers, next?: Controllers): Promise<string> {
    const request = creation(controllers, next);
    const all = [account, passkey, element, wallet].filter(({ key }) => controllers.keys.includes(key));
    await relay(request, ...all);
    return formatDid(fixture.chainId, request.operation.did);
  }

  it("a passkey and an account, both needed: neither does anything alone", async () => {
    const did = await created(of(2, account, passkey));
    const record = await fixture.record(did);
    expect(new Set(record.controllers.keys.map(({ kind }) => kind))).to.deep.equal(
      new Set(["SECP256K1", "WEBAUTHN_DEVICE_BOUND"]),
    );
    const request = updateDid(record, { state: EMPTY_STATE, deadline: FAR_DEADLINE });
    const [byAccount, byPasskey] = [await approveDid(account, request), await approveDid(passkey, request)];
    for (const alone of [byAccount, byPasskey]) {
      expect(codeOf(() => didCall(request, [alone, alone]))).to.equal("QUORUM_MISSING");
      // Nor does the chain take it, whatever a client lets through.
      const lax = { ...request, approvers: { ...request.approvers, threshold: 1 } };
      await expect(send(lax, [alone]))
        .to.be.revertedWithCustomError(fixture.registry, "DidRegistryQuorumMissing")
        .withArgs(record.id, 1n, 2n);
    }
    await send(request, [byPasskey, byAccount]);
    expect((await fixture.record(did)).version).to.equal(2);
  });

  it("any two of four kinds, in every pair", async () => {
    const signers = [account, passkey, element, wallet];
    const did = await created(of(2, ...signers));
    let version = 1;
    for (const [i, first] of signers.entries()) {
      for (const second of signers.slice(i + 1)) {
        const request = updateDid(await fixture.record(did), { state: EMPTY_STATE, deadline: FAR_DEADLINE });
        await relay(request, first, second);
        version += 1;
        expect((await fixture.record(did)).version).to.equal(version);
      }
    }
  });

  it("a passkey takes over by reveal, and ends the DID", async () => {
    const cold = of(1, passkey);
    const did = await created(of(1, account), cold);
    const record = await fixture.record(did);
    await relay(
      rotateControllers(record, {
        controllers: cold,
        salt: SALT,
        next: nextCommitment(of(1, element), SALT),
        deadline: FAR_DEADLINE,
      }),
      passkey,
    );
    const rotated = await fixture.record(did);
    expect(rotated.controllers).to.deep.equal(cold);
    const ending = { successors: { controllers: of(1, element), salt: SALT }, deadline: FAR_DEADLINE };
    await relay(deactivateDid(rotated, ending), element);
    expect(await fixture.registry.isDeactivated(rotated.id)).to.equal(true);
  });

  it("no signature of another key, kind or operation counts as an approval", async () => {
    const request = creation(of(2, account, passkey, element, wallet));
    const other = creation(of(2, account, passkey, element, wallet));
    const stranger = await passkeySigner("a stranger's passkey");
    expect(await codeOfAsync(() => approveDid(stranger, request))).to.equal("APPROVAL_INVALID");
    for (const signer of [account, passkey, element]) {
      const { signature } = await approveDid(signer, other);
      const key = signer.key.material;
      expect(codeOf(() => collectApprovals(request, [{ key, signature }]))).to.equal("APPROVAL_INVALID");
      expect(codeOf(() => collectApprovals(request, [{ key, signature: hex("0x1234") }]))).to.equal(
        "APPROVAL_INVALID",
      );
    }
    // Points send no transactions: for them an empty signature is never the sender's.
    for (const { key } of [passkey, element])
      expect(codeOf(() => senderApproval(request, key.material))).to.equal("APPROVAL_INVALID");
    const { material } = element.key;
    const pretender: AgentSigner = {
      ...element,
      key: webauthnKey({ publicKey: material, deviceBound: true }),
    };
    expect(await codeOfAsync(() => approveDid(pretender, request))).to.equal("APPROVAL_INVALID");
  });

  it("one key under two kinds is refused by client and registry", async () => {
    const { material } = element.key;
    const address = wallet.key.material;
    const pairs = [
      [p256Key(material), webauthnKey({ publicKey: material, deviceBound: false })],
      [p256Key(material), webauthnKey({ publicKey: material, deviceBound: true })],
      [secp256k1Key(address), contractKey(address)],
    ] as const;
    for (const [first, second] of pairs) {
      expect(codeOf(() => encodeControllers({ threshold: 2, keys: [first, second] }))).to.equal(
        "CONTROLLERS_INVALID",
      );
      const [one, two] = [first, second].map((key) =>
        encodeControllers({ threshold: 1, keys: [key] }).slice(4),
      );
      const id = keccak256(first.material);
      await expect(fixture.registry.checkControllers(`0x02${one}${two}`))
        .to.be.revertedWithCustomError(fixture.registry, "DidRegistryControllersNotAscending")
        .withArgs(id, id);
    }
  });

  it("a contract must have code when it becomes a controller, also by a reveal", async () => {
    const nowhere = hex(`0x${"12".repeat(20)}`);
    const ghost: Controllers = { threshold: 1, keys: [contractKey(nowhere)] };
    await expect(send(creation(ghost), [{ key: nowhere, signature: "0x" }]))
      .to.be.revertedWithCustomError(fixture.registry, "AgentKeyWithoutCode")
      .withArgs(nowhere);
    const did = await created(of(1, account), ghost);
    const request = rotateControllers(await fixture.record(did), {
      controllers: ghost,
      salt: SALT,
      endPreRotation: true,
      deadline: FAR_DEADLINE,
    });
    await expect(send(request, [{ key: nowhere, signature: "0x" }]))
      .to.be.revertedWithCustomError(fixture.registry, "AgentKeyWithoutCode")
      .withArgs(nowhere);
  });

  it("a hostile contract among them approves nothing, and stops nobody else", async () => {
    // Reverts with the right answer, answers nothing, writes: as contracts/mocks/HostileWallet.sol has them.
    for (const trick of [0, 1, 8]) {
      const contract = await fixture.ethers.deployContract("HostileWallet", [trick]);
      const hostile = walletSigner(await contract.getAddress(), "anybody");
      const did = await created(of(2, account, passkey, hostile));
      const record = await fixture.record(did);
      const request = updateDid(record, { state: EMPTY_STATE, deadline: FAR_DEADLINE });
      const byAccount = await approveDid(account, request);
      await expect(send(request, [byAccount, await approveDid(hostile, request)]))
        .to.be.revertedWithCustomError(fixture.registry, "AgentKeyContractRefused")
        .withArgs(keyIdOf(hostile.key), await contract.getAddress());
      await send(request, [byAccount, await approveDid(passkey, request)]);
      expect((await fixture.record(did)).version).to.equal(2);
    }
  });

  it("are read back as they were written, and refused with a kind that nobody knows", () => {
    const controllers = of(3, account, passkey, element, wallet);
    const encoded = encodeControllers(controllers);
    const { threshold, keys } = decodeControllers(encoded);
    expect(threshold).to.equal(3);
    expect(keys).to.have.deep.members([...controllers.keys]);
    expect(codeOf(() => decodeControllers(hex(`0x010914${"11".repeat(20)}`)))).to.equal(
      "AGENT_KEY_KIND_UNKNOWN",
    );
    const offCurve = {
      threshold: 1,
      keys: [{ kind: "P256", material: hex(`0x${"11".repeat(64)}`) }],
    } as const;
    expect(codeOf(() => encodeControllers(offCurve))).to.equal("CONTROLLERS_INVALID");
  });

  it("that may be in one hand are pointed out", () => {
    const codes = (controllers: Controllers) => controllersWarnings(controllers).map(({ code }) => code);
    expect(codes(of(1, account, wallet, passkey, element))).to.deep.equal([]);
    expect(codes(of(2, account, passkey))).to.deep.equal([]);
    expect(codes(of(2, account, passkey, element))).to.deep.equal(["POINTS_MAY_SHARE_A_DEVICE"]);
    expect(controllersWarnings(of(2, account, wallet)).map(({ keys }) => keys)).to.deep.equal([
      [keyIdOf(wallet.key)],
    ]);
  });

  it("an account and the wallet that it owns do count twice: the chain cannot know", async () => {
    const owner = await accountSigner("wallet owner");
    const request = creation(of(2, owner, wallet));
    expect(controllersWarnings(request.approvers)).to.have.length(1);
    await relay(request, owner, wallet);
    expect((await fixture.registry.head(request.operation.did)).version).to.equal(1n);
  });
});
