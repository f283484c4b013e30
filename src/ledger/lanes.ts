import { sql } from "kysely";
import type { Queue } from "../model/ledger.ts";
import type { Commit } from "./commit.ts";
import type { Engine, Lane } from "./engine.ts";

/**
 * Serialises the writers of these lanes until the commit: so a lane's order is the order of its commits. Call it before any row is locked.
 * With `patienceMs` it fails when a lane is not free in that time.
 */
export async function lockLanes(
  { engine }: { readonly engine: Engine },
  { tx }: Commit,
  lanes: readonly Lane[],
  patienceMs?: number,
): Promise<void> {
  if (lanes.length > 0) await engine.lock(tx, distinct(lanes), patienceMs);
}

/** One name for a lane of a queue. */
export function toLaneKey({ queue, lane }: Lane): string {
  return `${queue} ${lane}`;
}

function distinct(lanes: readonly Lane[]): readonly Lane[] {
  return [...new Map(lanes.map(({ queue, lane }) => [toLaneKey({ queue, lane }), { queue, lane }])).values()];
}

/**
 * Marks the oldest open row of each lane as its head, and announces those that have become it. Only heads can be taken: a claim looks at
 * one row per lane, however many wait behind it. The lanes must be locked.
 */
export async function promoteHeads({ engine }: { readonly engine: Engine }, commit: Commit, lanes: readonly Lane[]): Promise<void> {
  if (lanes.length === 0) return;
  const { rows } = await sql<{ queue: Queue; delay: number }>`
    update queue set head = 1 where head = 0 and seq in (
      select (select q.seq from queue q where q.queue = l.queue and q.lane = l.lane and q.state in ('ready', 'leased') order by q.seq limit 1)
      from ${engine.lanes(distinct(lanes))})
    returning queue, run_at - ${engine.now()} as delay`.execute(commit.tx);
  for (const { queue, delay } of rows) commit.due(queue, Number(delay));
}
