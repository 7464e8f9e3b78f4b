/** Writes `contracts/libraries/Poseidon2.sol`. */
import { writeFileSync } from "node:fs";
import { POSEIDON2_SOURCE, renderPoseidon2 } from "./renderPoseidon2.ts";

writeFileSync(POSEIDON2_SOURCE, await renderPoseidon2());
