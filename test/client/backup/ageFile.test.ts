import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { bech32 } from "@scure/base";
import { expect } from "chai";
import {
  type AgeIdentity,
  decryptAge,
  encryptAge,
  generateBackupIdentity,
  recipientOf,
} from "../../../client/backup/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, textOf } from "../wallet/support.ts";
import { readAge } from "./independentAge.ts";

/** C2SP's test vectors for age (https://c2sp.org/CCTV/age), from npm; by name. */
const VECTORS = createRequire(import.meta.url)("cctv-age") as Readonly<Record<string, Uint8Array>>;

type Vector = {
  readonly expect: string;
  readonly hash: string | undefined;
  readonly identities: readonly AgeIdentity[];
  readonly file: Uint8Array;
};

/** What we do not write and hence do not read: armor, and post-quantum recipients. */
function parseVector(bytes: Uint8Array): Vector | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const end = text.indexOf("\n\n");
  const fields = text
    .slice(0, end)
    .split("\n")
    .map((line) => line.split(": ", 2) as [string, string]);
  const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
  if (all("armored").length > 0 || all("identity").some((identity) => identity.includes("-PQ-")))
    return undefined;
  const body = bytes.subarray(end + 2);
  return {
    expect: all("expect")[0] ?? "",
    hash: all("payload")[0],
    identities: [
      ...all("identity").map((identity) => ({ identity: new Secret(identity) })),
      ...all("passphrase").map((passphrase) => ({ passphrase: new Secret(passphrase) })),
    ],
    file: all("compressed").length > 0 ? inflateSync(body) : body,
  };
}

const CODES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  success: [undefined],
  "no match": ["BACKUP_KEY_WRONG"],
  "HMAC failure": ["BACKUP_DAMAGED"],
  "header failure": ["BACKUP_DAMAGED", "BACKUP_MALFORMED", "BACKUP_WORK_EXCESSIVE"],
  "payload failure": ["BACKUP_DAMAGED"],
};

