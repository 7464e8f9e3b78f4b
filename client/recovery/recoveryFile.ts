import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { type Hex32, isDkmsError, isWellFormed } from "../core/index.ts";
import { type LinkSecret, linkSecretFrom, type RandomSource, Secret } from "../keys/index.ts";
import { bytesToText, canonicalJson, fromBase64url, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import { dealSecret } from "./feldman.ts";
import { type LongWork, partOf, watched } from "./longWork.ts";
import { type RecoveredSecret, type RecoverSecretOptions, recoverySteps } from "./recover.ts";
import { backupIdentity, openPayload, type SealedPayload, type SecretKeys, sealPayload } from "./sealed.ts";
import { newSecondFactor, stretchPin } from "./secondFactor.ts";
import { type ShareJson, type ShareSigner, signShares } from "./share.ts";

/** What an owner who has lost every device needs to begin again. */
export type RecoveryFile = {
  /** 32 bytes: of the wallet's recovery slot, or of a `KeyEncryptingKey` of source TRUSTEES. */
  readonly backupKey: Secret<Uint8Array>;
  readonly linkSecret: LinkSecret;
  /** Where the encrypted backup is held. */
  readonly endpoint: string;
};

export type SetUpRecoveryOptions = {
  readonly file: RecoveryFile;
  readonly threshold: number;
  readonly trustees: readonly string[];
  /** One more than that of the set before; 1 for the first. */
  readonly epoch: number;
  readonly sourceDid: string;
  readonly signer: ShareSigner;
  /** Asked for again at recovery; whoever forgets it cannot recover with trustees. */
  readonly pin?: Secret<string>;
  readonly random?: RandomSource;
} & LongWork;

/** Everything that follows from a new set of shares. */
export type RecoverySetUp = {
  /** One for each trustee, in order. */
  readonly shares: readonly ShareJson[];
  /** To be anchored on chain. */
  readonly tag: Hex32;
  readonly epoch: number;
  /** Backups are encrypted to this age identity; forget it once the recipient is taken from it. */
  readonly backupIdentity: Secret<string>;
};

/** An owner's recovery, done. */
export type Recovered = Omit<RecoveredSecret, "secret" | "sealed"> & {
  readonly file: RecoveryFile;
  readonly backupIdentity: Secret<string>;
};

const fileSchema = z.strictObject({
  version: z.literal("1.0"),
  backupKey: z.string(),
  linkSecret: z.string(),
  endpoint: z.string().min(1).max(2048).refine(isWellFormed),
});

const KEY_BYTES = 32;
/** What checking shares takes of a recovery with a PIN; the rest is for stretching it. */
const SHARES_OF_WORK = 0.2;

/**
 * Draws a secret, shares it out among trustees, and seals the recovery file under it.
 *
 * @throws {RecoveryError} SHARING_BOUNDS, SHARE_MALFORMED, PAYLOAD_MALFORMED, SECOND_FACTOR_TOO_SHORT,
 * SECOND_FACTOR_MALFORMED, RECOVERY_CANCELLED
 */
export async function setUpRecovery(options: SetUpRecoveryOptions): Promise<RecoverySetUp> {
  const { file, threshold, trustees, epoch, sourceDid, signer, random } = options;
  const source = random === undefined ? {} : { random };
  const dealt = dealSecret({ threshold, count: trustees.length, epoch, ...source });
  let pin: Pick<SecretKeys, "pin"> = {};
  try {
    pin = await newPin(options);
    const keys = { secret: dealt.secret, tag: dealt.tag, ...pin };
    const sealed = sealFile(file, keys, random);
    const shares = await signShares({ dealt, sourceDid, trustees, signer, sealed });
    return { shares, tag: dealt.tag, epoch, backupIdentity: backupIdentity(keys) };
  } finally {
    erasePin(pin);
    dealt.secret.erase();
    for (const value of dealt.values) value.erase();
  }
}

/**
 * The recovery file and the backup identity, from the trustees' shares and, if there is one, the owner's PIN.
 *
 * @throws {RecoveryError} SHARES_TOO_FEW, SHARE_SETS_AMBIGUOUS, SECOND_FACTOR_NEEDED, SECOND_FACTOR_WRONG,
 * SECOND_FACTOR_PARAMETERS, PAYLOAD_DAMAGED, PAYLOAD_MALFORMED, RECOVERY_CANCELLED
 */
export async function recover(
  options: RecoverSecretOptions & { readonly pin?: Secret<string> } & LongWork,
): Promise<Recovered> {
  const checks = options.pin === undefined ? 1 : SHARES_OF_WORK;
  const steps = recoverySteps(options);
  const { secret, sealed, ...report } = await watched(steps, partOf(options, 0, checks));
  try {
    const stretching = { ...partOf(options, checks, 1), ...(options.pin && { pin: options.pin }) };
    const { payload, keys } = await openFirst(sealed, { secret, tag: report.tag }, stretching);
    try {
      return { ...report, file: decodeFile(payload), backupIdentity: backupIdentity(keys) };
    } finally {
      erasePin(keys);
    }
  } finally {
    secret.erase();
  }
}

/** Opens the one payload that the secret fits; the others were put there by liars. The caller erases the PIN's key. */
export async function openFirst(
  candidates: readonly SealedPayload[],
  keys: SecretKeys,
  options: { readonly pin?: Secret<string> } & LongWork,
): Promise<{ readonly payload: Secret<Uint8Array>; readonly keys: SecretKeys }> {
  let failure: unknown = new RecoveryError("PAYLOAD_DAMAGED", "no share carries what was sealed");
  for (const sealed of candidates) {
    let pin: Pick<SecretKeys, "pin"> = {};
    try {
      const { secondFactor } = sealed;
      // Before the PIN is stretched, which is slow, and with parameters that a liar could have chosen.
      if (secondFactor !== undefined) requireOuter(sealed, keys);
      if (secondFactor !== undefined && options.pin !== undefined) {
        const key = await stretchPin(options.pin, secondFactor, options);
        pin = { pin: { parameters: secondFactor, key } };
      }
      const withPin = { ...keys, ...pin };
      return { payload: openPayload(sealed, withPin), keys: withPin };
    } catch (error) {
      erasePin(pin);
      if (!isDkmsError(error)) throw error;
      if (!isDkmsError(failure) || failure.code === "PAYLOAD_DAMAGED") failure = error;
    }
  }
  throw failure;
}

/** @throws {RecoveryError} PAYLOAD_DAMAGED unless the outer layer opens. */
function requireOuter(sealed: SealedPayload, keys: SecretKeys): void {
  try {
    openPayload(sealed, { secret: keys.secret, tag: keys.tag });
  } catch (error) {
    if (!isDkmsError(error, "SECOND_FACTOR_NEEDED")) throw error;
  }
}

async function newPin({ pin, random, ...work }: SetUpRecoveryOptions): Promise<Pick<SecretKeys, "pin">> {
  if (pin === undefined) return {};
  const parameters = newSecondFactor(random);
  return { pin: { parameters, key: await stretchPin(pin, parameters, work) } };
}

function erasePin({ pin }: Pick<SecretKeys, "pin">): void {
  pin?.key.erase();
}

function sealFile(file: RecoveryFile, keys: SecretKeys, random: RandomSource | undefined): SealedPayload {
  const payload = encodeFile(file);
  try {
    return sealPayload(payload, keys, random);
  } finally {
    payload.fill(0);
  }
}

function encodeFile({ backupKey, linkSecret, endpoint }: RecoveryFile): Uint8Array {
  const file = {
    version: "1.0",
    backupKey: toBase64url(backupKey.reveal()),
    linkSecret: toBase64url(linkSecret.reveal()),
    endpoint,
  };
  if (!fileSchema.safeParse(file).success || backupKey.reveal().length !== KEY_BYTES) throw malformed();
  return utf8ToBytes(canonicalJson(file));
}

function decodeFile(payload: Secret<Uint8Array>): RecoveryFile {
  try {
    const file = fileSchema.parse(JSON.parse(bytesToText(payload.reveal())));
    const backupKey = fromBase64url(file.backupKey, KEY_BYTES);
    const linkSecret = fromBase64url(file.linkSecret, KEY_BYTES);
    if (backupKey === undefined || linkSecret === undefined) throw malformed();
    return {
      backupKey: new Secret(backupKey),
      linkSecret: linkSecretFrom(linkSecret),
      endpoint: file.endpoint,
    };
  } catch {
    throw malformed();
  } finally {
    payload.erase();
  }
}

function malformed(): RecoveryError {
  return new RecoveryError("PAYLOAD_MALFORMED", "this is no recovery file");
}
