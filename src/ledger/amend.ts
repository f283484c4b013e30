import type { Step } from "../model/ledger.ts";
import type { Commit } from "./commit.ts";
import type { Parts } from "./parts.ts";
import { contentColumns, putContent } from "./rows.ts";

/** New facts and content of rows that are settled. A row that is still open, or unknown, stays as it is. */
export async function amendRows(parts: Parts, { tx }: Commit, amends: NonNullable<Step["amend"]>): Promise<void> {
  for (const amend of amends) {
    const written = await tx
      .updateTable("queue")
      .set({ facts: JSON.stringify(amend.facts), ...contentColumns(parts, amend.id, amend.content) })
      .where("id", "=", amend.id)
      .where("state", "in", ["done", "buried"])
      .returning("id")
      .execute();
    if (written.length > 0) await putContent(parts, tx, [amend]);
  }
}
