import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import verifierModule from "./AgentProofVerifier.ts";
import agentSignaturesModule from "./AgentSignatures.ts";

/** All contracts of one chain. `npm run deploy -- --network <name>` deploys it by CREATE2. */
export default buildModule("Dkms", (m) => {
  const { registry, verifier } = m.useModule(verifierModule);
  const { agentSignatures } = m.useModule(agentSignaturesModule);
  const didRegistry = m.contract("DidRegistry", [], { libraries: { AgentSignatures: agentSignatures } });
  return { registry, verifier, didRegistry };
});
