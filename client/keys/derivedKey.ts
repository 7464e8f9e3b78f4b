import type { Hex } from "../core/index.ts";
import type { KeyInfo, KeyInfoOptions } from "./keyInfo.ts";
import type { Secret } from "./secret.ts";

/** What a master key derives, and nothing else. */
export type DerivedPurpose = "RECOVERY" | "DEAD_DROP" | "ESCROW";

/** How a derived key computes. */
export type DerivedAlgorithm = "X25519" | "ED25519" | "SECP256K1";

/** When a derived key was first put to use, and for how long (K2). Deriving it again gives what it is told again. */
export type DerivedKeyOptions = Partial<Pick<KeyInfoOptions, "now" | "holder" | "lifetimeDays">>;

/**
 * A key that a master key derived; the same master key derives it again. It is secret in its own right: it goes on paper or
 * to trustees (RECOVERY), into a vault (ESCROW), or serves while a lost relationship is found again (DEAD_DROP).
 */
export class DerivedKey<Purpose extends DerivedPurpose = DerivedPurpose> {
  readonly #purpose: Purpose;
  readonly algorithm: DerivedAlgorithm;
  /** Where in the tree, see docs/keys.md. */
  readonly path: string;
  /** Created with its master key, unless another day is given. */
  readonly info: KeyInfo;
  /** 32 bytes for X25519 and ED25519, 33 for SECP256K1. */
  readonly publicKey: Hex;
  /** The private key's 32 bytes. */
  readonly secret: Secret<Uint8Array>;

  /** Not for callers: a master key makes these. */
  constructor(purpose: Purpose, key: Omit<DerivedKey, "purpose" | "erase">) {
    this.#purpose = purpose;
    this.algorithm = key.algorithm;
    this.path = key.path;
    this.info = key.info;
    this.publicKey = key.publicKey;
    this.secret = key.secret;
  }

  get purpose(): Purpose {
    return this.#purpose;
  }

  /** Forgets the private key and zeroes its bytes. */
  erase(): void {
    this.secret.erase();
  }
}
