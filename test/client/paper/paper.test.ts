import { inspect } from "node:util";
import * as bip39 from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { expect } from "chai";
import { decryptAge, encryptAge, generateBackupIdentity, recipientOf } from "../../../client/backup/index.ts";
import { hex32 } from "../../../client/core/index.ts";
import { Secret } from "../../../client/keys/index.ts";
import { type Paper, type PaperInput, recoverFromPaper, renderPaper } from "../../../client/paper/index.ts";
import { identityOf } from "../../../client/paper/paper.ts";
import { checkReadable, modulesOf } from "../../../client/paper/qrCode.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { bytes, textOf } from "../wallet/support.ts";

const FIELDS = {
  endpoint: "https://backup.example/alice",
  policy: hex32(`0x${"1f".repeat(32)}`),
  chainId: 8453n,
  date: "2026-12-31",
};

describe("paper", () => {
  let paper: Paper;
  let scan: string;
  let words: readonly string[];
  let check: string;
  let typed: Omit<Extract<PaperInput, { readonly words: unknown }>, "words">;

  before(async () => {
    const identity = await generateBackupIdentity();
    paper = { ...FIELDS, identity };
    const pages = renderPaper(paper);
    scan = pages.scan.reveal();
    words = [...pages.html.reveal().matchAll(/<li>([a-z]+)<\/li>/g)].map(([, word = ""]) => word);
    check = /Check<\/th><td>([^<]*)</.exec(pages.html.reveal())?.[1] ?? "";
    typed = { endpoint: FIELDS.endpoint, policy: FIELDS.policy, chainId: "8453", date: FIELDS.date, check };
  });

  const withWords = (changed: readonly string[], fields = typed) =>
    recoverFromPaper({ words: new Secret(changed.join(" ")), ...fields });
  const errorOf = async (action: Promise<unknown>) =>
    action.then(
      () => expect.fail("accepted"),
      (error) => error,
    );
  const expectPaper = ({ identity, ...fields }: Paper) => {
    expect(identity.reveal()).to.equal(paper.identity.reveal());
    expect(fields).to.deep.equal(FIELDS);
  };

  it("is recovered from what the code says, and opens what was encrypted for it", async () => {
    const recovered = await recoverFromPaper({ scanned: new Secret(`  ${scan}\n`) });
    expectPaper(recovered);
    const file = await encryptAge(bytes("backup"), { recipients: [await recipientOf(paper.identity)] });
    expect(textOf(await decryptAge(file, recovered))).to.equal("backup");
  });

  it("is recovered from words and lines as people type them", async () => {
    expect(words).to.have.length(24);
    expectPaper(await withWords(words));
    const sloppy = words.map(
      (word, i) => `${i + 1}. ${i % 2 === 0 ? word.toUpperCase() : word.slice(0, 4)}\n`,
    );
    const fields = {
      endpoint: " https://BACKUP.example/alice ",
      policy: FIELDS.policy.toUpperCase().replace("X", "x"),
      chainId: " 8453",
      date: "2026-12-31 ",
      check: check.toLowerCase().replaceAll("0", "o").replaceAll("1", "l").replace("-", " "),
    };
    expectPaper(await withWords(sloppy, fields));
  });

  it("has the words of BIP-39 for the bytes of the identity (official vectors)", () => {
    const wordsFor = (fill: number) => {
      const page = renderPaper({
        ...FIELDS,
        identity: identityOf(new Uint8Array(32).fill(fill)),
      }).html.reveal();
      return [...page.matchAll(/<li>([a-z]+)<\/li>/g)].map(([, word]) => word).join(" ");
    };
    expect(wordsFor(0)).to.equal(`${"abandon ".repeat(23)}art`);
    expect(wordsFor(0xff)).to.equal(`${"zoo ".repeat(23)}vote`);
  });

  describe("recovering from words", () => {
    it("names the word that is not in the list, and how many there are", async () => {
      expect(await errorOf(withWords(words.with(6, "planted")))).to.deep.include({
        code: "PAPER_WORD_UNKNOWN",
        details: { position: 7 },
      });
      for (const [changed, found] of [
        [words.slice(1), 23],
        [[...words, "zoo"], 25],
        [[], 0],
      ] as const) {
        expect(await errorOf(withWords(changed))).to.deep.include({
          code: "PAPER_WORD_COUNT",
          details: { found },
        });
      }
      // Three letters may be those of many words.
      const short = words.with(0, "sta");
      expect(await errorOf(withWords(short))).to.deep.include({ code: "PAPER_WORD_UNKNOWN" });
    });

    it("names the one word that is wrong, wherever it is and whether or not the checksum noticed", async () => {
      for (const position of [1, 12, 24]) {
        const other = wordlist[(wordlist.indexOf(words[position - 1] ?? "") + 3) % 2048] ?? "";
        const changed = words.with(position - 1, other);
        expect(await errorOf(withWords(changed))).to.deep.include({
          code: "PAPER_WORDS_CHECKSUM",
          details: { positions: [position] },
        });
      }
      const unnoticed = wordlist.find((word) => {
        const secret = words.with(3, word);
        return word !== words[3] && codeOf(() => wordsChecksum(secret)) === undefined;
      });
      expect(await errorOf(withWords(words.with(3, unnoticed ?? "")))).to.deep.include({
        code: "PAPER_WORDS_CHECKSUM",
        details: { positions: [4] },
      });
    }).timeout(60_000);

    it("names two neighbours that were swapped", async () => {
      const at = words.findIndex((word, i) => word !== words[i + 1]);
      const swapped = words.toSpliced(at, 2, words[at + 1] ?? "", words[at] ?? "");
      expect(await errorOf(withWords(swapped))).to.deep.include({
        code: "PAPER_WORDS_CHECKSUM",
        details: { positions: [at + 1, at + 2] },
      });
    });

    it("says so if more is wrong than can be told, and holds nobody up while it looks", async () => {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const changed = words.with(0, "zoo").with(9, "zoo").with(17, "ability");
      expect(await errorOf(withWords(changed)))
        .to.have.property("code")
        .that.matches(/^PAPER_WORDS_CHECKSUM|^PAPER_CHECK/);
      clearInterval(timer);
      expect(turns).to.be.greaterThan(10);
    }).timeout(60_000);
  });

  describe("refuses", () => {
    for (const [field, value] of [
      ["endpoint", "https://backup.evil/alice"],
      ["policy", `0x${"1e".repeat(32)}`],
      ["chainId", "1"],
      ["date", "2026-12-30"],
      ["check", "00000000"],
    ] as const) {
      it(`another ${field}, typed or scanned: nobody can change it who does not know the secret`, async () => {
        expect(await codeOfAsync(() => withWords(words, { ...typed, [field]: value }))).to.equal(
          "PAPER_CHECK_WRONG",
        );
        const place = ["endpoint", "policy", "chainId", "date", "check"].indexOf(field) + 3;
        const scanned = new Secret(scan.split(" ").with(place, value).join(" "));
        expect(await codeOfAsync(() => recoverFromPaper({ scanned }))).to.equal("PAPER_CHECK_WRONG");
      }).timeout(30_000);
    }

    it("the code of another paper's secret with these lines", async () => {
      const other = await generateBackupIdentity();
      const scanned = new Secret(scan.split(" ").with(2, other.reveal()).join(" "));
      expect(await codeOfAsync(() => recoverFromPaper({ scanned }))).to.equal("PAPER_CHECK_WRONG");
    });

    it("half a code, something else, another version", async () => {
      const scanned = (text: string) => codeOfAsync(() => recoverFromPaper({ scanned: new Secret(text) }));
      for (const text of [
        "",
        "https://menu.invalid/of-the-day",
        scan.slice(0, -9),
        `${scan} more`,
        scan.slice(4),
      ]) {
        expect(await scanned(text)).to.equal("PAPER_MALFORMED");
      }
      expect(await scanned(scan.replace("DKMS-PAPER 1", "DKMS-PAPER 2"))).to.equal("PAPER_VERSION_UNKNOWN");
      expect(await scanned(scan.replace("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1X"))).to.equal(
        "PAPER_FIELD_MALFORMED",
      );
    });

    for (const [field, value] of [
      ["endpoint", "http://backup.example"],
      ["endpoint", "https://user:pass@backup.example"],
      ["endpoint", "javascript:alert(1)"],
      ["endpoint", "no address"],
      ["endpoint", `https://backup.example/${"x".repeat(200)}`],
      ["policy", "0x12"],
      ["chainId", "0"],
      ["chainId", "0x1"],
      ["date", "2026-02-30"],
      ["date", "31.12.2026"],
    ] as const) {
      it(`${field} ${value.slice(0, 40)}, typed or to be printed`, async () => {
        const error = await errorOf(withWords(words, { ...typed, [field]: value }));
        expect(error).to.deep.include({ code: "PAPER_FIELD_MALFORMED", details: { field } });
        if (field === "chainId") return;
        const printed = () => renderPaper({ ...paper, [field]: value } as Paper);
        expect(codeOf(printed)).to.equal("PAPER_FIELD_MALFORMED");
      });
    }

    it("to print a chain that is none, no identity, or a label that would not fit", () => {
      for (const chainId of [0n, -1n, 10n ** 18n]) {
        expect(codeOf(() => renderPaper({ ...paper, chainId }))).to.equal("PAPER_FIELD_MALFORMED");
      }
      const identity = new Secret("AGE-SECRET-KEY-1PLANTED");
      expect(codeOf(() => renderPaper({ ...paper, identity }))).to.equal("PAPER_FIELD_MALFORMED");
      for (const label of ["x".repeat(41), "two\nlines", "\u001b[31mred"]) {
        expect(codeOf(() => renderPaper(paper, label))).to.equal("PAPER_FIELD_MALFORMED");
      }
    });
  });

  describe("is printed", () => {
    it("with the same secret and the same lines on every form of it", () => {
      const { html, svg, text } = renderPaper(paper, "Alice");
      for (const page of [html, svg, text].map((secret) => secret.reveal())) {
        for (const shown of [
          ...words,
          paper.identity.reveal(),
          FIELDS.endpoint,
          "8453",
          FIELDS.date,
          check,
          "Alice",
        ]) {
          expect(page).to.contain(shown);
        }
      }
      expect(html.reveal()).to.contain(FIELDS.policy);
      expect(html.reveal()).to.contain("size: A4");
      expect(svg.reveal()).to.contain('width="210mm" height="297mm"');
    });

    it("with a code in every form that is read again, and refused if it says something else", () => {
      expect(codeOf(() => checkReadable(modulesOf(scan), scan))).to.equal(undefined);
      expect(codeOf(() => checkReadable(modulesOf(scan), `${scan} `))).to.equal("PAPER_UNREADABLE");
      const blank = modulesOf(scan).map((row) => row.map(() => false));
      expect(codeOf(() => checkReadable(blank, scan))).to.equal("PAPER_UNREADABLE");
      // Shifted by a module from the middle on, as a terminal that wraps its lines would.
      const torn = modulesOf(scan).map((row, y) =>
        y % 2 === 0 ? row : [...row.slice(3), false, false, false],
      );
      expect(codeOf(() => checkReadable(torn, scan))).to.equal("PAPER_UNREADABLE");
    });

    it("with the longest endpoint, in 80 columns and on one page", () => {
      const endpoint = `https://backup.example/${"x".repeat(97)}`;
      const { text, svg } = renderPaper({ ...paper, endpoint }, "x".repeat(40));
      const drawn = text
        .reveal()
        .split("\n")
        .filter((line) => /[▀▄█]/.test(line));
      expect(Math.max(...drawn.map((line) => line.length))).to.be.at.most(80);
      const heights = [...svg.reveal().matchAll(/ y="([\d.]+)"/g)].map(([, y]) => Number(y));
      expect(Math.max(...heights)).to.be.at.most(297 - 10);
    });

    it("without anything from elsewhere, and without anything that could run", () => {
      const evil = `"><script>alert(1)</script>&'`;
      const label = evil.slice(0, 40);
      const endpoint = `https://backup.example/"><script>`;
      const { html, svg } = renderPaper({ ...paper, endpoint }, label);
      for (const page of [html.reveal(), svg.reveal()]) {
        expect(page).not.to.match(/<script|<link|<img|<iframe|<object|@import|url\(|\bsrc=|href=|\bon\w+=/i);
        expect(page).to.contain("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;");
        const addresses = page.replaceAll("http://www.w3.org/2000/svg", "").match(/https?:\/\/[^\s<"]*/g);
        expect(new Set(addresses)).to.deep.equal(new Set(["https://backup.example/%22%3E%3Cscript%3E"]));
      }
      expect(html.reveal()).to.contain("default-src 'none'");
    });

    it("and its secret is shown nowhere else", async () => {
      const pages = renderPaper(paper);
      const errors = [
        await errorOf(withWords(words.with(0, "planted"))),
        await errorOf(withWords(words, { ...typed, check: "00000000" })),
        await errorOf(recoverFromPaper({ scanned: new Secret(scan.slice(0, -1)) })),
      ];
      const recovered = await recoverFromPaper({ scanned: new Secret(scan) });
      const shown = [pages, recovered, ...errors].map(
        (value) => inspect(value, { depth: 9 }) + JSON.stringify(value, plain),
      );
      expect(shown.join()).not.to.contain(paper.identity.reveal().slice(16, 40));
      expect(shown.join()).not.to.contain("planted");
      expect(shown.join()).not.to.contain(words.slice(3, 6).join(" "));
    }).timeout(30_000);
  });
});

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);

function wordsChecksum(words: readonly string[]): void {
  const { mnemonicToEntropy } = bip39;
  mnemonicToEntropy(words.join(" "), wordlist);
}
