import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Hex20, hex20 } from "../../client/core/index.ts";

/** A deployment that is missing or incomplete; the message says what to do. */
export class DeploymentError extends Error {}

/** Where the contracts of one chain are. */
export type Deployment = {
  readonly chainId: bigint;
  readonly registry: Hex20;
  readonly verifier: Hex20;
  readonly didRegistry: Hex20;
};

/** Ignition's ids of the contracts: the module that deploys each, and its name. */
const FUTURES = {
  registry: "AgentPolicyRegistry#AgentPolicyRegistry",
  verifier: "AgentProofVerifier#AgentProofVerifier",
  didRegistry: "Dkms#DidRegistry",
} as const;

const DEPLOYMENTS = fileURLToPath(new URL("../../deploy/deployments", import.meta.url));

/**
 * Reads what `npm run deploy` recorded of a chain.
 *
 * @param chainId The chain.
 * @param options.directory Ignition's deployments, `deploy/deployments` unless told.
 * @param options.deploymentId Ignition's name for the deployment, `chain-<id>` unless told.
 * @throws {DeploymentError} If nothing was deployed there, or not all of it.
 *
 * @example const { registry } = readDeployment(11155111n);
 */
export function readDeployment(
  chainId: bigint,
  options: { readonly directory?: string; readonly deploymentId?: string } = {},
): Deployment {
  const { directory = DEPLOYMENTS, deploymentId = `chain-${chainId}` } = options;
  return parseDeployment(chainId, readAddresses(`${directory}/${deploymentId}/deployed_addresses.json`));
}

/**
 * Takes the addresses out of Ignition's `deployed_addresses.json`.
 *
 * @throws {DeploymentError} If one is missing or no address.
 */
export function parseDeployment(chainId: bigint, addresses: unknown): Deployment {
  const address = (name: keyof typeof FUTURES): Hex20 => {
    const id = FUTURES[name];
    const value = isRecord(addresses) ? addresses[id] : undefined;
    if (typeof value !== "string") throw new DeploymentError(`no address of ${id}: finish the deployment`);
    try {
      return hex20(value);
    } catch (cause) {
      throw new DeploymentError(`${id} has no address, but ${value}`, { cause });
    }
  };
  return {
    chainId,
    registry: address("registry"),
    verifier: address("verifier"),
    didRegistry: address("didRegistry"),
  };
}

function readAddresses(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new DeploymentError(`no deployment at ${path}: run npm run deploy -- --network <name>`, { cause });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
