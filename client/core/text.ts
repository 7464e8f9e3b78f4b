/**
 * True for text that UTF-8 can say: without half of a surrogate pair. All such halves become the same replacement when
 * they are encoded, so that two passwords could be one; and RFC 8785 has no text for them.
 */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
