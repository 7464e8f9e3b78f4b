import { base64urlnopad } from "@scure/base";
import { z } from "zod";
import { type DeadDropKeys, deriveDeadDrop, deriveEscrow, deriveRecovery } from "./derivation.ts";
import type { DerivedKey, DerivedKeyOptions } from "./derivedKey.ts";
import { KeysError } from "./errors.ts";
import { KEY_SOURCES, KeyEncryptingKey, type KeySource } from "./keyEncryptingKey.ts";
import {
  type KeyInfo,
  type KeyInfoJson,
  keyInfo,
  keyInfoAddress,
  keyInfoJson,
  keyInfoSchema,
  parseKeyInfo,
} from "./keyInfo.ts";
import { holdMaterial, materialOf } from "./material.ts";
import { type RandomSource, systemRandom } from "./random.ts";
import { SYMMETRIC_BYTES, sealFor, subkey, unsealFor } from "./sealing.ts";
import { Secret } from "./secret.ts";

/** A master key at rest: once for each of at least two key-encrypting keys of different sources. */
export type SealedMasterKey = z.infer<typeof sealedSchema>;

/** Two or more key-encrypting keys, the first two of different sources. */
export type SealingKeys<First extends KeySource, Second extends Exclude<KeySource, First>> = readonly [
  KeyEncryptingKey<First>,
  KeyEncryptingKey<Second>,
  ...KeyEncryptingKey[],
];

export type CreateMasterKeyOptions<First extends KeySource, Second extends Exclude<KeySource, First>> = {
  readonly keys: SealingKeys<First, Second>;
  /** In seconds since 1970. */
  readonly now: bigint;
  /** What to derive at once. */
  readonly use?: (master: MasterKey) => void | Promise<void>;
  readonly random?: RandomSource;
};

const LEAST_FORMS = 2;

const sealedSchema = z.strictObject({
  version: z.literal(1),
  info: keyInfoSchema,
  forms: z.array(z.strictObject({ source: z.enum(KEY_SOURCES), sealed: z.string().regex(/^[\w-]+$/) })),
});

/**
 * The highest level of the hierarchy (requirement K1). It can only derive and be sealed. There is one only inside
 * {@link createMasterKey} and {@link useMasterKey}, and it is forgotten when they return.
 */
export class MasterKey {
  readonly #brand = "MASTER";
  readonly info: KeyInfo;

  /** Not for callers: a master key exists inside {@link createMasterKey} and {@link useMasterKey} only. */
  constructor(info: KeyInfo, secret: Secret<Uint8Array>) {
    this.info = info;
    holdMaterial(this, secret);
  }

  get purpose(): "MASTER" {
    return this.#brand;
  }

