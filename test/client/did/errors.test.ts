import { readFileSync } from "node:fs";
import { expect } from "chai";
import { CONTRACT_ERROR_CODES } from "../../../client/chain/index.ts";
import { DidError, type ResolutionErrorCode } from "../../../client/did/index.ts";
import { keywordOf, problemOf, resolutionCode } from "../../../client/did/problem.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

describe("did errors", () => {
  const docs = read("docs/errors.md");
  const codes = [...read("client/did/errors.ts").matchAll(/^ {2}\| "([A-Z_]+)"/gm)].flatMap(
    ([, code]) => code ?? [],
  );

  it("are all documented, with cause and remedy", () => {
    expect(codes.length).to.be.greaterThan(30);
    const registry = Object.values(CONTRACT_ERROR_CODES).filter((code) => code.startsWith("DID_"));
    expect(registry.length).to.be.greaterThan(30);
    for (const code of [...codes, ...registry]) {
      expect(docs, code).to.match(new RegExp(`^\\| \`${code}\`[^|]*\\| [^|]+ \\| [^|]+ \\|$`, "m"));
    }
  });

  it("have a type and a keyword of their own if a resolution ends with them", () => {
    const resolution = codes.slice(0, codes.indexOf("VERSION_NOT_FOUND") + 1) as ResolutionErrorCode[];
    const types = resolution.map((code) => problemOf(new DidError(code, "why")).type);
    // A version and a network that are missing have the standard's types.
    expect(new Set(types).size).to.equal(types.length - 2);
    const keywords = resolution.map((code) => keywordOf(new DidError(code, "why")).error);
    expect(new Set(keywords).size).to.equal(keywords.length - 1);
    for (const code of resolution) {
      expect(problemOf(new DidError(code, "why"))).to.include({ code });
      expect(problemOf(new DidError(code, "why")).detail).to.equal(
        code === "INTERNAL_ERROR" ? "something unforeseen went wrong" : "why",
      );
    }
  });

  it("that no resolution foresees show nothing of themselves", () => {
    for (const error of [
      new TypeError("secret"),
      "secret",
      undefined,
      new DidError("KEY_INVALID", "secret"),
    ]) {
      expect(resolutionCode(error)).to.equal("INTERNAL_ERROR");
      expect(JSON.stringify([problemOf(error), keywordOf(error)])).not.to.include("secret");
    }
  });
});
