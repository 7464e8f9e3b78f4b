import { Secret, wordsOf } from "../keys/index.ts";
import { PaperError } from "./errors.ts";
import { renderHtml, renderSvg, renderText } from "./page.ts";
import { checkCode, encodeScan, type Paper, parseFields, secretOf, VERSION } from "./paper.ts";
import { checkReadable, linesOf, modulesOf, modulesOfLines, modulesOfPath } from "./qrCode.ts";

/** One sheet in several forms; each holds the secret. */
export type PaperPages = {
  /** For a browser to print: one A4 page, which loads nothing. */
  readonly html: Secret<string>;
  /** The same page as an image. */
  readonly svg: Secret<string>;
  /** For a terminal of at least 80 columns. */
  readonly text: Secret<string>;
  /** What the QR code says. */
  readonly scan: Secret<string>;
};

/**
 * Control characters would break a terminal, ends of lines the page; bidirectional ones turn around what stands beside
 * them; half characters and those that are none are not allowed in SVG, which then shows nothing at all.
 */
const LABEL = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]{0,40}$/u;

/**
 * Draws a recovery paper. Every QR code is read again from the finished page before this returns.
 *
 * @param label Whose or which it is, for people; at most 40 characters.
 * @throws {PaperError} PAPER_FIELD_MALFORMED; PAPER_UNREADABLE
 * @example const { html } = renderPaper({ identity, endpoint, policy, chainId, date: "2026-12-31" });
 */
export function renderPaper(paper: Paper, label = ""): PaperPages {
  if (!LABEL.test(label)) {
    throw new PaperError("PAPER_FIELD_MALFORMED", "a label is at most 40 characters of one line", {
      details: { field: "label" },
    });
  }
  const secret = secretOf(paper.identity);
  const fields = parseFields({ ...paper, chainId: String(paper.chainId) });
  const scan = encodeScan({ ...fields, identity: paper.identity });
  const check = checkCode(secret, fields);
  const modules = modulesOf(scan);
  const content = {
    ...{
      label,
      modules,
      words: wordsOf(new Secret(secret)).reveal().split(" "),
      key: paper.identity.reveal(),
    },
    fields: [
      ["Endpoint", fields.endpoint],
      ["Policy", fields.policy],
      ["Chain", String(fields.chainId)],
      ["Date", fields.date],
      ["Version", VERSION],
      ["Check", `${check.slice(0, 4)}-${check.slice(4)}`],
    ],
  } as const;
  secret.fill(0);
  const qr = linesOf(modules);
  const [html, svg, text] = [renderHtml(content), renderSvg(content), renderText(content, qr)];
  for (const page of [html, svg]) checkReadable(modulesOfPath(page, modules.length), scan);
  checkReadable(modulesOfLines(qrLinesOf(text), modules.length), scan);
  return { html: new Secret(html), svg: new Secret(svg), text: new Secret(text), scan: new Secret(scan) };
}

/** The lines of a text that are drawn. */
function qrLinesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => /[▀▄█]/.test(line));
}
