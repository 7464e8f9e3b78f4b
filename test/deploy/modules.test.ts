import { rmSync } from "node:fs";
import { expect } from "chai";
import { network } from "hardhat";
import { parseDeployment } from "../../client/chain/index.ts";
import dkmsModule from "../../deploy/modules/Dkms.ts";
import { readDeployment } from "../../scripts/deploy/readDeployment.ts";
import { codeOf } from "../client/support.ts";

const DEPLOYMENT_ID = "test-json-rpc";
/** Of the simulated network, and what the servers below answer. */
const CHAIN_ID = 31337n;

type Connection = Awaited<ReturnType<typeof network.create>>;

async function deploy({ ignition }: Connection, options: { readonly defaultSender?: string } = {}) {
  const { registry, verifier, didRegistry } = await ignition.deploy(dkmsModule, {
    strategy: "create2",
    ...options,
  });
  const [registryAddress, verifierAddress, didRegistryAddress] = await Promise.all(
    [registry, verifier, didRegistry].map((contract) => contract.getAddress()),
  );
  return { registry, verifier, addresses: [registryAddress, verifierAddress, didRegistryAddress] };
}

describe("deploy/modules", () => {
  describe("on the simulated network", () => {
    it("binds the verifier to the registry", async () => {
      const { registry, verifier } = await deploy(await network.create());
      expect(await verifier.getFunction("registry")()).to.equal(await registry.getAddress());
      expect(await registry.getFunction("currentGeneration")()).to.equal(0);
    });

    it("links the registry to libraries that are there", async () => {
      const connection = await network.create();
      const { registry } = await deploy(connection);
      // reaches Poseidon2, and fails if any link on the way were wrong
      expect(await registry.getFunction("policyAddress")(1, `0x${"11".repeat(32)}`)).to.be.a("bigint");
      await expect(registry.getFunction("policyOf")(1)).to.be.revertedWithCustomError(
        registry,
        "AgentPolicyUnknown",
      );
      await expect(registry.getFunction("revokedRoot")(0)).to.be.revertedWithCustomError(
        registry,
        "ProvisionedTreeEmpty",
      );
    });

    it("gives the same addresses on every chain, whoever deploys", async () => {
      const [one, two] = [await network.create(), await network.create()];
      const [, other] = await two.ethers.getSigners();
      if (other === undefined) throw new Error("the simulated network has accounts");
      const here = await deploy(one);
      const there = await deploy(two, { defaultSender: other.address });
      expect(there.addresses).to.deep.equal(here.addresses);
      expect(new Set(here.addresses).size).to.equal(3);
    });
  });

  describe("over JSON-RPC", () => {
    let server: Awaited<ReturnType<typeof network.createServer>>;
    let connection: Connection;

    before(async () => {
      server = await network.createServer("default", "127.0.0.1", 0);
      const { address, port } = await server.listen();
      connection = await network.create({
        network: "localhost",
        override: { url: `http://${address}:${port}` },
      });
    });

    after(async () => {
      await connection.close();
      await server.close();
      rmSync(new URL(`../../deploy/deployments/${DEPLOYMENT_ID}`, import.meta.url), {
        recursive: true,
        force: true,
      });
    });

    it("records addresses that are read back, and resumes without deploying twice", async () => {
      const { ignition, ethers } = connection;
      const options = { strategy: "create2", deploymentId: DEPLOYMENT_ID } as const;
      const { registry, verifier } = await ignition.deploy(dkmsModule, options);
      const deployment = readDeployment(CHAIN_ID, { deploymentId: DEPLOYMENT_ID });
      expect(deployment.registry).to.equal((await registry.getAddress()).toLowerCase());
      expect(deployment.verifier).to.equal((await verifier.getAddress()).toLowerCase());
      for (const address of [deployment.registry, deployment.verifier, deployment.didRegistry]) {
        expect(await ethers.provider.getCode(address)).to.not.equal("0x");
      }
      const block = await ethers.provider.getBlockNumber();
      await ignition.deploy(dkmsModule, options);
      expect(await ethers.provider.getBlockNumber()).to.equal(block);
    });
  });
});

describe("chain/deployment", () => {
  const complete = {
    "AgentPolicyRegistry#AgentPolicyRegistry": `0x${"11".repeat(20)}`,
    "AgentProofVerifier#AgentProofVerifier": `0x${"22".repeat(20)}`,
    "Dkms#DidRegistry": `0x${"33".repeat(20)}`,
  };

  it("takes the addresses by Ignition's ids", () => {
    expect(parseDeployment(5n, complete)).to.deep.equal({
      chainId: 5n,
      registry: `0x${"11".repeat(20)}`,
      verifier: `0x${"22".repeat(20)}`,
      didRegistry: `0x${"33".repeat(20)}`,
    });
  });

  it("refuses what is missing, unfinished or no address", () => {
    const { "Dkms#DidRegistry": _, ...unfinished } = complete;
    for (const bad of [undefined, null, 7, [], unfinished]) {
      expect(codeOf(() => parseDeployment(5n, bad))).to.equal("DEPLOYMENT_NOT_FOUND");
    }
    for (const bad of ["0x12", 7, null, {}]) {
      expect(codeOf(() => parseDeployment(5n, { ...complete, "Dkms#DidRegistry": bad }))).to.equal(
        "DEPLOYMENT_MALFORMED",
      );
    }
    expect(codeOf(() => readDeployment(999_999n))).to.equal("DEPLOYMENT_NOT_FOUND");
  });
});
