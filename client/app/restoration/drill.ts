import { base64urlnopad } from "@scure/base";
import { type Registry, readHead } from "../../chain/index.ts";
import { hexToBytes, isDkmsError } from "../../core/index.ts";
import { type AgentKey, type KeyId, keyIdOf, type Secret } from "../../keys/index.ts";
import { recoverFromPaper } from "../../paper/index.ts";
import {
  type HealthFinding,
  health,
  type KnownTrustee,
  NO_HASH,
  type PolicyId,
  type PolicyState,
  rootCommitment,
} from "../../policy/index.ts";
import {
  checkHeartbeat,
  type Message,
  newMessage,
  type SharePublic,
  shareSetAnchor,
} from "../../recovery/index.ts";
import { type BackupPlace, restoreNewest } from "../backups/backUp.ts";
import { AppError } from "../errors.ts";
import { rootKitFromWords } from "../governance/rootKit.ts";
import { stateOf } from "../trustees/changeTrustees.ts";
import { heartbeatKeyName, verifyHeartbeatKey } from "../trustees/heartbeatKeys.ts";

/** A trustee whom a drill asks whether it still has its key and its share. */
export type DrilledTrustee = {
  /** For the report. */
  readonly name: string;
  /** Its key in the policy, if it has one there. */
  readonly key?: AgentKey;
  /** The index of its share, if it keeps one. */
  readonly index?: number;
  /** True if it has ADMIN_AUTHZ, and takes part in recoveries; true by default. */
  readonly recovers?: boolean;
  /** When it was last heard from, in seconds since 1970; when its set came into force by default. */
  readonly heardAt?: bigint;
  /** Sends the request, and waits for the answer; undefined if none came in time. */
  readonly ask: (
    request: Message<"KEY_HEARTBEAT_REQUEST">,
  ) => Promise<Message<"KEY_HEARTBEAT_RESPONSE"> | undefined>;
};

export type DrillOptions = {
  readonly registry: Registry;
  readonly policy: PolicyId;
  readonly place: BackupPlace;
  /** Identities that must open the newest backup: of this device, say. */
  readonly identities?: readonly { readonly name: string; readonly identity: Secret<string> }[];
  /** The scanned text of the recovery paper, as it lies in the drawer. */
  readonly paper?: Secret<string>;
  /** The words on the page with the root keys. */
  readonly rootWords?: Secret<string>;
  readonly trustees?: readonly DrilledTrustee[];
  /** What all shares in force have in common, see `sharePublic` of the owner's desk. */
  readonly shares?: SharePublic;
  /** For whom the newest backup is, if trustees are to open it: `plan.backupRecipient` of the owner's desk. */
  readonly shareRecipient?: string;
  readonly onProgress?: (check: DrillCheck) => void;
  readonly signal?: AbortSignal;
};

/** What is looked at. */
export type DrillCheck = "BACKUP" | "PAPER" | "POLICY" | "ROOT_KEYS" | "SHARES" | "TRUSTEE";

/** One thing that a drill found. */
export type DrillFinding = {
  readonly check: DrillCheck;
  readonly ok: boolean;
  /** A plain sentence; holds no secret. */
  readonly text: string;
  /** The code of the error, where there was one. */
  readonly code?: string;
};

/** What a drill found, and when each trustee was heard from: for `health`. */
export type DrillReport = {
  /** True if the owner could come back today by every way that was tried. */
  readonly ok: boolean;
  readonly findings: readonly DrillFinding[];
  readonly heard: readonly { readonly name: string; readonly trustee?: KeyId; readonly heardAt: bigint }[];
};

/**
 * Tries everything that a recovery would need, without using it up and without showing a secret: the paper is read and opens the
 * newest backup, the root keys' page is the one that the policy commits to, trustees have their keys and shares, the shares are
 * those that the policy anchors. What fails is a finding, and the others go on.
 *
 * @throws {AppError} DRILL_CANCELLED, POLICY_MISSING; {ChainError} those of the node
 * @example for (const { ok, text } of (await drill(options)).findings) console.log(ok ? "✔" : "✘", text);
 */