describe("backup/ageFile", () => {
  describe("agrees with C2SP's vectors:", () => {
    const vectors = Object.entries(VECTORS).flatMap(([name, vector]) => {
      const parsed = parseVector(vector);
      return parsed === undefined ? [] : [{ name, ...parsed }];
    });

    it("there are some of every kind", () => {
      expect(vectors.length).to.be.greaterThan(90);
      expect(new Set(vectors.map((vector) => vector.expect))).to.deep.equal(new Set(Object.keys(CODES)));
    });

    for (const { name, expect: expected, hash, identities, file } of vectors) {
      it(`${name}: ${expected}`, async () => {
        const codes: (string | undefined)[] = [];
        const some = identities.length > 0 ? identities : [{ identity: await generateBackupIdentity() }];
        for (const identity of some) {
          const code = await codeOfAsync(async () => {
            const plaintext = await decryptAge(file, identity);
            expect(createHash("sha256").update(plaintext.reveal()).digest("hex")).to.equal(hash);
          });
          codes.push(code);
        }
        // With several identities one has to match; ours takes one at a time.
        const verdict = codes.length > 1 && codes.includes(undefined) ? undefined : codes[0];
        expect(CODES[expected]).to.include(verdict);
      }).timeout(120_000);
    }
  });

  it("reads what the age tool wrote, with each of its keys", async () => {
    const tool = JSON.parse(readFileSync("test/vectors/age/tool.json", "utf8")) as {
      identities: string[];
      plaintext: string;
      file: string;
    };
    for (const identity of tool.identities) {
      const opened = await decryptAge(Buffer.from(tool.file, "base64"), { identity: new Secret(identity) });
      expect(textOf(opened)).to.equal(tool.plaintext);
    }
    expect(tool.identities).to.have.length(2);
  });

  it("writes what a second implementation reads, which reads what the age tool wrote", async () => {
    const tool = JSON.parse(readFileSync("test/vectors/age/tool.json", "utf8")) as {
      identities: string[];
      plaintext: string;
      file: string;
    };
    for (const identity of tool.identities) {
      expect(readAge(Buffer.from(tool.file, "base64"), identity).toString()).to.equal(tool.plaintext);
    }
    const identities = await Promise.all([generateBackupIdentity(), generateBackupIdentity()]);
    const recipients = await Promise.all(identities.map(recipientOf));
    for (const length of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
      const content = new Uint8Array(length).map((_, i) => i * 3);
      const file = await encryptAge(new Secret(content), { recipients });
      for (const identity of identities) {
        expect(Buffer.compare(readAge(file, identity.reveal()), content), String(length)).to.equal(0);
      }
      const stranger = (await generateBackupIdentity()).reveal();
      expect(codeOf(() => readAge(file, stranger))).to.equal("Error: no identity");
      const altered = file.with(-1, (file.at(-1) ?? 0) ^ 1);
      expect(codeOf(() => readAge(altered, identities[0]?.reveal() ?? ""))).to.match(/^Error/);
    }
  });

  it("writes what the age tool reads, where there is one", async function () {
    try {
      execFileSync("age", ["--version"], { stdio: "ignore" });
    } catch {
      return this.skip();
    }
    mkdirSync(".tmp", { recursive: true });
    const folder = mkdtempSync(".tmp/age-");
    const identities = await Promise.all([generateBackupIdentity(), generateBackupIdentity()]);
    const recipients = await Promise.all(identities.map(recipientOf));
    const content = new Uint8Array(200_000).map((_, i) => i);
    writeFileSync(join(folder, "file.age"), await encryptAge(new Secret(content), { recipients }));
    for (const identity of identities) {
      writeFileSync(join(folder, "key.txt"), `${identity.reveal()}\n`);
      const args = ["--decrypt", "-i", join(folder, "key.txt"), join(folder, "file.age")];
      expect(new Uint8Array(execFileSync("age", args)).join() === content.join()).to.equal(true);
    }
    rmSync(folder, { recursive: true });
  });

  it("keeps what it is given, whatever its length, from nothing to several chunks", async () => {
    const identity = await generateBackupIdentity();
    const recipients = [await recipientOf(identity)];
    for (const length of [0, 1, 65_535, 65_536, 65_537, 600_000]) {
      const content = new Uint8Array(length).map((_, i) => i * 7);
      const file = await encryptAge(new Secret(content), { recipients });
      const opened = await decryptAge(file, { identity });
      expect(Buffer.from(opened.reveal()).equals(content), `${length}`).to.equal(true);
    }
  });

  it("encrypts for a passphrase, without holding up others", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const passphrase = new Secret("hold horse battery");
    const seen: number[] = [];
    const onProgress = (done: number) => seen.push(done);
    const file = await encryptAge(bytes("content"), { passphrase }, { onProgress });
    expect(textOf(await decryptAge(file, { passphrase }, { onProgress }))).to.equal("content");
    clearInterval(timer);
    expect(turns).to.be.greaterThan(20);
    expect(seen.length).to.be.greaterThan(20);
    const wrong = { passphrase: new Secret("hold horse batteri") };
    expect(await codeOfAsync(() => decryptAge(file, wrong))).to.equal("BACKUP_KEY_WRONG");
    const short = { passphrase: new Secret("too short") };
    expect(await codeOfAsync(() => encryptAge(bytes("content"), short))).to.equal("BACKUP_PASSPHRASE_WEAK");
  }).timeout(60_000);

  it("stops when asked to, in derivation and in encryption", async () => {
    const identity = await generateBackupIdentity();
    const recipients = [await recipientOf(identity)];
    const stopsAt = (limit: number) => {
      const stop = new AbortController();
      return {
        signal: stop.signal,
        onProgress: (done: number) => {
          if (done > limit) stop.abort();
        },
      };
    };
    const content = new Secret(new Uint8Array(3_000_000));
    const file = await encryptAge(content, { recipients });
    expect(await codeOfAsync(() => encryptAge(content, { recipients }, stopsAt(0.2)))).to.equal(
      "BACKUP_ABORTED",
    );
    expect(await codeOfAsync(() => decryptAge(file, { identity }, stopsAt(0.2)))).to.equal("BACKUP_ABORTED");
    const passphrase = new Secret("hold horse battery");
    expect(await codeOfAsync(() => encryptAge(content, { passphrase }, stopsAt(0.2)))).to.equal(
      "BACKUP_ABORTED",
    );
    const aborted = { signal: AbortSignal.abort() };
    expect(await codeOfAsync(() => encryptAge(content, { recipients }, aborted))).to.equal("BACKUP_ABORTED");
  }).timeout(60_000);

  describe("refuses", () => {
    const encrypt = (recipients: readonly string[]) => () => encryptAge(bytes("x"), { recipients });

    it("no recipients, the same twice, or far too many", async () => {
      const recipient = await recipientOf(await generateBackupIdentity());
      expect(await codeOfAsync(encrypt([]))).to.equal("BACKUP_RECIPIENTS");
      expect(await codeOfAsync(encrypt([recipient, recipient]))).to.equal("BACKUP_RECIPIENTS");
      expect(await codeOfAsync(encrypt(Array.from({ length: 65 }, (_, i) => `${i}`)))).to.equal(
        "BACKUP_RECIPIENTS",
      );
    });

    it("recipients of another kind, mistyped, or that everyone can open", async () => {
      const recipient = await recipientOf(await generateBackupIdentity());
      const last = recipient.endsWith("q") ? "p" : "q";
      const lowOrder = bech32.encodeFromBytes("age", new Uint8Array(32));
      for (const bad of [
        "",
        "age1pq1abc",
        recipient.slice(0, -1) + last,
        recipient.toUpperCase(),
        lowOrder,
      ]) {
        expect(await codeOfAsync(encrypt([recipient, bad])), bad).to.equal("BACKUP_RECIPIENT_MALFORMED");
      }
    });

    it("what is no identity, without repeating it", async () => {
      const file = await encryptAge(bytes("x"), {
        recipients: [await recipientOf(await generateBackupIdentity())],
      });
      for (const text of ["", "AGE-SECRET-KEY-1PLANTED", "AGE-SECRET-KEY-PQ-1PLANTED", "planted"]) {
        const identity = new Secret(text);
        try {
          await decryptAge(file, { identity });
          expect.fail("accepted");
        } catch (error) {
          expect(error).to.deep.include({ code: "BACKUP_RECIPIENT_MALFORMED" });
          expect(String(error) + JSON.stringify(error)).not.to.match(/planted/i);
        }
        expect(await codeOfAsync(() => recipientOf(identity))).to.equal("BACKUP_RECIPIENT_MALFORMED");
      }
    });

    it("every altered byte of a file, and every cut", async () => {
      const identity = await generateBackupIdentity();
      const file = await encryptAge(bytes("content"), { recipients: [await recipientOf(identity)] });
      const refusals = ["BACKUP_DAMAGED", "BACKUP_MALFORMED", "BACKUP_KEY_WRONG"];
      for (let i = 0; i < file.length; i++) {
        const bad = file.slice();
        bad[i] = (bad[i] ?? 0) ^ 1;
        expect(refusals, `byte ${i}`).to.include(await codeOfAsync(() => decryptAge(bad, { identity })));
        const cut = await codeOfAsync(() => decryptAge(file.slice(0, i), { identity }));
        expect(refusals, `length ${i}`).to.include(cut);
      }
    }).timeout(30_000);
  });
});
