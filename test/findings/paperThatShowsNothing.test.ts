import { expect } from "chai";
import { generateBackupIdentity } from "../../client/backup/index.ts";
import { hex32 } from "../../client/core/index.ts";
import { renderPaper } from "../../client/paper/index.ts";
import { codeOf } from "../client/support.ts";

describe("findings: a recovery paper with a label that no image may hold", () => {
  it("is refused, and not drawn as a page that shows nothing, or something else", async () => {
    const identity = await generateBackupIdentity();
    const policy = hex32(`0x${"11".repeat(32)}`);
    const paper = { identity, endpoint: "https://a.example/", policy, chainId: 1n, date: "2026-12-31" };
    const hostile = [
      "\ud800",
      "\ufffe",
      "\u{1ffff}",
      "\ufdd0",
      "\u202eecilA",
      "\u2066a",
      "a\u2028b",
      "\u009b31m",
    ];
    for (const label of hostile) {
      expect(
        codeOf(() => renderPaper(paper, label)),
        JSON.stringify(label),
      ).to.equal("PAPER_FIELD_MALFORMED");
    }
    for (const label of ["Zoë's", "爱丽丝", "👩‍👩‍👧", "<&>\"'"]) {
      expect(codeOf(() => renderPaper(paper, label))).to.equal(undefined);
    }
  });
});
