import { parseArgs } from "node:util";
import { benchCircuit } from "./circuit.ts";
import { benchDid } from "./did.ts";
import { benchGas } from "./gas.ts";
import { benchGovernance } from "./governance.ts";
import { benchProof } from "./proof.ts";
import { benchRecovery } from "./recovery.ts";
import { benchResolve } from "./resolve.ts";
import { benchSharing } from "./sharing.ts";
import { missed, renderTable, rowsOf } from "./table.ts";
import { TARGETS } from "./targets.ts";
import { benchWallet } from "./wallet.ts";

const HELP = `Measures size, gas and time, and prints a table on stderr.

  npm run bench                 the table
  npm run -s bench -- --json    and one JSON object as the last line of stdout
`;

const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}

const circuit = benchCircuit();
const { time, verify } = await benchProof();
const figures = {
  circuit,
  gas: { ...(await benchGas()), verify },
  time,
  governance: await benchGovernance(),
  did: await benchDid(),
  resolve: await benchResolve(),
  recovery: await benchRecovery(),
  wallet: { ...(await benchWallet()), ...(await benchSharing()) },
};
const rows = rowsOf(figures, TARGETS);
console.error(renderTable(rows));
for (const { name, value, target } of missed(rows))
  console.error(`missed: ${name} is ${value}, not ${target}`);
if (values.json === true) console.log(JSON.stringify(figures));
process.exit(0);
