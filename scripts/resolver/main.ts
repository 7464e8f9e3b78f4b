/** Serves did:dkms to DIF's Universal Resolver and everyone else over HTTP. See --help. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { driver, driverConfig, startServer } from "../../client/driver/index.ts";

const HELP = `usage: npm run resolver -- --config <file> [--host <address>] [--port <number>]

Serves GET /1.0/identifiers/{did}, /1.0/properties, /1.0/methods, /1.0/traits, /health and /health/ready.

  --config  JSON: { "networks": [{ "chainId": 11155111, "name": "sepolia", "registry": "0x...", "rpcUrl": "https://..." }] }
            a network may also have deploymentBlock, finalitySeconds, maxHistoryReads, timeoutMs;
            the file may also have keyFormat, cacheEntries, maxConcurrent, testIdentifiers
  --host    127.0.0.1 unless told otherwise; put a proxy with TLS in front of any other
  --port    8080 unless told otherwise
`;

await main().catch((error: unknown) => {
  console.error(`resolver: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8080" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(HELP);
  if (values.config === undefined) throw new Error("--config is missing; see --help");
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--port is a number below 65536");

  const app = driver({
    ...driverConfig(readFileSync(values.config, "utf8")),
    onUnexpected: (error) => console.error("resolver: unexpected", error),
  });
  const server = await startServer({ app, host: values.host, port });
  console.log(`resolver: listening on ${server.url}`);
  let closing = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A second signal is a person who does not want to wait.
      if (closing) process.exit(1);
      closing = true;
      console.log("resolver: finishing requests in flight");
      void server.close().then(() => console.log("resolver: closed"));
    });
  }
}
