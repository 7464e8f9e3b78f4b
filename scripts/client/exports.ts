/**
 * Writes `test/client/exports.txt`: what the package exports. A change of it is a change of the public API; run this,
 * and say so in CHANGELOG.md.
 */
import { writeFileSync } from "node:fs";
import { exportList } from "./exportLists.ts";

const target = new URL("../../test/client/exports.txt", import.meta.url);
writeFileSync(target, await exportList());
