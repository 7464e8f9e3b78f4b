/** One step of the demo as the JSON report has it; `gas` is null where no transaction is sent. */
export type Step = { readonly name: string; readonly ms: number; readonly gas: number | null };

/** What a step tells besides its time. */
export type Outcome = { readonly gas?: bigint; readonly notes?: readonly string[] };

const NAME_WIDTH = 66;

/** Runs steps one after the other, times them, and prints a line for each. */
export class Timeline {
  readonly #print: (line: string) => void;
  readonly #started = performance.now();
  readonly #steps: Step[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** The steps so far. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  chapter(title: string): void {
    this.#print(`\n${title}`);
  }

  async step<Value>(name: string, run: () => Promise<Outcome & { readonly value: Value }>): Promise<Value> {
    const start = performance.now();
    const { value, gas, notes = [] } = await run();
    const ms = performance.now() - start;
    this.#steps.push({ name, ms: Number(ms.toFixed(1)), gas: gas === undefined ? null : Number(gas) });
    const at = ((performance.now() - this.#started) / 1000).toFixed(1).padStart(5);
    const cost = gas === undefined ? "" : `${gas.toLocaleString("en-US").padStart(12)} gas`;
    this.#print(`${at} s  ${name.padEnd(NAME_WIDTH)} ${duration(ms)}${cost}`.trimEnd());
    for (const note of notes) this.#print(`           ${note}`);
    return value;
  }
}

function duration(ms: number): string {
  return (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`).padStart(8);
}
