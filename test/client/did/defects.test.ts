import { expect } from "chai";
import { network } from "hardhat";
import { didCall } from "../../../client/chain/index.ts";
import { hex20 } from "../../../client/core/index.ts";
import {
  accountControllers,
  addKey,
  approveDid,
  deactivateDid,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  encodeState,
  RELATIONSHIPS,
  revokeKey,
  rotateControllers,
  updateDid,
} from "../../../client/did/index.ts";
import { codeOf } from "../support.ts";
import {
  type DidFixture,
  didFixture,
  FAR_DEADLINE,
  FOUR_KEYS,
  KEYS,
  otherKey,
  uncheckedCall,
} from "./fixture.ts";

/** What is wrong with did:ethr 14.1.2, and the opposite of each here. */
describe("defects of did:ethr that did:dkms has not", () => {
  let fixture: DidFixture;
  const resolver = () => didResolver({ networks: [fixture.network] });
  const datetime = (seconds: bigint) => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;

  before(async () => {
    fixture = await didFixture(await network.create());
  });

  it("1. a key is valid at the block of its revocation: contract and resolver agree that it is not", async () => {
    const { create, execute, record, registry, ethers } = fixture;
    const { did, id } = await create();
    const before = await record(did);
    const keyId = didKeyIdOf(KEYS.p256);
    const revoked = await execute(
      updateDid(before, { state: revokeKey(before.state, keyId), deadline: FAR_DEADLINE }),
    );
    const after = await record(did);
    const inContract = await registry.verifyKey(id, after.snapshot, keyId, RELATIONSHIPS.authentication, {
      blockTag: revoked.block,
    });
    expect(inContract).to.equal(false);
    const atBlock = await resolver().resolve(did, { blockTag: revoked.block });
    const atSecond = await resolver().resolve(did, { versionTime: datetime(revoked.time) });
    for (const { didDocument } of [atBlock, atSecond]) {
      expect(JSON.stringify(didDocument)).not.to.include(keyId.slice(2));
      expect(didDocument?.verificationMethod).to.have.length(3);
    }
    expect((await ethers.provider.getBlock(revoked.block))?.timestamp).to.equal(Number(revoked.time));
  });

  it("2. a deactivated identity still has an owner and accepts delegates: here it has nothing and takes nothing", async () => {
    const { create, execute, record, registry, signers } = fixture;
    const { did, id } = await create();
    const before = await record(did);
    await execute(deactivateDid(before, { deadline: FAR_DEADLINE }));
    expect((await resolver().resolve(did)).didDocument).to.equal(null);
    expect(await registry.isDeactivated(id)).to.equal(true);
    const keyId = didKeyIdOf(KEYS.p256);
    expect(await registry.verifyKey(id, before.snapshot, keyId, RELATIONSHIPS.authentication)).to.equal(
      false,
    );
    const late = updateDid({ ...before, version: 2 }, { state: FOUR_KEYS, deadline: FAR_DEADLINE });
    const [owner] = signers;
    if (owner === undefined) throw new Error("the chain has no accounts");
    const call = didCall(late, [await approveDid(owner, late)]);
    await expect(owner.sendTransaction(call)).to.be.revertedWithCustomError(
      registry,
      "DidRegistryDeactivated",
    );
  });

  it("3. a change signed for one chain is valid on another: here chain and registry are signed", async () => {
    const { create, record, registry, signers } = fixture;
    const { did } = await create();
    const [owner] = signers;
    if (owner === undefined) throw new Error("the chain has no accounts");
    const request = updateDid(await record(did), { state: EMPTY_STATE, deadline: FAR_DEADLINE });
    const elsewhere = [
      { ...request, chainId: 1n },
      { ...request, registry: hex20(`0x${"77".repeat(20)}`) },
    ];
    for (const other of elsewhere) {
      const approvals = [await approveDid(owner, other)];
      expect(codeOf(() => didCall(request, approvals))).to.equal("APPROVAL_INVALID");
      await expect(
        owner.sendTransaction(uncheckedCall(fixture, request, approvals)),
      ).to.be.revertedWithCustomError(registry, "AgentKeySignatureInvalid");
    }
  });

  it("4. anyone may act as identity 0x0: here no such DID and no such controller can be made", async () => {
    const { registry } = fixture;
    const zero = `0x${"00".repeat(20)}`;
    expect((await resolver().resolve(`did:dkms:31337:${"00".repeat(20)}`)).didDocument).to.equal(null);
    const controllers = `0x010114${"00".repeat(20)}`;
    const creation = {
      did: await registry.didOf(controllers, `0x${"00".repeat(32)}`, `0x${"00".repeat(32)}`),
      controllers,
      next: `0x${"00".repeat(32)}`,
      salt: `0x${"00".repeat(32)}`,
      state: encodeState(EMPTY_STATE),
      deadline: FAR_DEADLINE,
    };
    const approvals = [{ key: zero, signature: `0x${"00".repeat(65)}` }];
    await expect(registry.create(creation, approvals)).to.be.revert(fixture.ethers);
  });

  it("5. an RPC failure is reported as notFound: here each failure is its own, and none is notFound", async () => {
    const { create, withNode } = fixture;
    const { did } = await create();
    for (const [failure, keyword] of [
      [{ code: 429, message: "Too Many Requests" }, "nodeRateLimited"],
      [{ code: "TIMEOUT", message: "timeout" }, "nodeTimeout"],
      [{ code: -32603, message: "internal error" }, "nodeFailed"],
    ] as const) {
      const legacy = didResolver({ networks: [fixture.network], profile: "1.0" });
      const { didResolutionMetadata } = await withNode(
        async () => {
          throw Object.assign(new Error(failure.message), failure);
        },
        () => legacy.resolve(did),
      );
      expect(didResolutionMetadata.error).to.equal(keyword);
    }
  });

  it("6. bad, duplicate and outside version parameters give the latest document: here they are refused or honoured", async () => {
    const { create, execute, record } = fixture;
    const { did } = await create();
    const current = await record(did);
    await execute(updateDid(current, { state: EMPTY_STATE, deadline: FAR_DEADLINE }));
    for (const query of [
      "versionId=banana",
      "versionId=1&versionId=2",
      "versionId=",
      "versionId",
      "versionTime=yesterday",
      "versionId=1&versionTime=2026-01-01T00:00:00Z",
      "version=1",
    ]) {
      const { didDocument, didResolutionMetadata } = await resolver().resolveUrl(`${did}?${query}`);
      expect(didDocument, query).to.equal(null);
      expect(didResolutionMetadata.error, query).not.to.equal(undefined);
    }
    const outside = await resolver().resolve(did, { versionId: "1" });
    expect(outside.didDocument?.verificationMethod).to.have.length(4);
  });

  it("7. the document depends on the local clock: here only the chain's time counts", async () => {
    const { create, networkHelpers } = fixture;
    const now = BigInt(await networkHelpers.time.latest());
    const { did } = await create({
      ...EMPTY_STATE,
      keys: [KEYS.p256, otherKey("hour", { expiry: now + 3600n })],
    });
    await networkHelpers.time.increase(4000);
    const answer = JSON.stringify(await resolver().resolve(did));
    const realNow = Date.now;
    try {
      for (const skew of [-10, 10]) {
        Date.now = () => realNow() + skew * 365 * 86_400_000;
        expect(JSON.stringify(await resolver().resolve(did))).to.equal(answer);
      }
    } finally {
      Date.now = realNow;
    }
    expect(JSON.parse(answer).didDocument.verificationMethod).to.have.length(1);
  });

  it("8. changing the owner leaves the old owner's keys active: here they go with him", async () => {
    const { create, execute, record, signers, registry } = fixture;
    const { did, id } = await create();
    const controllers = accountControllers([signers[1]?.address ?? ""]);
    await execute(rotateControllers(await record(did), { controllers, deadline: FAR_DEADLINE }));
    const { didDocument } = await resolver().resolve(did);
    expect(didDocument).to.have.all.keys("@context", "id");
    const after = await record(did);
    const keyId = didKeyIdOf(KEYS.p256);
    expect(await registry.verifyKey(id, after.snapshot, keyId, RELATIONSHIPS.authentication)).to.equal(false);
    const back = updateDid(after, { state: addKey(after.state, KEYS.p256), deadline: FAR_DEADLINE });
    const [former] = signers;
    if (former === undefined) throw new Error("the chain has no accounts");
    const stolen = didCall({ ...back, approvers: accountControllers([former.address]) }, [
      await approveDid(former, { ...back, approvers: accountControllers([former.address]) }),
    ]);
    await expect(former.sendTransaction(stolen)).to.be.revertedWithCustomError(
      registry,
      "DidRegistryNotController",
    );
  });

  it("9. a 2-byte key and an empty key are published: here neither contract nor resolver takes them", async () => {
    const { registry, create } = fixture;
    for (const material of ["0xabcd", "0x"] as const) {
      const bad = { ...EMPTY_STATE, keys: [{ ...KEYS.ed25519, material }] };
      await expect(registry.checkState(encodeState(bad))).to.be.revertedWithCustomError(
        registry,
        "DidRegistryKeyLengthWrong",
      );
    }
    const notOnCurve = { ...KEYS.ed25519, material: `0x02${"00".repeat(31)}` } as const;
    const { did } = await create({ ...EMPTY_STATE, keys: [notOnCurve] });
    const { didDocument, didResolutionMetadata } = await resolver().resolve(did);
    expect(didDocument).not.to.have.property("verificationMethod");
    expect(didResolutionMetadata).to.have.property("warnings").with.length(1);
  });
});