export async function drill(options: DrillOptions): Promise<DrillReport> {
  const { registry, policy, onProgress, signal } = options;
  const state = await stateOf(registry, policy);
  const { time } = await readHead(registry);
  const begin = (check: DrillCheck) => {
    if (signal?.aborted) throw new AppError("DRILL_CANCELLED", "the drill was cancelled");
    onProgress?.(check);
  };
  const findings: DrillFinding[] = [];
  const named = new Set<string>();
  begin("BACKUP");
  for (const { name, identity } of options.identities ?? []) {
    findings.push(await opens(options, identity, { check: "BACKUP", what: `The key of ${name}` }, named));
  }
  begin("PAPER");
  if (options.paper !== undefined) findings.push(...(await paper(options, options.paper, named)));
  begin("ROOT_KEYS");
  if (options.rootWords !== undefined) findings.push(await rootKeys(state, options.rootWords));
  begin("TRUSTEE");
  const answers = await Promise.all(
    (options.trustees ?? []).map((one) => heartbeat(options, state, one, time)),
  );
  findings.push(...answers.map(({ finding }) => finding));
  begin("SHARES");
  if (options.shares !== undefined) findings.push(...sharing(state, options.shares, answers));
  if (options.shareRecipient !== undefined) findings.push(forTrustees(named, options.shareRecipient));
  begin("POLICY");
  const known = answers.flatMap(({ known }) => known ?? []);
  findings.push(...policyFindings(health(state, time, { trustees: known })));
  return {
    ok: findings.every(({ ok }) => ok),
    findings,
    heard: answers.flatMap(({ heard }) => (heard === undefined ? [] : [heard])),
  };
}

/** Whether an identity opens the newest backup. */
async function opens(
  { registry, policy, place, signal }: DrillOptions,
  identity: Secret<string>,
  { check, what }: { readonly check: DrillCheck; readonly what: string },
  named: Set<string>,
): Promise<DrillFinding> {
  try {
    const work = signal === undefined ? {} : { signal };
    const { header, content } = await restoreNewest({
      ...{ registry, policy, place, ...work },
      identity: { identity },
    });
    content.erase();
    for (const { role, recipient } of header.recipients) if (role === "social") named.add(recipient);
    const made = new Date(header.time * 1000).toISOString().slice(0, 10);
    return {
      check,
      ok: true,
      text: `${what} opens the newest backup, number ${header.sequence} of ${made}.`,
    };
  } catch (error) {
    return failed(check, `${what} does not open the newest backup`, error);
  }
}

async function paper(
  options: DrillOptions,
  scanned: Secret<string>,
  named: Set<string>,
): Promise<readonly DrillFinding[]> {
  const { registry, policy } = options;
  try {
    const read = await recoverFromPaper({ scanned });
    const here = BigInt(read.policy) === policy && read.chainId === registry.location.chainId;
    if (!here) {
      read.identity.erase();
      return [{ check: "PAPER", ok: false, text: "The paper is of another policy or chain." }];
    }
    const opened = await opens(options, read.identity, { check: "PAPER", what: "The paper" }, named);
    read.identity.erase();
    return [opened];
  } catch (error) {
    return [failed("PAPER", "The paper cannot be read", error)];
  }
}

async function rootKeys(state: PolicyState, words: Secret<string>): Promise<DrillFinding> {
  const check = "ROOT_KEYS";
  try {
    const kit = await rootKitFromWords(words);
    const same = rootCommitment(kit.rootSet) === state.settings.rootCommitment;
    kit.words.erase();
    return same
      ? { check, ok: true, text: "The page with the root keys is the one that the policy waits for." }
      : {
          check,
          ok: false,
          text: "The page with the root keys is an old one: the policy waits for another.",
        };
  } catch (error) {
    return failed(check, "The page with the root keys cannot be read", error);
  }
}

type Answer = {
  readonly finding: DrillFinding;
  readonly holdsShare: boolean;
  readonly index?: number;
  readonly heard?: DrillReport["heard"][number];
  readonly known?: KnownTrustee;
};

