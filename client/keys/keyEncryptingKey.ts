import { base64urlnopad } from "@scure/base";
import { z } from "zod";
import { DATA_KEY_ROLES, DataKey, type DataKeyRole } from "./dataKey.ts";
import { KeysError } from "./errors.ts";
import {
  type KeyHolder,
  type KeyInfo,
  keyInfo,
  keyInfoAddress,
  keyInfoJson,
  keyInfoSchema,
  parseKeyInfo,
} from "./keyInfo.ts";
import { holdMaterial, materialOf } from "./material.ts";
import { ofSymmetricLength, sealFor, subkey, unsealFor } from "./sealing.ts";
import { Secret } from "./secret.ts";

/**
 * What a key-encrypting key comes from. Two keys of two sources are lost or stolen by two different accidents, which is why
 * a master key is sealed under at least two of them.
 */
export const KEY_SOURCES = ["PASSWORD", "PASSKEY", "KEYCHAIN", "PAPER", "TRUSTEES"] as const;

/** One of {@link KEY_SOURCES}. */
export type KeySource = (typeof KEY_SOURCES)[number];

export type KeyEncryptingKeyOptions<Source extends KeySource> = {
  readonly source: Source;
  /** 32 bytes that cannot be guessed; a password has to be stretched before. Taken over, and zeroed with the key. */
  readonly secret: Secret<Uint8Array>;
  readonly holder?: KeyHolder;
  /** In seconds since 1970. */
  readonly now: bigint;
  readonly lifetimeDays?: number;
};

/** A key under another one: public, as far as that one is secret. */
export type WrappedKey = z.infer<typeof wrappedKeySchema>;

const wrappedKeySchema = z.strictObject({
  version: z.literal(1),
  purpose: z.enum(["KEY_ENCRYPTING", ...DATA_KEY_ROLES]),
  source: z.enum(KEY_SOURCES).optional(),
  info: keyInfoSchema,
  sealed: z.string().regex(/^[\w-]+$/),
});

/**
 * The middle level of the hierarchy (requirement K1): wraps and unwraps other keys, and does nothing else. It cannot be
 * read, and cannot encrypt data.
 *
 * @typeParam Source Where it comes from, see {@link KEY_SOURCES}.
 */
export class KeyEncryptingKey<Source extends KeySource = KeySource> {
  readonly #source: Source;
  readonly info: KeyInfo;

  /** @throws {KeysError} KEY_LENGTH unless the secret has 32 bytes; KEY_INFO_MALFORMED */
  constructor({ source, secret, ...more }: KeyEncryptingKeyOptions<Source>) {
    this.#source = source;
    this.info = keyInfo({ purpose: "KEY_ENCRYPTING", ...more });
    holdMaterial(this, ofSymmetricLength(secret));
  }

  get source(): Source {
    return this.#source;
  }

  /**
   * A data key or another key-encrypting key, wrapped. A master key is sealed instead, see `MasterKey.seal`.
   *
   * @throws {KeysError} KEY_MIXED_UP if it is neither, whatever its type claims; SECRET_ERASED
   */
  wrap(key: DataKey | KeyEncryptingKey): WrappedKey {
    const [purpose, secret, source] =
      key instanceof KeyEncryptingKey
        ? (["KEY_ENCRYPTING", materialOf(key, KeyEncryptingKey), key.source] as const)
        : ([key.role, materialOf(key, DataKey)] as const);
    const info = keyInfoJson(key.info);
    const header = { version: 1, purpose, ...(source === undefined ? {} : { source }), info } as const;
    const sealed = this.#use((own) => sealFor(own, addressOf(header), secret.reveal()));
    return { ...header, sealed: base64urlnopad.encode(sealed) };
  }

  /**
   * A data key back, of the role that is expected.
   *
   * @throws {KeysError} KEY_MIXED_UP if it is of another role; KEY_CIPHERTEXT_INVALID; WRAPPED_KEY_MALFORMED
   */
  unwrapDataKey<Role extends DataKeyRole>(wrapped: WrappedKey, role: Role): DataKey<Role> {
    const { header, secret } = this.#unwrap(wrapped, role);
    return new DataKey(role, parseKeyInfo(header.info), secret);
  }

  /**
   * A key-encrypting key back.
   *
   * @throws {KeysError} KEY_MIXED_UP, KEY_CIPHERTEXT_INVALID, WRAPPED_KEY_MALFORMED
   */
  unwrapKeyEncryptingKey(wrapped: WrappedKey): KeyEncryptingKey {
    const { header, secret } = this.#unwrap(wrapped, "KEY_ENCRYPTING");
    const { createdAt, expiresAt, holder } = parseKeyInfo(header.info);
    const life = expiresAt === undefined ? {} : { lifetimeDays: Number((expiresAt - createdAt) / 86_400n) };
    if (header.source === undefined) throw wrappedKeyMalformed();
    return new KeyEncryptingKey({
      source: header.source,
      secret,
      holder,
      now: createdAt,
      ...life,
    });
  }

  /** Forgets the key and zeroes its bytes. */
  erase(): void {
    materialOf(this, KeyEncryptingKey).erase();
  }

  #unwrap(wrapped: WrappedKey, purpose: WrappedKey["purpose"]) {
    const { sealed, ...header } = parseWrappedKey(wrapped);
    if (header.purpose !== purpose) {
      throw new KeysError("KEY_MIXED_UP", "the wrapped key is of another purpose", {
        details: { needed: purpose, found: header.purpose },
      });
    }
    const bytes = this.#use((own) => unsealFor(own, addressOf(header), base64urlnopad.decode(sealed)));
    if (bytes === undefined) {
      throw new KeysError("KEY_CIPHERTEXT_INVALID", "the wrapped key was altered, or is under another key", {
        details: { purpose },
      });
    }
    return { header, secret: new Secret(bytes) };
  }

  #use<Result>(use: (own: Secret<Uint8Array>) => Result): Result {
    const own = subkey(materialOf(this, KeyEncryptingKey), "DKMS-V1-WRAP");
    try {
      return use(own);
    } finally {
      own.erase();
    }
  }
}

/**
 * A wrapped key as it comes back from storage.
 *
 * @throws {KeysError} WRAPPED_KEY_MALFORMED
 */
export function parseWrappedKey(value: unknown): WrappedKey {
  const { success, data } = wrappedKeySchema.safeParse(value);
  if (success) return data;
  throw wrappedKeyMalformed();
}

function wrappedKeyMalformed(): KeysError {
  return new KeysError("WRAPPED_KEY_MALFORMED", "not a wrapped key");
}

function addressOf({ version, purpose, source, info }: Omit<WrappedKey, "sealed">): readonly unknown[] {
  return ["DKMS-V1-WRAP", version, purpose, source ?? null, ...keyInfoAddress(info)];
}
