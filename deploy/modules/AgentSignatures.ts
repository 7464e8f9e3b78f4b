import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The library that checks signatures for both registries. */
export default buildModule("AgentSignatures", (m) => ({ agentSignatures: m.library("AgentSignatures") }));
