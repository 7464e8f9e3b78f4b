import { isDkmsError } from "../client/index.ts";

/** The code with which the registry refuses something, before anything is sent. */
export async function refusal(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (isDkmsError(error)) return error.code;
    throw error;
  }
  throw new Error("it must be refused");
}
