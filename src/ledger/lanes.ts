import { sql } from "kysely";
import type { Queue } from "../model/ledger.ts";
import type { Engine, Lane } from "./engine.ts";
import { handOver } from "./hand-over.ts";
import type { Parts } from "./parts.ts";
import { createStatement } from "./statement.ts";
import type { Commit } from "./unit.ts";

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
  if (engine.isShared && lanes.length > 0) await engine.lock(tx, distinct(lanes), patienceMs);
}

/** One name for a lane of a queue. */
export function toLaneKey({ queue, lane }: Lane): string {
  return `${queue} ${lane}`;
}

/** For `Engine.lanes`. */
export function toPairs(lanes: readonly Lane[]): string {
  return JSON.stringify(distinct(lanes).map(({ queue, lane }) => [queue, lane]));
}

function distinct(lanes: readonly Lane[]): readonly Lane[] {
  return [...new Map(lanes.map(({ queue, lane }) => [toLaneKey({ queue, lane }), { queue, lane }])).values()];
}

/** Of a row `q`: the oldest open one of its lane. */
export const isHead = sql<boolean>`q.head = 1`;

/** Of a row `q`: open, behind the head of its lane. */
export const isWaiting = sql<boolean>`q.head = 0 and q.state in ('ready', 'leased')`;

/**
 * Marks the oldest waiting row of each lane that has no head as its head. Only heads can be taken: a claim looks at one row per lane, however
 * many wait behind it. Those that have become it are handed over to workers of this process that have room, and announced to all otherwise.
 * The lanes must be locked.
 */
export async function promoteHeads(parts: Parts, commit: Commit, lanes: readonly Lane[]): Promise<void> {
  if (lanes.length === 0) return;
  for (const { queue, seq, delay } of await promote(parts.engine, commit.tx, { pairs: toPairs(lanes) })) {
    if (Number(delay) > 0 || !(await handOver(parts, commit, { queue, seq }))) commit.due(queue, Number(delay));
  }
}

const promote = createStatement<{ pairs: string }, { queue: Queue; seq: number; delay: number }>(({ db, engine, arg }) =>
  sql<{ queue: Queue; seq: number; delay: number }>`
    update queue set head = 1 where seq in (
      select (select min(q.seq) from queue q where q.queue = l.queue and q.lane = l.lane and ${isWaiting})
      from ${engine.lanes(arg("pairs"))}
      where not exists (select 1 from queue q where q.queue = l.queue and q.lane = l.lane and ${isHead}))
    returning queue, seq, run_at - ${engine.now()} as delay`.compile(db),
);
