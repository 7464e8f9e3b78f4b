import { readFileSync } from "node:fs";
import { expect } from "chai";
import { storageLayoutOf } from "../structure/storageLayout.ts";

const SNAPSHOT = "test/structure/storage/AgentPolicyRegistry.json";

describe("AgentPolicyRegistry", () => {
  it("has the storage layout of the snapshot", async () => {
    const layout = await storageLayoutOf("AgentPolicyRegistry");
    expect(layout).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  it("keeps the layout in the seeded mock, which writes the trees by slot", async () => {
    expect(await storageLayoutOf("SeededAgentPolicyRegistry")).to.deep.equal(
      await storageLayoutOf("AgentPolicyRegistry"),
    );
  });

  it("packs an agent's record and a policy's head into a slot each", async () => {
    const { types } = await storageLayoutOf("AgentPolicyRegistry");
    const members = types["struct Agent"] ?? [];
    expect(members).to.not.have.length(0);
    expect(members.every((member) => member.startsWith("0+"))).to.equal(true);
    expect(types["struct AgentRecords.State"]).to.include("0+0 heads: mapping(PolicyId => PackedPolicy)");
  });
});
