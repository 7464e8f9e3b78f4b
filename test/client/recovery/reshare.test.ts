import { expect } from "chai";
import fc from "fast-check";
import { recoverSecret, reshare, shareKeeper } from "../../../client/recovery/index.ts";
import { makeWorld, type Rules, SOUND, sharesOf, type World, whatIsBroken } from "./reshareWorld.ts";

const SETS = [
  [0, 1, 2],
  [1, 2, 3],
  [2, 3, 4],
  [0, 1, 2, 3],
  [0, 1, 2, 3, 4],
];

type Action = readonly [name: keyof typeof ACTIONS, at: number];

const ACTIONS = {
  begin: async (world: World, at: number) => world.begin(at % 2, SETS[at % SETS.length] ?? []),
  device: async (world: World, at: number) => world.actDevice(at % 2),
  trustee: async (world: World, at: number) => {
    const busy = world.trustees.flatMap(({ todo }, i) => (todo.length > 0 ? [i] : []));
    await world.actTrustee(busy[at % Math.max(busy.length, 1)] ?? 0);
  },
  deliver: async (world: World, at: number) => {
    const [letter] = world.mail.splice(at % Math.max(world.mail.length, 1), 1);
    if (letter !== undefined) world.deliver(letter);
  },
  /** Everybody does what there is to do; only the chain waits. */
  rush: async (world: World) => {
    for (let round = 0; round < 3; round++) {
      for (const device of [0, 1])
        while ((world.devices[device]?.todo.length ?? 0) > 0) world.actDevice(device);
      while (world.mail.length > 0) await ACTIONS.deliver(world, 0);
      for (let i = 0; i < 5; i++) {
        while ((world.trustees[i]?.todo.length ?? 0) > 0 && world.trustees[i]?.lost === false)
          await world.actTrustee(i);
      }
    }
  },
  drop: async (world: World, at: number) => {
    world.mail.splice(at % Math.max(world.mail.length, 1), 1);
  },
  duplicate: async (world: World, at: number) => {
    const letter = world.mail[at % Math.max(world.mail.length, 1)];
    if (letter !== undefined) world.mail.push(letter);
  },
  fail: async (world: World, at: number) => world.failDevice(at % 2),
  crashDevice: async (world: World, at: number) => world.crashDevice(at % 2),
  crashTrustee: async (world: World, at: number) => world.crashTrustee(at % 5),
  passTime: async (world: World, at: number) => world.passTime(at % 3 === 0 ? 101 : 10),
  watch: async (world: World, at: number) => {
    const device = world.devices[at % 2];
    if (device !== undefined) world.ownerEvent(device, { kind: "anchor", ...world.reading() });
  },
  poll: async (world: World, at: number) => {
    const trustee = world.trustees[at % 5];
    if (trustee?.lost === false) world.keeperEvent(trustee, { kind: "anchor", ...world.reading() });
  },
  abort: async (world: World, at: number) => {
    const device = world.devices[at % 2];
    if (device !== undefined) world.ownerEvent(device, { kind: "abort" });
  },
  include: async (world: World, at: number) => world.include(at),
  finalise: async (world: World) => world.finalise(),
  reorganise: async (world: World) => world.reorganise(),
  lose: async (world: World, at: number) => {
    // One of the trustees dies: sets of three with a threshold of two bear that.
    const trustee = world.trustees[at % 5];
    if (trustee !== undefined && world.trustees.every(({ lost }) => !lost)) trustee.lost = true;
  },
};

/** The ways forward come more often than the accidents, or nothing would ever get under way. */
const WEIGHTS: Readonly<Record<keyof typeof ACTIONS, number>> = {
  begin: 4,
  device: 14,
  trustee: 14,
  deliver: 26,
  rush: 6,
  drop: 2,
  duplicate: 3,
  fail: 4,
  crashDevice: 2,
  crashTrustee: 2,
  passTime: 3,
  watch: 5,
  poll: 5,
  abort: 1,
  include: 6,
  finalise: 5,
  reorganise: 2,
  lose: 1,
};

const action = fc.oneof(
  ...Object.entries(WEIGHTS).map(([name, weight]) => ({
    weight,
    arbitrary: fc.tuple(fc.constant(name as keyof typeof ACTIONS), fc.nat(1000)),
  })),
);

/** Lets everything under way come to its end: nobody crashes, nothing is lost, the chain goes on. */
async function heal(world: World): Promise<void> {
  for (let round = 0; round < 12; round++) {
    if (round === 6) world.passTime(101);
    await ACTIONS.rush(world);
    while (world.chain.mempool.length > 0) world.include(0);
    world.finalise();
    for (const at of [0, 1]) await ACTIONS.watch(world, at);
    for (const at of [0, 1, 2, 3, 4]) await ACTIONS.poll(world, at);
    world.passTime(1);
  }
}

/** Whatever failed on the way was done in the end, without a restart. */
function expectAllDone(world: World): void {
  for (const { state } of world.devices) {
    expect(["idle", "settled", "aborted"]).to.include(state.step);
    expect(state.chores).to.equal(undefined);
  }
  expect([...world.backups.keys()]).to.deep.equal([world.reading().tag]);
}

async function run(rules: Rules, actions: readonly Action[], seed: number): Promise<World> {
  const world = await makeWorld(rules, seed);
  for (const [step, [name, at]] of actions.entries()) {
    await ACTIONS[name](world, at);
    const broken = whatIsBroken(world);
    if (broken !== undefined) throw new Error(`after step ${step} (${name}): ${broken}`);
  }
  return world;
}

