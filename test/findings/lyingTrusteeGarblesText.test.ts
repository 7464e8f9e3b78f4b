import { expect } from "chai";
import { Secret } from "../../client/keys/index.ts";
import { newMessage, type RecoverySetUp, recover, setUpRecovery } from "../../client/recovery/index.ts";
import { recoveryFile, SOURCE_DID, signerOf, TRUSTEES } from "../client/recovery/support.ts";
import { codeOf, codeOfAsync } from "../client/support.ts";

/** Half of a surrogate pair: JSON can carry it, RFC 8785 has no text for it. */
const HALF = "\ud800";

describe("findings: a trustee who puts half a character into a share", () => {
  const owner = signerOf(1);
  const options = { file: recoveryFile(), threshold: 3, epoch: 1, sourceDid: SOURCE_DID, signer: owner };
  let made: RecoverySetUp;
  before(async () => {
    made = await setUpRecovery({ ...options, trustees: TRUSTEES });
  });

  it("is named, and the others recover without it", async () => {
    const [first, ...others] = made.shares;
    const secondFactor = { kdf: "argon2id", memoryKiB: 65_536, passes: 3, lanes: 1 };
    const lies = [
      { ...first, source_did: `did:dkms:${HALF}` },
      { ...first, hint: { threshold: 3, trustees: TRUSTEES.map((name) => name + HALF) } },
      {
        ...first,
        sealed: { ...first?.sealed, secondFactor: { ...secondFactor, salt: HALF.padEnd(22, "A") } },
      },
      { ...first, sealed: { ...first?.sealed, nonce: HALF.padEnd(32, "A") } },
      { ...first, sealed: { ...first?.sealed, ciphertext: HALF } },
    ];
    for (const trust of [{ anchor: made.tag }, { dealerKey: owner.publicKey }]) {
      for (const lie of lies) {
        const shares = [lie, ...others].map((json) => ({ json }));
        const { file, rejected } = await recover({ shares, trust });
        expect(rejected).to.deep.equal([{ position: 0, code: "SHARE_MALFORMED" }]);
        expect(file.backupKey.reveal()).to.deep.equal(recoveryFile().backupKey.reveal());
      }
    }
  });

  it("cannot make its reader fail in any other way either", async () => {
    const [, ...others] = made.shares;
    const hostile = {
      get version(): string {
        throw new RangeError("as deep as the stack");
      },
    };
    const shares = [hostile, ...others].map((json) => ({ json }));
    const { rejected } = await recover({ shares, trust: { anchor: made.tag } });
    expect(rejected).to.deep.equal([{ position: 0, code: "SHARE_MALFORMED" }]);
  });

  it("is not given such text by an owner, who is told before anything is dealt", async () => {
    const setUp = (more: Partial<Parameters<typeof setUpRecovery>[0]>) =>
      codeOfAsync(() => setUpRecovery({ ...options, trustees: TRUSTEES, ...more }));
    expect(await setUp({ trustees: [`Ada${HALF}`, "Ben", "Cleo"] })).to.equal("SHARE_MALFORMED");
    expect(await setUp({ sourceDid: HALF })).to.equal("SHARE_MALFORMED");
    expect(await setUp({ file: { ...recoveryFile(), endpoint: HALF } })).to.equal("PAYLOAD_MALFORMED");
    expect(await setUp({ pin: new Secret(`123456${HALF}`) })).to.equal("SECOND_FACTOR_MALFORMED");
  });

  it("cannot say it in a message", () => {
    const ask = () => newMessage("RECOVERY_SHARE_CHALLENGE", { challenge: { question: HALF } }, { now: 1 });
    expect(codeOf(ask)).to.equal("MESSAGE_MALFORMED");
  });
});

describe("findings: an owner whose shares nobody could read", () => {
  const options = { file: recoveryFile(), threshold: 2, epoch: 1, signer: signerOf(1) };

  for (const [what, more] of [
    ["no source DID", { sourceDid: "", trustees: ["Ada", "Ben", "Cleo"] }],
    ["a source DID that is too long", { sourceDid: "d".repeat(513), trustees: ["Ada", "Ben", "Cleo"] }],
    ["a trustee without a name", { sourceDid: SOURCE_DID, trustees: ["Ada", "", "Cleo"] }],
    ["a name that is too long", { sourceDid: SOURCE_DID, trustees: ["Ada", "B".repeat(129), "Cleo"] }],
  ] as const) {
    it(`is told of ${what} when they are dealt, not when they are needed`, async () => {
      expect(await codeOfAsync(() => setUpRecovery({ ...options, ...more }))).to.equal("SHARE_MALFORMED");
    });
  }
});
