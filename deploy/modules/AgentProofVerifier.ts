import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import registryModule from "./AgentPolicyRegistry.ts";

/** The verifier, bound for ever to the registry of the same deployment. */
export default buildModule("AgentProofVerifier", (m) => {
  const { registry } = m.useModule(registryModule);
  const verifier = m.contract("AgentProofVerifier", [registry]);
  return { registry, verifier };
});
