import type { Json } from "../model/thread.ts";
import type { Lane } from "./engine.ts";
import { lockLanes, promoteHeads } from "./lanes.ts";
import type { Parts } from "./parts.ts";
import { putTexts, toHash, toText } from "./rows.ts";
import type { Commit } from "./unit.ts";

/** `Ledger.edit`. The update itself decides whether it is too late: a claim of the same row waits for it, or it for the claim. */
export function editWaiting(parts: Parts, id: string, content: Json): Promise<boolean> {
  return parts.commits.write(async (commit) => {
    const text = toText(id, content);
    const seq = await changeWaiting(commit, id, { hash: toHash(parts, text), kept: 1 });
    if (seq === undefined) return false;
    await putTexts(parts, commit.tx, [{ ...text, seq }]);
    return true;
  });
}

/** `Ledger.withdraw`. */
export function withdrawWaiting(parts: Parts, id: string): Promise<boolean> {
  return parts.commits.write(async (commit) => {
    const lanes: readonly Lane[] = await commit.tx.selectFrom("queue").select(["queue", "lane"]).where("id", "=", id).execute();
    await lockLanes(parts, commit, lanes);
    const settled = { state: "done" as const, head: 0, result: JSON.stringify({ withdrawn: true }), settled_at: parts.engine.now() };
    if ((await changeWaiting(commit, id, settled)) === undefined) return false;
    await commit.tx.deleteFrom("mail").where("row_id", "=", id).execute();
    await promoteHeads(parts, commit, lanes);
    return true;
  });
}

/** Resolves to the row's `seq`; undefined when it is too late. */
async function changeWaiting({ tx }: Commit, id: string, columns: object): Promise<number | undefined> {
  const changed = await tx
    .updateTable("queue")
    .set(columns)
    .where("id", "=", id)
    .where("state", "=", "ready")
    .where("fence", "=", 0)
    .returning("seq")
    .executeTakeFirst();
  return changed?.seq;
}

/** `Ledger.redrive`. A row whose content was deleted meanwhile stays buried: there is nothing left to work on. */
export function redriveRows(parts: Parts, ids: readonly string[]): Promise<number> {
  return parts.commits.write(async (commit) => {
    if (ids.length === 0) return 0;
    const buried = await commit.tx
      .selectFrom("queue")
      .select(["id", "seq", "queue", "lane"])
      .where("id", "in", ids)
      .where("state", "=", "buried")
      .orderBy("seq")
      .execute();
    await lockLanes(parts, commit, buried);
    let count = 0;
    for (const row of buried) count += await redriveOne(parts, commit, row);
    await promoteHeads(parts, commit, buried);
    return count;
  });
}

/** A row's content goes with it to the end of the lane. */
async function redriveOne({ engine }: Parts, { tx }: Commit, { id, seq: before }: { id: string; seq: number }): Promise<number> {
  const redriven = await tx
    .updateTable("queue")
    .set({
      state: "ready", seq: engine.nextSeq(), attempts: 0, silent: 0, tried_at: null, run_at: engine.now(), settled_at: null, lease_owner: null,
    }) // biome-ignore format: one set of columns
    .where("id", "=", id)
    .where("state", "=", "buried")
    .where((eb) => eb.or([eb("hash", "is", null), eb("kept", "=", 1)]))
    .returning("seq")
    .execute();
  for (const { seq } of redriven) await tx.updateTable("content").set({ seq }).where("seq", "=", before).execute();
  return redriven.length;
}
