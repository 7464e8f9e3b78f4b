import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The registry of DIDs: one contract without libraries, constructor arguments or rights of its deployer (P1). */
export default buildModule("DidRegistry", (m) => ({ registry: m.contract("DidRegistry") }));
