import { control } from "./bridge/control.ts";
import { converse } from "./bridge/converse.ts";
import { deliver } from "./bridge/deliver.ts";
import * as notices from "./bridge/notices.ts";
import { toNotice } from "./bridge/outbox.ts";
import type { Parts } from "./bridge/parts.ts";
import { isNotice } from "./bridge/post-row.ts";
import { toThread } from "./bridge/rows.ts";
import type { Job } from "./bridge/session.ts";
import { workOnTask } from "./bridge/task.ts";
import { startWorker, type Worker } from "./bridge/worker.ts";
import type { Leased, NewRow, Queue } from "./model/ledger.ts";

/** Rows at work at the same time. A task may hold a stream open for minutes, so there is room for many. */
const slots: Readonly<Record<Queue, number>> = { message: 16, control: 16, task: 512, delivery: 32 };

/** A post that is cut off may stand there, and is made again by the next process: where it cannot be looked up, it would stand there twice. */
const postGraceMs = 2_000;

/**
 * A worker for each queue. Leases are renewed three times in their life, and given up before they could run out (seconds 2 and 4 of 6).
 */
export function startWorkers(parts: Parts, leaseMs: number): readonly Worker[] {
  const handlers: Readonly<Record<Queue, (job: Job) => Promise<void>>> = {
    message: ({ row, signal }) => converse(parts, row, signal),
    control: ({ row, signal }) => control(parts, row, signal),
    task: (job) => workOnTask(parts, job),
    delivery: ({ row, signal }) => deliver(parts, row, signal),
  };
  const { ledger, clock, log } = parts;
  const start = (queue: Queue) =>
    startWorker({
      ledger, queue, clock, log, slots: slots[queue], handle: handlers[queue],
      onBuried: (row) => toApology(parts, row), heartbeatMs: leaseMs / 3, giveUpMs: (leaseMs * 2) / 3,
      ...(queue === "delivery" ? { graceMs: postGraceMs } : {}),
    }); // biome-ignore format: one call
  return [start("message"), start("control"), start("task"), start("delivery")];
}

/** A row that was set aside after too many failures of ours: its thread is told, unless it was itself such a word. */
function toApology(parts: Parts, row: Leased): readonly NewRow[] {
  const thread = toThread(row);
  if (thread === undefined || row.id.endsWith("!!") || (row.queue === "delivery" && isNotice(row))) return [];
  const words = row.queue === "delivery" ? notices.undelivered(row.reference) : notices.broken(row.reference);
  return toNotice(parts, thread, `${row.id}!!`, words);
}
