import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { Hex32 } from "../core/index.ts";
import { type RandomSource, Secret } from "../keys/index.ts";
import { bytesToText, canonicalJson, fromBase64url, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { dealSecret } from "./feldman.ts";
import { type LongWork, watched } from "./longWork.ts";
import type { StateStore } from "./machine.ts";
import { type RecoverSecretOptions, recoverySteps } from "./recover.ts";
import { openFirst } from "./recoveryFile.ts";
import { sealPayload } from "./sealed.ts";
import { parseShare, type ShareJson, type ShareSigner, signShares } from "./share.ts";

/**
 * The secret-sharing interface (V8): what is sharded is encrypted under a random secret, the ciphertext goes with every
 * share, and the secret is shared out. So anything up to 32 KiB can be sharded, guessable or not.
 */

export type ShardOptions = {
  readonly threshold: number;
  readonly trustees: readonly string[];
  readonly sourceDid: string;
  readonly signer: ShareSigner;
  /** 1 by default. */
  readonly epoch?: number;
  readonly random?: RandomSource;
};

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Port to a wallet's records. */
export interface RecordReader {
  /** The bytes of a record; undefined if there is none. */
  read(name: string): Promise<Secret<Uint8Array> | undefined>;
}

/** What was sharded together. */
export type JsonWithWalletData = {
  readonly json: Json;
  readonly records: ReadonlyMap<string, Secret<Uint8Array>>;
};

const bundleSchema = z.strictObject({ json: z.json(), wallet: z.record(z.string(), z.string()) });

/** @throws {RecoveryError} SHARING_BOUNDS, PAYLOAD_TOO_LONG */
export async function shardBytes(
  bytes: Secret<Uint8Array>,
  options: ShardOptions,
): Promise<readonly ShareJson[]> {
  const { threshold, trustees, sourceDid, signer, epoch = 1, random } = options;
  const source = random === undefined ? {} : { random };
  const dealt = dealSecret({ threshold, count: trustees.length, epoch, ...source });
  try {
    const sealed = sealPayload(bytes.reveal(), { secret: dealt.secret, tag: dealt.tag }, random);
    return await signShares({ dealt, sourceDid, trustees, signer, sealed });
  } finally {
    dealt.secret.erase();
    for (const value of dealt.values) value.erase();
  }
}

/**
 * @throws {RecoveryError} SHARES_TOO_FEW, SHARE_SETS_AMBIGUOUS, PAYLOAD_DAMAGED, SECOND_FACTOR_NEEDED,
 * RECOVERY_CANCELLED
 */
export async function recoverBytes(options: RecoverSecretOptions & LongWork): Promise<Secret<Uint8Array>> {
  const { secret, tag, sealed } = await watched(recoverySteps(options), options);
  try {
    return (await openFirst(sealed, { secret, tag }, {})).payload;
  } finally {
    secret.erase();
  }
}

/**
 * Shards a JSON value, as its one canonical text (RFC 8785).
 *
 * @throws {RecoveryError} PAYLOAD_MALFORMED for what JSON cannot say, SHARING_BOUNDS, PAYLOAD_TOO_LONG
 */
export async function shardJson(json: Json, options: ShardOptions): Promise<readonly ShareJson[]> {
  return shardBytes(jsonToBytes(json), options);
}

/** @throws {RecoveryError} as {@link recoverBytes}; PAYLOAD_MALFORMED unless JSON was sharded. */
export async function recoverJson(options: RecoverSecretOptions & LongWork): Promise<Json> {
  return parseAs(z.json(), await recoverBytes(options));
}

/**
 * Shards a JSON value together with records of a wallet.
 *
 * @throws {RecoveryError} PAYLOAD_MALFORMED naming a record that is not there; as {@link shardJson}
 */
export async function shardJsonWithWalletData(
  data: { readonly json: Json; readonly wallet: RecordReader; readonly names: readonly string[] },
  options: ShardOptions,
): Promise<readonly ShareJson[]> {
  const records = await Promise.all(
    data.names.map(async (name) => {
      const bytes = await data.wallet.read(name);
      if (bytes === undefined) {
        throw new RecoveryError("PAYLOAD_MALFORMED", "the wallet has no such record", { details: { name } });
      }
      return [name, toBase64url(bytes.reveal())] as const;
    }),
  );
  return shardJson({ json: data.json, wallet: Object.fromEntries(records) }, options);
}

/** @throws {RecoveryError} as {@link recoverBytes}; PAYLOAD_MALFORMED unless such a pair was sharded. */
export async function recoverJsonWithWalletData(
  options: RecoverSecretOptions & LongWork,
): Promise<JsonWithWalletData> {
  const { json, wallet } = parseAs(bundleSchema, await recoverBytes(options));
  const records = Object.entries(wallet).map(([name, text]) => {
    const bytes = fromBase64url(text);
    if (bytes === undefined) throw malformed();
    return [name, new Secret(bytes)] as const;
  });
  return { json, records: new Map(records) };
}

/**
 * Keeps shards under the tag of their set: a trustee those entrusted to it, an owner those not yet delivered, and no
 * longer, since together they are the secret.
 */
export async function storeShards(
  store: StateStore,
  tag: Hex32,
  shards: readonly ShareJson[],
): Promise<void> {
  await store.save(nameOf(tag), jsonToBytes(shards));
}

/** @throws {RecoveryError} SHARDS_NOT_STORED, SHARE_MALFORMED, PAYLOAD_MALFORMED */
export async function loadShards(store: StateStore, tag: Hex32): Promise<readonly ShareJson[]> {
  const bytes = await store.load(nameOf(tag));
  if (bytes === undefined) {
    throw new RecoveryError("SHARDS_NOT_STORED", "no shards of this set are kept here", { details: { tag } });
  }
  return parseAs(z.array(z.unknown()), bytes).map(parseShare);
}

/** Forgets the shards of a set. */
export async function forgetShards(store: StateStore, tag: Hex32): Promise<void> {
  await store.remove(nameOf(tag));
}

/** Names in stores have at most 64 characters; half a tag tells sets apart. */
function nameOf(tag: Hex32): string {
  return `shards-${tag.slice(2, 34)}`;
}

function jsonToBytes(json: unknown): Secret<Uint8Array> {
  try {
    return new Secret(utf8ToBytes(canonicalJson(json)));
  } catch {
    throw malformed();
  }
}

function parseAs<Value>(schema: z.ZodType<Value>, bytes: Secret<Uint8Array>): Value {
  try {
    return schema.parse(JSON.parse(bytesToText(bytes.reveal())));
  } catch {
    throw malformed();
  } finally {
    bytes.erase();
  }
}

function malformed(): RecoveryError {
  return new RecoveryError("PAYLOAD_MALFORMED", "this is not what was to be sharded");
}
