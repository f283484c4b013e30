import type { Generated, Selectable } from "kysely";
import type { Queue, RowState } from "../model/ledger.ts";

/** The one table of work: inbox, turns and outbox, and their audit trail. Times are milliseconds since 1970, flags are 0 or 1. */
export interface QueueTable {
  /** The order of the lane. A redriven row gets a new one. */
  seq: Generated<number>;
  id: string;
  queue: Queue;
  lane: string;
  state: RowState;
  /** 1 for the oldest open row of its lane, the only one that can be taken. */
  head: number;
  attempts: number;
  fence: number;
  unsure: number;
  /** Takes in a row that ended without a word. */
  silent: number;
  /** When the first of the current attempts began. */
  tried_at: number | null;
  /** From when on the row may be taken. For a leased row that is the end of its lease. */
  run_at: number;
  lease_owner: string | null;
  reference: string;
  /** The id of the row whose step made this one. */
  origin: string | null;
  facts: string;
  result: string | null;
  error: string | null;
  /** Of the content; it outlives it. */
  hash: string | null;
  /** 1 while the content table holds this row's content. */
  kept: number;
  created_at: number;
  settled_at: number | null;
}

/** A text as it is stored: sealed with the key of that id, or plain where there is none. */
export interface Sealed {
  key_id: string | null;
  body: string;
}

/** By the `seq` of its row. */
export interface ContentTable extends Sealed {
  seq: number;
}

/** Files of rows, which go with the row's content. */
export interface FileTable extends Sealed {
  id: string;
  row_id: string;
}

export interface MailTable extends Sealed {
  seq: Generated<number>;
  row_id: string;
  created_at: number;
}

export interface KeyTable {
  key: string;
  row_id: string;
  proof: string | null;
}

export interface KvTable extends Sealed {
  namespace: string;
  key: string;
  expires_at: number | null;
}

/** A right of one process. */
export interface LeaseTable {
  name: string;
  owner: string;
  expires_at: number;
}

export interface Schema {
  queue: QueueTable;
  content: ContentTable;
  file: FileTable;
  mail: MailTable;
  row_key: KeyTable;
  kv: KvTable;
  lease: LeaseTable;
}

/** A row of work with its content, as the database gives it. */
export type RowRecord = Selectable<QueueTable> & { readonly body: string | null; readonly key_id: string | null };
