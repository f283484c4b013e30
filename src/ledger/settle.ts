import { type RawBuilder, type Selectable, sql } from "kysely";
import { LeaseLost } from "../model/errors.ts";
import type { End, Leased, Settled, Step } from "../model/ledger.ts";
import { amendRows } from "./amend.ts";
import type { Lane } from "./engine.ts";
import { putFiles } from "./files.ts";
import { Foreign } from "./guard.ts";
import { insertRows } from "./insert.ts";
import { isWaiting, lockLanes, promoteHeads } from "./lanes.ts";
import { dropMail, sendMail } from "./mail.ts";
import type { Parts } from "./parts.ts";
import { dropKeys, putKeys, putTexts, toHash, toText } from "./rows.ts";
import type { QueueTable } from "./schema.ts";
import { type Build, createStatement, type Statement } from "./statement.ts";
import type { Commit } from "./unit.ts";

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
  const { rows = [], mail = [], absorb = [], amend = [] } = step;
  const joined = absorb.length > 0 ? await findLanes(commit, absorb) : [];
  if (parts.engine.isShared) await lockLanes(parts, commit, [leased, ...rows, ...joined]);
  const others = mail.length > 0 || absorb.length > 0;
  if ((others || parts.engine.isShared) && !(await areOpen(parts, commit, leased, { mail, absorb }))) return "bounced";
  if (step.read !== undefined && step.read > 0) await dropMail(commit, leased.id, step.read);
  if (absorb.length > 0) await absorbRows(parts, commit, leased, absorb);
  if (joined.length > 0) await promoteHeads(parts, commit, joined);
  if (!(await writeOwn(parts, commit, leased, step))) return "mail";
  // What there is nothing of is not waited for: most steps are short.
  if (rows.length > 0) await insertRows(parts, commit, rows, leased);
  if (mail.length > 0) await sendMail(parts, commit, mail);
  if (amend.length > 0) await amendRows(parts, commit, amend);
  if (step.also) await runAlso(step.also);
  return "settled";
}

/** The lanes of rows that are to be absorbed. A row's lane never changes: it can be looked up before the lane is locked. */
async function findLanes({ tx }: Commit, ids: readonly string[]): Promise<readonly Lane[]> {
  return tx.selectFrom("queue").select(["queue", "lane"]).where("id", "in", ids).execute();
}

/**
 * Whether the rows that are to get mail are open, and those that are to be absorbed wait. They stay as they are until the commit. Where
 * several processes write, the leased row is locked as well: what is read of its mail afterwards is what there is.
 */
async function areOpen(
  { engine }: Parts,
  { tx }: Commit,
  leased: Leased,
  { mail, absorb }: Required<Pick<Step, "mail" | "absorb">>,
): Promise<boolean> {
  const ids = [...absorb, ...mail.map(({ to }) => to)];
  const rows = await findLocked(engine, tx, { ids: JSON.stringify([...new Set([leased.id, ...ids])]) });
  const found = new Map(rows.map((row) => [row.id, row]));
  if (absorb.some((id) => found.get(id)?.state !== "ready" || found.get(id)?.lane !== leased.lane)) return false;
  const states = mail.map(({ to }) => found.get(to)?.state);
  return states.every((state) => state === "ready" || state === "leased");
}

type Locked = Pick<Selectable<QueueTable>, "id" | "state" | "lane">;

/** In one order, so that two steps that write to each other's rows do not block. */
const findLocked = createStatement<{ ids: string }, Locked>(({ db, engine, arg }) =>
  sql<Locked>`select id, state, lane from queue where id ${engine.among(arg("ids"))} order by seq ${engine.forUpdate}`.compile(db),
);

