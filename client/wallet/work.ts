import { WalletError } from "./errors.ts";

/** How long work is watched and stopped. */
export type WorkOptions = {
  /** Stops the work; it then throws WALLET_ABORTED and has changed nothing. */
  readonly signal?: AbortSignal;
  /** Called now and then with how much is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
};

/** Reports how much is done. @throws {WalletError} WALLET_ABORTED */
export function report({ signal, onProgress }: WorkOptions, done: number): void {
  if (signal?.aborted === true) throw new WalletError("WALLET_ABORTED", "stopped on request");
  onProgress?.(done);
}

/** Lets everything else that waits have its turn. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
