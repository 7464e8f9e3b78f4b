/** Runs what it is given one after the other, in the order given, whether or not those before failed. */
export function takingTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

/** The same for each name by itself. */
export function turnsByName(): <Result>(name: string, work: () => Promise<Result>) => Promise<Result> {
  const turns = new Map<string, ReturnType<typeof takingTurns>>();
  return (name, work) => {
    const own = turns.get(name) ?? takingTurns();
    turns.set(name, own);
    return own(work);
  };
}
