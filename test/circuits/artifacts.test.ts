import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { MAX_PROVISIONED_DEPTH, MAX_REVOKED_DEPTH } from "../../client/core/index.ts";
import { verifyingKey } from "../../client/proof/verifyingKey.ts";
import { readTranscript } from "../../scripts/ceremony/transcript.ts";
import {
  ARTIFACTS,
  FILES,
  formatVerifyingKey,
  MANIFEST,
  readManifest,
  sha256,
} from "../../scripts/circuits/artifacts.ts";
import { readR1cs } from "../../scripts/circuits/r1cs.ts";
import { readContributions, readZkey } from "../../scripts/circuits/zkey.ts";

const at = (file: string): string => join(ARTIFACTS, file);

describe("circuits: artifacts", () => {
  const manifest = readManifest();
  const zkey = readFileSync(at(FILES.zkey));

  it("are the files of the manifest and no others", async () => {
    expect(readdirSync(ARTIFACTS)).to.have.members([...Object.keys(manifest.sha256), MANIFEST]);
    for (const [file, expected] of Object.entries(manifest.sha256))
      expect(await sha256(at(file)), file).to.equal(expected);
  });

  it("are described by the manifest", () => {
    const { constraints, outputs, publicInputs } = readR1cs(readFileSync(at(FILES.r1cs)));
    expect(manifest).to.include({
      constraints: constraints.length,
      maxProvisionedDepth: MAX_PROVISIONED_DEPTH,
      maxRevokedDepth: MAX_REVOKED_DEPTH,
    });
    expect(manifest.publicSignals).to.have.length(outputs + publicInputs);
  });

  it("have a sound verifying key, the zkey's, pinned by its hash", () => {
    const key = readZkey(zkey);
    expect(readFileSync(at(FILES.verifyingKey), "utf8")).to.equal(formatVerifyingKey(key));
    expect(verifyingKey(key).vkHash).to.equal(manifest.vkHash);
  });

  it("have a transcript of at least two contributions and a beacon", () => {
    const { contributions, r1cs, ptau } = readTranscript(at(FILES.zkey));
    expect(contributions.length).to.be.at.least(3);
    expect(contributions.findIndex(({ beacon }) => beacon !== undefined)).to.equal(contributions.length - 1);
    expect({ r1cs, ptau }).to.deep.equal({
      r1cs: manifest.sha256[FILES.r1cs],
      ptau: manifest.sha256[FILES.ptau],
    });
  });

  it("are refused by their readers when cut short or of another kind", () => {
    const r1cs = readFileSync(at(FILES.r1cs));
    for (const read of [readZkey, readContributions]) {
      for (const length of [0, 11, 12, 100, zkey.length - 1])
        expect(() => read(zkey.subarray(0, length))).to.throw(/not a zkey file|cut short|no section/);
      expect(() => read(r1cs)).to.throw("not a zkey file");
    }
    for (const length of [0, 11, 12, 100, r1cs.length - 1])
      expect(() => readR1cs(r1cs.subarray(0, length))).to.throw(/not a r1cs file|cut short|no section/);
    expect(() => readR1cs(zkey)).to.throw("not a r1cs file");
  });

  it("are refused over another curve or proof system", () => {
    const altered = Buffer.from(zkey);
    const protocol = altered.indexOf(Buffer.from([1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])) + 12;
    altered.writeUInt32LE(2, protocol);
    expect(() => readZkey(altered)).to.throw("not Groth16");
    altered.writeUInt32LE(1, protocol);
    expect(readZkey(altered)).to.deep.equal(readZkey(zkey));
    const header = protocol + 4 + 12;
    altered.writeUInt8(altered.readUInt8(header + 4) ^ 1, header + 4);
    expect(() => readZkey(altered)).to.throw("not over BN254");
  });
});