async function heartbeat(
  options: DrillOptions,
  { trustees }: PolicyState,
  trustee: DrilledTrustee,
  now: bigint,
): Promise<Answer> {
  const { registry, shares } = options;
  const { name, key, index, recovers = true } = trustee;
  const check = "TRUSTEE";
  const share =
    shares === undefined || index === undefined
      ? undefined
      : { tag: shareSetAnchor(shares), public: shares, index };
  const request = newMessage(
    "KEY_HEARTBEAT_REQUEST",
    {
      authorizationKeys: key === undefined ? [] : [heartbeatKeyName(key)],
      ...(share === undefined ? {} : { tag: base64urlnopad.encode(hexToBytes(share.tag)) }),
    },
    { now: Number(now) },
  );
  const person = key === undefined ? {} : { trustee: keyIdOf(key) };
  const knownSince = (heardAt: bigint) =>
    key === undefined ? {} : { known: { trustee: keyIdOf(key), recovers, heardAt } };
  const silent = knownSince(trustee.heardAt ?? trustees.since);
  try {
    const response = await trustee.ask(request);
    if (response === undefined) {
      return { finding: { check, ok: false, text: `${name} did not answer.` }, holdsShare: false, ...silent };
    }
    const { missing, holdsShare } = await checkHeartbeat({
      ...{ request, response, verify: verifyHeartbeatKey(registry.location), now: Number(now) },
      ...(share === undefined ? {} : { share }),
    });
    const lacks = [
      ...(missing.length > 0 ? ["its key"] : []),
      ...(share !== undefined && !holdsShare ? ["its share"] : []),
    ];
    const text =
      lacks.length === 0
        ? `${name} has ${share === undefined ? "its key" : "its key and its share"}.`
        : `${name} has lost ${lacks.join(" and ")}: choose another trustee.`;
    const heard = { name, ...person, heardAt: now };
    const finding = { check, ok: lacks.length === 0, text } as const;
    return {
      finding,
      holdsShare,
      ...(index === undefined ? {} : { index }),
      heard,
      ...knownSince(missing.length === 0 ? now : (trustee.heardAt ?? trustees.since)),
    };
  } catch (error) {
    return { finding: failed(check, `${name} gave no right answer`, error), holdsShare: false, ...silent };
  }
}

/** Whether enough shares of the anchored set are there. */
function sharing(
  { trustees }: PolicyState,
  shares: SharePublic,
  answers: readonly Answer[],
): readonly DrillFinding[] {
  const check = "SHARES";
  const anchored = trustees.settings.shareSet;
  if (anchored === NO_HASH || shareSetAnchor(shares) !== anchored || shares.epoch !== trustees.number) {
    return [{ check, ok: false, text: "The shares are not those that the policy anchors: deal new ones." }];
  }
  const holding = new Set(answers.flatMap(({ holdsShare, index }) => (holdsShare ? [index] : []))).size;
  const { threshold } = shares;
  const text = `${holding} trustees have their shares, and ${threshold} are needed.`;
  return [{ check, ok: holding >= threshold, text }];
}

/** Whether the newest backup, as far as somebody else could open it, is for the trustees' secret as well. */
function forTrustees(named: ReadonlySet<string>, recipient: string): DrillFinding {
  const check = "SHARES";
  return named.has(recipient)
    ? { check, ok: true, text: "The newest backup is for the trustees as well." }
    : {
        check,
        ok: false,
        text: "The newest backup is not for these trustees, or nobody could open it: make one.",
      };
}

/** What is wrong with the policy; notices are no reason to worry. */
function policyFindings(findings: readonly HealthFinding[]): readonly DrillFinding[] {
  const check = "POLICY";
  const serious = findings.filter(({ level }) => level !== "NOTICE");
  if (serious.length === 0) return [{ check, ok: true, text: "Nothing is wrong with the policy." }];
  return serious.map(({ code, text }) => ({ check, ok: false, text, code }));
}

function failed(check: DrillCheck, what: string, error: unknown): DrillFinding {
  // What others throw, a line or a disk that failed, may hold anything.
  if (!isDkmsError(error)) return { check, ok: false, text: `${what}.` };
  return { check, ok: false, text: `${what}: ${error.message}.`, code: error.code };
}
