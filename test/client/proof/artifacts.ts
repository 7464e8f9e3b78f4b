import { readFileSync } from "node:fs";
import { SnarkjsProver, type SnarkjsProverOptions } from "../../../client/proof/index.ts";

const read = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../circuits/artifacts/${name}`, import.meta.url)));

/** A prover with the committed artifacts. */
export function realProver(
  options: Pick<SnarkjsProverOptions, "thread" | "singleThread"> = {},
): SnarkjsProver {
  return new SnarkjsProver({
    wasm: read("agentAuthorization.wasm"),
    zkey: read("agentAuthorization.zkey"),
    ...options,
  });
}

/** A prover whose proving key was cut short. */
export function damagedProver(): SnarkjsProver {
  return new SnarkjsProver({
    wasm: read("agentAuthorization.wasm"),
    zkey: read("agentAuthorization.zkey").slice(0, 100_000),
  });
}
