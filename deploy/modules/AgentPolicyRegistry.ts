import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import agentSignaturesModule from "./AgentSignatures.ts";

/**
 * The registry with its parts and libraries, whose addresses become part of its code: nothing can be exchanged
 * afterwards (P1).
 */
export default buildModule("AgentPolicyRegistry", (m) => {
  const { agentSignatures } = m.useModule(agentSignaturesModule);
  const poseidon2 = m.library("Poseidon2");
  const hashing = { libraries: { Poseidon2: poseidon2 } };
  const checking = { libraries: { AgentSignatures: agentSignatures } };
  const provisionedTree = m.library("ProvisionedTree", hashing);
  const revokedTree = m.library("RevokedTree", hashing);
  const trees = { ProvisionedTree: provisionedTree, RevokedTree: revokedTree };
  const policyAgents = m.library("PolicyAgents", {
    libraries: { Poseidon2: poseidon2, AgentSignatures: agentSignatures },
  });
  const policySafeguards = m.library("PolicySafeguards", checking);
  const policyQueries = m.library("PolicyQueries");
  const parts = { libraries: { AgentSignatures: agentSignatures, RevokedTree: revokedTree } };
  const trustees = m.contract("AgentPolicyTrustees", [], {
    libraries: { ...trees, AgentSignatures: agentSignatures, PolicyAgents: policyAgents },
  });
  const recovery = m.contract("AgentPolicyRecovery", [trustees], parts);
  const governance = m.contract("AgentPolicyGovernance", [recovery], parts);
  const registry = m.contract("AgentPolicyRegistry", [governance], {
    libraries: {
      ...trees,
      AgentSignatures: agentSignatures,
      Poseidon2: poseidon2,
      PolicyAgents: policyAgents,
      PolicySafeguards: policySafeguards,
      PolicyQueries: policyQueries,
    },
  });
  return {
    registry,
    governance,
    recovery,
    trustees,
    agentSignatures,
    poseidon2,
    provisionedTree,
    revokedTree,
    policyAgents,
    policySafeguards,
    policyQueries,
  };
});
