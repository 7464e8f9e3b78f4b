import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { artifacts } from "hardhat";

/** EIP-170, less what the coming quorums, governance, root keys and trustees need. */
const CODE_LIMITS = { AgentPolicyRegistry: 18_000, PolicyAgents: 16_000, PolicyQueries: 4_000 } as const;

/** Solidity without comments and strings. */
function codeOf(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\]|\\.)*"/gm, "");
}

function solidityFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "mocks" ? [] : solidityFiles(path);
    return path.endsWith(".sol") ? [path] : [];
  });
}

function filesWith(pattern: RegExp): string[] {
  return solidityFiles("contracts").filter((path) => pattern.test(codeOf(readFileSync(path, "utf8"))));
}

describe("the policy contracts", () => {
  it("append leaves and set bits in one file only", () => {
    const registry = join("contracts", "policy", "AgentPolicyRegistry.sol");
    for (const call of [
      /\.append\s*\(/,
      /RevokedTree\s*\.\s*set(Many)?\s*\(/,
      /RevokedTree\s*\.\s*grow\s*\(/,
    ]) {
      expect(filesWith(call), String(call)).to.deep.equal([registry]);
    }
    // no other way in: the trees are never used as an attached library, under another name, or written by hand
    expect(filesWith(/using\s+(ProvisionedTree|RevokedTree)\b/)).to.deep.equal([]);
    expect(filesWith(/(ProvisionedTree|RevokedTree)\s+as\b/)).to.deep.equal([]);
    expect(filesWith(/(ProvisionedTree|RevokedTree)\s*\.\s*State\s+(private|internal|public)/)).to.deep.equal(
      [registry],
    );
    expect(filesWith(/\b(sload|sstore)\s*\(/)).to.deep.equal([]);
  });

  it("ask for the sender in the registry only", () => {
    const asking = filesWith(/\bmsg\s*\.\s*sender\b/).filter((path) =>
      path.includes(join("contracts", "policy")),
    );
    expect(asking).to.deep.equal([join("contracts", "policy", "AgentPolicyRegistry.sol")]);
  });

  it("have no owner, pause, upgrade, own delegatecall or self-destruct", () => {
    const forbidden =
      /\b(Ownable|AccessControl|Pausable|Initializable|UUPS\w*|delegatecall|selfdestruct|tx\s*\.\s*origin)\b/;
    expect(filesWith(forbidden)).to.deep.equal([]);
  });

  for (const [name, limit] of Object.entries(CODE_LIMITS)) {
    it(`keep ${name} within ${limit} bytes`, async () => {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect((deployedBytecode.length - 2) / 2).to.be.at.most(limit);
    });
  }
});
