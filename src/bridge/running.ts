import type { Row } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import { toTask } from "./rows.ts";

/** The open tasks of a thread, its head first. A row without a turn is a step of the bridge's own: nobody waits for it. */
export async function findRunning({ ledger }: Parts, lane: string): Promise<readonly Row[]> {
  return (await ledger.open("task", lane)).filter((row) => toTask(row).turns.length > 0);
}
