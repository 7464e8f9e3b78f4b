/** Command line of the phase 2 ceremony; docs/ceremony.md tells how people run it together. */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { CeremonyError } from "./errors.ts";
import { applyBeacon, contribute, exportCeremony, newCeremony, verifyCeremony } from "./steps.ts";
import { type TranscriptEntry, transcriptPath } from "./transcript.ts";

const USAGE = `Multi-party phase 2 for a circuit's Groth16 keys.

  npm run ceremony -- new        --r1cs <file> --ptau <file> --out <zkey>
  npm run ceremony -- contribute --in <zkey> --out <zkey> --name <who>
  npm run ceremony -- beacon     --in <zkey> --out <zkey> --value <hex> [--iterations 10] [--name beacon]
  npm run ceremony -- verify     --in <zkey> --r1cs <file> --ptau <file>
  npm run ceremony -- export     --in <zkey> --out <folder>

A zkey travels with its transcript, <name>.transcript.json, which lists every contribution.
contribute draws randomness from the operating system and mixes in a line that you may type; it takes no secret as
an argument. Nothing is ever overwritten. Exit code 0 means done or valid, 1 a fault, 2 wrong usage.`;

/** The options of each command, and whether each must be given. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  new: { r1cs: true, ptau: true, out: true },
  contribute: { in: true, out: true, name: true },
  beacon: { in: true, out: true, value: true, iterations: false, name: false },
  verify: { in: true, r1cs: true, ptau: true },
  export: { in: true, out: true },
};

class UsageError extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const [command = "--help", ...rest] = args;
  if (command === "--help" || command === "-h" || rest.includes("--help")) return console.log(USAGE);
  const known = OPTIONS[command];
  if (known === undefined) throw new UsageError(`unknown command ${command}`);
  const given = parse(known, rest);
  const option = (name: string): string => given[name] ?? "";
  switch (command) {
    case "new":
      await newCeremony({ r1cs: option("r1cs"), ptau: option("ptau"), out: option("out") });
      return console.log(
        `${option("out")} and ${transcriptPath(option("out"))} are ready for the first contributor`,
      );
    case "contribute": {
      const from = { in: option("in"), out: option("out"), name: option("name") };
      return announce(await contribute({ ...from, typed: await askForText() }), option("out"));
    }
    case "beacon": {
      const iterationsExponent = Number(given.iterations ?? "10");
      const from = { in: option("in"), out: option("out"), name: given.name ?? "beacon" };
      return announce(
        await applyBeacon({ ...from, value: option("value"), iterationsExponent }),
        option("out"),
      );
    }
    case "verify": {
      const { contributions } = await verifyCeremony({
        in: option("in"),
        r1cs: option("r1cs"),
        ptau: option("ptau"),
      });
      for (const { date, name, hash } of contributions) console.log(`${date}  ${name}\n  ${hash}`);
      return console.log(`${option("in")} is valid, with ${contributions.length} contributions`);
    }
    case "export":
      for (const path of exportCeremony({ in: option("in"), out: option("out") })) console.log(path);
  }
}

function parse(
  known: Readonly<Record<string, boolean>>,
  args: readonly string[],
): Readonly<Record<string, string>> {
  const options = Object.fromEntries(Object.keys(known).map((name) => [name, { type: "string" as const }]));
  let values: Readonly<Record<string, string | undefined>>;
  try {
    ({ values } = parseArgs({ args: [...args], options, allowPositionals: false }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const missing = Object.keys(known).find((name) => known[name] && !values[name]);
  if (missing !== undefined) throw new UsageError(`--${missing} is missing`);
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A line typed by a person, or nothing where there is no terminal: the operating system's randomness suffices. */
async function askForText(): Promise<string> {
  if (!process.stdin.isTTY) return "";
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question("Type anything to mix in, or just press Enter: ");
  } finally {
    terminal.close();
  }
}

function announce({ name, hash, date }: TranscriptEntry, out: string): void {
  console.log(
    `${date}  ${name}\nPublish this hash, so that everybody can find your contribution in the final key:`,
  );
  console.log(`  ${hash}\nHand on ${out} and ${transcriptPath(out)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof CeremonyError)) throw error;
  console.error(error.message);
  if (error instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
