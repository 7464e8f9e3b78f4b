import { spawnSync } from "node:child_process";
import { expect } from "chai";

describe("examples/did.ts", () => {
  it("tells the life of a DID", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["node_modules/hardhat/dist/src/cli.js", "run", "--no-compile", "examples/did.ts"],
      { encoding: "utf8" },
    );
    expect(status, stderr).to.equal(0);
    const lines = stdout
      .split("\n")
      .filter((line) => /^(?:created|version|JWT|rotated|deactivated)/.test(line));
    expect(lines[0]).to.match(/^created {6}did:dkms:31337:[0-9a-f]{40} with 4 keys for \d+ gas$/);
    expect(lines.slice(1)).to.deep.equal([
      "version 2    shows the first key: false",
      "version 1    shows the first key: true",
      "JWT          verified: true",
      "rotated key  refused: true",
      "deactivated  true, document: null",
    ]);
  });
});
