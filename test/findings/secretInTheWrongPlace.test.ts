import { inspect } from "node:util";
import { expect } from "chai";
import { encryptAge, generateBackupIdentity, makeBackup, recipientOf } from "../../client/backup/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { backendKeyId, contractKey, p256Key, Secret, secp256k1Key } from "../../client/keys/index.ts";
import { recoverFromPaper, renderPaper } from "../../client/paper/index.ts";

const WORD = hex32(`0x${"11".repeat(32)}`);

/** Everything that is shown of the error that `action` throws, and its code. */
async function shownOf(action: () => Promise<unknown>): Promise<{ code: unknown; shown: string }> {
  try {
    await action();
  } catch (error) {
    const { code } = error as { code: unknown };
    return { code, shown: inspect(error, { depth: 9 }) + JSON.stringify(error) };
  }
  return expect.fail("nothing was thrown");
}

describe("findings: a secret that somebody puts in the wrong place", () => {
  let identity: Secret<string>;
  before(async () => {
    identity = await generateBackupIdentity();
  });

  it("is in no error, where a recipient belongs", async () => {
    const bytes = () => new Secret(new Uint8Array(3));
    const recipient = identity.reveal();
    for (const wrong of [
      recipient,
      recipient.toLowerCase(),
      ` ${recipient}`,
      "correct horse battery staple",
    ]) {
      const encrypt = () => encryptAge(bytes(), { recipients: [wrong] });
      const to = { recipients: [{ role: "paper", recipient: wrong }] } as const;
      const fields = { previous: undefined, policy: WORD, epoch: 1, time: 1, device: WORD };
      const make = () => makeBackup({ content: bytes(), to, ...fields });
      for (const action of [encrypt, make]) {
        const { code, shown } = await shownOf(action);
        expect(code).to.equal("BACKUP_RECIPIENT_MALFORMED");
        expect(shown).not.to.contain(wrong.trim());
      }
    }
    const mistyped = `${await recipientOf(identity)}q`;
    const { shown } = await shownOf(() => encryptAge(bytes(), { recipients: [mistyped] }));
    expect(shown).to.contain(mistyped);
  });

  it("is in no error, where an address, a public key or an id belongs", async () => {
    const secret = `0x${"5e".repeat(32)}`;
    for (const take of [secp256k1Key, contractKey, p256Key, backendKeyId]) {
      const { code, shown } = await shownOf(async () => take(secret));
      expect(code).to.be.oneOf(["AGENT_KEY_MALFORMED", "KEY_NOT_FOUND"]);
      expect(shown).not.to.contain("5e5e5e");
    }
  });

  it("is in no error, where a scanned paper's version belongs", async () => {
    const paper = { identity, endpoint: "https://a.example/", policy: WORD, chainId: 1n, date: "2026-12-31" };
    const parts = renderPaper(paper).scan.reveal().split(" ");
    for (let lost = 0; lost < parts.length; lost++) {
      const scanned = new Secret(parts.toSpliced(lost, 1).join(" "));
      const { code, shown } = await shownOf(() => recoverFromPaper({ scanned }));
      expect(code).to.equal("PAPER_MALFORMED");
      expect(shown).not.to.contain(identity.reveal());
    }
    const scanned = new Secret(parts.with(1, "2").join(" "));
    expect((await shownOf(() => recoverFromPaper({ scanned }))).code).to.equal("PAPER_VERSION_UNKNOWN");
  });
});
