/** A tree of figures, as the benchmark's JSON has it. */
export type Figures = { readonly [name: string]: number | Figures };

/** Upper bounds by dotted name; a figure above its bound is marked, and the run fails. */
export type Targets = Readonly<Record<string, number>>;

export type Row = { readonly name: string; readonly value: number; readonly target: number | undefined };

/** One row for each figure, names joined by dots. */
export function rowsOf(figures: Figures, targets: Targets, prefix = ""): readonly Row[] {
  return Object.entries(figures).flatMap(([key, value]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    return typeof value === "number"
      ? [{ name, value, target: targets[name] }]
      : rowsOf(value, targets, name);
  });
}

/** Rows whose figure is above its target. */
export function missed(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ value, target }) => target !== undefined && value > target);
}

/** The rows as aligned text. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map(({ name, value, target }) => [
    name,
    value.toLocaleString("en-US"),
    target === undefined ? "" : `${value > target ? "ABOVE" : "within"} ${target.toLocaleString("en-US")}`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(([name = "", value = "", verdict = ""]) =>
      `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${verdict}`.trimEnd(),
    )
    .join("\n");
}
