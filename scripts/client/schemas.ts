/** Writes `docs/schemas/trustee-messages.json`; a change of it is a change of the trustee protocol. */
import { writeFileSync } from "node:fs";
import { renderSchemas } from "./renderSchemas.ts";

writeFileSync(new URL("../../docs/schemas/trustee-messages.json", import.meta.url), renderSchemas());
