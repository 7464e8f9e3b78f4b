import { watchForLeaks } from "./keys/leaks.ts";

// Outside of all suites: over every test of the run, not of this file alone.
watchForLeaks();

describe("every error and line of the run", () => {
  it("is searched for the secrets that the code used, when all is done", () => undefined);
});
