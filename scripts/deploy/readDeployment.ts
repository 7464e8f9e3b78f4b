import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ChainError, type Deployment, parseDeployment } from "../../client/chain/index.ts";

const DEPLOYMENTS = fileURLToPath(new URL("../../deploy/deployments", import.meta.url));

/**
 * Reads what `npm run deploy` recorded of a chain.
 *
 * @param chainId The chain.
 * @param options.directory Ignition's deployments, `deploy/deployments` unless told.
 * @param options.deploymentId Ignition's name for the deployment, `chain-<id>` unless told.
 * @throws {ChainError} DEPLOYMENT_NOT_FOUND if nothing was deployed there, or not all of it; DEPLOYMENT_MALFORMED
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

function readAddresses(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ChainError(
      "DEPLOYMENT_NOT_FOUND",
      `no deployment at ${path}: run npm run deploy -- --network <name>`,
      { cause },
    );
  }
}
