import { type Hex32, isDkmsError } from "../core/index.ts";
import { RecoveryError } from "./errors.ts";
import { combineShares, type SharedSecret } from "./feldman.ts";
import type { SealedPayload } from "./sealed.ts";
import { type ShareTrust, type VerifiedShare, verifyShare } from "./share.ts";
import { shareFromWords } from "./shareWords.ts";

/** What a trustee gave: a share as JSON, or its words. */
export type GivenShare = { readonly json: unknown } | { readonly words: string };

/** A share that did not count, and why; `position` is among those given. */
export type RejectedShare = {
  readonly position: number;
  readonly code: string;
  /** As the share itself says, so only a hint where the share is forged. */
  readonly trustee?: string;
};

export type RecoverSecretOptions = {
  readonly shares: readonly GivenShare[];
  readonly trust: ShareTrust;
};

/** A secret that enough good shares agree on. */
export type RecoveredSecret = {
  readonly secret: SharedSecret;
  readonly tag: Hex32;
  readonly epoch: number;
  readonly sourceDid: string;
  /** Whose shares were good. */
  readonly trustees: readonly string[];
  readonly rejected: readonly RejectedShare[];
  /** Different ones only if some share was not signed by the owner: the secret opens none but the right one. */
  readonly sealed: readonly SealedPayload[];
};

/**
 * Restores a shared secret. Every share is checked by itself; a bad one is named and the others go on. Nothing but the
 * owner's secret can come out: the set is known by the tag on chain or by the owner's signature, and Feldman's
 * commitments bind each share to it.
 *
 * @throws {RecoveryError} SHARES_TOO_FEW, with `needed`, `good` and `rejected`; SHARE_SETS_AMBIGUOUS if the owner signed
 * two complete sets with one number and no anchor says which
 */
