import { readFileSync } from "node:fs";
import { expect } from "chai";
import { hex, hex20, hexToBytes, SCALAR_MODULUS } from "../../../client/core/index.ts";
import {
  agentSecretsFrom,
  derivePolicySecrets,
  keyIdOf,
  linkSecretFrom,
  policyLabel,
  policySecretsFrom,
  secp256k1Key,
} from "../../../client/keys/index.ts";
import {
  commitToAgentSecrets,
  commitToPolicySecrets,
  creatorOf,
  expiry,
  NO_EXPIRY,
  ownerCommitment,
  policyAddress,
  policyId,
  proverLeaf,
  secretCommitment,
} from "../../../client/policy/index.ts";
import { codeOf } from "../support.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/commitments.json", import.meta.url), "utf8"),
) as {
  policySecrets: {
    input: { linkSecret: string; label: string };
    output: { secret: string; salt: string };
  };
  secretCommitment: { input: { secret: string; blinding: string }; output: string };
  ownerCommitment: { input: { secret: string; salt: string }; output: string };
  policyAddress: {
    input: { chainId: number; registry: string; creatorKey: string; ownerCommitment: string };
    output: { creatorKeyId: string; creator: string; policy: string };
  };
  leaves: {
    name: string;
    input: { policy: string; commitment: string; index: number; expiry: number };
    output: string;
  }[];
};

describe("policy/identifiers", () => {
  it("derives policy secrets as other libraries do", () => {
    const { input, output } = vectors.policySecrets;
    const link = linkSecretFrom(hexToBytes(hex(input.linkSecret)));
    const { secret, salt } = derivePolicySecrets(link, policyLabel(input.label));
    expect([secret.reveal(), salt.reveal()]).to.deep.equal([BigInt(output.secret), BigInt(output.salt)]);
  });

  it("commits to agent and policy secrets as other libraries do", () => {
    const agent = vectors.secretCommitment.input;
    const secrets = agentSecretsFrom({ secret: BigInt(agent.secret), blinding: BigInt(agent.blinding) });
    expect(commitToAgentSecrets(secrets)).to.equal(BigInt(vectors.secretCommitment.output));
    const owner = vectors.ownerCommitment.input;
    expect(
      commitToPolicySecrets(policySecretsFrom({ secret: BigInt(owner.secret), salt: BigInt(owner.salt) })),
    ).to.equal(BigInt(vectors.ownerCommitment.output));
  });

  it("computes creator and policy address as other libraries do", () => {
    const { input, output } = vectors.policyAddress;
    const keyId = keyIdOf(secp256k1Key(input.creatorKey));
    const creator = creatorOf({ chainId: BigInt(input.chainId), registry: hex20(input.registry) }, keyId);
    expect(keyId).to.equal(output.creatorKeyId);
    expect(creator).to.equal(BigInt(output.creator));
    expect(policyAddress(ownerCommitment(BigInt(input.ownerCommitment)), creator)).to.equal(
      BigInt(output.policy),
    );
  });

  it("gives other addresses on other chains, registries and for other creators", () => {
    const registry = hex20(vectors.policyAddress.input.registry);
    const keyId = keyIdOf(secp256k1Key(vectors.policyAddress.input.creatorKey));
    const other = keyIdOf(secp256k1Key(registry));
    const all = [
      creatorOf({ chainId: 1n, registry }, keyId),
      creatorOf({ chainId: 2n, registry }, keyId),
      creatorOf({ chainId: 1n, registry: hex20(`0x${"11".repeat(20)}`) }, keyId),
      creatorOf({ chainId: 1n, registry }, other),
    ];
    expect(new Set(all).size).to.equal(4);
  });

  for (const { name, input, output } of vectors.leaves) {
    it(`computes the leaf of ${name}`, () => {
      const leaf = proverLeaf({
        policy: policyId(BigInt(input.policy)),
        commitment: secretCommitment(BigInt(input.commitment)),
        index: input.index,
        expiry: expiry(BigInt(input.expiry)),
      });
      expect(leaf).to.equal(BigInt(output));
    });
  }

  for (const index of [-1, 2 ** 24, 1.5, Number.NaN]) {
    it(`refuses the index ${index}`, () => {
      const leaf = { policy: policyId(1n), commitment: secretCommitment(1n), index, expiry: NO_EXPIRY };
      expect(codeOf(() => proverLeaf(leaf))).to.equal("INDEX_OUT_OF_RANGE");
    });
  }

  for (const bad of [0n, -1n, SCALAR_MODULUS, 2n ** 256n]) {
    it(`refuses ${bad} as policy address or commitment`, () => {
      expect(codeOf(() => policyId(bad))).to.equal("POLICY_ID_MALFORMED");
      expect(codeOf(() => secretCommitment(bad))).to.equal("COMMITMENT_MALFORMED");
      expect(codeOf(() => ownerCommitment(bad))).to.equal("COMMITMENT_MALFORMED");
    });
  }
});
