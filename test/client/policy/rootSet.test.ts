import { expect } from "chai";
import { AbiCoder, keccak256, toUtf8Bytes } from "ethers";
import { type Hex32, hex32 } from "../../../client/core/index.ts";
import { KEY_KINDS, keyIdOf } from "../../../client/keys/index.ts";
import {
  checkReveal,
  makeRootSet,
  parseRootSet,
  printRootSet,
  type RootSet,
  rootCommitment,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";
import { agent, LAPTOP, PHONE, ROOT_SET, SERVER } from "./fixtures.ts";

const THREE = makeRootSet({
  ...{ keys: [PHONE.key, LAPTOP.key, SERVER.key], quorum: 2 },
  salt: hex32(`0x${"5a".repeat(32)}`),
});

/** The hash as contracts/types/RootSet.sol writes it. */
function soliditysHash({ quorum, keys, salt }: RootSet): string {
  const abi = AbiCoder.defaultAbiCoder();
  const keyType = "RootKey(uint8 kind,bytes key)";
  const hashes = keys.map(({ kind, material }) =>
    keccak256(
      abi.encode(
        ["bytes32", "uint8", "bytes32"],
        [keccak256(toUtf8Bytes(keyType)), KEY_KINDS[kind], keccak256(material)],
      ),
    ),
  );
  const list = keccak256(`0x${hashes.map((hash) => hash.slice(2)).join("")}`);
  const type = keccak256(toUtf8Bytes(`RootSet(uint8 quorum,RootKey[] keys,bytes32 salt)${keyType}`));
  return keccak256(abi.encode(["bytes32", "uint8", "bytes32", "bytes32"], [type, quorum, list, salt]));
}

describe("policy/rootSet", () => {
  it("sorts its keys by id and salts itself", () => {
    const ids = THREE.keys.map(keyIdOf);
    expect(ids).to.deep.equal([...ids].sort());
    const salts = [1, 2].map(() => makeRootSet({ keys: [PHONE.key] }).salt);
    expect(salts[0]).not.to.equal(salts[1]);
    expect(makeRootSet({ keys: [PHONE.key], random: (bytes) => bytes.fill(7) }).salt).to.equal(
      `0x${"07".repeat(32)}`,
    );
  });

  it("commits as the registry does, to every part", () => {
    const golden = "0x3da239ce9e007c76fdfa382091832db06c7ac1571582c416b459d9e2dc24988a";
    expect(rootCommitment(THREE)).to.equal(golden);
    expect(rootCommitment(THREE)).to.equal(soliditysHash(THREE));
    const others: RootSet[] = [
      { ...THREE, quorum: 1 },
      { ...THREE, salt: `0x${"5b".repeat(32)}` as Hex32 },
      { ...THREE, keys: THREE.keys.slice(1) },
    ];
    for (const other of others) expect(rootCommitment(other)).not.to.equal(golden);
  });

  it("checks what is revealed", () => {
    checkReveal(THREE, rootCommitment(THREE));
    expect(codeOf(() => checkReveal(THREE, rootCommitment(ROOT_SET)))).to.equal("ROOT_SET_MISMATCH");
  });

  it("refuses sets that could never act", () => {
    const bad: (() => unknown)[] = [
      () => makeRootSet({ keys: [] }),
      () => makeRootSet({ keys: [PHONE.key, PHONE.key] }),
      () => makeRootSet({ keys: [PHONE.key], quorum: 2 }),
      () => makeRootSet({ keys: [PHONE.key], quorum: 0 }),
      () => makeRootSet({ keys: Array.from({ length: 33 }, (_, i) => agent(i + 1).key) }),
      () => rootCommitment({ ...THREE, keys: [...THREE.keys].reverse() }),
    ];
    for (const make of bad) expect(codeOf(make)).to.equal("ROOT_SET_MALFORMED");
  });

  describe("on paper", () => {
    const page = printRootSet(THREE);

    it("reads back, typed in with other spaces and in capitals", () => {
      expect(parseRootSet(page)).to.deep.equal(THREE);
      expect(parseRootSet(printRootSet(ROOT_SET))).to.deep.equal(ROOT_SET);
      const typed = page
        .split("\n")
        .map((line) => line.replace(/[0-9a-f]{8}/g, (group) => `${group.toUpperCase()} `))
        .join("\n\n");
      expect(parseRootSet(typed)).to.deep.equal(THREE);
    });

    it("finds every single mistyped digit", () => {
      const digits = [...page.matchAll(/[0-9a-f]/g)].filter(({ index }) => page.indexOf("quorum") < index);
      const hexDigits = digits.filter(({ index }) => /^(?:key|salt|commitment)/.test(lineAt(page, index)));
      expect(hexDigits.length).to.be.greaterThan(200);
      for (const { 0: digit, index } of hexDigits) {
        const typo = page.slice(0, index) + (digit === "0" ? "1" : "0") + page.slice(index + 1);
        if (parts(typo) === parts(page)) continue;
        expect(
          codeOf(() => parseRootSet(typo)),
          `at ${index}`,
        ).to.equal("ROOT_SET_UNREADABLE");
      }
    });

    it("refuses lines that are missing, twice, or unknown", () => {
      const lines = page.trimEnd().split("\n");
      for (let i = 0; i < lines.length; i++) {
        const missing = lines.filter((_, j) => j !== i).join("\n");
        expect(
          codeOf(() => parseRootSet(missing)),
          lines[i],
        ).to.equal("ROOT_SET_UNREADABLE");
        const twice = [...lines, lines[i]].join("\n");
        expect(
          codeOf(() => parseRootSet(twice)),
          lines[i],
        ).to.equal("ROOT_SET_UNREADABLE");
      }
      expect(codeOf(() => parseRootSet(`${page}note: mine`))).to.equal("ROOT_SET_UNREADABLE");
      expect(codeOf(() => parseRootSet(""))).to.equal("ROOT_SET_UNREADABLE");
    });
  });
});

function lineAt(text: string, index: number): string {
  return text.slice(text.lastIndexOf("\n", index) + 1).split("\n")[0] ?? "";
}

/** Digits only: labels hold letters that are hex digits too. */
function parts(text: string): string {
  return text.replace(/^(quorum|key|salt|commitment)/gm, "").replace(/\s/g, "");
}
