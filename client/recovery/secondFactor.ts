import { argon2idAsync } from "@noble/hashes/argon2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { isWellFormed } from "../core/index.ts";
import { type RandomSource, Secret, systemRandom } from "../keys/index.ts";
import { fromBase64url, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { type LongWork, report } from "./longWork.ts";

/** How a PIN is stretched: argon2id (RFC 9106). Public, stored beside what the PIN protects. */
export const secondFactorSchema = z
  .strictObject({
    kdf: z.literal("argon2id"),
    salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
    memoryKiB: z.int(),
    passes: z.int(),
    lanes: z.int(),
  })
  .meta({ id: "SecondFactor", description: "Parameters that stretch the owner's PIN" });

export type SecondFactor = z.infer<typeof secondFactorSchema>;

/** 64 MiB and three passes: the second choice of RFC 9106 §4, about a second in JavaScript. */
const MEMORY_KIB = 65_536;
const PASSES = 3;
/** Below these (OWASP's least) a stored parameter was weakened by somebody; above, it is there to block. */
const MIN_MEMORY_KIB = 19_456;
const MIN_PASSES = 2;
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 16;
const MAX_LANES = 4;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const MIN_PIN_CHARACTERS = 6;
const MAX_PIN_CHARACTERS = 1024;
/** Blank, or not to be seen at all. */
const UNSEEN = /[\s\p{Control}\p{Format}]/gu;

/** Fresh parameters for a new PIN. */
export function newSecondFactor(random: RandomSource = systemRandom): SecondFactor {
  const salt = new Uint8Array(SALT_BYTES);
  random(salt);
  return { kdf: "argon2id", salt: toBase64url(salt), memoryKiB: MEMORY_KIB, passes: PASSES, lanes: 1 };
}

/**
 * The key that a PIN stands for. The PIN is normalised (NFKC), so that any keyboard gives the same key.
 *
 * @throws {RecoveryError} SECOND_FACTOR_TOO_SHORT below six characters that can be seen; SECOND_FACTOR_MALFORMED for half a
 * character, which would be the same as any other, or for more than anybody types; SECOND_FACTOR_PARAMETERS below the
 * floor or above what is bearable; RECOVERY_CANCELLED
 */
export async function stretchPin(
  pin: Secret<string>,
  parameters: SecondFactor,
  work: LongWork = {},
): Promise<Secret<Uint8Array>> {
  const text = checkedPin(pin.reveal());
  const salt = checkedSalt(parameters);
  if (work.signal?.aborted === true) report(work, 0);
  const bytes = utf8ToBytes(text);
  try {
    const key = await argon2idAsync(bytes, salt, {
      m: parameters.memoryKiB,
      t: parameters.passes,
      p: parameters.lanes,
      dkLen: KEY_BYTES,
      onProgress: (done) => report(work, done),
    });
    return new Secret<Uint8Array>(key);
  } finally {
    bytes.fill(0);
  }
}

function checkedPin(typed: string): string {
  const text = typed.length > MAX_PIN_CHARACTERS ? typed : typed.normalize("NFKC");
  if (text.length > MAX_PIN_CHARACTERS || !isWellFormed(text)) {
    throw new RecoveryError("SECOND_FACTOR_MALFORMED", "a PIN is whole characters, and not a whole book");
  }
  if ([...text.replace(UNSEEN, "")].length < MIN_PIN_CHARACTERS) {
    throw new RecoveryError("SECOND_FACTOR_TOO_SHORT", `a PIN has ${MIN_PIN_CHARACTERS} characters or more`);
  }
  return text;
}

function checkedSalt({ salt, memoryKiB, passes, lanes }: SecondFactor): Uint8Array {
  const bytes = fromBase64url(salt, SALT_BYTES);
  const sound =
    memoryKiB >= MIN_MEMORY_KIB &&
    memoryKiB <= MAX_MEMORY_KIB &&
    passes >= MIN_PASSES &&
    passes <= MAX_PASSES &&
    lanes >= 1 &&
    lanes <= MAX_LANES;
  if (bytes === undefined || !sound) {
    throw new RecoveryError("SECOND_FACTOR_PARAMETERS", "the PIN's parameters are not bearable", {
      details: { memoryKiB, passes, lanes },
    });
  }
  return bytes;
}
