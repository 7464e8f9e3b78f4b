import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

const FOLDERS = ["policy", "accumulator", "libraries"] as const;

describe("the errors of AgentPolicyRegistry", () => {
  let names: string[];
  let thrown: string;

  before(async () => {
    const { abi } = await artifacts.readArtifact("IAgentPolicyRegistry");
    names = [];
    new Interface(abi).forEachError(({ name }) => names.push(name));
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(`contracts/${folder}`).map((file) => readFileSync(`contracts/${folder}/${file}`, "utf8")),
    );
    thrown = files.join("\n");
  });

  it("are all thrown somewhere", () => {
    for (const name of names) expect(thrown.includes(`.${name}(`), name).to.equal(true);
  });

  it("hold every error that the policy libraries throw, so that its ABI decodes all", async () => {
    for (const library of ["AgentSignatures", "PolicyAgents", "PolicyQueries", "AgentPolicyRegistry"]) {
      const { abi } = await artifacts.readArtifact(library);
      new Interface(abi).forEachError(({ name }) => {
        // of OpenZeppelin's EIP712 constructor: it cannot happen with a name that short
        if (name === "StringTooLong" || name === "InvalidShortString") return;
        expect(names, `${library} throws ${name}`).to.include(name);
      });
    }
  });
});
