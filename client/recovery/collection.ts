import { type Hex32, isDkmsError } from "../core/index.ts";
import { type Message, requireFresh, type TrusteeMessage } from "./messages.ts";
import type { GivenShare } from "./recover.ts";
import { type ShareJson, type ShareTrust, verifyShare } from "./share.ts";
import { requireAnswerTo, type Step, unexpected } from "./steps.ts";

/** The new agent's side of getting shares back: one session for each trustee, over a connection of its own (V6). */
export type Session =
  | { readonly step: "opened" }
  /** The trustee asked; the owner is to answer. */
  | { readonly step: "challenged"; readonly challenge: Message<"RECOVERY_SHARE_CHALLENGE"> }
  | { readonly step: "answered"; readonly responseId: string }
  | { readonly step: "good"; readonly share: ShareJson; readonly trustee: string; readonly threshold: number }
  /** The trustee sent a share that is no good. */
  | { readonly step: "bad"; readonly code: string };

/** By fingerprint of the connection. To be stored encrypted: it holds shares. */
export type Collection = Readonly<Record<Hex32, Session>>;

export type CollectionEvent =
  | { readonly kind: "open"; readonly fingerprint: Hex32 }
  | {
      readonly kind: "received";
      readonly fingerprint: Hex32;
      readonly message: TrusteeMessage;
      readonly trust: ShareTrust;
      readonly now: number;
    }
  | {
      readonly kind: "answer";
      readonly fingerprint: Hex32;
      readonly message: Message<"RECOVERY_SHARE_RESPONSE">;
    };

export type CollectionEffect = {
  readonly kind: "send";
  readonly fingerprint: Hex32;
  readonly message: TrusteeMessage;
};

/** How far a recovery is. */
export type CollectionProgress = {
  /** Known once the first good share is there. */
  readonly needed?: number;
  /** Whose shares count: of the set that `recover` will choose, one for each trustee. */
  readonly good: readonly string[];
  /** What is no good, or does not count: the same share again, or one of another set. */
  readonly bad: readonly { readonly fingerprint: Hex32; readonly code: string }[];
  /** Connections from which nothing has come yet. */
  readonly waiting: readonly Hex32[];
  /** What `recover` takes. */
  readonly shares: readonly GivenShare[];
};

/**
 * The reducer. A share that is no good is a state, not an error: the others go on.
 *
 * @throws {RecoveryError} STEP_UNEXPECTED, ANSWER_UNEXPECTED, MESSAGE_EXPIRED; the state stays as it is.
 */
export function collection(state: Collection, event: CollectionEvent): Step<Collection, CollectionEffect> {
  const { fingerprint } = event;
  const session = state[fingerprint];
  const become = (next: Session): Collection => ({ ...state, [fingerprint]: next });
  switch (event.kind) {
    case "open":
      if (session !== undefined) throw unexpected(session.step, event.kind);
      return { state: become({ step: "opened" }), effects: [] };
    case "answer": {
      if (session?.step !== "challenged") throw unexpected(session?.step ?? "unknown", event.kind);
      const { message } = event;
      requireAnswerTo(session.challenge.id, message);
      return {
        state: become({ step: "answered", responseId: message.id }),
        effects: [{ kind: "send", fingerprint, message }],
      };
    }
    case "received":
      return { state: become(receive(session, event)), effects: [] };
  }
}

/** @throws nothing */
export function collectionProgress(state: Collection): CollectionProgress {
  const sessions = Object.entries(state) as [Hex32, Session][];
  const good = sessions.flatMap(([, session]) => (session.step === "good" ? [session] : []));
  const counted = countedOf(good);
  const [first] = counted;
  return {
    ...(first === undefined ? {} : { needed: first.threshold }),
    good: counted.map(({ trustee }) => trustee),
    bad: sessions.flatMap(([fingerprint, session]) => {
      if (session.step === "bad") return [{ fingerprint, code: session.code }];
      if (session.step !== "good" || counted.includes(session)) return [];
      const isOfSet = session.share.tag === first?.share.tag;
      return [{ fingerprint, code: isOfSet ? "SHARE_DUPLICATE" : "SHARE_EPOCH_MIXED" }];
    }),
    waiting: sessions.flatMap(([fingerprint, { step }]) =>
      step === "good" || step === "bad" ? [] : [fingerprint],
    ),
    shares: good.map(({ share }) => ({ json: share })),
  };
}

type Good = Extract<Session, { step: "good" }>;

/** As `recover` chooses: of the sets that are complete the one with the highest number, else the fullest. */
function countedOf(good: readonly Good[]): readonly Good[] {
  const isSame = (one: Good, other: Good) =>
    one.share.tag === other.share.tag && one.share.index === other.share.index;
  const different = good.filter((one, i) => good.findIndex((other) => isSame(one, other)) === i);
  const tags = [...new Set(different.map(({ share }) => share.tag))];
  const sets = tags.map((tag) => different.filter(({ share }) => share.tag === tag));
  const isComplete = (set: readonly Good[]) => set.length >= (set[0]?.threshold ?? Number.NaN);
  const epoch = (set: readonly Good[]) => set[0]?.share.epoch ?? 0;
  const sorted = sets.toSorted((a, b) => epoch(b) - epoch(a) || b.length - a.length);
  return sorted.find(isComplete) ?? sorted.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

function receive(
  session: Session | undefined,
  { message, trust, now }: Extract<CollectionEvent, { kind: "received" }>,
): Session {
  requireFresh(message, now);
  if (message.type === "RECOVERY_SHARE_CHALLENGE" && session?.step === "opened") {
    return { step: "challenged", challenge: message };
  }
  if (message.type !== "CAPABILITY_RESPONSE" || session?.step !== "answered") {
    throw unexpected(session?.step ?? "unknown", message.type);
  }
  requireAnswerTo(session.responseId, message);
  if (message.share === undefined) return { step: "bad", code: "SHARE_MALFORMED" };
  try {
    const { trustee, public: set, value } = verifyShare(message.share, trust);
    value.erase();
    return { step: "good", share: message.share, trustee, threshold: set.threshold };
  } catch (error) {
    if (!isDkmsError(error)) throw error;
    return { step: "bad", code: error.code };
  }
}
