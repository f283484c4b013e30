import { createHash } from "node:crypto";
import type { KnownBlock } from "@slack/types";
import { DeliveryError } from "../../src/model/errors.ts";
import { toSize } from "../../src/model/size.ts";
import type { FilePart } from "../shared/files.ts";
import type { SlackAddress } from "./address.ts";
import { slackErrorName } from "./errors.ts";
import { isSlackFile } from "./open.ts";
import type { Web } from "./web.ts";

export interface UploadOptions {
  readonly web: Web;
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  /** Whether the app brings files. */
  readonly files: boolean;
}

/** Milliseconds for the bytes of one file. */
const timeout = 60_000;

/** Brings the bytes of a file to Slack, where nobody sees them yet. Resolves to the file's id. Repeating it does no harm. */
export async function upload(file: FilePart, { web, apiUrl, fetch, files }: UploadOptions, signal: AbortSignal): Promise<string> {
  if (!files) throw new DeliveryError("fileRefused", "slack.files is off", { explanation: "files are switched off for this app" });
  const bytes = Buffer.from(file.bytes ?? "", "base64");
  if (bytes.byteLength === 0) throw new DeliveryError("fileRefused", "the file is empty", { explanation: "it is empty" });
  const begun = await orFileRefused(
    web.call("files.getUploadURLExternal", "read", { filename: file.name, length: bytes.byteLength }, signal),
  );
  const { upload_url: url, file_id: id } = begun;
  if (!url || !id || !isSlackFile(url, apiUrl))
    throw new DeliveryError("unavailable", "files.getUploadURLExternal: the answer is not Slack's");
  await send(fetch, url, bytes, AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
  return id;
}

/** The address carries its own proof: the token does not go along. */
async function send(fetchWith: typeof fetch, url: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  const response = await fetchWith(url, { method: "POST", headers, body: bytes, redirect: "manual", signal }).catch((cause: unknown) => {
    throw new DeliveryError("unavailable", "upload: the bytes did not arrive", { cause });
  });
  await response.body?.cancel().catch(() => undefined); // what else Slack says about it does not matter
  if (response.ok) return;
  const passing = response.status >= 500 || response.status === 429;
  throw new DeliveryError(passing ? "unavailable" : "fileRefused", `upload: HTTP ${response.status}`, {
    explanation: "Slack did not take it",
  });
}

/**
 * Shows an uploaded file in its thread. The call takes no metadata: the mark by which the message is found again is the id of a block.
 * https://docs.slack.dev/reference/methods/files.completeUploadExternal
 */
export async function show(
  web: Web,
  id: string,
  file: FilePart,
  { channel, threadTs }: SlackAddress,
  deliveryId: string,
  signal: AbortSignal,
): Promise<void> {
  const blocks = [toBlock(file, deliveryId)];
  const files: [{ id: string; title: string }] = [{ id, title: file.name }];
  await orFileRefused(
    web.call(
      "files.completeUploadExternal",
      "post",
      threadTs === undefined ? { files, channel_id: channel, blocks } : { files, channel_id: channel, thread_ts: threadTs, blocks },
      signal,
    ),
  );
}

/** A block's id has at most 255 characters. */
export function toMark(deliveryId: string): string {
  return deliveryId.length <= 255 ? deliveryId : createHash("sha256").update(deliveryId).digest("hex");
}

function toBlock({ name, bytes = "" }: FilePart, deliveryId: string): KnownBlock {
  const size = toSize(Buffer.byteLength(bytes, "base64"));
  return { type: "context", block_id: toMark(deliveryId), elements: [{ type: "plain_text", text: `${name} · ${size}` }] };
}

/** Refused is the file, and not the whole answer. */
async function orFileRefused<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.kind !== "refused") throw error;
    const scope = slackErrorName(error) === "missing_scope";
    const explanation = scope ? "the Slack app may not bring files (an admin can give it the scope files:write)" : "Slack did not take it";
    throw new DeliveryError("fileRefused", error.message, { explanation, cause: error });
  }
}
