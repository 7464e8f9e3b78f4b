import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { curves, groth16, powersOfTau, zKey } from "snarkjs";
import { CeremonyError } from "../../scripts/ceremony/errors.ts";
import {
  applyBeacon,
  contribute,
  exportCeremony,
  newCeremony,
  verifyCeremony,
} from "../../scripts/ceremony/steps.ts";
import { readTranscript, transcriptPath } from "../../scripts/ceremony/transcript.ts";
import { type CompiledCircuit, compileCircuit } from "../../scripts/circuits/compile.ts";
import { readSections, section } from "../../scripts/circuits/sections.ts";
import { withSnarkjs, writtenBy } from "../../scripts/circuits/snark.ts";
import { readContributions, readZkey } from "../../scripts/circuits/zkey.ts";

const CLI = fileURLToPath(new URL("../../scripts/ceremony/ceremony.ts", import.meta.url));

const TINY = `pragma circom 2.2.0;
template Tiny(n) {
    signal input in;
    signal output out;
    signal power[n];
    power[0] <== in;
    for (var i = 1; i < n; i++) power[i] <== power[i - 1] * power[i - 1];
    out <== power[n - 1];
}
component main = Tiny(6);
`;

/** 2^4 suffices for the circuit and 2^2 does not. */
const POWER = 4;
const SMALL_POWER = 2;

const BEACON = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

