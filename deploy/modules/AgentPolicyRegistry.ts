import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The registry with its libraries, whose addresses become part of its code: nothing can be exchanged afterwards (P1). */
export default buildModule("AgentPolicyRegistry", (m) => {
  const poseidon2 = m.library("Poseidon2");
  const hashing = { libraries: { Poseidon2: poseidon2 } };
  const provisionedTree = m.library("ProvisionedTree", hashing);
  const revokedTree = m.library("RevokedTree", hashing);
  const policyAgents = m.library("PolicyAgents", hashing);
  const policyQueries = m.library("PolicyQueries");
  const registry = m.contract("AgentPolicyRegistry", [], {
    libraries: {
      Poseidon2: poseidon2,
      ProvisionedTree: provisionedTree,
      RevokedTree: revokedTree,
      PolicyAgents: policyAgents,
      PolicyQueries: policyQueries,
    },
  });
  return { registry, poseidon2, provisionedTree, revokedTree, policyAgents, policyQueries };
});
