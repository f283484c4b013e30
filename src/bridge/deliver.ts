import type { Adapter } from "../model/adapter.ts";
import { DeliveryError } from "../model/errors.ts";
import type { Leased, NewRow, Step } from "../model/ledger.ts";
import type { PostedRef, Reply } from "../model/reply.ts";
import { fetchBytes, findRoom, isInstead, toInstead, toKeep } from "./bring.ts";
import { type FilePart, fileOf } from "./file-part.ts";
import { observeHop } from "./hop.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { type Delivery, toDelivery, toPosted, toReply } from "./post-row.ts";
import type { Share } from "./room.ts";
import { toJson, toTask } from "./rows.ts";
import { showSign } from "./sign.ts";

/** Posts one row of the outbox. What was posted without a word of it is looked up before it is posted again (promise 2). */
export async function deliver(parts: Parts, row: Leased, signal: AbortSignal): Promise<void> {
  const share = parts.room.fromAgents.open();
  try {
    await deliverWithin(share, parts, row, signal);
  } finally {
    share.free();
  }
}

async function deliverWithin(share: Share, parts: Parts, row: Leased, signal: AbortSignal): Promise<void> {
  const delivery = toDelivery(row);
  const step = await attempt(share, parts, row, delivery, signal);
  parts.metrics.count("bridge_posts_total", { platform: delivery.thread.platform, result: step.end.kind });
  // Before the next message of the thread can set its own: whoever has read the answer may be quick.
  if (delivery.last && step.end.kind === "done") showSign(parts, delivery.thread, { kind: "idle" });
  await parts.failpoint("deliver.commit.before");
  await parts.ledger.settle(row, step);
  await parts.failpoint("deliver.commit.after");
  if (step.end.kind !== "done") return;
  observeHop(parts, delivery.thread.platform, "post", parts.clock.now() - row.createdAt);
  parts.log.debug({ reference: row.reference, thread: row.lane, row: row.id }, "posted");
}

async function attempt(share: Share, parts: Parts, row: Leased, delivery: Delivery, signal: AbortSignal): Promise<Step> {
  const reply = toReply(row);
  const adapter = parts.adapters.get(delivery.thread.platform);
  if (!reply) return { end: { kind: "buried", error: "its content was deleted before it could be posted" } };
  if (!adapter) return { end: { kind: "buried", error: `no adapter for ${delivery.thread.platform}` } };
  try {
    if (delivery.edits !== undefined) return await amend(parts, row, adapter, delivery.edits, reply, signal);
    const file = fileOf(reply);
    if (file) return await bring(share, parts, row, adapter, delivery, { reply, file }, signal);
    return { end: { kind: "done" }, result: toJson(await post(parts, row, adapter, delivery, reply, signal)) };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return afterError(parts, row, delivery, reply, error);
  }
}

/** Posts a file. Where it cannot be had or shown, the thread gets something in its place, in the same commit. */
async function bring(
  share: Share,
  parts: Parts,
  row: Leased,
  adapter: Adapter,
  delivery: Delivery,
  { reply, file }: { readonly reply: Reply; readonly file: FilePart },
  signal: AbortSignal,
): Promise<Step> {
  let whole = file;
  const prepare = async () => {
    await findRoom(parts, file, share, signal);
    whole = await fetchBytes(parts, delivery, file, share, signal);
    return { ...reply, parts: [whole] };
  };
  try {
    const posted = await post(parts, row, adapter, delivery, reply, signal, prepare);
    return { end: { kind: "done" }, result: toJson(posted), files: adapter.capabilities.asksForFiles ? toKeep(row.id, whole, file) : [] };
  } catch (error) {
    if (!(error instanceof DeliveryError) || (error.kind !== "fileRefused" && error.kind !== "refused")) throw error;
    parts.log.warn({ row: row.id, reference: row.reference, kind: error.kind, err: error }, "file not shown");
    parts.metrics.count("bridge_post_errors_total", { platform: delivery.thread.platform, kind: error.kind });
    return toInstead(parts, row, delivery, whole, error);
  }
}