describe("ceremony", function () {
  this.timeout(60_000);
  let folder: string;
  let circuit: CompiledCircuit;
  let other: CompiledCircuit;
  const at = (name: string): string => join(folder, name);

  async function compileTiny(name: string, source: string): Promise<CompiledCircuit> {
    mkdirSync(at(name));
    writeFileSync(at(`${name}/tiny.circom`), source);
    return compileCircuit({ root: at(name), source: "tiny.circom", outDir: "." });
  }

  /** Phase 1 of another making, as a public one is. */
  async function phase1(power: number, prepared: string, raw: string): Promise<void> {
    await withSnarkjs(async (logger) => {
      const curve = await curves.getCurveFromName("bn128");
      const first = await writtenBy((file) => powersOfTau.newAccumulator(curve, power, file, logger));
      writeFileSync(
        at(raw),
        await writtenBy((file) => powersOfTau.contribute(first, file, "x", "y", logger)),
      );
      writeFileSync(
        at(prepared),
        await writtenBy((file) => powersOfTau.preparePhase2(at(raw), file, logger)),
      );
    });
  }

  function cli(...args: readonly string[]): Promise<Run> {
    return new Promise((resolve) => {
      execFile(process.execPath, [CLI, ...args], { cwd: folder }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      }).stdin?.end();
    });
  }

  async function refuses(step: Promise<unknown> | (() => unknown), message: string | RegExp): Promise<void> {
    try {
      await (typeof step === "function" ? step() : step);
    } catch (error) {
      expect(error).to.be.instanceOf(CeremonyError);
      expect((error as Error).message).to.match(new RegExp(message));
      return;
    }
    expect.fail(`expected a refusal: ${message}`);
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "dkms-ceremony-"));
    circuit = await compileTiny("tiny", TINY);
    other = await compileTiny("other", TINY.replace("Tiny(6)", "Tiny(7)"));
    await phase1(POWER, "phase1.ptau", "raw.ptau");
    await phase1(SMALL_POWER, "small.ptau", "smallRaw.ptau");
    await newCeremony({ r1cs: circuit.r1cs, ptau: at("phase1.ptau"), out: at("0.zkey") });
    await contribute({ in: at("0.zkey"), out: at("1.zkey"), name: "Alice", typed: "" });
    await contribute({ in: at("1.zkey"), out: at("2.zkey"), name: "Bob", typed: "what Bob typed" });
    await applyBeacon({
      in: at("2.zkey"),
      out: at("3.zkey"),
      name: "beacon",
      value: BEACON,
      iterationsExponent: 10,
    });
  });

  after(() => rmSync(folder, { recursive: true }));

  it("verifies every step, and lists who contributed", async () => {
    for (const [file, names] of [
      ["0.zkey", []],
      ["1.zkey", ["Alice"]],
      ["2.zkey", ["Alice", "Bob"]],
      ["3.zkey", ["Alice", "Bob", "beacon"]],
    ] as const) {
      const transcript = await verifyCeremony({ in: at(file), r1cs: circuit.r1cs, ptau: at("phase1.ptau") });
      expect(transcript.contributions.map(({ name }) => name)).to.deep.equal(names);
    }
  });

  it("records the hash that snarkjs gives the contributor", async () => {
    let returned: Uint8Array | undefined;
    const zkey = await writtenBy(async (file) => {
      const { result } = await withSnarkjs(() => zKey.contribute(at("0.zkey"), file, "Carol", "entropy"));
      returned = result;
    });
    expect(readContributions(zkey)).to.deep.equal([
      { name: "Carol", hash: Buffer.from(returned ?? []).toString("hex") },
    ]);
  });

  it("makes a key whose proofs verify, and that snarkjs reads as we do", async () => {
    const { result } = await withSnarkjs(async () => {
      const key = await zKey.exportVerificationKey(at("3.zkey"));
      const { proof, publicSignals } = await groth16.fullProve({ in: 3n }, circuit.wasm, at("3.zkey"));
      expect(await groth16.verify(key, publicSignals, proof)).to.equal(true);
      expect(await groth16.verify(key, ["1"], proof)).to.equal(false);
      return key;
    });
    const ours = readZkey(readFileSync(at("3.zkey")));
    const [alphaX, alphaY] = result.vk_alpha_1;
    const [deltaX, deltaY] = result.vk_delta_2;
    expect(ours.alpha.map(String)).to.deep.equal([alphaX, alphaY]);
    expect(ours.delta2.map(String)).to.deep.equal([deltaX[1], deltaX[0], deltaY[1], deltaY[0]]);
    expect(ours.ic.map((point) => point.map(String))).to.deep.equal(result.IC.map(([x, y]) => [x, y]));
  });

  it("exports key, verifying key and transcript once", async () => {
    const paths = exportCeremony({ in: at("3.zkey"), out: at("final") });
    expect(paths).to.deep.equal(
      ["3.zkey", "verifyingKey.json", "3.transcript.json"].map((name) => at(`final/${name}`)),
    );
    expect(readTranscript(at("final/3.zkey")).contributions).to.have.length(3);
    await refuses(() => exportCeremony({ in: at("3.zkey"), out: at("final") }), "never overwritten");
  });

  it("never overwrites a zkey or a transcript", async () => {
    const before = readFileSync(at("1.zkey"));
    await refuses(
      contribute({ in: at("0.zkey"), out: at("1.zkey"), name: "Eve", typed: "" }),
      "never overwritten",
    );
    writeFileSync(transcriptPath(at("5.zkey")), "mine");
    await refuses(
      contribute({ in: at("0.zkey"), out: at("5.zkey"), name: "Eve", typed: "" }),
      "never overwritten",
    );
    await refuses(
      newCeremony({ r1cs: circuit.r1cs, ptau: at("phase1.ptau"), out: at("0.zkey") }),
      "never overwritten",
    );
    expect(readFileSync(at("1.zkey")).equals(before)).to.equal(true);
    expect(existsSync(at("5.zkey"))).to.equal(false);
  });

  it("refuses a phase 1 that is not prepared, too small or something else", async () => {
    for (const [ptau, reason] of [
      ["raw.ptau", "not prepared"],
      ["small.ptau", "big"],
      ["0.zkey", "no sound phase 1"],
      ["missing.ptau", "does not exist"],
    ] as const) {
      await refuses(newCeremony({ r1cs: circuit.r1cs, ptau: at(ptau), out: at("bad.zkey") }), reason);
    }
    expect(existsSync(at("bad.zkey"))).to.equal(false);
  });

  it("refuses a phase 1 in which a power of tau is another point of the curve", async () => {
    const phase1 = readFileSync(at("phase1.ptau"));
    // Section 2 holds 1, τ, τ², … times g1, of 64 bytes each: τ² becomes τ.
    const tauG1 = section(readSections(phase1, "ptau"), 2);
    tauG1.copyWithin(2 * 64, 64, 2 * 64);
    writeFileSync(at("unsound.ptau"), phase1);
    await refuses(
      newCeremony({ r1cs: circuit.r1cs, ptau: at("unsound.ptau"), out: at("bad.zkey") }),
      "no sound phase 1",
    );
    expect(existsSync(at("bad.zkey"))).to.equal(false);
  });

  it("takes no contribution after the beacon", async () => {
    await refuses(contribute({ in: at("3.zkey"), out: at("4.zkey"), name: "Eve", typed: "" }), "final");
  });

  it("does not export a ceremony without a beacon, or with nothing else", async () => {
    await refuses(() => exportCeremony({ in: at("2.zkey"), out: at("early") }), "ends with a beacon");
    await applyBeacon({
      in: at("0.zkey"),
      out: at("alone.zkey"),
      name: "beacon",
      value: BEACON,
      iterationsExponent: 10,
    });
    await refuses(
      () => exportCeremony({ in: at("alone.zkey"), out: at("early") }),
      "at least one contribution",
    );
  });

  it("refuses malformed names, beacons and iteration counts", async () => {
    for (const name of ["", "a\nb", "é", "x".repeat(65)])
      await refuses(contribute({ in: at("0.zkey"), out: at("4.zkey"), name, typed: "" }), "printable ASCII");
    const beacon = {
      in: at("2.zkey"),
      out: at("4.zkey"),
      name: "beacon",
      value: BEACON,
      iterationsExponent: 10,
    };
    for (const value of ["", "0x12", "AB".repeat(32), "12".repeat(15), "12".repeat(256)])
      await refuses(applyBeacon({ ...beacon, value }), "lower-case hex");
    for (const iterationsExponent of [9, 64, Number.NaN])
      await refuses(applyBeacon({ ...beacon, iterationsExponent }), "times");
  });

  it("refuses another circuit, another phase 1, and a missing zkey", async () => {
    const options = { in: at("3.zkey"), r1cs: circuit.r1cs, ptau: at("phase1.ptau") };
    await refuses(verifyCeremony({ ...options, r1cs: other.r1cs }), "not for");
    await refuses(verifyCeremony({ ...options, ptau: at("small.ptau") }), "did not start from");
    await refuses(verifyCeremony({ ...options, in: at("missing.zkey") }), "does not exist");
  });

  // Sections of points: verifying key's inputs, then A, B in both groups, C and H.
  for (const id of [3, 5, 6, 7, 8, 9]) {
    it(`refuses a zkey with two points of section ${id} exchanged`, async () => {
      const altered = readFileSync(at("3.zkey"));
      const points = section(readSections(altered, "zkey"), id);
      const size = id === 7 ? 128 : 64;
      const first = Buffer.from(points.subarray(0, size));
      const last = points.length - size;
      expect(first.equals(points.subarray(last))).to.equal(false);
      points.copy(points, 0, last);
      first.copy(points, last);
      const file = `altered${id}.zkey`;
      writeFileSync(at(file), altered);
      copyFileSync(transcriptPath(at("3.zkey")), transcriptPath(at(file)));
      const options = { in: at(file), r1cs: circuit.r1cs, ptau: at("phase1.ptau") };
      await refuses(verifyCeremony(options), "not a valid key");
    });
  }

  it("refuses a key whose earlier contribution was swapped for another", async () => {
    await contribute({ in: at("0.zkey"), out: at("mallory.zkey"), name: "Alice", typed: "" });
    copyFileSync(at("mallory.zkey"), at("swapped.zkey"));
    copyFileSync(transcriptPath(at("1.zkey")), transcriptPath(at("swapped.zkey")));
    await refuses(
      verifyCeremony({ in: at("swapped.zkey"), r1cs: circuit.r1cs, ptau: at("phase1.ptau") }),
      "does not list",
    );
  });

  it("refuses a missing and a malformed transcript", async () => {
    const options = { r1cs: circuit.r1cs, ptau: at("phase1.ptau") };
    copyFileSync(at("1.zkey"), at("bare.zkey"));
    await refuses(verifyCeremony({ ...options, in: at("bare.zkey") }), "is missing");
    for (const text of ["", "{}", "null", '{"r1cs":"00","ptau":"00","contributions":[]}']) {
      writeFileSync(transcriptPath(at("bare.zkey")), text);
      await refuses(verifyCeremony({ ...options, in: at("bare.zkey") }), "not a transcript");
    }
  });

  describe("command line", () => {
    it("runs a ceremony from new to export", async () => {
      const runs = [
        ["new", "--r1cs", circuit.r1cs, "--ptau", "phase1.ptau", "--out", "cli/0.zkey"],
        ["contribute", "--in", "cli/0.zkey", "--out", "cli/1.zkey", "--name", "Alice"],
        ["beacon", "--in", "cli/1.zkey", "--out", "cli/2.zkey", "--value", BEACON],
        ["verify", "--in", "cli/2.zkey", "--r1cs", circuit.r1cs, "--ptau", "phase1.ptau"],
        ["export", "--in", "cli/2.zkey", "--out", "cli/final"],
      ];
      for (const args of runs) expect(await cli(...args)).to.include({ code: 0, stderr: "" });
      expect(existsSync(at("cli/final/verifyingKey.json"))).to.equal(true);
    });

    it("shows its usage, and refuses wrong usage with exit code 2", async () => {
      expect(await cli("--help")).to.have.property("code", 0);
      for (const args of [["abandon"], ["new"], ["contribute", "--in", "0.zkey", "--entropy", "secret"]]) {
        const { code, stderr } = await cli(...args);
        expect(code).to.equal(2);
        expect(stderr).to.include("npm run ceremony");
      }
    });

    it("reports a fault with exit code 1 and no stack", async () => {
      const run = await cli("contribute", "--in", "missing.zkey", "--out", "x.zkey", "--name", "Alice");
      expect(run).to.deep.equal({ code: 1, stdout: "", stderr: "missing.zkey does not exist\n" });
    });
  });
});
