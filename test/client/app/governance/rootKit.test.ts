import { inspect } from "node:util";
import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { makeRootKit, rootKitFromWords, rootKitPage, rootSigner } from "../../../../client/app/index.ts";
import { Secret } from "../../../../client/keys/index.ts";
import { parseRootSet, rootCommitment } from "../../../../client/policy/index.ts";
import { codeOf, codeOfAsync } from "../../support.ts";

const SEVENS = (bytes: Uint8Array) => bytes.fill(7);

describe("app/governance/rootKit", () => {
  it("comes back from its words alone, however they are typed", async () => {
    const kit = await makeRootKit();
    const words = kit.words.reveal();
    expect(words.split(" ")).to.have.length(24);
    const typed = `  ${words.toUpperCase().replaceAll(" ", " \n ")} `;
    expect((await rootKitFromWords(new Secret(typed))).rootSet).to.deep.equal(kit.rootSet);
    expect((await makeRootKit()).words.reveal()).not.to.equal(words);
  });

  it("is golden, and its key is the first account of those words in any wallet", async () => {
    const kit = await makeRootKit(SEVENS);
    const wallet = HDNodeWallet.fromPhrase(kit.words.reveal());
    expect(kit.rootSet.keys).to.deep.equal([{ kind: "SECP256K1", material: wallet.address.toLowerCase() }]);
    expect((await rootSigner(kit)).key).to.deep.equal(kit.rootSet.keys[0]);
    expect(rootCommitment(kit.rootSet)).to.equal(
      "0xf2cbd2a5eafdbfb26d09e7144a0b7ca96417f30a9ae15683d95ef3f1b8e9b35e",
    );
  });

  it("prints a page that holds the words and the root set, and nothing does but the page", async () => {
    const kit = await makeRootKit(SEVENS);
    const words = kit.words.reveal().split(" ");
    const page = rootKitPage(kit);
    const printed = [...page.matchAll(/\d+ ([a-z]+)/g)].map(([, word]) => word);
    expect(printed.slice(0, 24)).to.deep.equal(words);
    expect(parseRootSet(page.slice(page.indexOf("dkms root set")))).to.deep.equal(kit.rootSet);
    for (const shown of [inspect(kit, { depth: 9 }), JSON.stringify(kit)]) {
      expect(shown).not.to.contain(words[0]);
    }
    kit.words.erase();
    expect(codeOf(() => rootKitPage(kit))).to.equal("SECRET_ERASED");
    expect(await codeOfAsync(() => rootSigner(kit))).to.equal("SECRET_ERASED");
  });

  it("refuses other words, a wrong order and another length", async () => {
    const words = (await makeRootKit()).words.reveal().split(" ");
    const twelve =
      "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    for (const bad of ["", words.slice(1).join(" "), [...words.slice(0, 23), "dkms"].join(" "), twelve]) {
      expect(await codeOfAsync(() => rootKitFromWords(new Secret(bad)))).to.equal("WORDS_MALFORMED");
    }
  });
});
