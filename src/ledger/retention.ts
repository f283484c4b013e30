import { type RawBuilder, sql } from "kysely";
import type { Parts } from "./parts.ts";
import type { Commit } from "./unit.ts";

/** Small commits: nobody waits long behind the cleaning. */
const batch = 500;

/** `Ledger.purge`. Afterwards the files of an embedded store hold nothing of what was deleted, by this or by anybody before. */
export async function purge(
  parts: Parts,
  retention: { readonly contentMs: number; readonly factsMs: number },
): Promise<{ readonly content: number; readonly facts: number }> {
  const content = await inBatches(parts, (commit) => purgeContent(parts, commit, retention.contentMs));
  const facts = await inBatches(parts, (commit) => purgeFacts(parts, commit, retention.factsMs));
  await parts.commits.write(({ tx }) => tx.deleteFrom("kv").where("expires_at", "<=", parts.engine.now()).execute());
  await parts.engine.scrub();
  return { content, facts };
}

async function inBatches({ commits }: Parts, one: (commit: Commit) => Promise<number>): Promise<number> {
  let sum = 0;
  for (;;) {
    const count = await commits.write(one);
    sum += count;
    if (count < batch) return sum;
  }
}

async function purgeContent({ engine }: Parts, { tx }: Commit, contentMs: number): Promise<number> {
  const limit = sql<number>`${engine.now()} - ${contentMs}`;
  const over = settledBefore(tx, limit);
  const rows = await over.select(["id", "seq"]).where("kept", "=", 1).orderBy("settled_at").limit(batch).execute();
  await tx.deleteFrom("mail").where("row_id", "in", over.select("id")).execute();
  if (rows.length === 0) return 0;
  const [ids, seqs] = [rows.map(({ id }) => id), rows.map(({ seq }) => seq)];
  await tx.deleteFrom("content").where("seq", "in", seqs).execute();
  await tx.deleteFrom("file").where("row_id", "in", ids).execute();
  await tx.updateTable("queue").set({ kept: 0 }).where("seq", "in", seqs).execute();
  return rows.length;
}

async function purgeFacts({ engine }: Parts, { tx }: Commit, factsMs: number): Promise<number> {
  const limit = sql<number>`${engine.now()} - ${factsMs}`;
  const rows = await settledBefore(tx, limit).select(["id", "seq"]).limit(batch).execute();
  if (rows.length === 0) return 0;
  const [ids, seqs] = [rows.map(({ id }) => id), rows.map(({ seq }) => seq)];
  await tx.deleteFrom("content").where("seq", "in", seqs).execute();
  await tx.deleteFrom("file").where("row_id", "in", ids).execute();
  await tx.deleteFrom("mail").where("row_id", "in", ids).execute();
  await tx.deleteFrom("row_key").where("row_id", "in", ids).execute();
  await tx.deleteFrom("queue").where("seq", "in", seqs).execute();
  return ids.length;
}

/** With both values of `kept` named, for so the index is built. */
function settledBefore(tx: Commit["tx"], limit: RawBuilder<number>) {
  return tx.selectFrom("queue").where("kept", "in", [0, 1]).where("settled_at", "<=", limit);
}
