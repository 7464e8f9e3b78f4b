import { x25519 } from "@noble/curves/ed25519.js";
import { bech32 } from "@scure/base";
import { expect } from "chai";
import { network } from "hardhat";
import { registryDidRotation } from "../../../client/app/index.ts";
import { backupIdentityFrom, decryptAge, encryptAge } from "../../../client/backup/index.ts";
import { hex32 } from "../../../client/core/index.ts";
import {
  accountControllers,
  type DidKey,
  type DidRequest,
  type DidState,
  deactivateDid,
  didKey,
  didKeyIdOf,
  didResolver,
  EMPTY_STATE,
  KEY_CODECS,
  nextCommitment,
  rotateControllers,
  setKeyExpiry,
  updateDid,
} from "../../../client/did/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, otherKey, seedOf } from "../did/fixture.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, textOf } from "../wallet/support.ts";

const SALT = hex32(`0x${"5a".repeat(32)}`);
const LATER_SALT = hex32(`0x${"5b".repeat(32)}`);
const HOUR = 3600n;

const stolen = otherKey("a phone");
const fresh = otherKey("a new phone");
const one = (key: DidKey): DidState => ({ ...EMPTY_STATE, keys: [key] });

/** A key for encrypted channels, and what opens what is sealed to it. */
function agreement(name: string) {
  const seed = seedOf(name);
  const publicKey = x25519.getPublicKey(seed);
  const key = didKey({ codec: KEY_CODECS.X25519, publicKey, relationships: ["keyAgreement"] });
  const identity = backupIdentityFrom(new Secret<Uint8Array>(seed));
  return { key, identity, recipient: bech32.encodeFromBytes("age", publicKey) };
}

