import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { artifacts } from "hardhat";

/** EIP-170. */
const CODE_LIMIT = 24_576;
const CONTRACTS = [
  "AgentPolicyRegistry",
  "AgentPolicyGovernance",
  "AgentPolicyRecovery",
  "AgentPolicyTrustees",
  "AgentSignatures",
  "PolicyAgents",
  "PolicySafeguards",
  "PolicyQueries",
  "ProvisionedTree",
  "RevokedTree",
] as const;

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
  it("append leaves and set bits in the registry and the state that its parts share", () => {
    const registry = join("contracts", "policy", "AgentPolicyRegistry.sol");
    const state = join("contracts", "policy", "AgentPolicyState.sol");
    for (const [call, files] of [
      [/\.append\s*\(/, [state]],
      [/RevokedTree\s*\.\s*set\s*\(/, [registry]],
      [/RevokedTree\s*\.\s*setMany\s*\(/, [state]],
      [/RevokedTree\s*\.\s*grow\s*\(/, [state]],
    ] as const) {
      expect(filesWith(call), String(call)).to.deep.equal(files);
    }
    // no other way in: the trees are never used as an attached library, under another name, or written by hand
    expect(filesWith(/using\s+(ProvisionedTree|RevokedTree)\b/)).to.deep.equal([]);
    expect(filesWith(/(ProvisionedTree|RevokedTree)\s+as\b/)).to.deep.equal([]);
    expect(filesWith(/(ProvisionedTree|RevokedTree)\s*\.\s*State\s+(private|internal|public)/)).to.deep.equal(
      [state],
    );
    expect(filesWith(/\b(sload|sstore)\s*\(/)).to.deep.equal([]);
  });

  it("ask for the sender in one place only", () => {
    const asking = filesWith(/\bmsg\s*\.\s*sender\b/).filter((path) =>
      path.includes(join("contracts", "policy")),
    );
    expect(asking).to.deep.equal([join("contracts", "policy", "AgentPolicyState.sol")]);
  });

  it("have no owner, pause, upgrade, own delegatecall or self-destruct", () => {
    const forbidden =
      /\b(Ownable|AccessControl|Pausable|Initializable|UUPS\w*|delegatecall|selfdestruct|tx\s*\.\s*origin)\b/;
    expect(filesWith(forbidden)).to.deep.equal([]);
  });

  it("hand calls on to the next part by immutable addresses only", () => {
    const policy = join("contracts", "policy");
    const delegating = filesWith(/\bfunctionDelegateCall\b/).filter((path) => path.includes(policy));
    const parts = ["AgentPolicyGovernance.sol", "AgentPolicyRecovery.sol", "AgentPolicyRegistry.sol"];
    expect(delegating).to.deep.equal(parts.map((file) => join(policy, file)));
    for (const path of delegating) {
      const code = codeOf(readFileSync(path, "utf8"));
      const [, target = ""] = /functionDelegateCall\((\w+), call\)/.exec(code) ?? [];
      expect(code).to.match(new RegExp(`address private immutable ${target};`));
    }
  });

  for (const name of CONTRACTS) {
    it(`keep ${name} within ${CODE_LIMIT} bytes`, async () => {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect((deployedBytecode.length - 2) / 2).to.be.at.most(CODE_LIMIT);
    });
  }
});
