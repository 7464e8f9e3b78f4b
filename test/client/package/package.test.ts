import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { expect } from "chai";
import { build, type Metafile } from "esbuild";
import { entryPoints, exportList } from "../../../scripts/client/exportLists.ts";

const run = promisify(execFile);
const TSC = "node_modules/typescript/bin/tsc";

describe("package", () => {
  it("exports what the committed list says (change it with: npm run generate:exports)", async () => {
    expect(await exportList()).to.equal(readFileSync("test/client/exports.txt", "utf8"));
  });

  it("has the ABIs of the compiled contracts (renew them with: npm run generate:abi)", async () => {
    await run("node", ["scripts/client/abi.ts", "--check"]).catch(({ stderr }: { stderr: string }) =>
      expect.fail(stderr),
    );
  });

  it("has an entry point for every module of the client, and nothing else is importable", () => {
    const modules = readdirSync("client", { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join("client", entry.name)).includes("index.ts"))
      .map(({ name }) => `./${name}`);
    expect([...entryPoints().keys()]).to.have.members([".", ...modules]);
  });

  describe("built", () => {
    let folder: string;

    before(async function () {
      this.timeout(120_000);
      mkdirSync(".tmp", { recursive: true });
      folder = mkdtempSync(".tmp/package-");
      await run("node", [TSC, "-p", "tsconfig.build.json", "--outDir", join(folder, "dist")]);
      const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { exports: unknown };
      const { exports } = manifest;
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "dkms", type: "module", exports }));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it("is imported by plain Node, each module by its name", async () => {
      const names = [...entryPoints().keys()].map((entry) => entry.replace(".", "dkms"));
      const program = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(await import(name)).length > 0)`;
      const { stdout } = await run("node", ["--input-type=module", "--eval", program], { cwd: folder });
      expect(stdout.trim().split("\n")).to.deep.equal(names.map((name) => `${name} true`));
      const inner = `import("dkms/app/agents/record.js").catch(({ code }) => console.log(code))`;
      const refused = await run("node", ["--input-type=module", "--eval", inner], { cwd: folder });
      expect(refused.stdout.trim()).to.equal("ERR_PACKAGE_PATH_NOT_EXPORTED");
    });

    it("has types that a strict program of somebody else compiles with", async () => {
      const user = join(folder, "user");
      mkdirSync(join(user, "node_modules"), { recursive: true });
      symlinkSync("../..", join(user, "node_modules", "dkms"), "dir");
      writeFileSync(join(user, "package.json"), '{"type":"module"}');
      writeFileSync(
        join(user, "program.ts"),
        `import { expiryAfter, generateLinkSecret, type Expiry, type LinkSecret } from "dkms";
import { authorizationBits } from "dkms/policy";
export const linkSecret: LinkSecret = generateLinkSecret();
export const expiry: Expiry = expiryAfter({ now: 1n, seconds: 2n });
export const bits: number = authorizationBits(["PROVE"]);
// @ts-expect-error: a plain bigint is no expiry
export const plain: Expiry = 3600n;
`,
      );
      const options =
        "--ignoreConfig --noEmit --strict --module nodenext --target es2023 --lib es2023,dom".split(" ");
      await run("node", [TSC, ...options, join(user, "program.ts")]).catch(({ stdout }: { stdout: string }) =>
        expect.fail(stdout),
      );
    });
  });

  describe("bundled for browsers", () => {
    let metafile: Metafile;
    let code: string;

    before(async function () {
      this.timeout(120_000);
      const result = await build({
        ...{ entryPoints: ["client/index.ts"], bundle: true, write: false, metafile: true, minify: true },
        ...{
          platform: "browser",
          format: "iife",
          globalName: "dkms",
          target: "es2022",
          external: ["node:*"],
        },
        // Only the prover's worker has a use for it; bundlers for pages give it a URL of their own.
        define: { "import.meta.url": '"https://page.example/index.js"' },
        logLevel: "silent",
      });
      metafile = result.metafile;
      code = result.outputFiles[0]?.text ?? "";
    });

    it("needs nothing of Node's but the prover's threads, which it asks for where there are no Web Workers", () => {
      const needy = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
        imports
          .filter(({ path }) => path.startsWith("node:"))
          .map(({ path, kind }) => `${file} ${kind} ${path}`),
      );
      expect(needy).to.deep.equal(["client/proof/proverSnarkjs.ts dynamic-import node:worker_threads"]);
    });

    it("runs with the globals of a browser alone", () => {
      // What pages have and a bare context lacks; `WebAssembly` and the rest of the language it has of its own.
      const names = [
        "crypto",
        "TextEncoder",
        "TextDecoder",
        "URL",
        "setTimeout",
        "clearTimeout",
        "fetch",
        "btoa",
        "atob",
      ];
      const page = createContext(
        Object.fromEntries(names.map((name) => [name, Reflect.get(globalThis, name)])),
      );
      page.self = page;
      const result: unknown = runInContext(
        `${code};
        const key = dkms.secp256k1Key("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
        [dkms.keyIdOf(key), dkms.webAudience("https://shop.example").length, String(dkms.generateLinkSecret())].join()`,
        page,
      );
      expect(result).to.equal(
        "0xe9707d0e6171f728f7473c24cc0432a9b07eaaf1efed6a137a4a8c12c79552d9,66,[secret]",
      );
    });
  });
});
