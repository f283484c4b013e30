import type { Reply, ReplyPart } from "../model/reply.ts";

export type FilePart = Extract<ReplyPart, { kind: "file" }>;

/** The file of a post that brings one: it stands alone in its reply (see `Adapter.split`). */
export function fileOf({ parts }: Pick<Reply, "parts">): FilePart | undefined {
  const [part, ...more] = parts;
  const alone = part?.kind === "file" && more.length === 0 && (part.bytes !== undefined || /^https?:/i.test(part.url ?? ""));
  return alone ? part : undefined;
}
