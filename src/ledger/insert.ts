import { sql } from "kysely";
import type { NewRow, Offer, Row } from "../model/ledger.ts";
import type { Lane } from "./engine.ts";
import { isHead, promoteHeads, toLaneKey, toPairs } from "./lanes.ts";
import type { Parts } from "./parts.ts";
import { createReference } from "./reference.ts";
import { putKeys, putTexts, type Text, toHash, toText } from "./rows.ts";
import type { RowRecord } from "./schema.ts";
import { createMany, createStatement } from "./statement.ts";
import type { Commit } from "./unit.ts";

/** The row that a new one comes from. */
type Origin = Pick<Row, "id" | "reference">;

/** A row as it is about to be written. */
interface Draft {
  readonly row: NewRow;
  readonly text: Text | undefined;
  /** The first open row of its lane. */
  readonly isHead: boolean;
  /** Of a worker of this process that takes it. */
  readonly offer: Offer | undefined;
}

/**
 * Writes new rows; one whose id exists already is left out. A row whose lane is free is its head, and taken at once by a worker of this
 * process that has room. Resolves to the ids that were written. The lanes must be locked.
 */
export async function insertRows(parts: Parts, commit: Commit, rows: readonly NewRow[], origin?: Origin): Promise<ReadonlySet<string>> {
  const { engine } = parts;
  const drafts = await draftRows(parts, commit, firstOfEachId(rows));
  const inserted = new Map<string, Inserted>();
  for (let start = 0; start < drafts.length; start += engine.chunk) {
    const values = drafts.slice(start, start + engine.chunk).map((draft) => toValues(parts, draft, draft.row.of ?? origin));
    for (const record of await insertMany(engine, commit.tx, values)) inserted.set(record.id, record);
  }
  const fresh = drafts.filter(({ row }) => inserted.has(row.id));
  await putTexts(
    parts,
    commit.tx,
    fresh.flatMap(({ row, text }) => {
      const seq = inserted.get(row.id)?.seq;
      return text && seq !== undefined ? { ...text, seq } : [];
    }),
  );
  for (const { row } of fresh) if (row.keys) await putKeys(parts, commit.tx, row.id, row.keys);
  for (const draft of fresh) announce(parts, commit, draft, inserted.get(draft.row.id));
  // What was taken for the head of a lane was there already: it is done, or the next new one has its place.
  if (fresh.length < drafts.length) await promoteHeads(parts, commit, rows);
  return new Set(inserted.keys());
}

function firstOfEachId(rows: readonly NewRow[]): readonly NewRow[] {
  const seen = new Set<string>();
  return rows.filter(({ id }) => !seen.has(id) && seen.add(id));
}

async function draftRows({ engine }: Parts, commit: Commit, rows: readonly NewRow[]): Promise<readonly Draft[]> {
  if (rows.length === 0) return [];
  const busy = new Set((await findBusy(engine, commit.tx, { pairs: toPairs(rows) })).map(toLaneKey));
  return rows.map((row) => {
    const lane = toLaneKey(row);
    const isHead = !busy.has(lane);
    busy.add(lane);
    return {
      row,
      text: row.content === undefined ? undefined : toText(row.id, row.content),
      isHead,
      offer: isHead && (row.delayMs ?? 0) <= 0 ? commit.offer(row.queue) : undefined,
    };
  });
}

/** Those of the lanes that have a head. */
const findBusy = createStatement<{ pairs: string }, Lane>(({ db, engine, arg }) =>
  sql<Lane>`
    select l.queue, l.lane from ${engine.lanes(arg("pairs"))}
    where exists (select 1 from queue q where q.queue = l.queue and q.lane = l.lane and ${isHead})`.compile(db),
);

function toValues(parts: Parts, { row, text, isHead, offer }: Draft, origin: Origin | undefined) {
  const taken = offer === undefined ? 0 : 1;
  return {
    id: row.id,
    queue: row.queue,
    lane: row.lane,
    state: offer ? ("leased" as const) : ("ready" as const),
    head: isHead ? 1 : 0,
    attempts: taken,
    fence: taken,
    tried: offer ? 0 : null,
    due: offer ? parts.leaseMs : Math.ceil(row.delayMs ?? 0),
    owner: offer ? parts.owner : null,
    reference: origin?.reference ?? createReference(),
    origin: origin?.id ?? null,
    facts: JSON.stringify(row.facts),
    hash: text === undefined ? null : toHash(parts, text),
    kept: text === undefined ? 0 : 1,
  };
}

type Inserted = Pick<RowRecord, "id" | "seq" | "reference" | "created_at">;

const insertMany = createMany<ReturnType<typeof toValues>, Inserted>(({ db, engine, args }) =>
  db
    .insertInto("queue")
    .values(
      args.map((arg) => ({
        id: arg("id"),
        queue: arg("queue"),
        lane: arg("lane"),
        state: arg("state"),
        head: arg("head"),
        attempts: arg("attempts"),
        fence: arg("fence"),
        unsure: sql.lit(0),
        silent: sql.lit(0),
        tried_at: sql<number | null>`${engine.now()} + ${arg("tried")}`,
        run_at: sql<number>`${engine.now()} + ${arg("due")}`,
        lease_owner: arg("owner"),
        reference: arg("reference"),
        origin: arg("origin"),
        facts: arg("facts"),
        hash: arg("hash"),
        kept: arg("kept"),
        created_at: engine.now(),
      })),
    )
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning(["id", "seq", "reference", "created_at"])
    .compile(),
);

/** The row goes to who has offered to take it; otherwise everybody hears that there is one. */
function announce({ owner }: Parts, commit: Commit, { row, isHead, offer }: Draft, record: Inserted | undefined): void {
  if (!record || !isHead) return;
  if (!offer) return commit.due(row.queue, row.delayMs ?? 0);
  commit.give(offer, {
    seq: record.seq,
    id: row.id,
    queue: row.queue,
    lane: row.lane,
    state: "leased",
    reference: record.reference,
    facts: row.facts,
    content: row.content,
    own: true,
    unreadable: false,
    result: undefined,
    error: undefined,
    attempts: 1,
    createdAt: record.created_at,
    triedAt: record.created_at,
    settledAt: undefined,
    owner,
    fence: 1,
    unsure: false,
    silent: 0,
    mail: [],
  });
}
