/** Writes the three sources that hold Poseidon2's constants: the library, its reference for tests, the circuits'. */
import { writeFileSync } from "node:fs";
import { CONSTANTS_SOURCE, renderConstants } from "./renderConstants.ts";
import { POSEIDON2_SOURCE, renderPoseidon2 } from "./renderPoseidon2.ts";
import { REFERENCE_SOURCE, renderPoseidon2Reference } from "./renderPoseidon2Reference.ts";

writeFileSync(POSEIDON2_SOURCE, await renderPoseidon2());
writeFileSync(REFERENCE_SOURCE, await renderPoseidon2Reference());
writeFileSync(CONSTANTS_SOURCE, await renderConstants());
