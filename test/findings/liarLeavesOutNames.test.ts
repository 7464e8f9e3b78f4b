import { expect } from "chai";
import { recover, setUpRecovery, shareToWords, verifyShare } from "../../client/recovery/index.ts";
import { recoveryFile, SOURCE_DID, signerOf, TRUSTEES } from "../client/recovery/support.ts";

describe("findings: a trustee who shortens the list of names in a good share", () => {
  it("does not keep the words of others out, where only the anchor is known", async () => {
    const signer = signerOf(1);
    const made = await setUpRecovery({
      ...{ file: recoveryFile(), threshold: 4, trustees: TRUSTEES, epoch: 1, sourceDid: SOURCE_DID, signer },
    });
    const [ada, ben, ...rest] = made.shares;
    const words = rest.map((share) => {
      const read = shareToWords(verifyShare(share, { anchor: made.tag })).reveal();
      return { words: read.join(" ") };
    });
    const lie = { ...ada, hint: { threshold: 4, trustees: ["Ada", "Mallory", "Trudy", "Eve"] } };
    const { trustees, rejected } = await recover({
      shares: [{ json: lie }, ...words, { json: ben }],
      trust: { anchor: made.tag },
    });
    expect(rejected).to.deep.equal([]);
    expect(trustees.toSorted()).to.deep.equal([...TRUSTEES].toSorted());
  });
});
