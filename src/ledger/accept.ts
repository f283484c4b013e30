import type { NewRow } from "../model/ledger.ts";
import { createGatherer } from "./gather.ts";
import { lockLanes, promoteHeads } from "./lanes.ts";
import type { Parts } from "./parts.ts";
import { insertRows } from "./rows.ts";

type Accepted = "accepted" | "duplicate";

interface Call {
  readonly rows: readonly NewRow[];
  resolve(outcome: Accepted): void;
  reject(error: unknown): void;
}

/**
 * `Ledger.accept` with group commit: the calls of one turn of the event loop, and those that come while a commit is under way, are written
 * in one transaction, in the order of the calls. When that fails each is tried alone, so that a bad row fails its own call only.
 */
export function createAccept(parts: Parts): (rows: readonly NewRow[]) => Promise<Accepted> {
  const gather = createGatherer<Call>((batch) => acceptTogether(parts, batch));
  return (rows) => new Promise((resolve, reject) => gather({ rows, resolve, reject }));
}

async function acceptTogether(parts: Parts, batch: readonly Call[]): Promise<void> {
  const rows = batch.flatMap((call) => call.rows);
  try {
    const inserted = new Set(await insertAll(parts, rows));
    for (const call of batch) {
      // The first call that brought an id is the one that it was written for: delete() is true once per id.
      const fresh = call.rows.filter((row) => inserted.delete(row.id));
      call.resolve(fresh.length > 0 || call.rows.length === 0 ? "accepted" : "duplicate");
    }
  } catch (error) {
    if (batch.length > 1) for (const call of batch) await acceptTogether(parts, [call]);
    else for (const call of batch) call.reject(error);
  }
}

function insertAll(parts: Parts, rows: readonly NewRow[]): Promise<ReadonlySet<string>> {
  return parts.commits.write(async (commit) => {
    await lockLanes(parts, commit, rows);
    const inserted = await insertRows(parts, commit, rows);
    await promoteHeads(
      parts,
      commit,
      rows.filter((row) => inserted.has(row.id)),
    );
    return inserted;
  });
}
