import { sql } from "kysely";
import { assertNever, LeaseLost } from "../model/errors.ts";
import type { End, Leased, RowState, Settled, Step } from "../model/ledger.ts";
import { amendRows } from "./amend.ts";
import type { Commit } from "./commit.ts";
import type { Lane } from "./engine.ts";
import { putFiles } from "./files.ts";
import { Foreign } from "./guard.ts";
import { lockLanes, promoteHeads } from "./lanes.ts";
import { dropMail, hasMail, sendMail } from "./mail.ts";
import type { Parts } from "./parts.ts";
import { contentColumns, dropKeys, insertRows, putContent, putKeys } from "./rows.ts";

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
  const states = await lockRows(parts, commit, [leased.id, ...absorb, ...mail.map((letter) => letter.to)]);
  if (!states.get(leased.id)?.leasedTo(leased)) throw new LeaseLost(`the lease of row ${leased.reference} is lost`);

  if (absorb.some((id) => states.get(id)?.state !== "ready" || states.get(id)?.lane !== leased.lane)) return "bounced";
  if (mail.some(({ to }) => !states.get(to)?.open)) return "bounced";
  if (step.read !== undefined) await dropMail(commit, leased.id, step.read);
  const unread = end && (await hasMail(commit, leased.id));
  if (end?.kind === "done" && unread) return "mail";

  await writeOwn(parts, commit, leased, step, unread ?? false);
  await absorbRows(parts, commit, leased, absorb);
  await insertRows(parts, commit, rows, leased);
  await sendMail(parts, commit, mail);
  await amendRows(parts, commit, step.amend ?? []);
  if (step.also) await runAlso(step.also);
  await promoteHeads(parts, commit, end ? [leased, ...rows, ...joined] : [...rows, ...joined]);
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
  leasedTo(leased: Leased): boolean;
}

/** The rows as they are and stay until the commit. Locked in one order, so that two steps that write to each other's rows do not block. */
async function lockRows({ engine }: Parts, { tx }: Commit, ids: readonly string[]): Promise<ReadonlyMap<string, LockedRow>> {
  const list = sql.join([...new Set(ids)].map((id) => sql`${id}`));
  const { rows } = await sql<{ id: string; state: RowState; lane: string; lease_owner: string | null; fence: number }>`
    select id, state, lane, lease_owner, fence from queue where id in (${list}) order by seq ${engine.forUpdate}`.execute(tx);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        state: row.state,
        lane: row.lane,
        open: row.state === "ready" || row.state === "leased",
        leasedTo: (leased) => row.state === "leased" && row.lease_owner === leased.owner && row.fence === leased.fence,
      },
    ]),
  );
}

async function writeOwn(parts: Parts, commit: Commit, leased: Leased, step: Ended, unread: boolean): Promise<void> {
  const columns = {
    // It survived: what it does can be done. A failure alone says no such thing.
    ...(step.end?.kind === "retry" ? {} : { silent: 0 }),
    ...(step.facts === undefined ? {} : { facts: JSON.stringify(step.facts) }),
    ...(step.result === undefined ? {} : { result: JSON.stringify(step.result) }),
    ...contentColumns(parts, leased.id, step.content),
    ...(step.end ? endColumns(parts, step.end, unread) : {}),
  };
  if (Object.keys(columns).length > 0) await commit.tx.updateTable("queue").set(columns).where("id", "=", leased.id).execute();
  await putContent(
    parts,
    commit.tx,
    [leased.id].map((id) => (step.content === undefined ? { id } : { id, content: step.content })),
  );
  await putFiles(parts, commit.tx, leased.id, step.files ?? []);
  await putKeys(
    commit.tx,
    (step.keys ?? []).map((key) => ({ ...key, row: leased.id })),
  );
  await dropKeys(commit.tx, leased.id, step.forget ?? []);
  if (step.end?.kind === "parked") commit.due(leased.queue, unread ? 0 : step.end.delayMs);
  if (step.end?.kind === "retry") commit.due(leased.queue, step.end.delayMs);
}

function endColumns({ engine }: Parts, end: End, unread: boolean) {
  const free = { lease_owner: null };
  const later = (delayMs: number) => sql<number>`${engine.now()} + ${Math.ceil(delayMs)}`;
  switch (end.kind) {
    case "done":
      return { ...free, state: "done" as const, head: 0, error: null, settled_at: engine.now() };
    case "buried":
      return { ...free, state: "buried" as const, head: 0, error: end.error, settled_at: engine.now() };
    case "parked":
      return { ...free, state: "ready" as const, attempts: 0, tried_at: null, unsure: 0, run_at: later(unread ? 0 : end.delayMs) };
    case "retry":
      return { ...free, state: "ready" as const, unsure: end.unsure ? 1 : 0, error: end.error, run_at: later(end.delayMs) };
    default:
      return assertNever(end);
  }
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
