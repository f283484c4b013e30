import { type Kysely, type Selectable, sql } from "kysely";
import type { NewRow, Row, RowKey } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import type { Commit } from "./commit.ts";
import type { Parts } from "./parts.ts";
import { createReference } from "./reference.ts";
import type { QueueTable, RowRecord, Schema } from "./schema.ts";
import { SealedError, type Vault } from "./vault.ts";

/** Rows of work with their content; to be narrowed by the caller. */
export function selectRows(db: Kysely<Schema>) {
  return db
    .selectFrom("queue")
    .leftJoin("content", "content.row_id", "queue.id")
    .selectAll("queue")
    .select(["content.body", "content.key_id"]);
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

/** The row that a new one comes from. */
type Origin = Pick<Row, "id" | "reference">;

/**
 * Writes new rows; one whose id exists already is left out. Resolves to the ids that were written. The lanes must be locked, and their
 * heads promoted afterwards.
 */
export async function insertRows(parts: Parts, { tx }: Commit, rows: readonly NewRow[], origin?: Origin): Promise<ReadonlySet<string>> {
  const inserted = new Set<string>();
  const distinct = firstOfEachId(rows);
  for (let start = 0; start < distinct.length; start += parts.engine.chunk) {
    const chunk = distinct.slice(start, start + parts.engine.chunk);
    const written = await tx
      .insertInto("queue")
      .values(chunk.map((row) => toRecord(parts, row, row.of ?? origin)))
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id")
      .execute();
    for (const { id } of written) inserted.add(id);
  }
  const fresh = distinct.filter((row) => inserted.has(row.id));
  await putContent(parts, tx, fresh);
  await putKeys(
    tx,
    fresh.flatMap((row) => (row.keys ?? []).map((key) => ({ ...key, row: row.id }))),
  );
  return inserted;
}

function firstOfEachId(rows: readonly NewRow[]): readonly NewRow[] {
  const seen = new Set<string>();
  return rows.filter(({ id }) => !seen.has(id) && seen.add(id));
}

function toRecord({ engine, vault }: Parts, row: NewRow, origin: Origin | undefined) {
  return {
    id: row.id,
    queue: row.queue,
    lane: row.lane,
    state: "ready" as const,
    head: 0,
    attempts: 0,
    fence: 0,
    unsure: 0,
    silent: 0,
    run_at: sql<number>`${engine.now()} + ${Math.ceil(row.delayMs ?? 0)}`,
    reference: origin?.reference ?? createReference(),
    origin: origin?.id ?? null,
    facts: JSON.stringify(row.facts),
    hash: row.content === undefined ? null : vault.hash(JSON.stringify(row.content), row.id),
    kept: row.content === undefined ? 0 : 1,
    created_at: engine.now(),
  };
}

/** Writes content in the place of what was there. The row's own columns (`contentColumns`) are the caller's part. */
export async function putContent(
  { engine, vault }: Parts,
  tx: Kysely<Schema>,
  contents: readonly { readonly id: string; readonly content?: Json }[],
): Promise<void> {
  const records = contents.flatMap(({ id, content }) =>
    content === undefined ? [] : [{ row_id: id, ...vault.seal(JSON.stringify(content), id) }],
  );
  for (let start = 0; start < records.length; start += engine.chunk) {
    await tx
      .insertInto("content")
      .values(records.slice(start, start + engine.chunk))
      .onConflict((conflict) =>
        conflict.column("row_id").doUpdateSet((eb) => ({ key_id: eb.ref("excluded.key_id"), body: eb.ref("excluded.body") })),
      )
      .execute();
  }
}

/** What the row itself says of its content. */
export function contentColumns({ vault }: Parts, id: string, content: Json | undefined) {
  return content === undefined ? {} : { hash: vault.hash(JSON.stringify(content), id), kept: 1 };
}

export async function dropKeys(tx: Kysely<Schema>, row: string, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await tx.deleteFrom("row_key").where("row_id", "=", row).where("key", "in", keys).execute();
}

export async function putKeys(tx: Kysely<Schema>, keys: readonly (RowKey & { readonly row: string })[]): Promise<void> {
  for (const { key, row, proof } of keys) {
    await tx
      .insertInto("row_key")
      .values({ key, row_id: row, proof: proof ?? null })
      .onConflict((conflict) => conflict.columns(["key", "row_id"]).doUpdateSet({ proof: proof ?? null }))
      .execute();
  }
}
