/** Media types of DID 1.1 and DID Resolution. */
export const MEDIA_TYPES = {
  did: "application/did",
  resolution: "application/did-resolution",
  dereferencing: "application/did-url-dereferencing",
  didJson: "application/did+json",
  didLdJson: "application/did+ld+json",
  uriList: "text/uri-list",
} as const;

type MediaRange = {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
};

/**
 * The offered media type that an Accept header wants most (RFC 9110 §12.5.1): the highest quality, then the earliest
 * offer. Undefined if none is acceptable; without header, the first offer.
 *
 * @example negotiate("application/did;q=0.5, application/did+json", ["application/did", "application/did+json"]);
 */
export function negotiate<Offer extends string>(
  accept: string | undefined,
  offers: readonly Offer[],
): Offer | undefined {
  if (accept === undefined || accept.trim() === "") return offers[0];
  const ranges = splitOutsideQuotes(accept, ",").flatMap((part) => parseRange(part) ?? []);
  const ranked = offers
    .map((offer, order) => ({ offer, order, quality: qualityOf(offer, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.order - b.order);
  return ranked[0]?.offer;
}

/** The quality that the most specific range gives. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const offered = parseRange(offer);
  if (offered === undefined) return 0;
  const matching = ranges
    .filter((range) => matches(offered, range))
    .sort((a, b) => specificity(b) - specificity(a));
  return matching[0]?.quality ?? 0;
}

function matches(offered: MediaRange, range: MediaRange): boolean {
  const family = offered.type.slice(0, offered.type.indexOf("/"));
  const typeMatches = range.type === "*/*" || range.type === `${family}/*` || range.type === offered.type;
  return (
    typeMatches && [...range.parameters].every(([name, value]) => offered.parameters.get(name) === value)
  );
}

function specificity(range: MediaRange): number {
  return (range.type === "*/*" ? 0 : range.type.endsWith("/*") ? 1 : 2) * 16 + range.parameters.size;
}

function parseRange(value: string): MediaRange | undefined {
  const [type = "", ...rest] = splitOutsideQuotes(value, ";").map((part) => part.trim());
  if (!/^[^\s/]+\/[^\s/]+$/.test(type)) return undefined;
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const separator = parameter.indexOf("=");
    const name = parameter.slice(0, separator).toLowerCase();
    if (separator > 0) parameters.set(name, parameter.slice(separator + 1).replace(/^"(.*)"$/, "$1"));
  }
  const quality = Number(parameters.get("q") ?? 1);
  parameters.delete("q");
  return { type: type.toLowerCase(), parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

function splitOutsideQuotes(value: string, separator: "," | ";"): readonly string[] {
  const parts: string[] = [""];
  let quoted = false;
  for (const character of value) {
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${character}`);
  }
  return parts;
}
