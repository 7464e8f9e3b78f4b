import { type Hex20, hex20 } from "../core/index.ts";
import { ChainError } from "./errors.ts";

/**
 * The address of a contract in an Ignition deployment.
 *
 * @param deployedAddresses The text of `deployed_addresses.json` in the deployment's folder.
 * @param contract Its name; the module's name is the same unless it is given as `Module#Contract`.
 * @throws {ChainError} DEPLOYMENT_MALFORMED, DEPLOYMENT_NOT_FOUND
 * @example const address = deployedAddress(await readFile(path, "utf8"), "AgentPolicyRegistry");
 */
export function deployedAddress(deployedAddresses: string, contract: string): Hex20 {
  const id = contract.includes("#") ? contract : `${contract}#${contract}`;
  const address = parseAddresses(deployedAddresses).get(id);
  if (address === undefined) {
    throw new ChainError("DEPLOYMENT_NOT_FOUND", `the deployment has no ${id}`, {
      details: { contract: id },
    });
  }
  try {
    return hex20(String(address));
  } catch {
    throw malformed();
  }
}

function parseAddresses(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return new Map<string, unknown>(Object.entries(value));
  } catch {
    // Reported below, as every other malformed text.
  }
  throw malformed();
}

function malformed(): ChainError {
  return new ChainError("DEPLOYMENT_MALFORMED", "this is no deployed_addresses.json of Ignition");
}
