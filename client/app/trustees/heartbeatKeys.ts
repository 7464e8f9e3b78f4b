import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hex32, hexToBytes } from "../../core/index.ts";
import {
  type AgentKey,
  agentKey,
  agentSignerOf,
  KEY_KINDS,
  type PolicySigner,
  type TypedData,
  typedDataDigest,
  verifySignature,
} from "../../keys/index.ts";
import { type RegistryLocation, registryDomain } from "../../policy/index.ts";
import type { CheckHeartbeatOptions, HeartbeatKey } from "../../recovery/index.ts";

/** How a policy key is named in heartbeats: the number of its kind, and its material. */
export function heartbeatKeyName({ kind, material }: AgentKey): string {
  return `${KEY_KINDS[kind]}:${material}`;
}

/** A trustee's policy key, for `answerHeartbeat`: it shows that it can sign, and signs nothing that the registry would take. */
export async function policyHeartbeatKey(
  signer: PolicySigner,
  location: RegistryLocation,
): Promise<HeartbeatKey> {
  const agent = await agentSignerOf(signer);
  return {
    key: heartbeatKeyName(agent.key),
    sign: async (bytes) => hexToBytes(await agent.sign(heartbeatTypedData(location, bytes))),
  };
}

/**
 * What `checkHeartbeat` takes to verify policy keys. A contract's signature only the chain could judge: it counts as not given.
 */
export function verifyHeartbeatKey(location: RegistryLocation): CheckHeartbeatOptions["verify"] {
  return (name, bytes, signature) => {
    const [, kind = "", material = ""] = /^([1-9]):(0x[0-9a-f]+)$/.exec(name) ?? [];
    try {
      const key = agentKey(Number(kind), material);
      const digest = typedDataDigest(heartbeatTypedData(location, bytes));
      return verifySignature(key, digest, bytesToHex(signature)) === "SIGNED";
    } catch {
      return false;
    }
  };
}

function heartbeatTypedData(location: RegistryLocation, statement: Uint8Array): TypedData {
  return {
    domain: registryDomain(location),
    types: { TrusteeHeartbeat: [{ name: "statement", type: "bytes32" }] },
    primaryType: "TrusteeHeartbeat",
    message: { statement: hex32(bytesToHex(keccak_256(statement))) },
  };
}
