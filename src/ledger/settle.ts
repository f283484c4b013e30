import { type RawBuilder, type Selectable, sql } from "kysely";
import { LeaseLost } from "../model/errors.ts";
import type { End, Leased, RowState, Settled, Step } from "../model/ledger.ts";
import { amendRows } from "./amend.ts";
import type { Commit } from "./commit.ts";
import type { Lane } from "./engine.ts";
import { putFiles } from "./files.ts";
import { Foreign } from "./guard.ts";
import { insertRows } from "./insert.ts";
import { lockLanes, promoteHeads } from "./lanes.ts";
import { dropMail, hasMail, sendMail } from "./mail.ts";
import type { Parts } from "./parts.ts";
import { dropKeys, putKeys, putTexts, toHash, toText } from "./rows.ts";
import type { QueueTable } from "./schema.ts";
import { type Build, createStatement, type Statement } from "./statement.ts";

type Ended = Omit<Step, "end"> & { readonly end?: End; readonly read?: number };

/** `Ledger.settle` and, without an end, `Ledger.save`: everything in one commit, or nothing. */
export function finishStep(parts: Parts, leased: Leased, step: Ended): Promise<Settled> {
  return parts.commits.write(async (commit) => {
    const outcome = await writeStep(parts, commit, leased, step);
    if (outcome !== "settled") commit.undo();
    return outcome;
  });
}

async function writeStep(parts: Parts, commit: Commit, leased: Leased, step: Ended): Promise<Settled> {
  const { end, rows = [], mail = [], absorb = [] } = step;
  const joined = await findLanes(commit, absorb);
  await lockLanes(parts, commit, [leased, ...rows, ...joined]);
  if (step.read !== undefined && step.read > 0) await dropMail(commit, leased.id, step.read);
  const states = await lockRows(parts, commit, [leased.id, ...absorb, ...mail.map((letter) => letter.to)]);
  if (!states.get(leased.id)?.leasedTo(leased)) throw new LeaseLost(`the lease of row ${leased.reference} is lost`);

  if (absorb.some((id) => states.get(id)?.state !== "ready" || states.get(id)?.lane !== leased.lane)) return "bounced";
  if (mail.some(({ to }) => !states.get(to)?.open)) return "bounced";
  const unread = end && (states.get(leased.id)?.mailed ?? (await hasMail(parts, commit, leased.id)));
  if (end?.kind === "done" && unread) return "mail";

  await writeOwn(parts, commit, leased, step, unread ?? false);
  await absorbRows(parts, commit, leased, absorb);
  await insertRows(parts, commit, rows, leased);
  await sendMail(parts, commit, mail);
  await amendRows(parts, commit, step.amend ?? []);
  if (step.also) await runAlso(step.also);
  await promoteHeads(parts, commit, end?.kind === "done" || end?.kind === "buried" ? [leased, ...joined] : joined);
  return "settled";
}

/** The lanes of rows that are to be absorbed. A row's lane never changes: it can be looked up before the lane is locked. */
async function findLanes({ tx }: Commit, ids: readonly string[]): Promise<readonly Lane[]> {
  if (ids.length === 0) return [];
  return tx.selectFrom("queue").select(["queue", "lane"]).where("id", "in", ids).execute();
}

interface LockedRow {
  readonly state: RowState;
  readonly lane: string;
  readonly open: boolean;
  /** Whether there is mail; undefined where what was read before the lock was ours may be out of date. */
  readonly mailed: boolean | undefined;
  leasedTo(leased: Leased): boolean;
}

/** The rows as they are and stay until the commit. Locked in one order, so that two steps that write to each other's rows do not block. */
async function lockRows({ engine }: Parts, { tx }: Commit, ids: readonly string[]): Promise<ReadonlyMap<string, LockedRow>> {
  const rows = await findLocked(engine, tx, { ids: JSON.stringify([...new Set(ids)]) });
  return new Map(
    rows.map((row) => [
      row.id,
      {
        state: row.state,
        lane: row.lane,
        open: row.state === "ready" || row.state === "leased",
        mailed: row.mailed === null ? undefined : row.mailed === 1,
        leasedTo: (leased) => row.state === "leased" && row.lease_owner === leased.owner && row.fence === leased.fence,
      },
    ]),
  );
}

type Locked = Pick<Selectable<QueueTable>, "id" | "state" | "lane" | "lease_owner" | "fence"> & { readonly mailed: 0 | 1 | null };

