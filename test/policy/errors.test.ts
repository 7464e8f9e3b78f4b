import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

const FOLDERS = ["policy", "accumulator", "libraries"] as const;

/** Of OpenZeppelin: a name too long for EIP-712, a part of the registry without code, an unknown function. */
const FOREIGN = ["StringTooLong", "InvalidShortString", "AddressEmptyCode", "FailedCall"];
const THROWING = [
  "AgentSignatures",
  "PolicyAgents",
  "PolicySafeguards",
  "PolicyQueries",
  "AgentPolicyRegistry",
  "AgentPolicyGovernance",
  "AgentPolicyRecovery",
  "AgentPolicyTrustees",
] as const;

describe("the errors of IAgentPolicy", () => {
  let names: string[];
  let thrown: string;

  before(async () => {
    const { abi } = await artifacts.readArtifact("IAgentPolicy");
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

  it("hold every error that the policy contracts throw, so that its ABI decodes all", async () => {
    for (const contract of THROWING) {
      const { abi } = await artifacts.readArtifact(contract);
      new Interface(abi).forEachError(({ name }) => {
        if (FOREIGN.includes(name)) return;
        expect(names, `${contract} throws ${name}`).to.include(name);
      });
    }
  });
});