/** False when the row was to be done and unread mail lies there. Throws LeaseLost. */
async function writeOwn(parts: Parts, commit: Commit, leased: Leased, step: Ended): Promise<boolean> {
  const { engine } = parts;
  const { end, content } = step;
  const text = content === undefined ? undefined : toText(leased.id, content);
  const [own] = await endings[end?.kind ?? "none"](engine, commit.tx, {
    seq: leased.seq,
    owner: leased.owner,
    fence: leased.fence,
    facts: step.facts === undefined ? null : JSON.stringify(step.facts),
    result: step.result === undefined ? null : JSON.stringify(step.result),
    hash: text === undefined ? null : toHash(parts, text),
    error: end?.kind === "retry" || end?.kind === "buried" ? end.error : null,
    unsure: end?.kind === "retry" && end.unsure ? 1 : 0,
    delay: end?.kind === "parked" || end?.kind === "retry" ? Math.ceil(end.delayMs) : 0,
  });
  if (!own) {
    await checkLease(commit, leased);
    return false;
  }
  if (text !== undefined) await putTexts(parts, commit.tx, [{ ...text, seq: leased.seq }]);
  const { files = [], keys = [], forget = [] } = step;
  if (files.length > 0) await putFiles(parts, commit.tx, leased.id, files);
  if (keys.length > 0) await putKeys(parts, commit.tx, leased.id, keys);
  if (forget.length > 0) await dropKeys(parts, commit.tx, leased.id, forget);
  if (end?.kind === "parked" || end?.kind === "retry") commit.due(leased.queue, Number(own.delay));
  if (own.waiting === 1) await promoteHeads(parts, commit, [leased]);
  return true;
}

async function checkLease({ tx }: Commit, leased: Leased): Promise<void> {
  const row = await tx.selectFrom("queue").select(["state", "lease_owner", "fence"]).where("id", "=", leased.id).executeTakeFirst();
  if (row?.state === "leased" && row.lease_owner === leased.owner && row.fence === leased.fence) return;
  throw new LeaseLost(`the lease of row ${leased.reference} is lost`);
}

interface Own {
  readonly seq: number;
  readonly owner: string;
  readonly fence: number;
  readonly facts: string | null;
  readonly result: string | null;
  readonly hash: string | null;
  readonly error: string | null;
  readonly unsure: number;
  readonly delay: number;
}

/** `waiting`: 1 where the lane has no head any more, and a row that can become it. */
type Ending = Statement<Own, { readonly delay: number; readonly waiting: number }>;

const hasMail = sql`exists (select 1 from mail where row_id = queue.id)`;

/** The row's own columns at the end of a step: whatever is null stays as it is. Nothing is written where the lease is lost. */
const endings: Readonly<Record<End["kind"] | "none", Ending>> = {
  // It survived: what it does can be done. A failure alone (`retry`) says no such thing.
  none: createEnding(() => sql`silent = 0`),
  done: createEnding(
    ({ engine }) => sql`silent = 0, lease_owner = null, state = 'done', head = 0, error = null, settled_at = ${engine.now()}`,
    sql`not ${hasMail}`,
  ),
  buried: createEnding(
    ({ engine, arg }) =>
      sql`silent = 0, lease_owner = null, state = 'buried', head = 0, error = ${arg("error")}, settled_at = ${engine.now()}`,
  ),
  // Mail that nobody has read does not wait until the row is due.
  parked: createEnding(
    ({ engine, arg }) =>
      sql`silent = 0, lease_owner = null, state = 'ready', attempts = 0, tried_at = null, unsure = 0,
        run_at = ${engine.now()} + case when ${hasMail} then 0 else cast(${arg("delay")} as bigint) end`,
  ),
  retry: createEnding(
    ({ engine, arg }) =>
      sql`lease_owner = null, state = 'ready', unsure = ${arg("unsure")}, error = ${arg("error")}, run_at = ${engine.now()} + ${arg("delay")}`,
  ),
};

function createEnding(columns: (build: Build<Own>) => RawBuilder<unknown>, condition: RawBuilder<unknown> = sql`1 = 1`): Ending {
  return createStatement((build) => {
    const { arg, db, engine } = build;
    return sql<{ delay: number; waiting: number }>`
      update queue set facts = coalesce(${arg("facts")}, facts), result = coalesce(${arg("result")}, result),
        hash = coalesce(${arg("hash")}, hash), kept = case when cast(${arg("hash")} as text) is null then kept else 1 end, ${columns(build)}
      where seq = ${arg("seq")} and state = 'leased' and lease_owner = ${arg("owner")} and fence = ${arg("fence")} and ${condition}
      returning run_at - ${engine.now()} as delay, case when head = 0 and exists (
        select 1 from queue q where q.queue = queue.queue and q.lane = queue.lane and ${isWaiting}) then 1 else 0 end as waiting`.compile(
      db,
    );
  });
}

async function absorbRows({ engine }: Parts, { tx }: Commit, leased: Leased, ids: readonly string[]): Promise<void> {
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
