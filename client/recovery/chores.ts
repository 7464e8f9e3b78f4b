import type { SetReference } from "./shareKeeper.ts";

/** What a set that came to its end, a good one or not, leaves to be done. Each may be done more than once. */
export type Chore =
  | {
      readonly kind: "commit" | "abort" | "retire";
      readonly to: readonly string[];
      readonly set: SetReference;
    }
  /** Backups of sets with a lower number are not needed any more. */
  | { readonly kind: "dropOlderBackups"; readonly set: SetReference }
  /** The backup of this set was never needed. */
  | { readonly kind: "dropBackup"; readonly set: SetReference };

const KINDS: readonly string[] = ["commit", "abort", "retire", "dropOlderBackups", "dropBackup"];

export function isChore<Other extends { readonly kind: string }>(effect: Other | Chore): effect is Chore {
  return KINDS.includes(effect.kind);
}

/** What is owed once these came up. A set that is in force for good settles those before it, but who was let go is told. */
export function choresWith(owed: readonly Chore[], arisen: readonly Chore[]): readonly Chore[] {
  const inForce = arisen.find(({ kind }) => kind === "dropOlderBackups")?.set.epoch ?? 0;
  const still = owed.filter(({ kind, set }) => kind === "retire" || set.epoch >= inForce);
  return [...still.filter((chore) => !arisen.some((other) => isSame(chore, other))), ...arisen];
}

/** What is owed once this is done: of a message, towards those that it reached. */
export function choresWithout(owed: readonly Chore[], done: Chore): readonly Chore[] {
  return owed.flatMap((chore) => {
    if (!isSame(chore, done)) return [chore];
    if (!("to" in chore) || !("to" in done)) return [];
    const to = chore.to.filter((id) => !done.to.includes(id));
    return to.length === 0 ? [] : [{ ...chore, to }];
  });
}

function isSame(one: Chore, other: Chore): boolean {
  return one.kind === other.kind && one.set.tag === other.set.tag && one.set.epoch === other.set.epoch;
}
