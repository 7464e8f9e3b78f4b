import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";

const CONTRACTS = "contracts";

/** Which folders of `contracts/` a folder may import from, besides itself; npm packages are free. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  types: [],
  interfaces: ["types"],
  libraries: ["types", "interfaces"],
  accumulator: ["types", "interfaces", "libraries"],
  policy: ["types", "interfaces", "libraries", "accumulator"],
  verifier: ["types", "interfaces", "libraries"],
  did: ["types", "interfaces", "libraries"],
  examples: ["types", "interfaces", "libraries", "verifier"],
};

function soliditySources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): readonly string[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/^import\s[^;]*?["']([^"']+)["'];/gms)].flatMap(([, path]) => path ?? []);
}

describe("contracts: who may import whom", () => {
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${folder} imports only ${["itself", ...allowed].join(", ")}`, () => {
      const offending = soliditySources(CONTRACTS)
        .filter((file) => relative(CONTRACTS, file).split("/")[0] === folder)
        .flatMap((file) =>
          importsOf(file)
            .filter((path) => path.startsWith("."))
            .map((path) => relative(CONTRACTS, join(dirname(file), path)).split("/")[0] ?? "")
            .filter((target) => target !== folder && !allowed.includes(target))
            .map((target) => `${file} -> ${target}`),
        );
      expect(offending).to.deep.equal([]);
    });
  }

  it("knows every folder but the mocks, which may import anything", () => {
    const folders = readdirSync(CONTRACTS).filter((name) => name !== "mocks" && !name.endsWith(".sol"));
    expect(Object.keys(MAY_IMPORT)).to.include.members(folders);
  });
});