  /**
   * The key that backups are encrypted to (requirement K6); another index for each rotation.
   *
   * @throws {KeysError} DERIVATION_INDEX, KEY_INFO_MALFORMED, SECRET_ERASED
   */
  recoveryKey(index: number, life: DerivedKeyOptions = {}): DerivedKey<"RECOVERY"> {
    return deriveRecovery(this.#bytes(), index, this.#life(life));
  }

  /**
   * The dead drop of a relationship (requirement M4).
   *
   * @param pairwiseDid The owner's own DID in that relationship.
   * @throws {KeysError} KEY_INFO_MALFORMED, SECRET_ERASED
   */
  deadDropKeys(pairwiseDid: string, life: DerivedKeyOptions = {}): DeadDropKeys {
    return deriveDeadDrop(this.#bytes(), pairwiseDid, this.#life(life));
  }

  /**
   * A key to be kept offline, as the root keys of a policy are.
   *
   * @throws {KeysError} DERIVATION_INDEX, KEY_INFO_MALFORMED, SECRET_ERASED
   */
  escrowKey(index: number, life: DerivedKeyOptions = {}): DerivedKey<"ESCROW"> {
    return deriveEscrow(this.#bytes(), index, this.#life(life));
  }

  /**
   * The master key for storing, in at least two forms of which each opens with a key of another source: one that is lost
   * does not lose the master key, and nobody has to keep the key of the only form where he keeps the form.
   *
   * @throws {KeysError} MASTER_KEY_ONE_FORM unless the keys are of two sources or more; KEY_MIXED_UP, SECRET_ERASED
   */
  seal<First extends KeySource, Second extends Exclude<KeySource, First>>(
    ...keys: SealingKeys<First, Second>
  ): SealedMasterKey {
    refuseOneForm(keys.map(({ source }) => source));
    const info = keyInfoJson(this.info);
    const forms = keys.map((key) => {
      const sealed = withKey(key, (own) => sealFor(own, addressOf(info, key.source), this.#bytes()));
      return { source: key.source, sealed: base64urlnopad.encode(sealed) };
    });
    return { version: 1, info, forms };
  }

  #life(life: DerivedKeyOptions) {
    return { now: this.info.createdAt, ...life };
  }

  #bytes(): Uint8Array {
    return materialOf(this, MasterKey).reveal();
  }
}

/**
 * Makes a master key, lets it derive what is wanted now, and seals it. It never leaves in clear.
 *
 * @throws {KeysError} MASTER_KEY_ONE_FORM, KEY_MIXED_UP, SECRET_ERASED
 * @example const sealed = await createMasterKey({ keys: [passkeyKey, paperKey], now });
 */
export async function createMasterKey<First extends KeySource, Second extends Exclude<KeySource, First>>(
  options: CreateMasterKeyOptions<First, Second>,
): Promise<SealedMasterKey> {
  const { keys, now, use, random = systemRandom } = options;
  const bytes = new Uint8Array(SYMMETRIC_BYTES);
  random(bytes);
  return forgetting(keyInfo({ purpose: "MASTER", now }), new Secret(bytes), async (master) => {
    const sealed = master.seal(...keys);
    await use?.(master);
    return sealed;
  });
}

/**
 * Opens a sealed master key for as long as `use` runs.
 *
 * @param key One of those that it was sealed with.
 * @throws {KeysError} MASTER_KEY_WRONG if the key opens no form, or the form was altered; MASTER_KEY_MALFORMED,
 * MASTER_KEY_ONE_FORM, SECRET_ERASED
 * @example const recovery = await useMasterKey(sealed, paperKey, (master) => master.recoveryKey(0));
 */
export async function useMasterKey<Result>(
  sealed: SealedMasterKey,
  key: KeyEncryptingKey,
  use: (master: MasterKey) => Result | Promise<Result>,
): Promise<Result> {
  const { info, forms } = parseSealedMasterKey(sealed);
  const bytes = withKey(key, (own) => {
    for (const form of forms.filter(({ source }) => source === key.source)) {
      const opened = unsealFor(own, addressOf(info, form.source), base64urlnopad.decode(form.sealed));
      if (opened !== undefined) return opened;
    }
    return undefined;
  });
  if (bytes === undefined) {
    throw new KeysError("MASTER_KEY_WRONG", "this key does not open the master key, or it was altered", {
      details: { source: key.source },
    });
  }
  return forgetting(parseKeyInfo(info), new Secret(bytes), use);
}

/**
 * A sealed master key as it comes back from storage.
 *
 * @throws {KeysError} MASTER_KEY_MALFORMED; MASTER_KEY_ONE_FORM if a form was taken out
 */
export function parseSealedMasterKey(value: unknown): SealedMasterKey {
  const { success, data } = sealedSchema.safeParse(value);
  if (!success) throw new KeysError("MASTER_KEY_MALFORMED", "not a sealed master key");
  refuseOneForm(data.forms.map(({ source }) => source));
  return data;
}

async function forgetting<Result>(
  info: KeyInfo,
  secret: Secret<Uint8Array>,
  use: (master: MasterKey) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await use(new MasterKey(info, secret));
  } finally {
    secret.erase();
  }
}

function withKey<Result>(key: KeyEncryptingKey, use: (own: Secret<Uint8Array>) => Result): Result {
  const own = subkey(materialOf(key, KeyEncryptingKey), "DKMS-V1-MASTER-SEAL");
  try {
    return use(own);
  } finally {
    own.erase();
  }
}

function refuseOneForm(sources: readonly KeySource[]): void {
  if (new Set(sources).size < LEAST_FORMS) {
    throw new KeysError("MASTER_KEY_ONE_FORM", "a master key is sealed with keys of two sources or more", {
      details: { sources },
    });
  }
}

function addressOf(info: KeyInfoJson, source: KeySource): readonly unknown[] {
  return ["DKMS-V1-MASTER", ...keyInfoAddress(info), source];
}
