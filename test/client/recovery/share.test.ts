import { inspect } from "node:util";
import { base64urlnopad } from "@scure/base";
import { expect } from "chai";
import fc from "fast-check";
import { hex32 } from "../../../client/core/index.ts";
import {
  dealSecret,
  parseShare,
  recoverSecret,
  type ShareJson,
  shareFromWords,
  shareToWords,
  signShares,
  verifyShare,
} from "../../../client/recovery/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { SOURCE_DID, seeded, signerOf, TRUSTEES } from "./support.ts";

const owner = signerOf(1);
const stranger = signerOf(2);

async function set({ epoch = 1, seed = 1, threshold = 3, signer = owner } = {}) {
  const dealt = dealSecret({ threshold, count: TRUSTEES.length, epoch, random: seeded(seed) });
  const shares = await signShares({ dealt, sourceDid: SOURCE_DID, trustees: TRUSTEES, signer });
  return { dealt, shares, at: (i: number): ShareJson => shares[i] ?? failed() };
}
function failed(): never {
  throw new Error("no such share");
}
const flip = (text: string) => {
  const bytes = base64urlnopad.decode(text);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return base64urlnopad.encode(bytes);
};

describe("recovery/share", () => {
  let good: Awaited<ReturnType<typeof set>>;
  before(async () => {
    good = await set();
  });
  const byKey = { dealerKey: owner.publicKey };
  const code = (share: unknown, trust: Parameters<typeof verifyShare>[1] = byKey) =>
    codeOf(() => verifyShare(share, trust));

  it("carries the fields of V3, and index, epoch, commitments and signature", () => {
    expect(Object.keys(good.at(0)).sort()).to.deep.equal(
      "commitments epoch hint index shareValue signature source_did tag version".split(" "),
    );
    expect(good.at(0)).to.deep.include({ version: "1.0", source_did: SOURCE_DID, index: 1, epoch: 1 });
    expect(good.at(0).hint).to.deep.equal({ threshold: 3, trustees: [...TRUSTEES] });
  });

  it("is accepted by its trustee, who learns whose it is", () => {
    const share = verifyShare(good.at(2), { dealerKey: owner.publicKey, anchor: good.dealt.tag });
    expect(share).to.deep.include({ index: 3, trustee: "Cleo", sourceDid: SOURCE_DID, tag: good.dealt.tag });
    expect(JSON.stringify(share.value)).to.equal('"[secret]"');
  });

  it("is bound whole by the signature: any field altered shows", () => {
    const share = good.at(0);
    const altered: Record<string, unknown>[] = [
      { source_did: "did:dkms:1:0x00" },
      { hint: { ...share.hint, trustees: ["Mallory", ...TRUSTEES.slice(1)] } },
      { index: 2 },
      { signature: flip(share.signature) },
      { shareValue: flip(share.shareValue) },
    ];
    for (const change of altered) expect(code({ ...share, ...change })).to.equal("SHARE_SIGNATURE_INVALID");
    expect(code(share, { dealerKey: stranger.publicKey })).to.equal("SHARE_SIGNATURE_INVALID");
    expect(code(share, { dealerKey: new Uint8Array(32) })).to.equal("SHARE_SIGNATURE_INVALID");
  });

  it("is checked against its commitments where only the anchor is known", () => {
    const share = good.at(0);
    const anchored = { anchor: good.dealt.tag };
    expect(code({ ...share, index: 2 }, anchored)).to.equal("SHARE_VALUE_WRONG");
    expect(code({ ...share, shareValue: flip(share.shareValue) }, anchored)).to.equal("SHARE_VALUE_WRONG");
    expect(code({ ...share, shareValue: `${"_".repeat(42)}8` }, anchored)).to.equal("SHARE_SCALAR_INVALID");
    expect(code(share, { anchor: hex32(`0x${"11".repeat(32)}`) })).to.equal("SHARE_NOT_ANCHORED");
    expect(code({ ...share, epoch: 2 }, anchored)).to.equal("SHARE_TAG_MISMATCH");
    expect(code({ ...share, tag: flip(share.tag) }, anchored)).to.equal("SHARE_TAG_MISMATCH");
    expect(code({ ...share, commitments: [...share.commitments].reverse() }, anchored)).to.equal(
      "SHARE_TAG_MISMATCH",
    );
    expect(code({ ...share, hint: { ...share.hint, threshold: 2 } }, anchored)).to.equal(
      "SHARE_TAG_MISMATCH",
    );
  });

  it("is refused with impossible numbers", () => {
    const share = good.at(0);
    const [one = "", two = ""] = TRUSTEES;
    expect(code({ ...share, index: 0 })).to.equal("SHARE_INDEX_INVALID");
    expect(code({ ...share, index: 6 })).to.equal("SHARE_INDEX_INVALID");
    expect(code({ ...share, epoch: 0 })).to.equal("SHARING_BOUNDS");
    for (const hint of [
      { threshold: 1, trustees: TRUSTEES },
      { threshold: 6, trustees: TRUSTEES },
      { threshold: 2, trustees: [one, two] },
    ]) {
      expect(code({ ...share, hint })).to.equal("SHARING_BOUNDS");
    }
  });

  it("is refused in any other form, naming the field", () => {
    const share = good.at(0);
    const { tag: _, ...tagless } = share;
    for (const [bad, field] of [
      [null, ""],
      ["share", ""],
      [tagless, "tag"],
      [{ ...share, extra: 1 }, ""],
      [{ ...share, version: "0.1" }, "version"],
      [{ ...share, shareValue: `${share.shareValue.slice(0, 42)}!` }, "shareValue"],
      // The last character has two bits too many: another text for the same bytes.
      [{ ...share, tag: `${share.tag.slice(0, 42)}B` }, "tag"],
      [{ ...share, index: 1.5 }, "index"],
      [{ ...share, commitments: "x" }, "commitments"],
    ] as const) {
      try {
        verifyShare(bad, byKey);
        expect.fail(`accepted ${field}`);
      } catch (error) {
        expect(error).to.deep.include({ code: "SHARE_MALFORMED", details: { field } });
      }
    }
  });

  it("is read or refused with a typed error, whatever stands in any of its fields", () => {
    const share = good.at(0);
    const fields = Object.keys(share).concat("sealed");
    const value = fc.oneof(fc.jsonValue(), fc.stringMatching(/^[A-Za-z0-9_-]{43}$/), fc.integer());
    fc.assert(
      fc.property(fc.constantFrom(...fields), value, fc.boolean(), (field, put, anchored) => {
        const trust = anchored ? { anchor: good.dealt.tag } : byKey;
        const refused = code({ ...share, [field]: put }, trust);
        expect(refused ?? "SHARE", `${field}: ${JSON.stringify(put)}`).to.match(/^SHAR(?:E|ING)[A-Z_]*$/);
        // Only what the anchor does not cover can differ and still be taken.
        if (refused === undefined)
          expect(anchored && /^(?:source_did|signature|sealed)$/.test(field)).to.equal(true);
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  it("is read with the source's misspelt threshold", () => {
    const share = good.at(0);
    const { threshold, trustees } = share.hint;
    expect(parseShare({ ...share, hint: { theshold: threshold, trustees } })).to.deep.equal(share);
    expect(code({ ...share, hint: { theshold: threshold, trustees } })).to.equal(undefined);
    expect(code({ ...share, hint: { theshold: 2, threshold: 3, trustees } })).to.equal(undefined);
  });

  it("is not dealt to trustees without names of their own", async () => {
    const { dealt } = good;
    for (const trustees of [TRUSTEES.slice(1), ["Ada", "Ada", "Cleo", "Dan", "Eve"]]) {
      expect(
        await codeOfAsync(() => signShares({ dealt, sourceDid: SOURCE_DID, trustees, signer: owner })),
      ).to.equal("SHARING_BOUNDS");
    }
  });

  describe("words", () => {
    it("say a share on the phone", () => {
      const whole = verifyShare(good.at(0), byKey);
      const words = shareToWords(verifyShare(good.at(3), byKey)).reveal();
      expect(words).to.have.length(30);
      const heard = shareFromWords(`  ${words.join("\n ").toUpperCase()} `, whole);
      expect(heard).to.deep.include({ index: 4, trustee: "Dan" });
      expect(heard.value.reveal()).to.deep.equal(base64urlnopad.decode(good.at(3).shareValue));
    });

    it("are checked: unknown, missing, swapped and wrong words, another set", async () => {
      const whole = verifyShare(good.at(0), byKey);
      const words = [...shareToWords(verifyShare(good.at(3), byKey)).reveal()];
      const swapped = [...words];
      [swapped[7], swapped[8]] = [words[8] ?? "", words[7] ?? ""];
      const from = (list: readonly string[]) => codeOf(() => shareFromWords(list.join(" "), whole));
      expect(from(words.slice(1))).to.equal("SHARE_WORDS_COUNT");
      expect(from([...words, "abandon"])).to.equal("SHARE_WORDS_COUNT");
      expect(from(words.map((word, i) => (i === 11 ? "dkms" : word)))).to.equal("SHARE_WORD_UNKNOWN");
      expect(from(swapped)).to.equal("SHARE_WORDS_CHECKSUM");
      for (let at = 0; at < 30; at++) {
        const wrong = words.map((word, i) => (i !== at ? word : word === "zoo" ? "zone" : "zoo"));
        expect(from(wrong), String(at)).to.equal("SHARE_WORDS_CHECKSUM");
      }
      try {
        shareFromWords(words.map((word, i) => (i === 11 ? "dkms" : word)).join(" "), whole);
        expect.fail("no such word");
      } catch (error) {
        expect(error).to.deep.include({ details: { position: 12 } });
      }
      // A set whose tag differs in one of the four bytes only.
      const near = {
        ...whole,
        tag: hex32(`${whole.tag.slice(0, 8)}${whole.tag[8] === "0" ? "1" : "0"}${whole.tag.slice(9)}`),
      };
      expect(codeOf(() => shareFromWords(words.join(" "), near))).to.equal("SHARE_WORDS_OTHER_SET");
      const other = await set({ seed: 2, epoch: 2 });
      const foreign = shareToWords(verifyShare(other.at(3), byKey)).reveal();
      expect(from(foreign)).to.equal("SHARE_WORDS_OTHER_SET");
      expect(String(shareToWords(whole))).to.equal("[secret]");
    });

    it("of a share that does not exist are refused, whatever their checksum", () => {
      const whole = verifyShare(good.at(0), byKey);
      const lie = shareToWords({ ...verifyShare(good.at(3), byKey), index: 5 }).reveal();
      expect(codeOf(() => shareFromWords(lie.join(" "), whole))).to.equal("SHARE_VALUE_WRONG");
      const none = shareToWords({ ...whole, index: 0 }).reveal();
      expect(codeOf(() => shareFromWords(none.join(" "), whole))).to.equal("SHARE_INDEX_INVALID");
    });
  });

  describe("recoverSecret", () => {
    const from = (shares: readonly unknown[], trust = byKey) =>
      recoverSecret({ shares: shares.map((json) => ({ json })), trust });

    it("names the liar and goes on with the others", () => {
      const lie = { ...good.at(1), shareValue: flip(good.at(1).shareValue) };
      const { secret, trustees, rejected, tag, epoch } = from([good.at(0), lie, good.at(2), good.at(4)]);
      expect(secret.reveal()).to.deep.equal(good.dealt.secret.reveal());
      expect({ trustees, tag, epoch }).to.deep.equal({
        trustees: ["Ada", "Cleo", "Eve"],
        tag: good.dealt.tag,
        epoch: 1,
      });
      expect(rejected).to.deep.equal([{ position: 1, code: "SHARE_SIGNATURE_INVALID", trustee: "Ben" }]);
    });

    it("shows no share in errors, reports, or what is printed of them", () => {
      const lie = { ...good.at(1), shareValue: flip(good.at(1).shareValue) };
      const given = [good.at(0), lie, { ...good.at(2), version: "0.1" }];
      const words = shareToWords(verifyShare(good.at(3), byKey));
      const shown: string[] = [inspect(verifyShare(good.at(0), byKey), { depth: 9 }), inspect(words)];
      for (const trust of [byKey, { anchor: good.dealt.tag }]) {
        try {
          recoverSecret({ shares: given.map((json) => ({ json })), trust });
          expect.fail("one share is no three");
        } catch (error) {
          shown.push(inspect(error, { depth: 9 }), JSON.stringify(error));
        }
      }
      shown.push(inspect(from([good.at(0), good.at(1), good.at(2)]), { depth: 9 }));
      const planted = [lie, ...[0, 1, 2, 3].map((at) => good.at(at))].map(({ shareValue }) => shareValue);
      const bytes = planted.map((text) => base64urlnopad.decode(text).subarray(0, 6).join(", "));
      for (const text of shown) {
        for (const secret of [...planted, ...bytes]) expect(text).not.to.contain(secret);
      }
    });

    it("takes words beside whole shares", () => {
      const words = shareToWords(verifyShare(good.at(3), byKey))
        .reveal()
        .join(" ");
      const shares = [{ words }, { json: good.at(0) }, { words: "no words" }, { json: good.at(1) }];
      const { secret, trustees, rejected } = recoverSecret({ shares, trust: byKey });
      expect(secret.reveal()).to.deep.equal(good.dealt.secret.reveal());
      expect(trustees).to.deep.equal(["Ada", "Ben", "Dan"]);
      expect(rejected).to.deep.equal([{ position: 2, code: "SHARE_WORDS_COUNT" }]);
      expect(codeOf(() => recoverSecret({ shares: [{ words }, { words }], trust: byKey }))).to.equal(
        "SHARES_TOO_FEW",
      );
    });

    it("does not count a share twice, and says what is missing", () => {
      try {
        from([good.at(0), good.at(0), good.at(1)]);
        expect.fail("two shares are no three");
      } catch (error) {
        expect(error).to.deep.include({
          code: "SHARES_TOO_FEW",
          details: {
            needed: 3,
            good: ["Ada", "Ben"],
            rejected: [{ position: 1, code: "SHARE_DUPLICATE", trustee: "Ada" }],
          },
        });
      }
      expect(codeOf(() => from([]))).to.equal("SHARES_TOO_FEW");
    });

    it("never mixes epochs: the newest complete set wins, the others are named", async () => {
      const newer = await set({ epoch: 2, seed: 9 });
      const old = [good.at(0), good.at(1), good.at(2)];
      const both = from([...old, newer.at(3), newer.at(4)]);
      expect(both.epoch).to.equal(1);
      expect(both.rejected.map(({ code: name, trustee }) => [name, trustee])).to.deep.equal([
        ["SHARE_EPOCH_MIXED", "Dan"],
        ["SHARE_EPOCH_MIXED", "Eve"],
      ]);
      const newest = from([...old, newer.at(0), newer.at(3), newer.at(4)]);
      expect(newest.epoch).to.equal(2);
      expect(newest.secret.reveal()).to.deep.equal(newer.dealt.secret.reveal());
      expect(codeOf(() => from([good.at(0), good.at(1), newer.at(2)]))).to.equal("SHARES_TOO_FEW");
    });

    it("lets the anchor decide between two sets of one number", async () => {
      const aborted = await set({ seed: 5 });
      const shares = [0, 1, 2].flatMap((i) => [good.at(i), aborted.at(i)]);
      expect(codeOf(() => from(shares))).to.equal("SHARE_SETS_AMBIGUOUS");
      const given = shares.map((json) => ({ json }));
      for (const { dealt } of [good, aborted]) {
        const { secret, rejected } = recoverSecret({ shares: given, trust: { anchor: dealt.tag } });
        expect(secret.reveal()).to.deep.equal(dealt.secret.reveal());
        expect(rejected.map(({ code: name }) => name)).to.deep.equal(Array(3).fill("SHARE_NOT_ANCHORED"));
      }
    });

    it("is not led to a stranger's secret by a majority of liars", async () => {
      const theirs = await set({ seed: 77, signer: stranger });
      const shares = [theirs.at(0), theirs.at(1), theirs.at(2), theirs.at(3), good.at(4)];
      expect(codeOf(() => from(shares))).to.equal("SHARES_TOO_FEW");
      const given = shares.map((json) => ({ json }));
      expect(codeOf(() => recoverSecret({ shares: given, trust: { anchor: good.dealt.tag } }))).to.equal(
        "SHARES_TOO_FEW",
      );
    });

    it("survives any rubbish among the shares", () => {
      const rubbish = [null, 7, "x", {}, [], { ...good.at(0), commitments: [] }];
      const { secret, rejected } = from([...rubbish, good.at(0), good.at(1), good.at(2)]);
      expect(secret.reveal()).to.deep.equal(good.dealt.secret.reveal());
      expect(rejected).to.have.length(rubbish.length);
    });
  });
});
