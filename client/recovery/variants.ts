/** What the channel knows of a message that does not say it itself, as those of the source's examples. */
export type MessageDefaults = {
  readonly id?: string;
  readonly expires?: number;
  readonly for_id?: string;
};

/**
 * The trustee protocol's source contradicts itself in its examples. One form is written; these variants are read:
 * `CAPABILTY_…`, `TRUSTEE_OFFER`, version 0.1, `expires` as text, capabilities as an object of answers, `theshold`, a
 * `pin` as the response to a challenge, and messages without `id`, `expires` or `for_id`.
 */

const MISSPELT_TYPE = /^CAPABILTY_/;
const DECIMAL = /^[0-9]{1,15}$/;
const AGREED = new Set(["yes", "true", "accept", "accepted", "agree", "agreed", "granted"]);

type Fields = Readonly<Record<string, unknown>>;

/** The one form of a message; what is no message stays as it is, to be refused by its schema. */
export function withoutVariants(json: unknown, defaults: MessageDefaults): unknown {
  if (!isFields(json)) return json;
  const given: Fields = { ...defaults, ...json };
  return {
    ...given,
    type: typeOf(given.type),
    version: given.version === "0.1" ? "1.0" : given.version,
    expires: integerOf(given.expires),
    ...("capabilities" in given ? { capabilities: capabilitiesOf(given.capabilities) } : {}),
    ...("share" in given ? { share: withThreshold(given.share) } : {}),
    ...("response" in given ? { response: responseOf(given.response) } : {}),
  };
}

/** A share whose hint spells `threshold` right. */
export function withThreshold(share: unknown): unknown {
  if (!isFields(share) || !isFields(share.hint) || !("theshold" in share.hint)) return share;
  const { theshold, ...hint } = share.hint;
  return { ...share, hint: { threshold: theshold, ...hint } };
}

function typeOf(type: unknown): unknown {
  if (type === "TRUSTEE_OFFER") return "CAPABILITY_OFFER";
  return typeof type === "string" ? type.replace(MISSPELT_TYPE, "CAPABILITY_") : type;
}

function integerOf(value: unknown): unknown {
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
}

/** The source's text gives each capability an answer, its example lists those agreed to. */
function capabilitiesOf(value: unknown): unknown {
  if (!isFields(value)) return value;
  const isAgreed = (answer: unknown) => typeof answer === "string" && AGREED.has(answer.toLowerCase());
  return Object.entries(value).flatMap(([name, answer]) => (isAgreed(answer) ? [name] : []));
}

function responseOf(value: unknown): unknown {
  return isFields(value) && "pin" in value && !("answer" in value) ? { answer: value.pin } : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
