/**
 * Writes `test/client/exports.json`: what the package exports. A change of it is a change of the public API; run this,
 * and say so in CHANGELOG.md.
 */
import { writeFileSync } from "node:fs";
import { exportLists } from "./exportLists.ts";

const target = new URL("../../test/client/exports.json", import.meta.url);
writeFileSync(target, `${JSON.stringify(await exportLists(), null, 2)}\n`);
