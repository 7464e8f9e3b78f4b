import { inspect } from "node:util";
import { expect } from "chai";
import { c4, DOMAIN, fieldElement } from "../../../client/core/index.ts";
import {
  AGENT_AUTHORIZATION_KEY,
  AGENT_AUTHORIZATION_KEY_HASH,
  type AgentWitness,
  canonicalInputs,
  circuitInputs,
  hiddenInputs,
  type PrepareOptions,
  type Prover,
  prepare,
  verifyingKey,
  witnessRoots,
} from "../../../client/proof/index.ts";
import { damagedProver, realProver } from "./artifacts.ts";
import { check, NOW, newCredential, request, scenario, show } from "./support.ts";
import { trapdoorKey } from "./trapdoor.ts";

const NONE = (1n << 40n) - 1n;

async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return "accepted";
}

describe("proof/prepare with the real circuit", () => {
  const key = verifyingKey(AGENT_AUTHORIZATION_KEY, AGENT_AUTHORIZATION_KEY_HASH);
  const credential = newCredential();
  const empty = c4(DOMAIN.revocationWord, 0n, 0n, 0n);
  const witness: AgentWitness = {
    index: 6,
    expiry: NONE,
    provisionedSiblings: [11n, 12n, 13n, 14n, 15n, 16n].map((node) => fieldElement(node)),
    word: 0b1010_1111n | (1n << 255n),
    revokedSiblings: [empty, empty, empty],
  };
  const roots = witnessRoots(credential, hiddenInputs(credential).reveal().policy, witness);
  const inputs = canonicalInputs({
    now: NOW,
    finalityDelay: 0n,
    checkpoints: [{ root: roots.provisionedRoot, generation: 0, size: 9, time: 1n }],
    revocationRoots: [{ root: roots.revokedRoot, generation: 0, version: 1n, depth: 1, time: 1n }],
    leaf: { generation: 0, index: witness.index, expiry: witness.expiry },
    window: 3600n,
  });
  const never: Prover = {
    prove: () => Promise.reject(new Error("must not be asked")),
    close: () => Promise.resolve(),
  };
  const options = (changes: Partial<PrepareOptions>): PrepareOptions => ({
    credential,
    witness,
    inputs,
    key,
    prover: never,
    ...changes,
  });

  for (const thread of ["worker", "caller"] as const) {
    it(`proves in the ${thread}'s thread, tells its progress, and the proof presents`, async () => {
      const prover = realProver({ thread });
      const stages: string[] = [];
      const onProgress = (stage: string) => void stages.push(stage);
      const authorization = await prepare(options({ prover, onProgress }));
      await prover.close();
      expect(stages).to.deep.equal(["witness", "proof", "check", "done"]);
      const s = { ...scenario(), key, credential, authorization };
      const asked = request();
      expect(check(s, asked, show(s, asked)).device).to.match(/^0x/);
    });
  }

  it("proves with a single thread", async () => {
    const prover = realProver({ thread: "caller", singleThread: true });
    expect(await rejection(prepare(options({ prover })))).to.equal("accepted");
    await prover.close();
  });

  it("refuses a revoked agent before asking the prover", async () => {
    const revoked = { ...witness, word: witness.word | (1n << 6n) };
    expect(await rejection(prepare(options({ witness: revoked })))).to.equal("AGENT_REVOKED");
  });

  it("refuses a witness of other roots, another index or another expiry before asking the prover", async () => {
    for (const change of [
      { word: witness.word ^ 1n },
      { index: 4 },
      { expiry: 3600n * 9n },
      { provisionedSiblings: witness.provisionedSiblings.with(0, fieldElement(99n)) },
    ]) {
      const changed = { ...witness, ...change };
      expect(await rejection(prepare(options({ witness: changed })))).to.equal("WITNESS_ROOT_MISMATCH");
    }
    expect(await rejection(prepare(options({ credential: newCredential() })))).to.equal(
      "WITNESS_ROOT_MISMATCH",
    );
  });

  it("refuses a malformed witness", async () => {
    const nodes = (count: number) => Array.from({ length: count }, () => fieldElement(0n));
    for (const change of [
      { provisionedSiblings: nodes(0) },
      { provisionedSiblings: nodes(2) },
      { provisionedSiblings: nodes(39) },
      { revokedSiblings: nodes(27) },
      { word: 1n << 256n },
      { word: -1n },
    ]) {
      const changed = { ...witness, ...change };
      expect(await rejection(prepare(options({ witness: changed })))).to.equal("WITNESS_MALFORMED");
    }
    const unhourly = { ...witness, expiry: NONE - 1n };
    expect(await rejection(prepare(options({ witness: unhourly })))).to.equal("EXPIRY_MALFORMED");
  });

  it("tells what the circuit refuses from what the prover cannot do, without a word on the inputs", async () => {
    const bad = { ...circuitInputs(credential, witness, inputs.validUntil), validUntil: NONE + 1n };
    for (const [prover, given, code] of [
      [realProver(), bad, "WITNESS_REJECTED"],
      [damagedProver(), { ...bad, validUntil: inputs.validUntil }, "PROVER_FAILED"],
    ] as const) {
      try {
        await prover.prove(given);
        expect.fail("must reject");
      } catch (error) {
        expect(error).to.include({ code });
        expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain(bad.secret.toString());
      }
      await prover.close();
    }
  });

  it("refuses a proof that does not hold under the key", async () => {
    const prover = realProver();
    const other = verifyingKey(trapdoorKey().coordinates);
    expect(await rejection(prepare(options({ prover, key: other })))).to.equal("BASE_PROOF_INVALID");
    await prover.close();
  });

  it("refuses a prover whose circuit computes other public inputs", async () => {
    const { proof } = { proof: trapdoorKey().prove([1n, 2n, 3n, 4n, 5n, 6n]) };
    const prover: Prover = {
      prove: () =>
        Promise.resolve({ proof, publicInputs: [1n, 2n, 3n, 4n, 5n, 6n].map((x) => fieldElement(x)) }),
      close: () => Promise.resolve(),
    };
    expect(await rejection(prepare(options({ prover })))).to.equal("BASE_PROOF_INVALID");
  });

  it("can be aborted while it waits and while it proves, and the next one works", async () => {
    const prover = realProver();
    const running = new AbortController();
    const waiting = new AbortController();
    const first = rejection(prepare(options({ prover, signal: running.signal })));
    const second = rejection(prepare(options({ prover, signal: waiting.signal })));
    waiting.abort();
    setTimeout(() => running.abort(), 50);
    expect(await first).to.equal("PROVER_ABORTED");
    expect(await second).to.equal("PROVER_ABORTED");
    expect(await rejection(prepare(options({ prover })))).to.equal("accepted");
    await prover.close();
  });

  it("rejects work in progress and new work once closed", async () => {
    const prover = realProver();
    const running = rejection(prepare(options({ prover })));
    setTimeout(() => void prover.close(), 50);
    expect(await running).to.equal("PROVER_CLOSED");
    expect(await rejection(prepare(options({ prover })))).to.equal("PROVER_CLOSED");
  });

  it("moves L3 with validUntil and none of the others: the order of the public signals", async () => {
    const prover = realProver({ thread: "caller" });
    const at = async (validUntil: bigint) =>
      (await prover.prove(circuitInputs(credential, witness, validUntil))).publicInputs;
    const [first, second] = [await at(1000n), await at(2000n)];
    await prover.close();
    const hidden = hiddenInputs(credential).reveal();
    const rest = [hidden.policy, hidden.ownerKey, hidden.deviceKey];
    expect(first).to.deep.equal([roots.provisionedRoot, roots.revokedRoot, 1000n, ...rest]);
    expect(second).to.deep.equal([roots.provisionedRoot, roots.revokedRoot, 2000n, ...rest]);
  });
});
