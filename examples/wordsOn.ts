/** What an owner reads from the page with her root keys, and types in. */
export function wordsOn(page: string): string {
  return [...page.matchAll(/^ ?\d+ .*[a-z]$/gm)].flatMap(([row]) => row.match(/[a-z]+/g) ?? []).join(" ");
}
