const URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;
const FRAGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+$/;

/** True for an absolute URI (RFC 3986 §3) that the URL standard can parse as well. */
export function isUri(value: string): boolean {
  return URI.test(value) && URL.canParse(value);
}

/** True for what may follow the `#` of a URI (RFC 3986 §3.5). */
export function isFragment(value: string): boolean {
  return FRAGMENT.test(value);
}
