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
    const layout = await storageLayoutOf("AgentPolicyRegistry");
    for (const struct of ["struct Agent", "struct Policy"]) {
      const members = layout.types[struct] ?? [];
      expect(members, struct).to.not.have.length(0);
      expect(
        members.every((member) => member.startsWith("0+")),
        struct,
      ).to.equal(true);
    }
  });
});
