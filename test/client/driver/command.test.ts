import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { network } from "hardhat";
import { type DidFixture, didFixture } from "../did/fixture.ts";

const MAIN = new URL("../../../scripts/resolver/main.ts", import.meta.url).pathname;

/** The command, its output so far, and how it ended. */
function run(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const listeners: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const look = () => {
        const [match] = pattern.exec(output) ?? [];
        if (match !== undefined) resolve(match);
      };
      listeners.push(look);
      look();
    });
  return { child, ended, said, output: () => output };
}

describe("npm run resolver", () => {
  let fixture: DidFixture;
  let folder: string;
  let config: string;
  let close: () => Promise<void>;

  before(async () => {
    const server = await network.createServer("default", "127.0.0.1", 0);
    const { port } = await server.listen();
    const rpcUrl = `http://127.0.0.1:${port}`;
    const connection = await network.create({ network: "localhost", override: { url: rpcUrl } });
    fixture = await didFixture(connection);
    folder = await mkdtemp(join(tmpdir(), "dkms-resolver-"));
    config = join(folder, "resolver.json");
    await writeFile(
      config,
      JSON.stringify({ networks: [{ chainId: 31337, registry: fixture.address, rpcUrl }] }),
    );
    close = async () => {
      await connection.close();
      await server.close();
      await rm(folder, { recursive: true });
    };
  });

  after(() => close());

  it("serves DIDs of a real chain until it is told to end", async () => {
    const { did } = await fixture.create();
    const { child, said, ended, output } = run(["--config", config, "--port", "0"]);
    const url = await said(/http:\/\/127\.0\.0\.1:\d+/);
    const response = await fetch(`${url}/1.0/identifiers/${did}`, { headers: { accept: "application/did" } });
    expect(response.status).to.equal(200);
    expect((await response.json()).verificationMethod).to.have.length(4);
    expect((await fetch(`${url}/health/ready`)).status).to.equal(200);
    child.kill("SIGTERM");
    expect(await ended).to.equal(0);
    expect(output()).to.include("closed");
  });

  for (const [what, args, message] of [
    ["no configuration", [], "--config is missing"],
    ["a configuration that is not there", ["--config", "/nonexistent.json"], "ENOENT"],
    ["an unknown argument", ["--verbose"], "verbose"],
    ["a port that is none", ["--config", "x", "--port", "http"], "--port"],
  ] as const) {
    it(`fails with ${what}, and says why`, async () => {
      const { ended, output } = run(args);
      expect(await ended).to.equal(1);
      expect(output()).to.include(message);
    });
  }

  it("explains itself", async () => {
    const { ended, output } = run(["--help"]);
    expect(await ended).to.equal(0);
    expect(output()).to.include("usage: npm run resolver");
  });
});
