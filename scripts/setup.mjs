// Installs the locked dependencies when they are missing or older than the lock file.
// Runs before every README command, on any Node >= 20 and with nothing installed, so it uses Node's own modules only.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");

/** Hardhat's native package is skipped by npm below Node 22, so an older Node installs through a newer one. */
const MIN_NODE_MAJOR = 22;

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  const major = Number(process.versions.node.split(".")[0]);
  const args =
    major < MIN_NODE_MAJOR
      ? ["exec", "--yes", "--package=node@24", "--", "npm", "ci", "--no-audit", "--no-fund"]
      : ["ci", "--no-audit", "--no-fund"];
  console.error("dkms: installing the locked dependencies (once, about a minute) ...");
  const { status, error } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`dkms: npm ci failed (${error ?? `exit code ${status}`}); the message above says why.`);
    process.exit(1);
  }
}
