import { parseArgs } from "node:util";
import { tellStory } from "./story.ts";
import { Timeline } from "./timeline.ts";

const HELP = `Tells the whole story on a chain in this process: authorize, prove, revoke.

  npm run demo                 a timeline with times and gas
  npm run -s demo -- --json    and, as the last line, one JSON object
`;

const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean" } } });
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}

const timeline = new Timeline((line) => console.log(line));
try {
  const report = await tellStory(timeline);
  if (values.json === true) console.log(JSON.stringify({ ok: true, ...report, steps: timeline.steps }));
  else console.log("\nEverything went as told. Read on in README.md.");
  process.exit(0);
} catch (error) {
  console.error(error);
  if (values.json === true) console.log(JSON.stringify({ ok: false, steps: timeline.steps }));
  process.exit(1);
}
