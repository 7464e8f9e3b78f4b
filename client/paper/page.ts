import { type Modules, pathOf } from "./qrCode.ts";

/** What a page shows; all but `secret` and `words` is public. */
export type PageContent = {
  readonly label: string;
  readonly words: readonly string[];
  readonly key: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly modules: Modules;
};

const ADVICE = [
  "Whoever has this paper can read your backups. Keep it as you would keep cash, and away from your devices.",
  "The words are no seed phrase of a wallet for coins: type them nowhere but into dkms.",
  "To recover: scan the code, or type the words and the lines below them, on a new device.",
  "By hand: save the line AGE-SECRET-KEY-1… as key.txt, then: age --decrypt -i key.txt backup.age",
] as const;

/** A4, in millimetres. */
const [WIDTH, HEIGHT, MARGIN] = [210, 297, 15];
const QR_SIZE = 100;
const CHARACTERS_A_LINE = 70;
const WORD_COLUMNS = 4;

/** A page of HTML that needs nothing from elsewhere, and asks browsers to load nothing. */
export function renderHtml(content: PageContent): string {
  const { label, words, key, fields, modules } = content;
  const size = modules.length;
  const item = (text: string) => `<li>${escapeXml(text)}</li>`;
  const row = ([name, value]: readonly [string, string]) =>
    `<tr><th>${escapeXml(name)}</th><td>${escapeXml(value)}</td></tr>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Recovery paper</title>
<style>
@page { size: A4 portrait; margin: ${MARGIN}mm; }
body { font: 10pt/1.4 sans-serif; color: #000; background: #fff; max-width: ${WIDTH - 2 * MARGIN}mm; margin: 0 auto; }
h1 { font-size: 16pt; margin: 0 0 2mm; }
svg { width: ${QR_SIZE}mm; height: ${QR_SIZE}mm; display: block; margin: 2mm auto; }
ol.words { columns: ${WORD_COLUMNS}; font: 11pt/1.6 monospace; padding-left: 10mm; }
th { text-align: left; padding-right: 4mm; vertical-align: top; white-space: nowrap; }
td, .key { font-family: monospace; overflow-wrap: anywhere; }
@media print { body { max-width: none; } main { break-inside: avoid; } }
</style>
</head>
<body>
<main>
<h1>Recovery paper${label === "" ? "" : `: ${escapeXml(label)}`}</h1>
<ul>${ADVICE.map(item).join("")}</ul>
<svg viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" role="img" aria-label="QR code"><path id="qr" d="${pathOf(modules)}"/></svg>
<ol class="words">${words.map(item).join("")}</ol>
<p class="key">${escapeXml(key)}</p>
<table>${fields.map(row).join("")}</table>
</main>
</body>
</html>
`;
}

/** The same page as one SVG image of A4 size. */
export function renderSvg(content: PageContent): string {
  const { label, words, key, fields, modules } = content;
  const size = modules.length;
  let y = MARGIN + 6;
  const lines: string[] = [];
  const write = (text: string, x: number, attributes: string) =>
    lines.push(`<text x="${x}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(text)}</text>`);
  write(`Recovery paper${label === "" ? "" : `: ${label}`}`, MARGIN, 'font-size="6"');
  for (const advice of ADVICE) {
    y += 5.5;
    write(advice, MARGIN, 'font-size="3.2"');
  }
  y += 4;
  const scale = QR_SIZE / size;
  const qr = `<g transform="translate(${(WIDTH - QR_SIZE) / 2} ${y}) scale(${scale})"><path id="qr" d="${pathOf(modules)}"/></g>`;
  y += QR_SIZE + 8;
  const rows = words.length / WORD_COLUMNS;
  const top = y;
  for (const [i, word] of words.entries()) {
    y = top + 6 * (i % rows);
    write(`${i + 1}. ${word}`, MARGIN + 45 * Math.floor(i / rows), 'font-size="4.2" font-family="monospace"');
  }
  y = top + 6 * rows + 2;
  write(key, MARGIN, 'font-size="3.6" font-family="monospace"');
  for (const [name, value] of fields) {
    y += 6;
    write(name, MARGIN, 'font-size="3.6" font-weight="bold"');
    for (let at = 0; at < value.length; at += CHARACTERS_A_LINE) {
      if (at > 0) y += 4.5;
      write(value.slice(at, at + CHARACTERS_A_LINE), MARGIN + 25, 'font-size="3.6" font-family="monospace"');
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}mm" height="${HEIGHT}mm" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${qr}
${lines.join("\n")}
</svg>
`;
}

/** The same for a terminal. */
export function renderText(content: PageContent, qr: readonly string[]): string {
  const { label, words, key, fields } = content;
  const rows = words.length / WORD_COLUMNS;
  const grid = Array.from({ length: rows }, (_, row) =>
    words
      .flatMap((word, i) => (i % rows === row ? [`${String(i + 1).padStart(2)}. ${word.padEnd(9)}`] : []))
      .join("  ")
      .trimEnd(),
  );
  return [
    `Recovery paper${label === "" ? "" : `: ${label}`}`,
    ...["", ...ADVICE, "", ...qr, "", ...grid, "", key, ""],
    ...fields.map(([name, value]) => `${name.padEnd(10)}${value}`),
    "",
  ].join("\n");
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