const property = (rules: Rules) =>
  fc.asyncProperty(fc.array(action, { minLength: 40, maxLength: 120 }), fc.nat(), async (actions, seed) => {
    await run(rules, actions, seed);
  });

describe("recovery/reshare", function () {
  this.timeout(300_000);

  it("keeps enough shares and their backup at every moment, and comes to an end", async () => {
    let settled = 0;
    let aborted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 40, maxLength: 120 }),
        fc.nat(),
        async (actions, seed) => {
          const world = await run(SOUND, actions, seed);
          await heal(world);
          expectAllDone(world);
          // Letters that the network lost after they were sent are written again at a restart.
          for (const device of world.devices) world.ownerEvent(device, { kind: "restart" });
          await heal(world);
          expect(whatIsBroken(world)).to.equal(undefined);
          const { tag, setNumber } = world.reading();
          if (setNumber > 1) settled += 1;
          for (const { state } of world.devices) {
            if (state.step === "aborted") aborted += 1;
          }
          for (const { state, lost } of world.trustees) {
            if (!lost) expect(state.pending.every(({ epoch }) => epoch > setNumber)).to.equal(true);
          }
          const last = world.devices.find(({ state }) => state.step === "settled" && state.plan.tag === tag);
          if (last?.state.step === "settled") {
            const held = (id: string) => world.trustees[Number(id)]?.state.held?.tag;
            const alive = (id: string) => world.trustees[Number(id)]?.lost === false;
            const { trustees, retired } = last.state.plan;
            for (const { id } of trustees) if (alive(id)) expect(held(id)).to.equal(tag);
            for (const id of retired) if (alive(id)) expect(held(id)).to.equal(undefined);
          }
          expectAllDone(world);
          const { secret } = recoverSecret({
            shares: sharesOf(world, tag).map((json) => ({ json })),
            trust: { anchor: tag },
          });
          expect(secret.reveal()).to.deep.equal(world.secrets.get(tag));
        },
      ),
      { numRuns: 100, seed: 20_260_101 },
    );
    // The runs are no idling.
    expect(settled).to.be.greaterThan(40);
    expect(aborted).to.be.greaterThan(20);
  });

  describe("is found out by the same runs if", () => {
    const mutants: Readonly<Record<string, Rules>> = {
      "trustees take an anchor that is not final for final": {
        ...SOUND,
        keeper: (state, event) =>
          shareKeeper(state, event.kind === "anchor" ? { ...event, final: true } : event),
      },
      "trustees acknowledge what they did not store": {
        ...SOUND,
        keeper: (state, event) => {
          const step = shareKeeper(state, event);
          return event.kind === "prepare" ? { ...step, state } : step;
        },
      },
      "trustees drop the old share once they have the new one": {
        ...SOUND,
        keeper: (state, event) => {
          const step = shareKeeper(state, event);
          const newest = step.state.pending.at(-1);
          return event.kind === "prepare" && newest !== undefined
            ? { ...step, state: { held: newest, pending: [] } }
            : step;
        },
      },
      "the owner goes on with a threshold of acknowledgements": {
        ...SOUND,
        owner: (state, event) => {
          const step = reshare(state, event);
          const next = step.state;
          if (next.step !== "preparing" || next.acknowledged.length < next.plan.threshold) return step;
          const { plan } = next;
          const backUp = { kind: "backUp" as const, recipient: plan.backupRecipient, set: plan };
          return { state: { step: "backingUp", plan }, effects: [backUp] };
        },
      },
      "the owner anchors before the backup is written": {
        ...SOUND,
        owner: (state, event) => {
          const step = reshare(state, event);
          if (step.state.step !== "backingUp" || event.kind !== "prepared") return step;
          const { plan } = step.state;
          return { state: { step: "anchoring", plan }, effects: [{ kind: "sendAnchor", set: plan }] };
        },
      },
      "the owner gives up what may still be anchored": {
        ...SOUND,
        owner: (state, event) => {
          if (state.step !== "anchoring" || event.kind !== "abort") return reshare(state, event);
          return reshare({ step: "backingUp", plan: state.plan }, event);
        },
      },
      "the owner drops the old backup before the anchor is final": {
        ...SOUND,
        owner: (state, event) => reshare(state, event.kind === "anchor" ? { ...event, final: true } : event),
      },
    };
    for (const [name, rules] of Object.entries(mutants)) {
      it(name, async () => {
        const { failed } = await fc.check(property(rules), { numRuns: 400, seed: 7, endOnFailure: true });
        expect(failed).to.equal(true);
      });
    }

    it("the owner does not try again what failed at the end of a change", async () => {
      const forgets: Rules = {
        ...SOUND,
        owner: (state, event) => {
          const step = reshare(state, event);
          const isAgain = event.kind === "tick" && step.state === state;
          const begun = ["prepare", "backUp", "sendAnchor"];
          return isAgain
            ? { ...step, effects: step.effects.filter(({ kind }) => begun.includes(kind)) }
            : step;
        },
      };
      const comesToAnEnd = fc.asyncProperty(
        fc.array(action, { minLength: 40, maxLength: 120 }),
        fc.nat(),
        async (actions, seed) => {
          const world = await run(forgets, actions, seed);
          await heal(world);
          expectAllDone(world);
        },
      );
      const { failed } = await fc.check(comesToAnEnd, { numRuns: 400, seed: 7, endOnFailure: true });
      expect(failed).to.equal(true);
    });
  });
});
