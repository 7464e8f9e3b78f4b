/** The last second that the four-digit years of XML Schema can write: 9999-12-31T23:59:59Z. */
const MAX_SECONDS = 253_402_300_799n;
const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Seconds since 1970 as the datetime of DID metadata: UTC, whole seconds (DID Resolution, Datetime). Undefined beyond
 * the year 9999, which the format cannot write.
 */
export function formatDatetime(seconds: bigint): string | undefined {
  if (seconds < 0n || seconds > MAX_SECONDS) return undefined;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5)}Z`;
}

/** The seconds since 1970 of such a datetime; undefined if it is not one, or no such second exists. */
export function parseDatetime(value: string): bigint | undefined {
  if (!DATETIME.test(value)) return undefined;
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds) || milliseconds < 0) return undefined;
  const seconds = BigInt(milliseconds) / 1000n;
  // Date.parse carries 30 February over into March; the round trip finds it.
  return formatDatetime(seconds) === value ? seconds : undefined;
}
