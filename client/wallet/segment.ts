import type { Secret } from "../keys/index.ts";
import type { Access } from "./keyring.ts";
import { changeRecords, type RecordChange, readRecord } from "./records.ts";
import { checkOpen, keysOf, locked, readManifest, type Session } from "./session.ts";

/** What can be said of a record without opening it. */
export type RecordSummary = { readonly id: string; readonly version: number; readonly bytes: number };

/** A part of the wallet under keys of its own. Each call sees and makes whole states only. */
export type Segment = {
  readonly name: string;
  readonly access: Access;
  /** Its records, in the order in which they came. */
  list(): Promise<readonly RecordSummary[]>;
  /** A record's content; undefined if there is no such record. Never less than the whole: what is wrong throws. */
  read(id: string): Promise<Secret<Uint8Array> | undefined>;
  write(id: string, value: Secret<Uint8Array>): Promise<void>;
  remove(id: string): Promise<void>;
  /** Makes all changes or, whatever happens, none. */
  change(changes: readonly RecordChange[]): Promise<void>;
};

/** A segment of an open wallet. @throws {WalletError} WALLET_SEGMENT_UNKNOWN */
export function segmentOf(session: Session, name: string, changed: (sequence: number) => void): Segment {
  checkOpen(session);
  const { writeKey } = keysOf(session, name);
  const change = async (changes: readonly RecordChange[]) => {
    changed(await locked(session, () => changeRecords(session, name, changes)));
  };
  return {
    name,
    access: writeKey === undefined ? "read" : "write",
    list: () =>
      locked(session, async () => {
        const { records } = await readManifest(session, keysOf(session, name));
        return records.map(({ id, version, bytes }) => ({ id, version, bytes }));
      }),
    read: (id) => locked(session, () => readRecord(session, keysOf(session, name), id)),
    write: (id, value) => change([{ id, value }]),
    remove: (id) => change([{ id, value: undefined }]),
    change,
  };
}
