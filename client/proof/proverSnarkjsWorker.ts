/** The thread that SnarkjsProver starts: answers each message with a proof. Web Worker or Node's worker thread. */
import type { CircuitInputs } from "./circuitInputs.ts";
import { proveOnce, type SnarkArtifacts } from "./proverSnarkjsJob.ts";

type Job = { readonly artifacts: SnarkArtifacts; readonly inputs: CircuitInputs };

async function listen(): Promise<void> {
  if (typeof globalThis.addEventListener === "function" && typeof globalThis.postMessage === "function") {
    globalThis.addEventListener("message", async ({ data }: MessageEvent<Job>) => {
      globalThis.postMessage(await proveOnce(data.artifacts, data.inputs));
    });
    return;
  }
  const { parentPort } = await import("node:worker_threads");
  parentPort?.on("message", async ({ artifacts, inputs }: Job) => {
    parentPort.postMessage(await proveOnce(artifacts, inputs));
  });
}

await listen();
