/** A map that forgets what was not used for longest. */
export type BoundedMap<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
};

/** @param maxEntries At least 1. */
export function boundedMap<Value>(maxEntries: number): BoundedMap<Value> {
  const entries = new Map<string, Value>();
  // Maps keep the order of insertion: the first entry is the one not used for longest.
  const touch = (key: string, value: Value) => {
    entries.delete(key);
    entries.set(key, value);
  };
  return {
    get(key) {
      const found = entries.get(key);
      if (found !== undefined) touch(key, found);
      return found;
    },
    set(key, value) {
      touch(key, value);
      const [oldest] = entries.keys();
      if (entries.size > Math.max(1, maxEntries) && oldest !== undefined) entries.delete(oldest);
    },
  };
}
