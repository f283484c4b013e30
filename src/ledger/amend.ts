import type { Step } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import { putTexts, toHash, toText } from "./rows.ts";
import type { Commit } from "./unit.ts";

/** New facts and content of rows that are settled. A row that is still open, or unknown, stays as it is. */
export async function amendRows(parts: Parts, { tx }: Commit, amends: NonNullable<Step["amend"]>): Promise<void> {
  for (const { id, facts, content } of amends) {
    const text = content === undefined ? undefined : toText(id, content);
    const written = await tx
      .updateTable("queue")
      .set({ facts: JSON.stringify(facts), ...(text && { hash: toHash(parts, text), kept: 1 }) })
      .where("id", "=", id)
      .where("state", "in", ["done", "buried"])
      .returning("seq")
      .executeTakeFirst();
    if (text && written) await putTexts(parts, tx, [{ ...text, seq: written.seq }]);
  }
}