describe("loss: DIDs", () => {
  let fixture: DidFixture;
  before(async () => {
    fixture = await didFixture(await network.create());
  });

  const person = (i: number) => {
    const [owner, controller, thief, sender] = fixture.signers;
    const found = [owner, controller, thief, sender][i];
    if (found === undefined) throw new Error("too few accounts");
    return found;
  };
  const owner = () => person(0);
  const successor = () => person(1);
  const thief = () => person(2);

  /** The ids of the keys that a DID has, as a resolver tells them. */
  async function keysOf(did: string, options: { readonly versionId?: string } = {}) {
    const { didDocument, didResolutionMetadata } = await didResolver({ networks: [fixture.network] }).resolve(
      did,
      options,
    );
    expect(didResolutionMetadata.error).to.equal(undefined);
    return (didDocument?.verificationMethod ?? []).map(({ publicKeyMultibase }) => publicKeyMultibase);
  }
  const rotation = (did: string, more: Partial<Parameters<typeof registryDidRotation>[0]> = {}) =>
    registryDidRotation({
      ...{ network: fixture.network, did, sender: owner(), signers: [owner()] },
      ...{ lost: [didKeyIdOf(stolen)], keys: [fresh] },
      ...more,
    });
  const update = async (did: string, by: ReturnType<typeof person>) => {
    const record = await fixture.record(did);
    return fixture.execute(updateDid(record, { state: EMPTY_STATE, deadline: FAR_DEADLINE }), [by]);
  };
  const committed = () => accountControllers([successor().address]);
  const takeOver = (controllers = committed(), salt = SALT) => ({
    takeOver: { controllers, salt, next: nextCommitment(accountControllers([owner().address]), LATER_SALT) },
    signers: [successor()],
  });

  it("DID-AUTHENTICATION/LOST the controllers put the key of a new device in its place", async () => {
    const { did } = await fixture.create(one(stolen));
    const [before] = await keysOf(did);
    await rotation(did).rotate();
    const after = await keysOf(did);
    expect(after).to.have.length(1);
    expect(after).not.to.include(before);
  });

  it("DID-AUTHENTICATION/STOLEN-UNKNOWN it speaks for the DID until its expiry, which its owner sets beforehand", async () => {
    const { did, time } = await fixture.create(one(stolen));
    const state = setKeyExpiry(one(stolen), didKeyIdOf(stolen), time + HOUR);
    await fixture.execute(updateDid(await fixture.record(did), { state, deadline: FAR_DEADLINE }));
    expect(await keysOf(did)).to.have.length(1);
    await fixture.networkHelpers.time.increase(HOUR);
    await fixture.networkHelpers.mine();
    expect(await keysOf(did)).to.deep.equal([]);
  });

  it("DID-AUTHENTICATION/STOLEN-KNOWN from the block of the rotation on it verifies nothing", async () => {
    const { did } = await fixture.create(one(stolen));
    const [before] = await keysOf(did);
    await rotation(did).rotate();
    expect(await keysOf(did)).not.to.include(before);
    // Exposed: the version of that time names it still, also for what the thief dates back.
    expect(await keysOf(did, { versionId: "1" })).to.deep.equal([before]);
  });

  const rotatedAgreement = async () => {
    const [old, next] = [agreement("old"), agreement("next")];
    const { did } = await fixture.create(one(old.key));
    const early = await encryptAge(bytes("before"), { recipients: [old.recipient] });
    await rotation(did, { lost: [didKeyIdOf(old.key)], keys: [next.key] }).rotate();
    const later = await encryptAge(bytes("after"), { recipients: [next.recipient] });
    return { did, old, next, early, later };
  };

  it("DID-AGREEMENT/LOST a new key takes its place, and old messages stay closed to the owner as well", async () => {
    const { did, old, next, early, later } = await rotatedAgreement();
    expect((await fixture.record(did)).state.keys.map(didKeyIdOf)).to.deep.equal([didKeyIdOf(next.key)]);
    expect(textOf(await decryptAge(later, next))).to.equal("after");
    expect(await codeOfAsync(() => decryptAge(early, next))).to.equal("BACKUP_KEY_WRONG");
    expect(didKeyIdOf(old.key)).not.to.equal(didKeyIdOf(next.key));
  });

  it("DID-AGREEMENT/STOLEN-UNKNOWN it opens what is sealed to it until its expiry ends that", async () => {
    const { key, identity, recipient } = agreement("old");
    const { did, time } = await fixture.create(one(key));
    const sealed = await encryptAge(bytes("before"), { recipients: [recipient] });
    expect(textOf(await decryptAge(sealed, { identity }))).to.equal("before");
    const state = setKeyExpiry(one(key), didKeyIdOf(key), time + HOUR);
    await fixture.execute(updateDid(await fixture.record(did), { state, deadline: FAR_DEADLINE }));
    await fixture.networkHelpers.time.increase(HOUR);
    await fixture.networkHelpers.mine();
    expect(await keysOf(did)).to.deep.equal([]);
  });

  it("DID-AGREEMENT/STOLEN-KNOWN what is sealed after the rotation is closed to the thief", async () => {
    const { old, early, later } = await rotatedAgreement();
    expect(await codeOfAsync(() => decryptAge(later, old))).to.equal("BACKUP_KEY_WRONG");
    // Exposed: whatever was sealed to it before.
    expect(textOf(await decryptAge(early, old))).to.equal("before");
  });

  it("DID-CONTROLLERS/LOST those of the pre-rotation commitment take over", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    await rotation(did, takeOver()).rotate();
    const { controllers } = await fixture.record(did);
    expect(controllers).to.deep.equal(committed());
    expect(await codeOfAsync(() => update(did, owner()))).to.equal("APPROVAL_INVALID");
    await update(did, successor());
  });

  it("DID-CONTROLLERS/STOLEN-UNKNOWN the thief changes what the DID says, but cannot keep it", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    // With the owner's key: whose hand holds it, nobody sees.
    await update(did, owner());
    expect(await keysOf(did)).to.deep.equal([]);
    const record = await fixture.record(did);
    const deadline = FAR_DEADLINE;
    const controllers = accountControllers([thief().address]);
    const keep = { controllers, endPreRotation: true, deadline, salt: LATER_SALT } as const;
    expect(codeOf(() => rotateControllers(record, keep))).to.equal("CONTROLLERS_INVALID");
    expect(codeOf(() => deactivateDid(record, { deadline }))).to.equal("CONTROLLERS_INVALID");
  });

  it("DID-CONTROLLERS/STOLEN-KNOWN those of the pre-rotation commitment take over from the thief", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    await update(did, owner());
    await rotation(did, takeOver()).rotate();
    expect(await keysOf(did)).to.have.length(1);
    expect(await codeOfAsync(() => update(did, owner()))).to.equal("APPROVAL_INVALID");
  });

  it("DID-CONTROLLERS-BARE/LOST without pre-rotation nobody changes the DID any more: a new one", async () => {
    const { did } = await fixture.create(one(stolen));
    expect(await codeOfAsync(() => rotation(did, takeOver()).rotate())).to.equal("CONTROLLERS_INVALID");
    expect(await codeOfAsync(() => update(did, successor()))).to.equal("APPROVAL_INVALID");
    const again = await fixture.create(one(fresh), { next: nextCommitment(committed(), SALT) });
    expect(again.did).not.to.equal(did);
    // Exposed: the old one goes on saying what it says.
    expect(await keysOf(did)).to.have.length(1);
  });

  it("DID-CONTROLLERS-BARE/STOLEN-UNKNOWN without pre-rotation the thief takes the DID for good", async () => {
    const { did } = await fixture.create(one(stolen));
    const mine = accountControllers([thief().address]);
    // The owner's key, in the thief's hand.
    await fixture.execute(
      rotateControllers(await fixture.record(did), { controllers: mine, deadline: FAR_DEADLINE }),
    );
    expect(await codeOfAsync(() => update(did, owner()))).to.equal("APPROVAL_INVALID");
    expect((await fixture.record(did)).controllers).to.deep.equal(mine);
  });

  it("DID-CONTROLLERS-BARE/STOLEN-KNOWN who is first: the owner ends the DID, or hands it to other controllers", async () => {
    const { did } = await fixture.create(one(stolen));
    const record = await fixture.record(did);
    const end: DidRequest = deactivateDid(record, { deadline: FAR_DEADLINE });
    await fixture.execute(end);
    expect(await codeOfAsync(() => update(did, owner()))).to.be.oneOf([
      "APPROVAL_INVALID",
      "DID_DEACTIVATED",
    ]);
    const other = await fixture.create(one(stolen));
    const handed = {
      controllers: committed(),
      next: nextCommitment(accountControllers([owner().address]), SALT),
    };
    await fixture.execute(
      rotateControllers(await fixture.record(other.did), { ...handed, deadline: FAR_DEADLINE }),
    );
    expect(await codeOfAsync(() => update(other.did, owner()))).to.equal("APPROVAL_INVALID");
  });

  it("DID-SUCCESSORS/LOST keys change still, controllers no more: a new DID while these last", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    await rotation(did).rotate();
    const record = await fixture.record(did);
    const other = accountControllers([thief().address]);
    const hand = async () =>
      rotateControllers(record, { controllers: other, endPreRotation: true, deadline: FAR_DEADLINE });
    expect(await codeOfAsync(hand)).to.equal("CONTROLLERS_INVALID");
  });

  /** Uses the successors up by themselves, and then the ones after them: two transactions. */
  async function useUp(did: string) {
    const ownersAgain = accountControllers([owner().address]);
    const deadline = FAR_DEADLINE;
    const first = {
      controllers: committed(),
      salt: SALT,
      next: nextCommitment(ownersAgain, LATER_SALT),
      deadline,
    };
    const state = one(fresh);
    await fixture.execute(rotateControllers(await fixture.record(did), { ...first, state }), [successor()]);
    const next = nextCommitment(accountControllers([thief().address, owner().address], 2), SALT);
    const second = { controllers: ownersAgain, salt: LATER_SALT, next, deadline, state };
    await fixture.execute(rotateControllers(await fixture.record(did), second), [owner()]);
  }

  it("DID-SUCCESSORS/STOLEN-UNKNOWN key and salt take the DID; the key alone takes nothing", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    const guessed = rotation(did, takeOver(committed(), LATER_SALT));
    expect(await codeOfAsync(() => guessed.rotate())).to.equal("CONTROLLERS_INVALID");
    await rotation(did, takeOver()).rotate();
    expect(await codeOfAsync(() => update(did, owner()))).to.equal("APPROVAL_INVALID");
  });

  it("DID-SUCCESSORS/STOLEN-KNOWN the owner uses them up first, and hands the DID on at once", async () => {
    const { did } = await fixture.create(one(stolen), { next: nextCommitment(committed(), SALT) });
    await useUp(did);
    expect(await codeOfAsync(() => rotation(did, takeOver()).rotate())).to.equal("CONTROLLERS_INVALID");
    expect(await codeOfAsync(() => update(did, successor()))).to.equal("APPROVAL_INVALID");
    expect(await keysOf(did)).to.have.length(1);
  });
});
