import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";
import { CONTRACT_INTERFACES } from "../../client/chain/generated/abi.ts";
import { ChainError, CONTRACT_ERROR_CODES, chainError, decodeRevert } from "../../client/chain/index.ts";
import { errorCodeOf } from "../../scripts/client/renderAbi.ts";

const documented = [
  ...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `([A-Z0-9_]+)`[^|\n]*\| [^|\n]+ \| [^|\n]+ \|$/gm),
].map(([, code]) => code);

/** The codes that a module declares. */
function declared(module: string): string[] {
  const source = readFileSync(join("client", module, "errors.ts"), "utf8");
  const unions = [...source.matchAll(/Code =([^;]*);/g)].map(([, union]) => union ?? "");
  return unions.flatMap((union) => [...union.matchAll(/"([A-Z0-9_]+)"/g)].flatMap(([, code]) => code ?? []));
}

const modules = readdirSync("client").filter((name) => existsSync(join("client", name, "errors.ts")));

describe("errors", () => {
  for (const module of modules) {
    it(`of ${module} are all documented, and thrown`, () => {
      const codes = declared(module);
      expect(codes.length).to.be.greaterThan(3);
      expect(documented).to.include.members(codes);
      const files = readdirSync(join("client", module), { recursive: true, encoding: "utf8" }).filter(
        (file) => file.endsWith(".ts") && file !== "errors.ts",
      );
      const sources = files.map((file) => readFileSync(join("client", module, file), "utf8")).join();
      for (const code of codes) expect(sources, code).to.contain(`"${code}"`);
    });
  }

  it("of the contracts are all decoded, under a code of their own, and documented", async () => {
    const ours = [...(await artifacts.getAllFullyQualifiedNames())].filter((name) =>
      /^contracts\/(?:accumulator|did|interfaces|libraries|policy|verifier)\//.test(name),
    );
    expect(ours.length).to.be.greaterThan(10);
    const names = new Set<string>();
    for (const contract of ours) {
      const { abi } = await artifacts.readArtifact(contract);
      new Interface(abi).forEachError(({ name }) => names.add(name));
    }
    // Thrown by OpenZeppelin's EIP-712 in the constructor only, for names that are too long.
    for (const foreign of ["InvalidShortString", "StringTooLong"]) names.delete(foreign);
    // Thrown by its Address where a call is passed on that no part of the registry knows, which no client makes.
    for (const foreign of ["AddressEmptyCode", "FailedCall"]) names.delete(foreign);
    expect(Object.keys(CONTRACT_ERROR_CODES)).to.include.members([...names]);
    const codes = Object.values(CONTRACT_ERROR_CODES);
    expect(new Set(codes).size).to.equal(codes.length);
    expect(documented).to.include.members(codes);
  });

  it("that are documented exist", () => {
    const known = new Set<string>([...Object.values(CONTRACT_ERROR_CODES), ...modules.flatMap(declared)]);
    const driver = ["CONFIGURATION_MALFORMED"];
    expect(documented.filter((code) => code !== undefined && !known.has(code))).to.deep.equal(driver);
  });

  describe("decodeRevert", () => {
    const all = new Interface([
      ...new Set(CONTRACT_INTERFACES.flat().filter((line) => line.startsWith("error "))),
    ]);
    const word = `0x${"ab".repeat(20)}`;

    it("gives every error of the contracts its code and its arguments by name", () => {
      let checked = 0;
      all.forEachError((fragment) => {
        const args = fragment.inputs.map(({ type }) => {
          if (type === "address") return word;
          const [, size = "32"] = /^bytes(\d*)$/.exec(type) ?? [];
          return type.startsWith("bytes") ? `0x${"cd".repeat(Number(size || 32))}` : 7n;
        });
        const error = decodeRevert(all.encodeErrorResult(fragment, args));
        expect(error).to.be.instanceOf(ChainError);
        expect(error.code).to.equal(errorCodeOf(fragment.name));
        expect(Object.keys(error.details)).to.deep.equal(fragment.inputs.map(({ name }) => name));
        checked += 1;
      });
      expect(checked).to.be.greaterThan(100);
    });

    it("tells panics, texts, nothing, and what it does not know apart", () => {
      const text = new Interface(["error Error(string)", "error Panic(uint256)"]);
      expect(decodeRevert(text.encodeErrorResult("Error", ["no"]))).to.deep.include({
        code: "CONTRACT_REVERTED",
        details: { reason: "no" },
      });
      expect(decodeRevert(text.encodeErrorResult("Panic", [17n]))).to.deep.include({
        code: "CONTRACT_PANICKED",
        details: { panic: 17n },
      });
      expect(decodeRevert("0x").code).to.equal("CONTRACT_REVERTED");
      expect(decodeRevert("0x12345678")).to.deep.include({
        code: "CONTRACT_ERROR_UNKNOWN",
        details: { selector: "0x12345678" },
      });
      const known = all.encodeErrorResult("AgentPolicyUnknown", [1n]);
      expect(decodeRevert(known.slice(0, -2)).code).to.equal("CONTRACT_ERROR_UNKNOWN");
      expect(decodeRevert("0x08c379a0ff").code).to.equal("CONTRACT_ERROR_UNKNOWN");
    });

    it("takes any other failure for the node's, and keeps nothing of it", () => {
      const error = chainError(new Error("https://rpc.example/v2/PLANTED"));
      expect(error).to.deep.include({ code: "NODE_FAILED" });
      expect(JSON.stringify(error) + String(error) + String(error.cause)).not.to.contain("PLANTED");
    });
  });
});
