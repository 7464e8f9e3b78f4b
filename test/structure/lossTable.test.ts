import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";

const PAGE = "docs/recovery.md";
const TESTS = "test/client/loss";
const EXPORTS = "test/client/exports.txt";

const ID = /[A-Z][A-Z-]*\/(?:LOST|STOLEN-UNKNOWN|STOLEN-KNOWN)/;
const ROW = new RegExp(`^\\| \`(${ID.source})\` \\|([^|]+)\\|([^|]+)\\|([^|]+)\\|$`, "gm");
const TITLE = new RegExp(`^ +it\\("(${ID.source}) `, "gm");

type Row = { readonly id: string; readonly calls: readonly string[]; readonly cells: readonly string[] };

function rowsOf(page: string): readonly Row[] {
  return [...page.matchAll(ROW)].map(([, id = "", ...cells]) => ({
    id,
    cells: cells.map((cell) => cell.trim()),
    calls: [...(cells[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, call = ""]) => call),
  }));
}

/** A test file with the helpers of the tests that it imports, which carry calls out for it. */
function withHelpers(file: string): string {
  const source = readFileSync(file, "utf8");
  const helpers = [...source.matchAll(/from "(\.[^"]+)"/g)].map(([, path = ""]) => join(dirname(file), path));
  const own = helpers.filter((path) => path.startsWith("test/"));
  return [source, ...own.map((path) => readFileSync(path, "utf8"))].join("\n");
}

describe("docs: answers to loss and compromise", () => {
  const page = readFileSync(PAGE, "utf8");
  const rows = rowsOf(page);
  const files = readdirSync(TESTS)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(TESTS, name));
  const titles = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(TITLE)].map(([, id = ""]) => ({ id, file })),
  );

  it("reads every line of every table", () => {
    const lines = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(lines).to.have.length(rows.length);
    const tests = files.flatMap((file) => readFileSync(file, "utf8").match(/^ +it\(/gm) ?? []);
    expect(tests).to.have.length(titles.length);
  });

  it("has a test for each row, a row for each test, and each once", () => {
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(titles.map(({ id }) => id)).to.have.members(ids);
  });

  it("answers all three cases of each kind, but where nothing is left to steal", () => {
    const kinds = new Set(rows.map(({ id }) => id.split("/")[0] ?? ""));
    for (const kind of kinds) {
      const cases = rows.filter(({ id }) => id.startsWith(`${kind}/`));
      expect(cases, kind).to.have.length(kind === "NO-WAY-BACK" ? 1 : 3);
    }
  });

  it("says in each row what to do, by which call, and what stays exposed", () => {
    for (const { id, cells, calls } of rows) {
      expect(
        cells.every((cell) => cell.length > 0),
        id,
      ).to.equal(true);
      expect(calls, id).not.to.deep.equal([]);
    }
  });

  it("names calls that are exported, and that the row's test makes", () => {
    const exported = new Set(
      readFileSync(EXPORTS, "utf8")
        .split("\n")
        .map((line) => line.split(" ")[1]),
    );
    const made = new Map(titles.map(({ id, file }) => [id, withHelpers(file)]));
    for (const { id, calls } of rows) {
      for (const call of calls) {
        // A method, of what the row's exported call gives.
        if (!call.startsWith(".")) expect(exported.has(call), `${id}: ${call}`).to.equal(true);
        const used = new RegExp(`${call.startsWith(".") ? "\\" : "\\b"}${call}\\(`);
        expect(made.get(id) ?? "", `${id}: ${call}`).to.match(used);
      }
    }
  });
});
