import { isDkmsError } from "../../client/core/index.ts";

/** The code of the typed error that `action` throws; the text of any other error; undefined if it throws none. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isDkmsError(error) ? error.code : String(error);
  }
  return undefined;
}

/** As {@link codeOf}, for promises. */
export async function codeOfAsync(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
  } catch (error) {
    return isDkmsError(error) ? error.code : String(error);
  }
  return undefined;
}
