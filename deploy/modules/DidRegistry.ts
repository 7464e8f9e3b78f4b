import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import agentSignaturesModule from "./AgentSignatures.ts";

/** The registry of DIDs with its library: no constructor arguments or rights of its deployer (P1). */
export default buildModule("DidRegistry", (m) => {
  const { agentSignatures } = m.useModule(agentSignaturesModule);
  const registry = m.contract("DidRegistry", [], { libraries: { AgentSignatures: agentSignatures } });
  return { registry, agentSignatures };
});
