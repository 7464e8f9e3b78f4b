import type { Registry, TransactionSender } from "../../chain/index.ts";
import type { AgentSigner, KeyBackend, KeyId, PolicySigner, Secret } from "../../keys/index.ts";
import type { PolicyId, RootSet } from "../../policy/index.ts";
import type { ChangeTrusteesOptions, OwnerDesk, StateStore } from "../../recovery/index.ts";
import type { AgentRecord } from "../agents/record.ts";
import type { RecoveryRequest } from "../trustees/recoveryRequest.ts";
import type { DidKeyRotation } from "./didRotation.ts";
import type { RestoreState, RestoreStep } from "./state.ts";

/** By whose word power comes back to the owner. */
export type RestoreAuthority =
  /**
   * Another device of hers is ADMIN still: it lets the new one prove at once, vetoes what the lost ones alone scheduled, and gives
   * the new one power after the policy's delay.
   */
  | { readonly by: "DEVICE"; readonly signer: PolicySigner; readonly coSigners?: readonly PolicySigner[] }
  /** Root keys from paper: at once. */
  | {
      readonly by: "ROOT_KEYS";
      readonly rootSet: RootSet;
      readonly rootSigners: readonly PolicySigner[];
      /** Agents that are not lost, and go on proving. */
      readonly survivors?: readonly KeyId[];
    }
  /** A quorum of trustees, after the recovery delay. */
  | {
      readonly by: "TRUSTEES";
      /** Gets the request to a trustee; called anew for each new one. */
      readonly ask: (request: RecoveryRequest) => Promise<void>;
    };

export type RestoreOptions = {
  readonly registry: Registry;
  /** From the paper, the backup, or a trustee. */
  readonly policy: PolicyId;
  readonly authority: RestoreAuthority;
  /** A former agent of the policy, from the backup: its creator and secrets are the policy's. */
  readonly restored: Pick<AgentRecord, "creator" | "policySecrets">;
  /** Agents that were lost. With another device they are revoked one by one; else all are. */
  readonly lost: readonly KeyId[];
  /** Where the new device's policy key is made, of algorithm SECP256K1. */
  readonly backend: KeyBackend;
  /** Pays for transactions: anyone. */
  readonly sender: TransactionSender;
  /** Keeps how far it is, encrypted: it holds secrets. `fileStore`, `indexedDbStore`. */
  readonly store: StateStore;
  /** Shows the page with the next root keys, and resolves once it is printed and put away. It is erased then. */
  readonly printRootKeys: (page: Secret<string>) => Promise<void>;
  /** Keeps the new agent's record, for good once it has resolved; before the agent can prove. */
  readonly keepRecord: (record: AgentRecord) => Promise<void>;
  /** The owner's DIDs, see `registryDidRotation`. */
  readonly dids?: readonly DidKeyRotation[];
  /** Makes, stores and anchors a backup with the new agent's signer, see `backUp`. */
  readonly backUp?: (signer: PolicySigner) => Promise<void>;
  /** Deals new shares: the old ones were given out, or are of a secret that is in use. */
  readonly shares?: {
    readonly desk: OwnerDesk;
    readonly change: (signer: PolicySigner) => Promise<ChangeTrusteesOptions>;
  };
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly signal?: AbortSignal;
};

export type RestoreProgress = {
  readonly step: RestoreStep;
  /** Steps that are done, of how many. */
  readonly done: number;
  readonly of: number;
  /** What is being done, in plain words. */
  readonly text: string;
};

/** What a step waits for. */
export type Waiting = {
  readonly for: "VOTES" | "RECOVERY_DELAY" | "CHANGE_DELAY" | "TRUSTEES";
  /** When it can go on at the earliest, in seconds since 1970; absent where that depends on people. */
  readonly until?: bigint;
  /** In plain words. */
  readonly text: string;
};

/** What each step works with. */
export type RestoreWork = {
  readonly options: RestoreOptions;
  readonly state: () => RestoreState;
  /** Stores what must survive a stop. */
  readonly keep: (more: Partial<RestoreState>) => Promise<void>;
  /** Erases the secrets that are not needed any more. */
  readonly settle: () => Promise<void>;
  /** The new device's signer, from the step KEYS on. */
  readonly device: () => Promise<AgentSigner>;
};
