import { expect } from "chai";
import { fieldElement, isDkmsError } from "../../../client/core/index.ts";
import {
  AuthorizationKeeper,
  type CanonicalInputs,
  canonicalInputs,
  importAuthorization,
  type KeeperOptions,
  type PreparedAuthorization,
  ProofError,
} from "../../../client/proof/index.ts";
import { NOW, scenario } from "./support.ts";

const NONE = (1n << 40n) - 1n;

function inputsOf(root: bigint): CanonicalInputs {
  return canonicalInputs({
    now: NOW,
    finalityDelay: 0n,
    checkpoints: [{ root: fieldElement(root), generation: 0, size: 9, time: 1n }],
    revocationRoots: [{ root: fieldElement(1n), generation: 0, version: 1n, depth: 1, time: 1n }],
    leaf: { generation: 0, index: 1, expiry: NONE },
    window: 3600n,
  });
}

/** A chain and a prover under the test's control. */
function bench(options: Partial<KeeperOptions> = {}) {
  const exported = scenario().authorization.export();
  const state = {
    now: inputsOf(1n),
    before: undefined as CanonicalInputs | undefined,
    running: 0,
    most: 0,
    made: [] as bigint[],
    failure: undefined as Error | undefined,
    errors: [] as unknown[],
  };
  const keeper = new AuthorizationKeeper({
    inputs: () => Promise.resolve({ now: state.now, before: state.before }),
    prepare: async (inputs, signal): Promise<PreparedAuthorization> => {
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      state.running -= 1;
      if (signal.aborted) throw new ProofError("PROVER_ABORTED", "aborted");
      if (state.failure !== undefined) throw state.failure;
      state.made.push(inputs.provisionedRoot);
      return importAuthorization(exported);
    },
    onError: (error) => void state.errors.push(error),
    pace: 0.02,
    ...options,
  });
  return { keeper, state };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition(), "did not happen within 2 s").to.equal(true);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return isDkmsError(error) ? error.code : String(error);
  }
  return "accepted";
}

describe("proof/keeper", () => {
  it("prepares once for the same inputs, however many ask at a time", async () => {
    const { keeper, state } = bench();
    const all = await Promise.all([keeper.get(), keeper.get(), keeper.get()]);
    expect(new Set(all).size).to.equal(1);
    expect(state.made).to.deep.equal([1n]);
  });

  it("prepares anew when the inputs change, and erases the former", async () => {
    const { keeper, state } = bench();
    const former = await keeper.get();
    state.now = inputsOf(2n);
    expect(await keeper.get()).not.to.equal(former);
    expect(state.made).to.deep.equal([1n, 2n]);
    expect(() => former.points()).to.throw(ProofError);
  });

  it("serves the former one just after a step of the grid, while the next is made", async () => {
    const { keeper, state } = bench();
    const former = await keeper.get();
    state.before = state.now;
    state.now = inputsOf(2n);
    expect(await keeper.get()).to.equal(former);
    await until(() => state.made.length === 2);
    await until(() => state.running === 0);
    expect(await keeper.get()).not.to.equal(former);
  });

  it("refreshes in the background once started, one proof at a time", async () => {
    const { keeper, state } = bench();
    keeper.start();
    await until(() => state.made.length === 1);
    state.now = inputsOf(2n);
    await until(() => state.made.length === 2);
    state.now = inputsOf(3n);
    await Promise.all([keeper.get(), keeper.get()]);
    keeper.stop();
    expect(state.made).to.deep.equal([1n, 2n, 3n]);
    expect(state.most).to.equal(1);
  });

  it("prepares nothing ahead when idle, and on demand again", async () => {
    const { keeper, state } = bench({ idleAfter: 0.05 });
    keeper.start();
    await until(() => state.made.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    state.now = inputsOf(2n);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.made).to.deep.equal([1n]);
    await keeper.get();
    keeper.stop();
    expect(state.made).to.deep.equal([1n, 2n]);
  });

  it("erases the authorization when the agent is revoked", async () => {
    const { keeper, state } = bench();
    const former = await keeper.get();
    state.now = inputsOf(2n);
    state.failure = new ProofError("AGENT_REVOKED", "revoked");
    expect(await codeOf(keeper.get())).to.equal("AGENT_REVOKED");
    expect(() => former.points()).to.throw(ProofError);
  });

  it("erases the authorization when the agent has expired", async () => {
    const expired = new ProofError("AGENT_EXPIRED", "expired");
    let failing = false;
    const { keeper } = bench({
      inputs: () =>
        failing ? Promise.reject(expired) : Promise.resolve({ now: inputsOf(1n), before: undefined }),
    });
    const former = await keeper.get();
    failing = true;
    expect(await codeOf(keeper.get())).to.equal("AGENT_EXPIRED");
    expect(() => former.points()).to.throw(ProofError);
  });

  it("reports failures in the background and tries again", async () => {
    const { keeper, state } = bench();
    state.failure = new ProofError("PROVER_FAILED", "failed");
    keeper.start();
    await until(() => state.errors.length > 0);
    state.failure = undefined;
    await until(() => state.made.length === 1);
    keeper.stop();
    expect(state.errors[0]).to.include({ code: "PROVER_FAILED" });
  });

  it("ends work in progress and erases on stop", async () => {
    const { keeper, state } = bench();
    const kept = await keeper.get();
    state.now = inputsOf(2n);
    const waiting = codeOf(keeper.get());
    await until(() => state.running === 1);
    keeper.stop();
    expect(await waiting).to.equal("PROVER_ABORTED");
    expect(() => kept.points()).to.throw(ProofError);
    expect(await codeOf(keeper.get())).to.equal("KEEPER_STOPPED");
  });
});
