import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const HELP = `Runs every generator and fails if a committed file is not what its generator writes.

  node scripts/checks/generated.ts      (after npm run build)

Afterwards the files are as generated: commit them, or mend what they come from.
`;

/** Each generator, and the committed files that it writes. */
const GENERATORS: readonly { readonly script: string; readonly writes: readonly string[] }[] = [
  {
    script: "scripts/circuits/generatePoseidon2.ts",
    writes: [
      "contracts/libraries/Poseidon2.sol",
      "test/solidity/harness/Poseidon2Reference.sol",
      "circuits/lib/poseidon2Constants.circom",
    ],
  },
  {
    script: "scripts/verifier/generateKey.ts",
    writes: [
      "contracts/verifier/generated/AgentAuthorizationKey.sol",
      "client/proof/generated/agentAuthorizationKey.ts",
    ],
  },
  { script: "scripts/client/abi.ts", writes: ["client/chain/generated/abi.ts"] },
  { script: "scripts/client/exports.ts", writes: ["test/client/exports.txt"] },
  { script: "scripts/vectors/commitments.ts", writes: ["test/vectors/commitments.json"] },
  { script: "scripts/vectors/poseidon2.ts", writes: ["test/vectors/poseidon2.json"] },
];

const { values } = parseArgs({ options: { help: { type: "boolean" } } });
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}

const stale: string[] = [];
for (const { script, writes } of GENERATORS) {
  const before = writes.map((file) => readFileSync(file, "utf8"));
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  if (status !== 0) {
    console.error(`${script} failed:\n${stderr}`);
    process.exit(1);
  }
  writes.forEach((file, i) => {
    if (readFileSync(file, "utf8") !== before[i]) stale.push(`${file} (by ${script})`);
  });
}
for (const file of stale) console.error(`not up to date: ${file}`);
if (stale.length > 0) process.exit(1);
console.log(`generated files: all ${GENERATORS.flatMap(({ writes }) => writes).length} up to date`);
