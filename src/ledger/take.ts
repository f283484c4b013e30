import { sql } from "kysely";
import type { Leased, Mail, Queue } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import { parse, toRow } from "./rows.ts";
import type { RowRecord } from "./schema.ts";

/** `Ledger.take`: one update claims the due head that has waited longest. An empty claim writes nothing. */
export async function takeHead(parts: Parts, queue: Queue): Promise<Leased | undefined> {
  const { engine, owner, leaseMs } = parts;
  const { rows } = await parts.commits.write(({ tx }) =>
    // A leased row's run_at is the end of its lease: one index range finds what is due and what was left behind.
    sql<RowRecord & { readonly letters: number }>`
      update queue set state = 'leased', lease_owner = ${owner}, run_at = ${engine.now()} + ${leaseMs},
        attempts = attempts + 1, fence = fence + 1, unsure = case when state = 'leased' then 1 else unsure end
      where seq = (
        select seq from queue where queue = ${queue} and head = 1 and run_at <= ${engine.now()} order by run_at, seq limit 1 ${engine.skipLocked})
      returning *, (select body from content where row_id = queue.id) as body, (select key_id from content where row_id = queue.id) as key_id,
        (select count(*) from mail where row_id = queue.id) as letters`.execute(tx),
  );
  const [record] = rows;
  if (record === undefined) return undefined;
  return {
    ...toRow(record, parts.vault),
    seq: record.seq,
    owner,
    fence: record.fence,
    unsure: record.unsure === 1,
    mail: record.letters > 0 ? await readMail(parts, record.id, 0) : [],
  };
}

/** `Ledger.mail`. */
export function readNewMail(parts: Parts, leased: Leased): Promise<readonly Mail[]> {
  return readMail(parts, leased.id, lastGiven(leased));
}

async function readMail({ commits, vault }: Parts, id: string, after: number): Promise<readonly Mail[]> {
  const letters = await commits
    .reader()
    .selectFrom("mail")
    .select(["seq", "key_id", "body"])
    .where("row_id", "=", id)
    .where("seq", ">", after)
    .orderBy("seq")
    .execute();
  return letters.map(({ seq, ...sealed }) => ({ seq, item: parse(vault.open(sealed, mailPlace(id))) }));
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
  const { rows } = await parts.commits.write(({ tx }) =>
    sql<{ seq: number; last: number | null }>`
      update queue set run_at = ${engine.now()} + ${leaseMs}
      where state = 'leased' and lease_owner = ${owner} and (seq, fence) in ${engine.pairs(ours)}
      returning seq, (select max(seq) from mail where row_id = queue.id) as last`.execute(tx),
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
export async function takeBackLeases({ commits, engine }: Parts): Promise<number> {
  const result = await commits.write(({ tx }) =>
    tx
      .updateTable("queue")
      .set({ state: "ready", lease_owner: null, unsure: 1, run_at: engine.now() })
      .where("state", "=", "leased")
      .executeTakeFirst(),
  );
  return Number(result.numUpdatedRows);
}
