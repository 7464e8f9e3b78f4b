/** A signal in the `.sym` file of a compiled circuit. */
export type NamedSignal = {
  /** Position in the witness, or -1 where simplification removed the signal. */
  readonly wire: number;
  /** Full name from `main` on. */
  readonly name: string;
};

/** Reads a `.sym` file: one line `label,wire,component,name` for each signal. */
export function parseSym(text: string): readonly NamedSignal[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, wire = "", , name = ""] = line.split(",");
      return { wire: Number(wire), name };
    });
}

/** Names of the first `count` signals of the witness after the constant 1: the public ones, in their order. */
export function publicSignals(text: string, count: number): readonly string[] {
  const signals = parseSym(text);
  return Array.from({ length: count }, (_, i) => {
    const name = signals.find(({ wire }) => wire === i + 1)?.name;
    if (name === undefined) throw new Error(`no signal at position ${i + 1}`);
    return name.replace(/^main\./, "");
  });
}
