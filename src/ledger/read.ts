import { sql } from "kysely";
import type { Queue, Row, RowState } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import { toReference } from "./reference.ts";
import { selectRows, toRow } from "./rows.ts";

/** A thread that has gone on for a year must not fill the screen: the newest rows count. */
const maxTraced = 1000;

export async function findRow({ commits, vault }: Parts, id: string): Promise<Row | undefined> {
  const record = await selectRows(commits.reader()).where("queue.id", "=", id).executeTakeFirst();
  return record && toRow(record, vault);
}

export async function findByKey(
  { commits, vault }: Parts,
  key: string,
): Promise<readonly (Row & { readonly proof: string | undefined })[]> {
  const records = await selectRows(commits.reader())
    .innerJoin("row_key", "row_key.row_id", "queue.id")
    .select("row_key.proof")
    .where("row_key.key", "=", key)
    .orderBy("queue.seq")
    .execute();
  return records.map((record) => ({ ...toRow(record, vault), proof: record.proof ?? undefined }));
}

export async function findOpen({ commits, vault }: Parts, queue: Queue, lane: string): Promise<readonly Row[]> {
  const records = await selectRows(commits.reader())
    .where("queue.queue", "=", queue)
    .where("queue.lane", "=", lane)
    .where("queue.state", "in", ["ready", "leased"])
    .orderBy("queue.seq")
    .execute();
  return records.map((record) => toRow(record, vault));
}

export async function findBuried({ commits, vault }: Parts, limit: number): Promise<readonly Row[]> {
  const records = await selectRows(commits.reader()).where("queue.state", "=", "buried").orderBy("queue.seq").limit(limit).execute();
  return records.map((record) => toRow(record, vault));
}

/** `Ledger.trace`: what matches, the rows it came from, and all that came from those. */
export async function traceRows({ commits, vault }: Parts, what: string): Promise<readonly Row[]> {
  const db = commits.reader();
  const { rows: found } = await sql<{ id: string }>`
    with recursive
      above (id, origin) as (
        select id, origin from queue where id = ${what} or lane = ${what} or reference = ${toReference(what)}
        union select q.id, q.origin from queue q join above on q.id = above.origin),
      related (id) as (
        select id from above
        union select q.id from queue q join related on q.origin = related.id)
    select q.id from queue q join related on related.id = q.id order by q.created_at desc, q.seq desc limit ${maxTraced}`.execute(db);
  if (found.length === 0) return [];
  const ids = found.map(({ id }) => id);
  const records = await selectRows(db).where("queue.id", "in", ids).orderBy("queue.created_at").orderBy("queue.seq").execute();
  return records.map((record) => toRow(record, vault));
}

interface Count {
  readonly queue: Queue;
  readonly state: RowState;
  readonly count: number;
  readonly oldestMs: number;
}

export async function countRows({ commits, engine }: Parts): Promise<readonly Count[]> {
  const { rows } = await sql<Count>`
    select queue, state, count(*) as count,
      case when state in ('ready', 'leased') then ${engine.now()} - min(created_at) else 0 end as "oldestMs"
    from queue group by queue, state order by queue, state`.execute(commits.reader());
  return rows.map((row) => ({ ...row }));
}