/** Changes what was posted. Where it was not, or is gone, there is nothing to change. */
async function amend(parts: Parts, row: Leased, adapter: Adapter, edits: string, reply: Reply, signal: AbortSignal): Promise<Step> {
  const before = await parts.ledger.row(edits);
  const posted = before && toPosted(before);
  if (!posted) return { end: { kind: "done" }, result: "nothing to edit" };
  try {
    await parts.failpoint("deliver.post.before");
    const edited = await adapter.edit(posted, reply, row.id, signal);
    await parts.failpoint("deliver.post.after");
    return { end: { kind: "done" }, result: toJson(edited) };
  } catch (error) {
    if (error instanceof DeliveryError && error.kind === "replacedGone") return { end: { kind: "done" }, result: "gone" };
    throw error;
  }
}

async function post(
  parts: Parts,
  row: Leased,
  adapter: Adapter,
  delivery: Delivery,
  reply: Reply,
  signal: AbortSignal,
  /** What is still to be done before it can be posted. */
  prepare: () => Promise<Reply> = async () => reply,
): Promise<PostedRef> {
  if (reply.replaces) {
    try {
      await parts.failpoint("deliver.post.before");
      const edited = await adapter.edit(reply.replaces, reply, row.id, signal);
      await parts.failpoint("deliver.post.after");
      return edited;
    } catch (error) {
      if (!(error instanceof DeliveryError && error.kind === "replacedGone")) throw error;
    }
  }
  const found = row.unsure && reply.private === undefined ? await adapter.find?.(delivery.thread, row.id, signal) : undefined;
  const held = !found && row.unsure && ((await adapter.holds?.(delivery.thread, row.id, signal)) ?? false);
  if (row.unsure && !held) {
    const { posting } = adapter.capabilities;
    parts.log.warn({ row: row.id, reference: row.reference, found: found !== undefined, posting }, "ambiguous post");
    parts.metrics.count("bridge_ambiguous_posts_total", { platform: delivery.thread.platform, result: found ? "found" : "repeated" });
  }
  if (found) return found;
  const ready = await prepare();
  await parts.failpoint("deliver.post.before");
  const posted = await adapter.post(delivery.thread, ready, row.id, signal);
  await parts.failpoint("deliver.post.after");
  return posted;
}

async function afterError(parts: Parts, row: Leased, delivery: Delivery, reply: Reply, error: DeliveryError): Promise<Step> {
  const { kind, message } = error;
  parts.metrics.count("bridge_post_errors_total", { platform: delivery.thread.platform, kind });
  parts.log.warn({ row: row.id, reference: row.reference, attempt: row.attempts, kind, err: error }, "delivery failed");
  // From the first try on: a row that an admin has redriven, or that waited behind another, has its whole time.
  const given = parts.clock.now() - (row.triedAt ?? row.createdAt) > parts.pace.postGiveUp;
  const refused = kind === "refused" || kind === "fileRefused";
  if (kind === "threadGone" || refused || given) {
    return {
      end: { kind: "buried", error: `${kind}: ${message}` },
      rows: kind === "threadGone" ? await toAsker(parts, row, delivery, reply) : toApology(parts, row, delivery, reply),
    };
  }
  const backoff = Math.min(parts.pace.postMax, parts.pace.postFirst * 2 ** Math.min(row.attempts - 1, 20));
  return {
    end: {
      kind: "retry",
      delayMs: error.retryAfterMs ?? backoff,
      error: `${kind}: ${message}`,
      unsure: kind === "ambiguous" || row.unsure,
    },
  };
}

/** The platform refuses this very message, or fails at it for good: the thread is told, unless the message was itself such a word. */
function toApology(parts: Parts, row: Leased, delivery: Delivery, reply: Reply): readonly NewRow[] {
  return reply.tone === "notice"
    ? []
    : toNotice(parts, delivery.thread, `${row.id}!`, notices.undelivered(row.reference), { last: delivery.last });
}

/** The thread is gone, and with it the place for a word: whoever asked is told alone, where the platform can reach them elsewhere. */
async function toAsker(parts: Parts, row: Leased, { thread }: Delivery, reply: Reply): Promise<readonly NewRow[]> {
  if ((reply.tone === "notice" && !isInstead(row.id)) || !parts.adapters.get(thread.platform)?.capabilities.reachesPeople) return [];
  const task = await parts.ledger.row(row.id.slice(0, Math.max(0, row.id.lastIndexOf("#"))));
  if (task?.queue !== "task") return [];
  return toNotice(parts, thread, `${task.id}!gone`, notices.placeGone(row.reference), { private: toTask(task).asker.id });
}
