import { readFileSync, statSync } from "node:fs";
import { MAX_PROVISIONED_DEPTH } from "../client/core/index.ts";

const ARTIFACTS = new URL("../circuits/artifacts/", import.meta.url);

export type CircuitFigures = {
  readonly constraints: number;
  /** Agents of one generation. */
  readonly capacity: number;
  readonly zkeyBytes: number;
  readonly wasmBytes: number;
};

/** Size of the circuit as committed; `npm run circuits:verify` compares the manifest with the artifacts. */
export function benchCircuit(): CircuitFigures {
  const manifest: { constraints: number } = JSON.parse(
    readFileSync(new URL("manifest.json", ARTIFACTS), "utf8"),
  );
  return {
    constraints: manifest.constraints,
    capacity: 4 ** MAX_PROVISIONED_DEPTH,
    zkeyBytes: statSync(new URL("agentAuthorization.zkey", ARTIFACTS)).size,
    wasmBytes: statSync(new URL("agentAuthorization.wasm", ARTIFACTS)).size,
  };
}
