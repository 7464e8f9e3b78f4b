import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { expect } from "chai";
import { Secret } from "../../../client/keys/index.ts";
import {
  backupIdentity,
  type GivenShare,
  newSecondFactor,
  openPayload,
  parseShare,
  type RecoverySetUp,
  recover,
  recoverSecret,
  type SetUpRecoveryOptions,
  setUpRecovery,
  stretchPin,
} from "../../../client/recovery/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { ENDPOINT, recoveryFile, SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const owner = signerOf(1);
const PIN = new Secret("four words, no less");
const given = (shares: readonly unknown[]): GivenShare[] => shares.map((json) => ({ json }));

const withEndpoint = (endpoint: string) => ({ file: { ...recoveryFile(), endpoint } });
const options = { file: recoveryFile(), threshold: 3, trustees: TRUSTEES, epoch: 1 };

function setUp(pin?: Secret<string>, more: Partial<SetUpRecoveryOptions> = {}): Promise<RecoverySetUp> {
  const withPin = pin === undefined ? {} : { pin };
  return setUpRecovery({ ...options, sourceDid: SOURCE_DID, signer: owner, ...withPin, ...more });
}

describe("recovery/recoveryFile", () => {
  let plain: RecoverySetUp;
  let locked: RecoverySetUp;
  before(async () => {
    plain = await setUp();
    locked = await setUp(PIN);
  });

  it("brings back backup key, link secret, endpoint, and the identity that backups are encrypted to", async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(plain.backupIdentity.reveal()));
    const backup = await encrypter.encrypt("the wallet");

    const trust = { anchor: plain.tag };
    const {
      file,
      backupIdentity: identity,
      trustees,
    } = await recover({
      shares: given(plain.shares.slice(1, 4)),
      trust,
    });
    expect(file.backupKey.reveal()).to.deep.equal(recoveryFile().backupKey.reveal());
    expect(file.linkSecret.reveal()).to.deep.equal(recoveryFile().linkSecret.reveal());
    expect(file.endpoint).to.equal(ENDPOINT);
    expect(trustees).to.deep.equal(["Ben", "Cleo", "Dan"]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity.reveal());
    expect(await decrypter.decrypt(backup, "text")).to.equal("the wallet");
    expect(JSON.stringify({ file, identity })).not.to.match(/AGE|b1b1|1515/);
  });

  it("opens the payload that the owner sealed, whatever liars put in its place", async () => {
    const others = given(plain.shares.slice(1));
    const first = parseShare(plain.shares[0]);
    const forged = { ...first, sealed: locked.shares[0]?.sealed };
    const trust = { anchor: plain.tag };
    const { file } = await recover({ shares: [{ json: forged }, ...others], trust });
    expect(file.endpoint).to.equal(ENDPOINT);
    const all = plain.shares.map((share) => ({ json: { ...share, sealed: locked.shares[0]?.sealed } }));
    expect(await codeOfAsync(() => recover({ shares: all, trust }))).to.equal("PAYLOAD_DAMAGED");
    const none = plain.shares.map(({ sealed: _, ...share }) => ({ json: share }));
    expect(await codeOfAsync(() => recover({ shares: none, trust }))).to.equal("PAYLOAD_DAMAGED");
  });

  it("seals with the tag as associated data: the payload of another set does not open", async () => {
    const { secret } = recoverSecret({ shares: given(plain.shares), trust: { anchor: plain.tag } });
    const sealed = parseShare(plain.shares[0]).sealed;
    if (sealed === undefined) throw new Error("nothing sealed");
    expect(codeOf(() => openPayload(sealed, { secret, tag: plain.tag }))).to.equal(undefined);
    expect(codeOf(() => openPayload(sealed, { secret, tag: locked.tag }))).to.equal("PAYLOAD_DAMAGED");
    for (const change of [{ nonce: "!".repeat(32) }, { ciphertext: "!" }, { ciphertext: "" }]) {
      const damaged = { ...sealed, ...change };
      expect(codeOf(() => openPayload(damaged, { secret, tag: plain.tag }))).to.equal("PAYLOAD_DAMAGED");
    }
    expect(
      codeOf(() => openPayload({ ...sealed, nonce: "A".repeat(32) }, { secret, tag: plain.tag })),
    ).to.equal("PAYLOAD_DAMAGED");
  });

  it("refuses a payload that is no recovery file, and a file beyond what shares carry", async () => {
    expect(await codeOfAsync(() => setUp(undefined, withEndpoint("")))).to.equal("PAYLOAD_MALFORMED");
    expect(await codeOfAsync(() => setUp(undefined, withEndpoint("x".repeat(2049))))).to.equal(
      "PAYLOAD_MALFORMED",
    );
  });

  it("tells how far it is share by share, gives way to others, and stops when asked to", async () => {
    const trustees = Array.from({ length: 60 }, (_, i) => `trustee ${i}`);
    const many = await setUp(undefined, { threshold: 40, trustees });
    const shares = given(many.shares);
    const controller = new AbortController();
    const seen: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const work = { trust: { anchor: many.tag }, signal: controller.signal };
    await recover({ ...work, shares, onProgress: (done) => seen.push(done) });
    clearInterval(timer);
    expect(seen).to.have.length(60);
    expect(seen.at(-1)).to.equal(1);
    expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
    expect(turns).to.be.greaterThan(3);
    const onProgress = (done: number) => {
      if (done > 0.1) controller.abort();
    };
    expect(await codeOfAsync(() => recover({ ...work, shares, onProgress }))).to.equal("RECOVERY_CANCELLED");
  });

  it("believes no liar about whose recovery it is, if only the anchor is known", async () => {
    const made = await setUp();
    const [first, ...others] = made.shares;
    const shares = [{ json: { ...first, source_did: "did:dkms:1:0xliar" } }, ...given(others)];
    expect((await recover({ shares, trust: { anchor: made.tag } })).sourceDid).to.equal(SOURCE_DID);
  });

  describe("with a second factor", () => {
    const trust = () => ({ anchor: locked.tag });

    it("is opened by trustees and owner together", async () => {
      const seen: number[] = [];
      const { file, backupIdentity: identity } = await recover({
        shares: given(locked.shares),
        trust: trust(),
        pin: PIN,
        onProgress: (done) => seen.push(done),
      });
      expect(file.endpoint).to.equal(ENDPOINT);
      expect(identity.reveal()).to.equal(locked.backupIdentity.reveal());
      expect(seen.at(-1)).to.equal(1);
    });

    it("has another backup identity than the trustees' secret alone gives", () => {
      const { secret, tag } = recoverSecret({ shares: given(locked.shares), trust: trust() });
      expect(backupIdentity({ secret, tag }).reveal()).not.to.equal(locked.backupIdentity.reveal());
      const open = recoverSecret({ shares: given(plain.shares), trust: { anchor: plain.tag } });
      expect(backupIdentity(open).reveal()).to.equal(plain.backupIdentity.reveal());
      expect(backupIdentity({ ...open, tag: locked.tag }).reveal()).not.to.equal(
        plain.backupIdentity.reveal(),
      );
    });

    it("takes the least parameters, and a signal that is never raised", async () => {
      const parameters = { ...newSecondFactor(seeded(1)), memoryKiB: 19_456, passes: 2 };
      const { signal } = new AbortController();
      const seen: number[] = [];
      const key = await stretchPin(new Secret("123456"), parameters, {
        signal,
        onProgress: (done) => seen.push(done),
      });
      expect(key.reveal()).to.have.length(32);
      expect(seen.length).to.be.greaterThan(1);
      const idle: number[] = [];
      const onProgress = (done: number) => idle.push(done);
      const stop = AbortSignal.abort();
      expect(await codeOfAsync(() => stretchPin(PIN, parameters, { signal: stop, onProgress }))).to.equal(
        "RECOVERY_CANCELLED",
      );
      expect(idle).to.deep.equal([]);
    });

    it("stays shut to all trustees together, and to the wrong PIN", async () => {
      const shares = given(locked.shares);
      expect(await codeOfAsync(() => recover({ shares, trust: trust() }))).to.equal("SECOND_FACTOR_NEEDED");
      const pin = new Secret("three words, no less");
      expect(await codeOfAsync(() => recover({ shares, trust: trust(), pin }))).to.equal(
        "SECOND_FACTOR_WRONG",
      );
    });

    it("can be cancelled, before and while it is stretched", async () => {
      const shares = given(locked.shares);
      const early = AbortSignal.abort();
      expect(await codeOfAsync(() => recover({ shares, trust: trust(), pin: PIN, signal: early }))).to.equal(
        "RECOVERY_CANCELLED",
      );
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      expect(
        await codeOfAsync(() =>
          recover({ shares, trust: trust(), pin: PIN, signal: controller.signal, onProgress }),
        ),
      ).to.equal("RECOVERY_CANCELLED");
    });

    it("refuses parameters that a liar weakened or made unbearable, before any work", async () => {
      for (const change of [
        { memoryKiB: 1024 },
        { passes: 1 },
        { memoryKiB: 2 ** 30 },
        { passes: 99 },
        { lanes: 0 },
        { salt: "AA" },
      ]) {
        const parameters = { ...newSecondFactor(seeded(1)), ...change };
        expect(await codeOfAsync(() => stretchPin(PIN, parameters))).to.equal("SECOND_FACTOR_PARAMETERS");
      }
      const share = parseShare(locked.shares[0]);
      const weak = locked.shares.map((json) => ({
        json: {
          ...json,
          sealed: {
            ...share.sealed,
            secondFactor: { ...newSecondFactor(), passes: 16, memoryKiB: 1_048_576 },
          },
        },
      }));
      expect(await codeOfAsync(() => recover({ shares: weak, trust: trust(), pin: PIN }))).to.equal(
        "PAYLOAD_DAMAGED",
      );
    });

    it("wants six characters or more, and takes one text for all ways to type it", async () => {
      const parameters = { ...newSecondFactor(seeded(1)), memoryKiB: 19_456, passes: 2 };
      const refused = (pin: string) => codeOfAsync(() => stretchPin(new Secret(pin), parameters));
      for (const short of ["", "12345", "      ", "1\u200b2\u200b3\u200b4\u200b5", "\t\n12 34 5\u00a0"]) {
        expect(await refused(short)).to.equal("SECOND_FACTOR_TOO_SHORT");
      }
      expect(await refused("1".repeat(1025))).to.equal("SECOND_FACTOR_MALFORMED");
      const composed = await stretchPin(new Secret("caf\u00e9-bar"), parameters);
      const decomposed = await stretchPin(new Secret("cafe\u0301-bar"), parameters);
      expect(composed.reveal()).to.deep.equal(decomposed.reveal());
    });
  });
});
