import { randomUUID } from "node:crypto";
import { type Args, isRecord, requiredArg, textArg } from "../arguments.ts";
import { parseBlocks } from "../content.ts";
import { addMessage, requireRoot } from "../history.ts";
import type { FileFact } from "../message.ts";
import { type Desk, type Methods, requireOpenChannel } from "../method.ts";
import { refuse } from "../refusal.ts";
import { toWireFile } from "../wire.ts";

/** Bringing files: an address to send the bytes to, and then the message that shows them (docs: working with files). */
export const fileMethods: Methods = {
  "files.getUploadURLExternal": { scopes: ["files:write"], run: open },
  "files.completeUploadExternal": { scopes: ["files:write"], run: complete },
  "files.info": { scopes: ["files:read"], run: info },
};

/** Slack's limit for one file is 1 GB. */
const largest = 1_000_000_000;

function open({ workspace }: Desk, args: Args) {
  const name = requiredArg(args, "filename");
  const length = Number(requiredArg(args, "length"));
  if (!Number.isInteger(length) || length < 1) return refuse("invalid_arguments");
  if (length > largest) return refuse("file_upload_size_restricted");
  const id = `F${randomUUID().slice(0, 8).toUpperCase()}`;
  workspace.uploads.set(id, { name, length });
  return { upload_url: `${workspace.address}/upload/${id}`, file_id: id };
}

/** Shows uploaded files in one message. The answer does not say which: Slack shares them a little later. */
function complete(desk: Desk, args: Args) {
  const { workspace } = desk;
  const files = parseFiles(args.files).map((file) => takeFile(desk, file));
  const blocks = parseBlocks(args.blocks);
  const answer = { files: files.map(({ id, name }) => ({ id, title: name })) };
  if (textArg(args, "channel_id") === undefined) return answer;
  const channel = requireOpenChannel(workspace, args, "channel_id");
  const given = textArg(args, "thread_ts");
  const threadTs = given === undefined ? undefined : requireRoot(workspace, channel.id, given).ts;
  const comment = textArg(args, "initial_comment");
  for (const { id } of files) workspace.uploads.delete(id);
  const message = addMessage(workspace, {
    channel: channel.id,
    threadTs,
    user: workspace.app.botUser,
    text: comment ?? "",
    blocks: comment === undefined ? (blocks ?? []) : [],
    files,
  });
  if (threadTs !== undefined) desk.sessions.setText(channel.id, threadTs, "");
  desk.tell({ kind: "posted", message });
  return answer;
}

function info({ workspace }: Desk, args: Args) {
  const id = requiredArg(args, "file");
  const file = workspace.files.get(id);
  if (file === undefined) return refuse("file_not_found");
  const fact = { id, name: file.name, mediaType: file.mediaType, size: file.bytes.byteLength };
  return { file: toWireFile(workspace, fact, workspace.app.botUser) };
}

function parseFiles(value: unknown): readonly { readonly id: string; readonly title: string | undefined }[] {
  if (!Array.isArray(value) || value.length === 0) return refuse("invalid_arguments");
  return value.map((one: unknown) => {
    if (!isRecord(one) || typeof one.id !== "string") return refuse("invalid_arguments");
    return { id: one.id, title: typeof one.title === "string" ? one.title : undefined };
  });
}

/** The bytes have to be there, and each file is completed once. */
function takeFile({ workspace }: Desk, { id, title }: { readonly id: string; readonly title: string | undefined }): FileFact {
  const upload = workspace.uploads.get(id);
  const file = workspace.files.get(id);
  if (upload === undefined || file === undefined) return refuse("file_not_found");
  return { id, name: title ?? upload.name, mediaType: file.mediaType, size: file.bytes.byteLength };
}
