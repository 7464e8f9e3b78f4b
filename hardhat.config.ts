import { createRequire } from "node:module";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import warningsAsErrors from "./scripts/hardhat/warningsAsErrors.ts";

const soljson = createRequire(import.meta.url).resolve("solc/soljson.js");

/**
 * viaIR: the registry and the verifier are too deep for the legacy pipeline. Cancun bytecode deploys everywhere. With more runs the
 * largest part of the registry outgrows its 24,576 bytes, and a grant costs 0.1 % less.
 */
const compiler = {
  version: "0.8.37",
  path: soljson,
  settings: {
    viaIR: true,
    evmVersion: "cancun",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["storageLayout"] } },
  },
} as const;

/**
 * The unrolled permutation costs three times as much under viaIR (protocol §1.2). It fits the stack as written: reuse of
 * stack slots would only add 2 % of swaps.
 */
const poseidon2 = {
  version: "0.8.37",
  path: soljson,
  settings: {
    viaIR: false,
    evmVersion: "cancun",
    optimizer: {
      enabled: true,
      runs: 1_000_000,
      details: { yul: true, yulDetails: { stackAllocation: false } },
    },
  },
} as const;

/** Small enough for more runs, without which a relayed creation costs 160 gas more than its bound. */
const didRegistry = {
  ...compiler,
  settings: { ...compiler.settings, optimizer: { enabled: true, runs: 800 } },
} as const;

/** With fewer runs p, of which every hint needs five copies, is read from the code each time: 300 gas for a hint. */
const verifier = {
  ...compiler,
  settings: { ...compiler.settings, optimizer: { enabled: true, runs: 1_000_000 } },
} as const;

const profile = {
  compilers: [compiler],
  overrides: {
    "contracts/did/DidRegistry.sol": didRegistry,
    "contracts/libraries/Poseidon2.sol": poseidon2,
    "contracts/verifier/AgentProofVerifier.sol": verifier,
  },
};

/** keccak256("dkms 0.1"): one address on every chain, as nothing in the code differs between them. */
const deploymentSalt = "0xdb7c4f1174b93e8dcc6e4dd6362119850a532dfd4d99021a7597bad1f944c94b";

export default defineConfig({
  plugins: [toolbox, warningsAsErrors],
  solidity: { profiles: { default: profile, production: profile } },
  paths: { tests: { mocha: "./test", solidity: "./test/solidity" }, ignition: "./deploy" },
  typechain: { outDir: "./types" },
  ignition: { strategyConfig: { create2: { salt: deploymentSalt } } },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    sepolia: {
      type: "http",
      chainType: "l1",
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("SEPOLIA_PRIVATE_KEY")],
    },
    baseSepolia: {
      type: "http",
      chainType: "op",
      url: configVariable("BASE_SEPOLIA_RPC_URL"),
      accounts: [configVariable("BASE_SEPOLIA_PRIVATE_KEY")],
    },
  },
  test: {
    mocha: { timeout: 120_000 },
    solidity: {
      fuzz: { runs: 128, seed: "0xd6b5" },
      invariant: { runs: 24, depth: 48, failOnRevert: true },
      // what approvers sign has one more field than what is sent: those types are defined for the tests
      eip712Types: {
        include: ["contracts/types/**", "test/solidity/harness/SignedOperations.sol"],
        exclude: [
          "contracts/types/{Authorize,Revoke,Renounce,Renew,Stop,LiftStop,VoidApprovals}.sol",
          "contracts/types/{GovernanceChange,Veto,Withdraw}.sol",
        ],
      },
    },
  },
});
