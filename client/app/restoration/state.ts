import { type Hex32, hex32 } from "../../core/index.ts";
import { type BackendKeyId, backendKeyId, type KeyId, keyId, Secret } from "../../keys/index.ts";
import { type PolicyId, parseRootSet, policyId, printRootSet, type RootSet } from "../../policy/index.ts";
import type { StateStore } from "../../recovery/index.ts";
import { type AgentRecord, decodeAgentRecord, encodeAgentRecord } from "../agents/record.ts";
import { AppError } from "../errors.ts";
import { bytesToText, fromJson, textToBytes, toJson } from "../json.ts";
import type { RecoveryRequest } from "../trustees/recoveryRequest.ts";
import { parseRecoveryRequest, serializeRecoveryRequest } from "../trustees/texts.ts";

/** What an owner does after a loss, in the order that her way of getting power back asks for. */
export const RESTORE_STEPS = [
  "KEYS",
  "LOST",
  "ROOT_KEYS",
  "POWER",
  "PROVE",
  "DIDS",
  "BACKUP",
  "SHARES",
] as const;

/** One of {@link RESTORE_STEPS}. */
export type RestoreStep = (typeof RESTORE_STEPS)[number];

/** By whose word power comes back. */
export type RestoreWay = "DEVICE" | "ROOT_KEYS" | "TRUSTEES";

/** How far a restoration is; stored encrypted after every step, as it holds the new agent's secrets until the end. */
export type RestoreState = {
  readonly policy: PolicyId;
  readonly way: RestoreWay;
  readonly done: readonly RestoreStep[];
  /** Agents that were lost: of others it would tell that all is done. */
  readonly lost?: readonly KeyId[];
  /** Agents that root keys let go on proving, once they were asked to sign that. */
  readonly survivors?: readonly KeyId[];
  /** The new device's policy key in its backend. */
  readonly device?: BackendKeyId;
  /** The next root keys, once their page is printed. */
  readonly nextRootSet?: RootSet;
  /** What trustees were asked for last. */
  readonly request?: RecoveryRequest;
  /** The new agent, once it answered an invitation to prove. */
  readonly record?: AgentRecord;
  /** The tag of the new shares, once they are on their way. */
  readonly shareSet?: Hex32;
};

const TYPE = "dkms-restoration-v1";

/** @throws {AppError} RESTORE_STATE_DAMAGED; what the store throws */
export async function loadRestoreState(store: StateStore, name: string): Promise<RestoreState | undefined> {
  const bytes = await store.load(name);
  if (bytes === undefined) return undefined;
  try {
    return parse(bytesToText(bytes.reveal()));
  } finally {
    bytes.erase();
  }
}

/** What is left of it once all is done: that it is, and no secret. */
export function settled({ policy, way, done, lost, survivors, device }: RestoreState): RestoreState {
  return {
    ...{ policy, way, done },
    ...(lost === undefined ? {} : { lost }),
    ...(survivors === undefined ? {} : { survivors }),
    ...(device === undefined ? {} : { device }),
  };
}

/** @throws what the store throws */
export async function saveRestoreState(store: StateStore, name: string, state: RestoreState): Promise<void> {
  const { nextRootSet, request, record, ...plain } = state;
  const secret = record === undefined ? undefined : encodeAgentRecord(record);
  const text = toJson(TYPE, {
    ...plain,
    ...(nextRootSet === undefined ? {} : { nextRootSet: printRootSet(nextRootSet) }),
    ...(request === undefined ? {} : { request: serializeRecoveryRequest(request) }),
    ...(secret === undefined ? {} : { record: bytesToText(secret.reveal()) }),
  });
  secret?.erase();
  const bytes = new Secret(textToBytes(text));
  try {
    await store.save(name, bytes);
  } finally {
    bytes.erase();
  }
}

function parse(text: string): RestoreState {
  return fromJson(text, TYPE, "RESTORE_STATE_DAMAGED", (fields): RestoreState => {
    const part = <Value>(name: string, read: (text: string) => Value) =>
      fields.has(name) ? { [name]: read(fields.text(name)) } : {};
    return {
      policy: policyId(fields.bigint("policy")),
      way: wayOf(fields.text("way")),
      done: fields.texts("done").map(stepOf),
      ...(fields.has("lost") ? { lost: fields.texts("lost").map(keyId) } : {}),
      ...(fields.has("survivors") ? { survivors: fields.texts("survivors").map(keyId) } : {}),
      ...part("device", backendKeyId),
      ...part("nextRootSet", parseRootSet),
      ...part("request", parseRecoveryRequest),
      ...part("record", (record) => decodeAgentRecord(textToBytes(record))),
      ...part("shareSet", hex32),
    };
  });
}

function wayOf(text: string): RestoreWay {
  const way = (["DEVICE", "ROOT_KEYS", "TRUSTEES"] as const).find((one) => one === text);
  if (way === undefined) throw new AppError("RESTORE_STATE_DAMAGED", "there is no such way");
  return way;
}

function stepOf(text: string): RestoreStep {
  const step = RESTORE_STEPS.find((one) => one === text);
  if (step === undefined) throw new AppError("RESTORE_STATE_DAMAGED", "there is no such step");
  return step;
}
