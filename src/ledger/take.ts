import { type RawBuilder, type Selectable, sql, type Transaction } from "kysely";
import type { Leased, Mail, Queue } from "../model/ledger.ts";
import type { Engine } from "./engine.ts";
import type { Parts } from "./parts.ts";
import { parse, toRow } from "./rows.ts";
import type { QueueTable, Schema, Sealed } from "./schema.ts";
import { createStatement } from "./statement.ts";
import { SealedError } from "./vault.ts";

/**
 * `Ledger.take`: one update claims the due head that has waited longest. An empty claim writes nothing. Only what is to be posted waits for
 * the disk: anything else is there to be taken again when a power cut undoes the claim.
 */
export async function takeHead(parts: Parts, queue: Queue): Promise<Leased | undefined> {
  const { engine, owner, leaseMs } = parts;
  return parts.commits.write(
    async ({ tx }) => {
      const [record] = await claimHead(engine, tx, { queue, owner, leaseMs });
      return record && toLeased(parts, tx, record);
    },
    { volatile: queue !== "delivery" },
  );
}

const claimHead = createStatement<{ queue: Queue; owner: string; leaseMs: number }, Selectable<QueueTable>>(({ db, engine, arg }) =>
  // A leased row's run_at is the end of its lease: one index range finds what is due and what was left behind.
  sql<Selectable<QueueTable>>`
    update queue set ${leaseColumns(engine, arg("owner"), arg("leaseMs"))}
    where seq = (
      select seq from queue where queue = ${arg("queue")} and head = 1 and run_at <= ${engine.now()}
      order by run_at, seq limit 1 ${engine.skipLocked})
    returning *`.compile(db),
);

/** What makes a row a leased one. */
export function leaseColumns(engine: Engine, owner: RawBuilder<string>, leaseMs: RawBuilder<number>): RawBuilder<unknown> {
  return sql`state = 'leased', lease_owner = ${owner}, run_at = ${engine.now()} + ${leaseMs} + ${apart(leaseMs)},
      tried_at = case when attempts = 0 then ${engine.now()} else tried_at end, attempts = attempts + 1, fence = fence + 1,
      unsure = case when state = 'leased' then 1 else unsure end, silent = case when state = 'leased' then silent + 1 else silent end`;
}

/**
 * Rows that a process has died with more than once: their leases run out at different times, so that each is alone when it is taken
 * next, and only the one that ends processes goes on doing so. Milliseconds.
 */
const apart = (leaseMs: RawBuilder<number>) => sql`case when silent > 0 then (seq * 7919) % (silent * ${leaseMs}) else 0 end`;

/**
 * The row as its worker gets it. Content and mail are read by a statement of their own, for it must see what was written before the lease
 * got its lock: an edit, or mail.
 */
export async function toLeased(parts: Parts, tx: Transaction<Schema>, record: Selectable<QueueTable>): Promise<Leased> {
  const texts = await readTexts(parts.engine, tx, { seq: record.seq, id: record.id });
  const content = texts.find(({ seq }) => seq === contentSeq);
  const letters = openLetters(
    parts,
    record.id,
    texts.filter(({ seq }) => seq !== contentSeq),
  );
  const row = toRow({ ...record, body: content?.body ?? null, key_id: content?.key_id ?? null }, parts.vault);
  return {
    ...row,
    unreadable: row.unreadable || letters === "unreadable",
    owner: parts.owner,
    fence: record.fence,
    unsure: record.unsure === 1,
    silent: record.silent,
    mail: letters === "unreadable" ? [] : letters,
  };
}

type Letter = Sealed & { readonly seq: number };

/** Mail begins with 1. */
const contentSeq = 0;

const readTexts = createStatement<{ seq: number; id: string }, Letter>(({ db, arg }) =>
  sql<Letter>`
    select ${sql.lit(contentSeq)} as seq, key_id, body from content where seq = ${arg("seq")}
    union all select seq, key_id, body from mail where row_id = ${arg("id")} order by seq`.compile(db),
);

/** `Ledger.mail`. */
export async function readNewMail(parts: Parts, leased: Leased): Promise<readonly Mail[]> {
  const letters = await parts.commits
    .reader()
    .selectFrom("mail")
    .select(["seq", "key_id", "body"])
    .where("row_id", "=", leased.id)
    .where("seq", ">", lastGiven(leased))
    .orderBy("seq")
    .execute();
  return letters.map((letter) => toMail(parts, leased.id, letter));
}

function openLetters(parts: Parts, row: string, letters: readonly Letter[]): readonly Mail[] | "unreadable" {
  try {
    return letters.map((letter) => toMail(parts, row, letter));
  } catch (error) {
    if (error instanceof SealedError) return "unreadable";
    throw error;
  }
}

function toMail({ vault }: Parts, row: string, { seq, ...sealed }: Letter): Mail {
  return { seq, item: parse(vault.open(sealed, mailPlace(row))) };
}

/** Where mail stands, for the vault. */
export function mailPlace(row: string): string {
  return `mail ${row}`;
}

/** `Ledger.heartbeat`: only a lease whose owner and fence still match is renewed. */
export async function renewLeases(parts: Parts, leased: readonly Leased[]): Promise<{ lost: readonly number[]; mail: readonly number[] }> {
  if (leased.length === 0) return { lost: [], mail: [] };
  const { engine, owner, leaseMs } = parts;
  const ours = leased.filter((row) => row.owner === owner).map((row) => [row.seq, row.fence] as const);
  const { rows } = await parts.commits.write(
    ({ tx }) =>
      sql<{ seq: number; last: number | null }>`
        update queue set run_at = ${engine.now()} + ${leaseMs}, silent = 0
        where state = 'leased' and lease_owner = ${owner} and (seq, fence) in ${engine.pairs(ours)}
        returning seq, (select max(seq) from mail where row_id = queue.id) as last`.execute(tx),
    { volatile: true },
  );
  const last = new Map(rows.map((row) => [row.seq, row.last ?? 0]));
  return {
    lost: leased.filter((row) => !last.has(row.seq)).map((row) => row.seq),
    mail: leased.filter((row) => (last.get(row.seq) ?? 0) > lastGiven(row)).map((row) => row.seq),
  };
}

function lastGiven(leased: Leased): number {
  return leased.mail.at(-1)?.seq ?? 0;
}

/**
 * Leases of a process that is gone, back to ready. Only where a lock proves that no other process lives; `unsure` says that nobody knows
 * what it did.
 */
export async function takeBackLeases({ commits, engine, leaseMs }: Parts): Promise<number> {
  const result = await commits.write(({ tx }) =>
    tx
      .updateTable("queue")
      .set({
        state: "ready",
        lease_owner: null,
        unsure: 1,
        silent: sql`silent + 1`,
        run_at: sql`${engine.now()} + ${apart(sql`${leaseMs}`)}`,
      })
      .where("state", "=", "leased")
      .executeTakeFirst(),
  );
  return Number(result.numUpdatedRows);
}
