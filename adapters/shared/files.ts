import type { Reply, ReplyPart } from "../../src/model/reply.ts";

export type FilePart = Extract<ReplyPart, { kind: "file" }>;

/**
 * A reply in two: its words, and each of its files as a reply of its own behind them. Undefined words: there is nothing but files. A live
 * message, whose place only words can take, and a reply for one person alone get the names of the files. Pure.
 */
export function splitFiles(reply: Reply): { readonly words: Reply | undefined; readonly files: readonly Reply[] } {
  const files = reply.parts.filter(isBringable);
  if (files.length === 0) return { words: reply, files: [] };
  if (reply.private !== undefined) return { words: { ...reply, parts: reply.parts.map(toName) }, files: [] };
  const rest = reply.parts.filter((part) => !files.some((file) => file === part));
  const silent = rest.every((part) => part.kind === "text" && part.text.trim() === "");
  const needed = reply.replaces !== undefined || (reply.choices ?? []).length > 0;
  const names = files.map(toName);
  const words = silent ? (needed ? { ...reply, parts: names } : undefined) : { ...reply, parts: rest };
  return { words, files: files.map((file) => ({ parts: [file], tone: reply.tone, notify: reply.notify && words === undefined })) };
}

function toName(part: ReplyPart): ReplyPart {
  return part.kind === "file" ? { kind: "file", name: part.name, mediaType: part.mediaType } : part;
}

/** The file of a post that brings one. */
export function fileOf({ parts }: Pick<Reply, "parts">): FilePart | undefined {
  const [part, ...more] = parts;
  return part && more.length === 0 && isBringable(part) ? part : undefined;
}

/** What has an address that is none of the web is shown as words. */
function isBringable(part: ReplyPart): part is FilePart {
  return part.kind === "file" && (part.bytes !== undefined || /^https?:/i.test(part.url ?? ""));
}
