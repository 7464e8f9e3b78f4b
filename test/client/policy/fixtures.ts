import { Wallet } from "ethers";
import { hex20 } from "../../../client/core/index.ts";
import { agentSecretsFrom, keyIdOf, policySecretsFrom, secp256k1Key } from "../../../client/keys/index.ts";
import {
  commitToAgentSecrets,
  commitToPolicySecrets,
  creatorOf,
  policyAddress,
  type RegistryLocation,
} from "../../../client/policy/index.ts";

export const NOW = 1_767_225_600n; // 2026-01-01 00:00 UTC

export const LOCATION: RegistryLocation = {
  chainId: 31337n,
  registry: hex20("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
};

/** A wallet with a fixed key, its agent key and id, and a commitment. */
export function agent(seed: number) {
  const wallet = new Wallet(`0x${seed.toString(16).padStart(64, "0")}`);
  const key = secp256k1Key(wallet.address);
  const secrets = agentSecretsFrom({ secret: BigInt(seed), blinding: BigInt(seed) + 1n });
  return { wallet, key, id: keyIdOf(key), commitment: commitToAgentSecrets(secrets) };
}

export const OWNER = commitToPolicySecrets(policySecretsFrom({ secret: 5n, salt: 6n }));
export const PHONE = agent(1);
export const LAPTOP = agent(2);
export const SERVER = agent(3);
export const POLICY = policyAddress(OWNER, creatorOf(LOCATION, PHONE.id));
export const CONTEXT = { policy: POLICY, epoch: 1, proposer: PHONE.id, nonce: 0n, now: NOW };
