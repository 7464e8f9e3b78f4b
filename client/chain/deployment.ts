import { type Hex20, hex20 } from "../core/index.ts";
import { ChainError } from "./errors.ts";

/** Where the contracts of one chain are. */
export type Deployment = {
  readonly chainId: bigint;
  readonly registry: Hex20;
  readonly verifier: Hex20;
  readonly didRegistry: Hex20;
};

/** Ignition's ids of the contracts: the module that deploys each, and its name. */
const IDS = {
  registry: "AgentPolicyRegistry#AgentPolicyRegistry",
  verifier: "AgentProofVerifier#AgentProofVerifier",
  didRegistry: "Dkms#DidRegistry",
} as const;

/**
 * Takes the addresses of a deployment out of Ignition's `deployed_addresses.json`.
 *
 * @param addresses The parsed file; browsers import it.
 * @throws {ChainError} DEPLOYMENT_NOT_FOUND if a contract is missing; DEPLOYMENT_MALFORMED if it has no address
 * @example const { registry } = parseDeployment(11155111n, JSON.parse(text));
 */
export function parseDeployment(chainId: bigint, addresses: unknown): Deployment {
  const listed = new Map<string, unknown>(
    typeof addresses === "object" && addresses !== null ? Object.entries(addresses) : [],
  );
  const address = (name: keyof typeof IDS): Hex20 => addressOf(listed, IDS[name]);
  return {
    chainId,
    registry: address("registry"),
    verifier: address("verifier"),
    didRegistry: address("didRegistry"),
  };
}

function addressOf(listed: ReadonlyMap<string, unknown>, id: string): Hex20 {
  const value = listed.get(id);
  if (value === undefined) {
    throw new ChainError("DEPLOYMENT_NOT_FOUND", `no address of ${id}: finish the deployment`, {
      details: { contract: id },
    });
  }
  try {
    return hex20(String(value));
  } catch {
    throw new ChainError("DEPLOYMENT_MALFORMED", `${id} has something else than an address`, {
      details: { contract: id },
    });
  }
}
