import { expect } from "chai";
import {
  generateBackupIdentity,
  type MakeBackupOptions,
  makeBackup,
  recipientOf,
  restoreBackup,
} from "../../client/backup/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { Secret } from "../../client/keys/index.ts";

const WORD = hex32(`0x${"11".repeat(32)}`);

/** The field that a backup is refused for; undefined if it is made, and then it is restored. */
async function refusedFor(changes: Partial<MakeBackupOptions>): Promise<unknown> {
  const identity = await generateBackupIdentity();
  const to = { recipients: [{ role: "paper", recipient: await recipientOf(identity) }] } as const;
  try {
    const { file, header, hash } = await makeBackup({
      ...{ content: new Secret(new Uint8Array(3)), to, previous: undefined },
      ...{ policy: WORD, epoch: 1, time: 1_900_000_000, device: WORD },
      ...changes,
    });
    const anchor = { read: async () => ({ sequence: header.sequence, hash, keyId: WORD }) };
    await restoreBackup({ file, identity: { identity }, policy: WORD, anchor });
    return undefined;
  } catch (error) {
    expect(error).to.have.property("code", "BACKUP_FIELD_MALFORMED");
    return (error as { details: { field: unknown } }).details.field;
  }
}

describe("findings: a backup that is anchored and that nobody can restore", () => {
  it("is not made with a time of milliseconds' fractions, nor with anything else that is not read back", async () => {
    expect(await refusedFor({})).to.equal(undefined);
    for (const time of [Number.NaN, Date.now() / 1000 + 0.25, -1, Number.POSITIVE_INFINITY]) {
      expect(await refusedFor({ time })).to.equal("time");
    }
    for (const epoch of [Number.NaN, 1.5, -1]) expect(await refusedFor({ epoch })).to.equal("epoch");
    for (const sequence of [Number.NaN, 0.5, -1, Number.MAX_SAFE_INTEGER]) {
      expect(await refusedFor({ previous: { sequence, hash: WORD } })).to.equal("sequence");
    }
    const upper = `0x${"AB".repeat(32)}` as typeof WORD;
    expect(await refusedFor({ policy: upper })).to.equal("policy");
    expect(await refusedFor({ device: upper })).to.equal("device");
  });
});
