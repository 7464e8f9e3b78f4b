import { readFileSync } from "node:fs";
import { SnarkjsProver } from "../../../client/proof/index.ts";

/** The prover on the committed artifacts, in the caller's thread: one test file, one proof at a time. */
export function committedProver(): SnarkjsProver {
  const artifact = (name: string) =>
    new Uint8Array(
      readFileSync(new URL(`../../../circuits/artifacts/agentAuthorization.${name}`, import.meta.url)),
    );
  return new SnarkjsProver({ wasm: artifact("wasm"), zkey: artifact("zkey"), thread: "caller" });
}
