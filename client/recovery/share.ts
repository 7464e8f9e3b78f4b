import { z } from "zod";
import { bytesToHex, type Hex32, hex32, hexToBytes, isWellFormed } from "../core/index.ts";
import { Secret } from "../keys/index.ts";
import { fromBase64url, signedBytes, toBase64url } from "./encoding.ts";
import { RecoveryError } from "./errors.ts";
import {
  checkBounds,
  checkEpoch,
  checkShareValue,
  type DealtSecret,
  type SharePublic,
  shareSetAnchor,
} from "./feldman.ts";
import { type SealedPayload, sealedPayloadSchema } from "./sealed.ts";
import { isSignature } from "./signature.ts";
import { withThreshold } from "./variants.ts";

/** A share as it travels and is stored (V3): JSON, binary values as base64url. It is a secret. */
export const shareSchema = z
  .strictObject({
    version: z.literal("1.0"),
    source_did: z.string().min(1).max(512).refine(isWellFormed),
    tag: z.string().length(43),
    shareValue: z.string().length(43),
    hint: z.strictObject({
      threshold: z.int().nonnegative().max(255),
      trustees: z.array(z.string().min(1).max(128).refine(isWellFormed)).max(255),
    }),
    index: z.int().nonnegative().max(255),
    epoch: z
      .int()
      .nonnegative()
      .max(2 ** 32 - 1),
    commitments: z.array(z.string().length(43)).max(255),
    sealed: sealedPayloadSchema.optional(),
    signature: z.string().length(86),
  })
  .meta({ id: "Share", description: "One trustee's share of a secret, signed by its dealer" });

export type ShareJson = z.infer<typeof shareSchema>;

