import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import agentSignaturesModule from "./AgentSignatures.ts";

/** The registry with its libraries, whose addresses become part of its code: nothing can be exchanged afterwards (P1). */
export default buildModule("AgentPolicyRegistry", (m) => {
  const { agentSignatures } = m.useModule(agentSignaturesModule);
  const poseidon2 = m.library("Poseidon2");
  const hashing = { libraries: { Poseidon2: poseidon2 } };
  const provisionedTree = m.library("ProvisionedTree", hashing);
  const revokedTree = m.library("RevokedTree", hashing);
  const policyAgents = m.library("PolicyAgents", {
    libraries: { Poseidon2: poseidon2, AgentSignatures: agentSignatures },
  });
  const policyQueries = m.library("PolicyQueries");
  const registry = m.contract("AgentPolicyRegistry", [], {
    libraries: {
      AgentSignatures: agentSignatures,
      Poseidon2: poseidon2,
      ProvisionedTree: provisionedTree,
      RevokedTree: revokedTree,
      PolicyAgents: policyAgents,
      PolicyQueries: policyQueries,
    },
  });
  return { registry, agentSignatures, poseidon2, provisionedTree, revokedTree, policyAgents, policyQueries };
});
