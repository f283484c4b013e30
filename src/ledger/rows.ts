import { type Kysely, type Selectable, sql } from "kysely";
import type { Row, RowKey } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import type { Parts } from "./parts.ts";
import type { QueueTable, RowRecord, Schema } from "./schema.ts";
import { createMany, createStatement } from "./statement.ts";
import { SealedError, type Vault } from "./vault.ts";

/** Rows of work (`q`) with their content; to be narrowed by the caller. */
export function selectRows(db: Kysely<Schema>) {
  return db.selectFrom("queue as q").leftJoin("content", "content.seq", "q.seq").selectAll("q").select(["content.body", "content.key_id"]);
}

export function toRow(record: RowRecord, vault: Vault): Row {
  const content = openContent(record, vault);
  if (content === "unreadable") return { ...toFacts(record), unreadable: true };
  return { ...toFacts(record), content: content?.opened };
}

/** A row without its content: it needs no key. */
export function toFacts(record: Selectable<QueueTable>): Row {
  return {
    seq: record.seq,
    id: record.id,
    queue: record.queue,
    lane: record.lane,
    state: record.state,
    reference: record.reference,
    facts: parse(record.facts),
    content: undefined,
    unreadable: false,
    result: record.result === null ? undefined : parse(record.result),
    error: record.error ?? undefined,
    attempts: record.attempts,
    createdAt: record.created_at,
    triedAt: record.tried_at ?? undefined,
    settledAt: record.settled_at ?? undefined,
  };
}

/** What does not open must not keep others from being read: whoever works on the row decides what becomes of it. */
function openContent({ id, body, key_id }: RowRecord, vault: Vault): { readonly opened: Json } | "unreadable" | undefined {
  if (body === null) return undefined;
  try {
    return { opened: parse(vault.open({ key_id, body }, id)) };
  } catch (error) {
    if (error instanceof SealedError) return "unreadable";
    throw error;
  }
}

export function parse(text: string): Json {
  return JSON.parse(text);
}

/** The content of a row, as it is written. */
export interface Text {
  readonly row: string;
  readonly text: string;
}

export function toText(row: string, content: Json): Text {
  return { row, text: JSON.stringify(content) };
}

/** What the row itself says of its content, beside `kept`. */
export function toHash({ vault }: Parts, { row, text }: Text): string {
  return vault.hash(text, row);
}

/** Writes content in the place of what was there. The row's own columns (`hash`, `kept`) are the caller's part. */
export async function putTexts(
  { engine, vault }: Parts,
  tx: Kysely<Schema>,
  texts: readonly (Text & { readonly seq: number })[],
): Promise<void> {
  const records = texts.map(({ seq, row, text }) => ({ seq, ...vault.seal(text, row) }));
  for (let start = 0; start < records.length; start += engine.chunk) {
    await putMany(engine, tx, records.slice(start, start + engine.chunk));
  }
}

const putMany = createMany<{ seq: number; key_id: string | null; body: string }>(({ db, args }) =>
  db
    .insertInto("content")
    .values(args.map((arg) => ({ seq: arg("seq"), key_id: arg("key_id"), body: arg("body") })))
    .onConflict((conflict) =>
      conflict.column("seq").doUpdateSet((eb) => ({ key_id: eb.ref("excluded.key_id"), body: eb.ref("excluded.body") })),
    )
    .compile(),
);

export async function dropKeys({ engine }: Parts, tx: Kysely<Schema>, row: string, keys: readonly string[]): Promise<void> {
  await deleteKeys(engine, tx, { row, keys: JSON.stringify(keys) });
}

const deleteKeys = createStatement<{ row: string; keys: string }>(({ db, engine, arg }) =>
  sql`delete from row_key where row_id = ${arg("row")} and key ${engine.among(arg("keys"))}`.compile(db),
);

export async function putKeys({ engine }: Parts, tx: Kysely<Schema>, row: string, keys: readonly RowKey[]): Promise<void> {
  for (const { key, proof } of keys) await putKey(engine, tx, { key, row, proof: proof ?? null });
}

const putKey = createStatement<{ key: string; row: string; proof: string | null }>(({ db, arg }) =>
  db
    .insertInto("row_key")
    .values({ key: arg("key"), row_id: arg("row"), proof: arg("proof") })
    .onConflict((conflict) => conflict.columns(["key", "row_id"]).doUpdateSet((eb) => ({ proof: eb.ref("excluded.proof") })))
    .compile(),
);
