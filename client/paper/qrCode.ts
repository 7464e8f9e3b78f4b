import { encodeQR } from "qr";
import { decodeQR } from "qr/decode.js";
import { PaperError } from "./errors.ts";

/** Rows of a QR code; true is dark. */
export type Modules = readonly (readonly boolean[])[];

/** The quiet zone that scanners need. */
export const BORDER = 4;
/** Pixels for each module when a rendered code is read again. */
const SCALE = 4;

/** The QR code of a text, with its quiet zone; a seventh of it may get lost. */
export function modulesOf(text: string): Modules {
  return encodeQR(text, "raw", { ecc: "medium", border: BORDER });
}

/** A path over all dark modules, each 1 × 1. */
export function pathOf(modules: Modules): string {
  return modules.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
}

/** The dark modules of such a path in a rendered page. @throws {PaperError} PAPER_UNREADABLE */
export function modulesOfPath(page: string, size: number): Modules {
  const [, path] = /<path id="qr" d="([^"]*)"/.exec(page) ?? [];
  if (path === undefined) throw unreadable();
  const rows = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    const row = rows[Number(y)];
    if (row === undefined) throw unreadable();
    row[Number(x)] = true;
  }
  return rows;
}

/** Two rows of modules a line; light is drawn, for terminals are dark. */
export function linesOf(modules: Modules): readonly string[] {
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower = []] = [modules[y], modules[y + 1]];
    lines.push(upper.map((dark, x) => BLOCKS[Number(!dark) + 2 * Number(!(lower[x] ?? true))]).join(""));
  }
  return lines;
}

/** Nothing, upper half, lower half, both. */
const BLOCKS = [" ", "▀", "▄", "█"];

/** The modules that such lines show. */
export function modulesOfLines(lines: readonly string[], size: number): Modules {
  const rows = lines.flatMap((line) =>
    [1, 2].map((half) => [...line].map((block) => (BLOCKS.indexOf(block) & half) === 0)),
  );
  return rows.slice(0, size);
}

/**
 * Reads a rendered code as a camera would, and makes sure that it says `text`.
 *
 * @throws {PaperError} PAPER_UNREADABLE
 */
export function checkReadable(modules: Modules, text: string): void {
  const width = SCALE * modules.length;
  const data = new Uint8Array(3 * width * width).map((_, i) => {
    const [x, y] = [Math.floor((Math.floor(i / 3) % width) / SCALE), Math.floor(i / 3 / width / SCALE)];
    return modules[y]?.[x] === true ? 0 : 255;
  });
  let read: string | undefined;
  try {
    read = decodeQR({ width, height: width, data }, { timeLimit: 5_000 });
  } catch {
    // Told below.
  }
  if (read !== text) throw unreadable();
}

function unreadable(): PaperError {
  return new PaperError("PAPER_UNREADABLE", "the QR code could not be read again as it was drawn");
}
