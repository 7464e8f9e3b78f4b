/** A mistake of the user's or a fault in a file: reported by its message alone. */
export class CeremonyError extends Error {}
