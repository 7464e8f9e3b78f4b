import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);

/** Where each entry of package.json's `exports` with code has its source, by the entry. */
export function entryPoints(): ReadonlyMap<string, URL> {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  const entries = new Map<string, URL>();
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    const source = target.default.replace("./dist/", "client/").replace(/\.js$/, ".ts");
    entries.set(entry, new URL(source, ROOT));
  }
  return entries;
}

/** What each entry point exports at run time, a line each. */
export async function exportList(): Promise<string> {
  const lines: string[] = [];
  for (const [entry, source] of entryPoints()) {
    const module: Readonly<Record<string, unknown>> = await import(source.href);
    const name = entry.replace(".", "dkms");
    lines.push(...Object.keys(module).map((member) => `${name} ${member}\n`));
  }
  return lines.sort().join("");
}
