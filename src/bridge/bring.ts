import { randomBytes } from "node:crypto";
import { DeliveryError } from "../model/errors.ts";
import type { KeptFile, Leased, Ledger, Step } from "../model/ledger.ts";
import { textReply } from "../model/reply.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import { toFileLink } from "./file-link.ts";
import { type FilePart, fileOf } from "./file-part.ts";
import { isRefused } from "./file-rules.ts";
import { hash } from "./ids.ts";
import * as notices from "./notices.ts";
import { toDeliveries } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { type Delivery, toDelivery, toReply } from "./post-row.ts";
import type { Share } from "./room.ts";
import { toJson } from "./rows.ts";

/** How long an agent's server may take for one file. */
const patienceMs = 20_000;
/** Until a post for which there was no room in memory is tried again. */
const roomAgainMs = 2_000;

/** Waits until there is room in memory for a file that is to be posted. Rejects with `unavailable` where there is none for now. */
export async function findRoom(
  { files, pace }: Pick<Parts, "files" | "pace">,
  { bytes }: FilePart,
  share: Share,
  signal: AbortSignal,
): Promise<void> {
  const size = bytes === undefined ? files.maxBytes : Buffer.byteLength(bytes, "base64");
  if (await share.take(size, pace.roomToPost, signal)) return;
  throw new DeliveryError("unavailable", "no room in memory for the file now", { retryAfterMs: roomAgainMs });
}

/** The file with its bytes: those that came with the answer, or those behind the address in it. Rejects with `fileRefused` where there are none. */
export async function fetchBytes(parts: Parts, { agent }: Delivery, file: FilePart, share: Share, signal: AbortSignal): Promise<FilePart> {
  if (file.bytes !== undefined || file.url === undefined) return file;
  await parts.failpoint("deliver.fetch.before");
  const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const bytes = await parts.fetchFile({ agent, url: file.url, mediaType: file.mediaType }, until).catch((error: unknown) => {
    if (signal.aborted || !(error instanceof DeliveryError)) throw error;
    throw new DeliveryError("fileRefused", error.message, { explanation: error.explanation, cause: error });
  });
  share.keep(bytes.byteLength);
  await parts.failpoint("deliver.fetch.after");
  if (isRefused(parts.files, file.name, bytes)) {
    throw new DeliveryError("fileRefused", "a program", { explanation: "programs are not passed on here" });
  }
  return { ...file, bytes: Buffer.from(bytes).toString("base64") };
}

const keptId = (delivery: string): string => hash(`${delivery}/file`);

function toKept(id: string, { name, mediaType, bytes }: FilePart): (KeptFile & { readonly id: string }) | undefined {
  if (bytes === undefined) return undefined;
  return { id: keptId(id), name, mediaType, bytes: Buffer.from(bytes, "base64"), secret: randomBytes(32).toString("base64url") };
}

/** What is kept of a file that was posted, where the platform asks for its bytes later and the row does not have them. */
export function toKeep(id: string, posted: FilePart, given: FilePart): NonNullable<Step["files"]> {
  const kept = given.bytes === undefined ? toKept(id, posted) : undefined;
  return kept ? [kept] : [];
}

/** The file cannot be shown: the thread gets a link of the bridge to it, the agent's own address as plain words, or a clear word. */
export function toInstead(parts: Parts, row: Leased, delivery: Delivery, file: FilePart, error: DeliveryError): Step {
  const kept = toKept(row.id, file);
  const link = kept && toFileLink(parts, kept.id, kept);
  const why = error.explanation ?? "the platform does not take it";
  const text = notices.fileInstead(file, why, link, parts.files.linkMs / 3_600_000);
  return {
    end: { kind: "done" },
    result: toJson({ instead: link === undefined ? "word" : "link" }),
    ...(kept && link !== undefined ? { files: [kept] } : {}),
    rows: toDeliveries(parts, delivery.thread, `${row.id}~`, textReply(text, "notice"), { last: delivery.last }),
  };
}

/** Whether a delivery is the word that stands in the place of a file. */
export const isInstead = (id: string): boolean => /#[^~]*~(\.\d+)?$/.test(id);

/** The file that a delivery has brought to this thread; undefined where there is none, or its time is over. */
export async function findFile(ledger: Pick<Ledger, "row" | "file">, delivery: string, thread: ThreadRef) {
  const row = await ledger.row(delivery);
  if (row?.queue !== "delivery" || threadKey(toDelivery(row).thread) !== threadKey(thread)) return undefined;
  const reply = toReply(row);
  const file = reply && fileOf(reply);
  if (!file) return undefined;
  const { name, mediaType, bytes } = file;
  return bytes === undefined ? ledger.file(keptId(delivery)) : { name, mediaType, bytes: Buffer.from(bytes, "base64") };
}
