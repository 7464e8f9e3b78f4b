import type { network } from "hardhat";
import { c4, DOMAIN, type FieldElement, fieldElement, type Hex20, hex20 } from "../../client/core/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  type AgentCredential,
  type AgentWitness,
  type ContractPresentation,
  canonicalInputs,
  contractAudience,
  hiddenInputs,
  type PreparedAuthorization,
  type PresentationContext,
  prepare,
  type VerifyingKey,
  verifyingKey,
  witnessRoots,
} from "../../client/proof/index.ts";
import type { PresentationConsumer, RootsMock } from "../../types/mocks/index.ts";
import type { AgentProofVerifier } from "../../types/verifier/index.ts";
import { realProver } from "../client/proof/artifacts.ts";
import { newCredential } from "../client/proof/support.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

/** What `RootStatus` of the contracts is. */
export const STATUS = { UNKNOWN: 0, CURRENT: 1, SUPERSEDED: 2 } as const;

export const GENERATION = 3;
export const SIZE = 1000;

/** An agent with a real proof under roots of a tree of its own, whose status tests set at will. */
export type Stage = {
  readonly key: VerifyingKey;
  readonly credential: AgentCredential;
  readonly authorization: PreparedAuthorization;
  readonly roots: { readonly provisionedRoot: FieldElement; readonly revokedRoot: FieldElement };
};

/** One second of work: makes a proof that is valid for the two hours that begin at `now`. */
export async function realStage(now: bigint): Promise<Stage> {
  const key = verifyingKey(AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH);
  const credential = newCredential();
  const empty = c4(DOMAIN.revocationWord, 0n, 0n, 0n);
  const witness: AgentWitness = {
    index: 2,
    expiry: (1n << 40n) - 1n,
    provisionedSiblings: [1n, 2n, 3n].map((node) => fieldElement(node)),
    word: 1n,
    revokedSiblings: [empty, empty, empty],
  };
  const roots = witnessRoots(credential, hiddenInputs(credential).reveal().policy, witness);
  const inputs = canonicalInputs({
    now,
    finalityDelay: 0n,
    checkpoints: [{ root: roots.provisionedRoot, generation: GENERATION, size: SIZE, time: 1n }],
    revocationRoots: [{ root: roots.revokedRoot, generation: GENERATION, version: 1n, depth: 1, time: 1n }],
    leaf: { generation: GENERATION, index: witness.index, expiry: witness.expiry },
    window: 3600n,
  });
  const prover = realProver({ thread: "caller" });
  const authorization = await prepare({ credential, witness, inputs, key, prover });
  await prover.close();
  return { key, credential, authorization, roots };
}

/** A contract that has presentations verified. */
export async function deployConsumer(
  ethers: Connection["ethers"],
  verifier: AgentProofVerifier,
): Promise<PresentationConsumer> {
  const consumer: unknown = await ethers.deployContract("PresentationConsumer", [
    await verifier.getAddress(),
  ]);
  return consumer as PresentationConsumer;
}

/** Verifier, roots and consumer on a chain; the roots of `stage` are good. */
export async function deployVerifier({ ethers }: Connection, stage: Stage) {
  const roots: unknown = await ethers.deployContract("RootsMock");
  const registry = roots as RootsMock;
  const proofs: unknown = await ethers.deployContract("AgentProofVerifier", [await registry.getAddress()]);
  const verifier = proofs as AgentProofVerifier;
  const consumer = await deployConsumer(ethers, verifier);
  await registry.setCheckpoint(stage.roots.provisionedRoot, { generation: GENERATION, size: SIZE, time: 1 });
  await registry.setRevoked(GENERATION, stage.roots.revokedRoot, STATUS.CURRENT, 0);
  const address = async (contract: { getAddress(): Promise<string> }): Promise<Hex20> =>
    hex20(await contract.getAddress());
  const context: PresentationContext = {
    chainId: (await ethers.provider.getNetwork()).chainId,
    registry: await address(registry),
    verifier: await address(verifier),
    audience: contractAudience(await address(consumer)),
  };
  return { registry, verifier, consumer, context, address };
}

/** ethers' types want mutable tuples. */
export function struct({
  a,
  b,
  c,
  h,
  ownerPseudonym,
  devicePseudonym,
  hints,
  ...rest
}: ContractPresentation) {
  const pair = ([x, y]: readonly [bigint, bigint]): [bigint, bigint] => [x, y];
  return {
    ...rest,
    a: pair(a),
    b: [...b] as [bigint, bigint, bigint, bigint],
    c: pair(c),
    h: pair(h),
    ownerPseudonym: pair(ownerPseudonym),
    devicePseudonym: pair(devicePseudonym),
    hints: [...hints],
  };
}
