import { utf8ToBytes } from "@noble/hashes/utils.js";
import { Secret } from "../keys/index.ts";
import { bytesToText, canonicalJson } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import type { Step } from "./steps.ts";

/** Port to where states and shares are kept, encrypted; a `SecretStore` fits. */
export interface StateStore {
  /** Whole or not at all, and for good once it has resolved: then the bytes may be erased. */
  save(name: string, bytes: Secret<Uint8Array>): Promise<void>;
  load(name: string): Promise<Secret<Uint8Array> | undefined>;
  remove(name: string): Promise<void>;
  /**
   * Runs work while nobody else, in this process or another, works under that name. Who only loads and saves is not held
   * up. Work must not ask for the same name again: it would wait for itself.
   */
  exclusive<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

export type MachineOptions<State, Event, Effect> = {
  readonly reduce: (state: State, event: Event) => Step<State, Effect>;
  /** Where nothing is stored yet. */
  readonly initial: State;
  readonly store: StateStore;
  readonly name: string;
  /**
   * Carries an effect out; what comes of it is taken as the next events. Must not wait for an event of the same machine,
   * which comes after this one.
   */
  readonly carryOut: (effect: Effect, state: State) => Promise<readonly Event[]>;
  /** Told of effects that failed: nobody to send to, a node that is away. They are tried again by later events. */
  readonly onFailed?: (effect: Effect, error: unknown) => void;
};

/** A reducer with its state on disk, which other processes may share. */
export type Machine<State, Event> = {
  /** As this machine saw it last. */
  readonly state: () => State;
  /** As it is stored now. @throws {RecoveryError} STATE_DAMAGED; what the store throws */
  readonly refresh: () => Promise<State>;
  /**
   * Takes an event: the new state is stored, and then its effects are carried out. One event at a time, in order. Each
   * builds on what is stored, whoever stored it.
   *
   * @throws what the reducer throws, and then nothing has changed; STATE_DAMAGED; what the store throws.
   */
  readonly dispatch: (event: Event) => Promise<State>;
};

/**
 * Runs a reducer over a stored state.
 *
 * @throws {RecoveryError} STATE_DAMAGED if what is stored is no state; what the store throws
 */
export async function startMachine<State, Event, Effect>(
  options: MachineOptions<State, Event, Effect>,
): Promise<Machine<State, Event>> {
  const { reduce, store, name, carryOut, onFailed } = options;
  let state: State = await loadState(options);
  let last: Promise<unknown> = Promise.resolve();

  function refresh(): Promise<State> {
    return store.exclusive(name, async () => {
      state = await loadState(options);
      return state;
    });
  }

  /** Nobody else may store between what is read here and what is stored. Effects take their time, and are no part of it. */
  function advance(event: Event): Promise<Step<State, Effect>> {
    return store.exclusive(name, async () => {
      const before = await loadState(options);
      const step = reduce(before, event);
      if (step.state !== before) await saveState(step.state);
      state = step.state;
      return step;
    });
  }

  async function saveState(next: State): Promise<void> {
    const bytes = encodeState(next, name);
    try {
      await store.save(name, bytes);
    } finally {
      bytes.erase();
    }
  }

  async function take(first: Event): Promise<State> {
    const events = [first];
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      const step = await advance(event);
      for (const effect of step.effects) {
        const more = await carryOut(effect, step.state).catch((error: unknown) => {
          onFailed?.(effect, error);
          return [];
        });
        events.push(...more);
      }
    }
    return state;
  }

  return {
    state: () => state,
    refresh,
    dispatch: (event) => {
      const turn = last.then(() => take(event));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** @throws {RecoveryError} STATE_DAMAGED for what JSON cannot say: NaN among a caller's numbers, half a character. */
function encodeState(state: unknown, name: string): Secret<Uint8Array> {
  try {
    return new Secret(utf8ToBytes(canonicalJson(state)));
  } catch {
    throw new RecoveryError("STATE_DAMAGED", "what is to be stored is no state", { details: { name } });
  }
}

async function loadState<State, Event, Effect>(
  options: MachineOptions<State, Event, Effect>,
): Promise<State> {
  const { store, name, initial } = options;
  const bytes = await store.load(name);
  if (bytes === undefined) return initial;
  try {
    // Only this module writes it, and the store lets nobody alter it.
    return JSON.parse(bytesToText(bytes.reveal())) as State;
  } catch {
    throw new RecoveryError("STATE_DAMAGED", "what is stored is no state", { details: { name } });
  } finally {
    bytes.erase();
  }
}
