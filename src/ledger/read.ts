import { type Kysely, type RawBuilder, sql } from "kysely";
import type { BuriedRow, Queue, Row, RowCount } from "../model/ledger.ts";
import type { MessageLink } from "../model/link.ts";
import { isHead, isWaiting } from "./lanes.ts";
import type { Parts } from "./parts.ts";
import { toReference } from "./reference.ts";
import { selectRows, toFacts, toRow } from "./rows.ts";
import type { RowRecord, Schema } from "./schema.ts";
import { createStatement } from "./statement.ts";

/** A thread that has gone on for a year must not fill the screen: the newest rows count. */
const maxTraced = 1000;

export async function findRow({ commits, engine, vault }: Parts, id: string): Promise<Row | undefined> {
  const [record] = await selectRow(engine, commits.reader(), { id });
  return record && toRow(record, vault);
}

const selectRow = createStatement<{ id: string }, RowRecord>(({ db, arg }) => selectRows(db).where("q.id", "=", arg("id")).compile());

export async function findByKey(
  { commits, engine, vault }: Parts,
  key: string,
  limit: number,
): Promise<readonly (Row & { readonly proof: string | undefined })[]> {
  const records = await selectByKey(engine, commits.reader(), { key, limit });
  return records.map((record) => ({ ...toRow(record, vault), proof: record.proof ?? undefined }));
}

const selectByKey = createStatement<{ key: string; limit: number }, RowRecord & { readonly proof: string | null }>(({ db, arg }) =>
  selectRows(db)
    .innerJoin("row_key", "row_key.row_id", "q.id")
    .select("row_key.proof")
    .where("row_key.key", "=", arg("key"))
    .orderBy("q.seq", "desc")
    .limit(arg("limit"))
    .compile(),
);

export async function findOpen({ commits, engine, vault }: Parts, queue: Queue, lane: string): Promise<readonly Row[]> {
  const records = await selectOpen(engine, commits.reader(), { queue, lane });
  return records.map((record) => toRow(record, vault));
}

/** The head and those that wait behind it have an index each. */
const selectOpen = createStatement<{ queue: Queue; lane: string }, RowRecord>(({ db, arg }) => {
  const inLane = (kind: RawBuilder<boolean>) =>
    selectRows(db).where("q.queue", "=", arg("queue")).where("q.lane", "=", arg("lane")).where(kind);
  return inLane(isHead).unionAll(inLane(isWaiting)).orderBy("seq").compile();
});

/** Oldest first, without their content. */
export async function findBuried(db: Kysely<Schema>, limit: number): Promise<readonly BuriedRow[]> {
  const records = await db.selectFrom("queue").selectAll().where("state", "=", "buried").orderBy("seq").limit(limit).execute();
  return records.map((record) => ({ ...toFacts(record), redrivable: record.hash === null || record.kept === 1 }));
}

/** `Ledger.trace`: what matches, the rows it came from, and all that came from those. */
export function traceRows(db: Kysely<Schema>, what: string): Promise<readonly Row[]> {
  return traceFrom(db, sql`id = ${what} or (origin is null and lane = ${what}) or (origin is null and reference = ${toReference(what)})`);
}

/** The story of the message that a link leads to; of its thread, where the message itself is not known. */
export async function traceLink(
  db: Kysely<Schema>,
  { platform, workspace, channel, threads, message }: MessageLink,
): Promise<readonly Row[]> {
  const part = (value: string | undefined) => (value === undefined ? "%" : toLiteral(encodeURIComponent(value)));
  const lanes = threads.map((thread) => [platform, part(workspace), part(channel), part(thread)].join(":"));
  const here = sql`(${sql.join(
    lanes.map((lane) => sql`lane like ${lane} escape '\\'`),
    sql` or `,
  )})`;
  const said = sql`id like ${`%:${toLiteral(message)}`} escape '\\'`;
  const posted = sql`result like ${`%"message":${toLiteral(JSON.stringify(message))}%`} escape '\\'`;
  const exact = await traceFrom(db, sql`${here} and (${said} or ${posted})`);
  // Without its channel a thread of that name may be somebody else's.
  return exact.length > 0 || channel === undefined ? exact : traceFrom(db, here);
}

/** What a pattern of `like` takes for itself stands for itself. */
function toLiteral(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}

async function traceFrom(db: Kysely<Schema>, matches: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows: found } = await sql<{ id: string }>`
    with recursive
      above (id, origin) as (
        select id, origin from queue where ${matches}
        union select q.id, q.origin from queue q join above on q.id = above.origin),
      related (id) as (
        select id from above
        union select q.id from queue q join related on q.origin = related.id)
    select q.id from queue q join related on related.id = q.id order by q.created_at desc, q.seq desc limit ${maxTraced}`.execute(db);
  if (found.length === 0) return [];
  const ids = found.map(({ id }) => id);
  const records = await db.selectFrom("queue").selectAll().where("id", "in", ids).orderBy("created_at").orderBy("seq").execute();
  return records.map(toFacts);
}

export async function countRows({ commits, engine }: Parts): Promise<readonly RowCount[]> {
  const { rows } = await sql<RowCount>`
    select queue, state, count(*) as count,
      case when state in ('ready', 'leased') then ${engine.now()} - min(created_at) else 0 end as "oldestMs"
    from queue group by queue, state order by queue, state`.execute(commits.reader());
  return rows.map((row) => ({ ...row }));
}

/** `Ledger.backlog`: ranges that have an index of their own, however many rows are done. */
export async function countBacklog({ commits, engine }: Parts): Promise<readonly RowCount[]> {
  const { rows } = await sql<RowCount>`
    select queue, state, count(*) as count, ${engine.now()} - min(created_at) as "oldestMs"
      from (select queue, state, created_at from queue q where ${isHead}
        union all select queue, state, created_at from queue q where ${isWaiting}) as open
      group by queue, state
    union all select queue, state, count(*), ${engine.now()} - min(settled_at) from queue where state = 'buried' group by queue, state`.execute(
    commits.reader(),
  );
  return rows.map((row) => ({ ...row }));
}
