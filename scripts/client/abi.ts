/** Writes the client's copy of the contracts' ABIs, so that the published client needs no compiler. See --help. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type AbiSource, renderAbi } from "./renderAbi.ts";

const TARGET = new URL("../../client/chain/generated/abi.ts", import.meta.url);

/** `folder` is that of `contracts/`, `interfaces` unless told. */
const CONTRACTS: readonly {
  readonly constant: string;
  readonly contract: string;
  readonly folder?: string;
}[] = [
  { constant: "AGENT_POLICY_REGISTRY_ABI", contract: "IAgentPolicy" },
  { constant: "AGENT_PROOF_VERIFIER_ABI", contract: "IAgentProofVerifier" },
  { constant: "DID_REGISTRY_ABI", contract: "IDidRegistry" },
  { constant: "AUTHORIZED_AGENT_ONLY_ABI", contract: "IAuthorizedAgentOnly" },
  { constant: "POSEIDON2_ABI", contract: "Poseidon2", folder: "libraries" },
];

const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean" } } });

if (values.help) {
  console.log("usage: node scripts/client/abi.ts [--check]");
  console.log("Writes client/chain/generated/abi.ts from artifacts/ (run `npm run build` before).");
  console.log("  --check  write nothing; fail if the file is not what would be written");
} else {
  const rendered = renderAbi(CONTRACTS.map(readArtifact));
  if (values.check !== true) writeFileSync(TARGET, rendered);
  else if (!existsSync(TARGET) || readFileSync(TARGET, "utf8") !== rendered) {
    console.error("client/chain/generated/abi.ts is not up to date: run node scripts/client/abi.ts");
    process.exitCode = 1;
  }
}

function readArtifact({ constant, contract, folder = "interfaces" }: (typeof CONTRACTS)[number]): AbiSource {
  const path = new URL(
    `../../artifacts/contracts/${folder}/${contract}.sol/${contract}.json`,
    import.meta.url,
  );
  const { abi } = JSON.parse(readFileSync(path, "utf8")) as { readonly abi: AbiSource["abi"] };
  return { constant, contract, abi };
}