/** Port to the key that an owner signs shares with: Ed25519, one of the DID that the shares name. */
export interface ShareSigner {
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** How a set of shares is known to be the owner's: by the tag on chain, by the dealer's key, or by both. */
export type ShareTrust =
  | { readonly anchor: Hex32; readonly dealerKey?: Uint8Array }
  | { readonly dealerKey: Uint8Array; readonly anchor?: Hex32 };

/** A share that is the owner's and fits its commitments. */
export type VerifiedShare = {
  readonly sourceDid: string;
  readonly tag: Hex32;
  readonly public: SharePublic;
  readonly index: number;
  /** Who holds it, by the name that the owner gave; as the DID, only as good as its signature, if that was checked. */
  readonly trustee: string;
  readonly trustees: readonly string[];
  readonly value: Secret<Uint8Array>;
  readonly sealed?: SealedPayload;
};

export type SignSharesOptions = {
  readonly dealt: DealtSecret;
  readonly sourceDid: string;
  /** One for each share. They show to every trustee: pseudonyms do. */
  readonly trustees: readonly string[];
  readonly signer: ShareSigner;
  /** Given to each trustee along with the share; only the restored secret opens it. */
  readonly sealed?: SealedPayload;
};

const SIGNATURE_DOMAIN = "DKMS-V1-SHARE";
const unsignedSchema = shareSchema.omit({ signature: true });

/**
 * The shares of a dealt secret, one for each trustee in order, signed by the dealer.
 *
 * @throws {RecoveryError} SHARING_BOUNDS unless there are as many different trustees as shares; SHARE_MALFORMED for a DID
 * or a name that no share can carry.
 */
export async function signShares(options: SignSharesOptions): Promise<readonly ShareJson[]> {
  const { dealt, sourceDid, trustees, signer, sealed } = options;
  const { threshold, epoch, commitments } = dealt.public;
  if (trustees.length !== dealt.values.length || new Set(trustees).size !== trustees.length) {
    throw new RecoveryError("SHARING_BOUNDS", "each share goes to a trustee with a name of its own", {
      details: { trustees: trustees.length, shares: dealt.values.length },
    });
  }
  return Promise.all(
    dealt.values.map(async (value, i) => {
      const body = checked(unsignedSchema, {
        version: "1.0" as const,
        source_did: sourceDid,
        tag: toBase64url(hexToBytes(dealt.tag)),
        shareValue: toBase64url(value.reveal()),
        hint: { threshold, trustees: [...trustees] },
        index: i + 1,
        epoch,
        commitments: commitments.map(toBase64url),
        ...(sealed === undefined ? {} : { sealed }),
      });
      const signature = await signer.sign(signedBytes(SIGNATURE_DOMAIN, body));
      return { ...body, signature: toBase64url(signature) };
    }),
  );
}

/**
 * Checks everything about a share: its form, that its tag is that of its commitments, that it is the owner's, and that
 * its value fits the commitments. For a trustee on receipt, and for the owner at recovery.
 *
 * @throws {RecoveryError} SHARE_MALFORMED, SHARING_BOUNDS, SHARE_INDEX_INVALID, SHARE_COMMITMENT_COUNT,
 * SHARE_POINT_INVALID, SHARE_SCALAR_INVALID, SHARE_TAG_MISMATCH, SHARE_NOT_ANCHORED, SHARE_SIGNATURE_INVALID,
 * SHARE_VALUE_WRONG
 */
export function verifyShare(json: unknown, trust: ShareTrust): VerifiedShare {
  const share = parseShare(json);
  const { index, epoch } = share;
  const { threshold, trustees } = share.hint;
  const details = { index, trustee: trustees[index - 1] };
  checkBounds({ threshold, count: trustees.length });
  checkEpoch(epoch);
  const trustee = trustees[index - 1];
  if (trustee === undefined) {
    throw new RecoveryError("SHARE_INDEX_INVALID", "no trustee has a share with this index", { details });
  }
  const set = {
    threshold,
    epoch,
    commitments: share.commitments.map((text) => bytesOf(text, "commitments")),
  };
  const tag = hex32(bytesToHex(bytesOf(share.tag, "tag")));
  if (shareSetAnchor(set) !== tag) {
    throw new RecoveryError("SHARE_TAG_MISMATCH", "the tag is not that of the commitments", { details });
  }
  const value = new Secret(bytesOf(share.shareValue, "shareValue"));
  checkTrust(share, tag, trust);
  checkShareValue({ index, value }, set);
  return {
    sourceDid: share.source_did,
    tag,
    public: set,
    index,
    trustee,
    trustees,
    value,
    ...(share.sealed === undefined ? {} : { sealed: share.sealed }),
  };
}

/**
 * A share from JSON: exactly the fields of {@link ShareJson}; the source's misspelt `theshold` is read too.
 *
 * @throws {RecoveryError} SHARE_MALFORMED
 */
export function parseShare(json: unknown): ShareJson {
  return checked(shareSchema, withThreshold(json));
}

function checked<Value>(schema: z.ZodType<Value>, json: unknown): Value {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw malformed(parsed.error.issues[0]?.path.join(".") ?? "");
}

function checkTrust(share: ShareJson, tag: Hex32, { anchor, dealerKey }: ShareTrust): void {
  const details = { index: share.index, trustee: share.hint.trustees[share.index - 1] };
  if (anchor !== undefined && tag !== anchor) {
    throw new RecoveryError("SHARE_NOT_ANCHORED", "the share is of another set than the anchored one", {
      details: { ...details, tag, epoch: share.epoch },
    });
  }
  if (dealerKey !== undefined && !isDealtBy(share, dealerKey)) {
    throw new RecoveryError("SHARE_SIGNATURE_INVALID", "not signed by the owner", { details });
  }
}

/** True if this key signed the share. @throws {RecoveryError} SHARE_MALFORMED */
export function isDealtBy({ signature, ...body }: ShareJson, dealerKey: Uint8Array): boolean {
  return isSignature(bytesOf(signature, "signature", 64), signedBytes(SIGNATURE_DOMAIN, body), dealerKey);
}

function bytesOf(text: string, field: string, length = 32): Uint8Array {
  const bytes = fromBase64url(text, length);
  if (bytes === undefined) throw malformed(field);
  return bytes;
}

function malformed(field: string): RecoveryError {
  return new RecoveryError("SHARE_MALFORMED", "this is no share", { details: { field } });
}
