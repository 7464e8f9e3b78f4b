import type { Hex32 } from "../core/index.ts";

/** What the owner's policy says of her backups. */
export type AnchoredBackup = {
  readonly sequence: number;
  /** SHA-256 of the decrypted backup. */
  readonly hash: Hex32;
  /** The agent's key that set it; not since revoked. */
  readonly keyId: Hex32;
};

/** Port to where the owner's newest backup is anchored; the chain's is in `client/chain`. */
export interface BackupAnchor {
  /** The newest; undefined if the policy has none. */
  read(policy: Hex32): Promise<AnchoredBackup | undefined>;
  /** An earlier one, by its sequence; with this, older backups can be authenticated as well. */
  readAt?(policy: Hex32, sequence: number): Promise<AnchoredBackup | undefined>;
}
