import { sql } from "kysely";
import type { Queue } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import type { Parts } from "./parts.ts";
import { mailPlace } from "./take.ts";
import type { Commit } from "./unit.ts";

/** Read mail is deleted. */
export async function dropMail({ tx }: Commit, row: string, upTo: number): Promise<void> {
  await tx.deleteFrom("mail").where("row_id", "=", row).where("seq", "<=", upTo).execute();
}

/** Leaves mail at rows that are open and locked, and wakes those that nobody works on. */
export async function sendMail(
  { engine, vault }: Parts,
  commit: Commit,
  letters: readonly { readonly to: string; readonly item: Json }[],
): Promise<void> {
  for (const { to, item } of letters) {
    await commit.tx
      .insertInto("mail")
      .values({ row_id: to, created_at: engine.now(), ...vault.seal(JSON.stringify(item), mailPlace(to)) })
      .execute();
    commit.mailed(to);
    const { rows } = await sql<{ queue: Queue; head: number }>`
      update queue set run_at = ${engine.now()} where id = ${to} and state = 'ready' and run_at > ${engine.now()}
      returning queue, head`.execute(commit.tx);
    for (const { queue, head } of rows) if (head === 1) commit.due(queue, 0);
  }
}