const findLocked = createStatement<{ ids: string }, Locked>(({ db, engine, arg }) => {
  const mailed = engine.kind === "sqlite" ? sql`exists (select 1 from mail where row_id = queue.id)` : sql`null`;
  return sql<Locked>`
    select id, state, lane, lease_owner, fence, ${mailed} as mailed from queue
    where id ${engine.among(arg("ids"))} order by seq ${engine.forUpdate}`.compile(db);
});

async function writeOwn(parts: Parts, { tx, due }: Commit, leased: Leased, step: Ended, unread: boolean): Promise<void> {
  const { end, content } = step;
  const text = content === undefined ? undefined : toText(leased.id, content);
  await endings[end?.kind ?? "none"](parts.engine, tx, {
    id: leased.id,
    facts: step.facts === undefined ? null : JSON.stringify(step.facts),
    result: step.result === undefined ? null : JSON.stringify(step.result),
    hash: text === undefined ? null : toHash(parts, text),
    error: end?.kind === "retry" || end?.kind === "buried" ? end.error : null,
    unsure: end?.kind === "retry" && end.unsure ? 1 : 0,
    delay: toDelay(end, unread),
  });
  if (text !== undefined) await putTexts(parts, tx, [text]);
  await putFiles(parts, tx, leased.id, step.files ?? []);
  await putKeys(
    parts,
    tx,
    (step.keys ?? []).map((key) => ({ ...key, row: leased.id })),
  );
  await dropKeys(parts, tx, leased.id, step.forget ?? []);
  if (end?.kind === "parked" || end?.kind === "retry") due(leased.queue, toDelay(end, unread));
}

/** Mail that nobody has read does not wait until a parked row is due. */
function toDelay(end: End | undefined, unread: boolean): number {
  if (end?.kind === "parked") return unread ? 0 : Math.ceil(end.delayMs);
  return end?.kind === "retry" ? Math.ceil(end.delayMs) : 0;
}

interface Own {
  readonly id: string;
  readonly facts: string | null;
  readonly result: string | null;
  readonly hash: string | null;
  readonly error: string | null;
  readonly unsure: number;
  readonly delay: number;
}

/** The row's own columns at the end of a step: whatever is null stays as it is. */
const endings: Readonly<Record<End["kind"] | "none", Statement<Own, unknown>>> = {
  // It survived: what it does can be done. A failure alone (`retry`) says no such thing.
  none: createEnding(() => sql`silent = 0`),
  done: createEnding(
    ({ engine }) => sql`silent = 0, lease_owner = null, state = 'done', head = 0, error = null, settled_at = ${engine.now()}`,
  ),
  buried: createEnding(
    ({ engine, arg }) =>
      sql`silent = 0, lease_owner = null, state = 'buried', head = 0, error = ${arg("error")}, settled_at = ${engine.now()}`,
  ),
  parked: createEnding(
    ({ engine, arg }) =>
      sql`silent = 0, lease_owner = null, state = 'ready', attempts = 0, tried_at = null, unsure = 0,
        run_at = ${engine.now()} + ${arg("delay")}`,
  ),
  retry: createEnding(
    ({ engine, arg }) =>
      sql`lease_owner = null, state = 'ready', unsure = ${arg("unsure")}, error = ${arg("error")}, run_at = ${engine.now()} + ${arg("delay")}`,
  ),
};

function createEnding(columns: (build: Build<Own>) => RawBuilder<unknown>): Statement<Own, unknown> {
  return createStatement((build) => {
    const { arg, db } = build;
    return sql`
      update queue set facts = coalesce(${arg("facts")}, facts), result = coalesce(${arg("result")}, result),
        hash = coalesce(${arg("hash")}, hash), kept = case when cast(${arg("hash")} as text) is null then kept else 1 end, ${columns(build)}
      where id = ${arg("id")}`.compile(db);
  });
}

async function absorbRows({ engine }: Parts, { tx }: Commit, leased: Leased, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable("queue")
    .set((eb) => ({
      state: "done",
      head: 0,
      settled_at: engine.now(),
      result: JSON.stringify({ joined: leased.id }),
      origin: eb.fn.coalesce("origin", eb.val(leased.id)),
    }))
    .where("id", "in", ids)
    .execute();
  await tx.deleteFrom("mail").where("row_id", "in", ids).execute();
}

/** Errors of the caller's own part reach the caller as they are. */
async function runAlso(also: () => Promise<void>): Promise<void> {
  try {
    await also();
  } catch (error) {
    throw new Foreign(error);
  }
}