export function recoverSecret(options: RecoverSecretOptions): RecoveredSecret {
  const steps = recoverySteps(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The work of {@link recoverSecret}; after each share it gives the part that is done. */
export function* recoverySteps({
  shares,
  trust,
}: RecoverSecretOptions): Generator<number, RecoveredSecret, void> {
  const all: Placed[] = [];
  let judged = 0;
  const done = () => ++judged / shares.length;
  try {
    const fromJson = yield* judgeEach(shares, "json", ({ json }) => verifyShare(json, trust), { all, done });
    const { chosen, others } = chooseSet(fromJson);
    const [first] = chosen;
    const widest = longestList(chosen);
    const judgeWords = ({ words }: { readonly words: string }) => {
      if (widest !== undefined) return shareFromWords(words, widest);
      throw new RecoveryError("SHARE_WORDS_OTHER_SET", "words need one whole share of their set beside them");
    };
    const fromWords = yield* judgeEach(shares, "words", judgeWords, { all, done });
    const { good, duplicates } = withoutDuplicates([...chosen, ...fromWords.good]);
    const rejected = [...fromJson.rejected, ...others, ...fromWords.rejected, ...duplicates].sort(
      (a, b) => a.position - b.position,
    );
    const trustees = good.map(({ trustee }) => trustee);
    if (first === undefined || good.length < first.share.public.threshold) {
      throw new RecoveryError("SHARES_TOO_FEW", "too few good shares", {
        details: { needed: first?.share.public.threshold, good: trustees, rejected },
      });
    }
    const { tag, public: set } = first.share;
    return {
      ...{ secret: combineShares(good, set), tag, epoch: set.epoch, trustees, rejected },
      sourceDid: mostSaid(good.map(({ sourceDid }) => sourceDid)),
      sealed: differentOf(good.flatMap(({ sealed }) => sealed ?? [])),
    };
  } finally {
    for (const { share } of all) share.value.erase();
  }
}

type Placed = { readonly position: number; readonly share: VerifiedShare };

type Judged = { readonly good: readonly Placed[]; readonly rejected: readonly RejectedShare[] };

/** Judges the shares that came in one form; those that are good are kept in `all` as well, to be erased. */
function* judgeEach<Form extends "json" | "words">(
  shares: readonly GivenShare[],
  form: Form,
  judge: (given: Extract<GivenShare, Record<Form, unknown>>) => VerifiedShare,
  { all, done }: { readonly all: Placed[]; readonly done: () => number },
): Generator<number, Judged, void> {
  const isOfForm = (given: GivenShare): given is Extract<GivenShare, Record<Form, unknown>> => form in given;
  const good: Placed[] = [];
  const rejected: RejectedShare[] = [];
  for (const [position, given] of shares.entries()) {
    if (!isOfForm(given)) continue;
    try {
      const placed = { position, share: judge(given) };
      good.push(placed);
      all.push(placed);
    } catch (error) {
      // Whatever a share does to who reads it, it is that share which is no good: the others go on.
      const [code, trustee] = isDkmsError(error)
        ? [error.code, error.details.trustee]
        : ["SHARE_MALFORMED", undefined];
      rejected.push({ position, code, ...(typeof trustee === "string" ? { trustee } : {}) });
    }
    yield done();
  }
  return { good, rejected };
}

/** Of the sets that are complete the one with the highest number, else the fullest; the shares of the others are named. */
function chooseSet({ good }: Judged): {
  readonly chosen: readonly Placed[];
  readonly others: readonly RejectedShare[];
} {
  const tags = [...new Set(good.map(({ share }) => share.tag))];
  const sets = tags.map((tag) => good.filter(({ share }) => share.tag === tag));
  const size = (set: readonly Placed[]) => new Set(set.map(({ share }) => share.index)).size;
  const isComplete = (set: readonly Placed[]) => size(set) >= (set[0]?.share.public.threshold ?? Number.NaN);
  const epoch = (set: readonly Placed[]) => set[0]?.share.public.epoch ?? 0;
  const all = sets.sort((a, b) => epoch(b) - epoch(a) || size(b) - size(a));
  const complete = all.filter(isComplete);
  const [best, second] = complete;
  if (best !== undefined && second !== undefined && epoch(best) === epoch(second)) {
    throw new RecoveryError(
      "SHARE_SETS_AMBIGUOUS",
      "two sets have this number: the anchor on chain decides",
      {
        details: { epoch: epoch(best), tags: complete.flatMap((set) => set[0]?.share.tag ?? []) },
      },
    );
  }
  const chosen = best ?? all.toSorted((a, b) => size(b) - size(a))[0] ?? [];
  const others = good
    .filter((placed) => !chosen.includes(placed))
    .map(({ position, share }) => ({ position, code: "SHARE_EPOCH_MIXED", trustee: share.trustee }));
  return { chosen, others };
}

/** Names are bound by the signature only: where it is not checked, a liar could leave out whom the words are of. */
function longestList(shares: readonly Placed[]): VerifiedShare | undefined {
  return shares
    .map(({ share }) => share)
    .reduce<VerifiedShare | undefined>(
      (longest, share) => (share.trustees.length > (longest?.trustees.length ?? 0) ? share : longest),
      undefined,
    );
}

function withoutDuplicates(shares: readonly Placed[]): {
  readonly good: readonly VerifiedShare[];
  readonly duplicates: readonly RejectedShare[];
} {
  const seen = new Set<number>();
  const good: VerifiedShare[] = [];
  const duplicates: RejectedShare[] = [];
  for (const { position, share } of shares) {
    if (seen.has(share.index)) {
      duplicates.push({ position, code: "SHARE_DUPLICATE", trustee: share.trustee });
    } else {
      seen.add(share.index);
      good.push(share);
    }
  }
  return { good, duplicates };
}

/** The owner signs one DID in all shares; where signatures are not checked, one liar does not outvote the others. */
function mostSaid(dids: readonly string[]): string {
  const times = (did: string) => dids.filter((other) => other === did).length;
  return dids.reduce((most, did) => (times(did) > times(most) ? did : most), dids[0] ?? "");
}

function differentOf(sealed: readonly SealedPayload[]): readonly SealedPayload[] {
  return [...new Map(sealed.map((one) => [JSON.stringify(one), one])).values()];
}
