/** Writes `contracts/libraries/Poseidon2.sol` and `circuits/lib/poseidon2Constants.circom`. */
import { writeFileSync } from "node:fs";
import { CONSTANTS_SOURCE, renderConstants } from "./renderConstants.ts";
import { POSEIDON2_SOURCE, renderPoseidon2 } from "./renderPoseidon2.ts";

writeFileSync(POSEIDON2_SOURCE, await renderPoseidon2());
writeFileSync(CONSTANTS_SOURCE, await renderConstants());
