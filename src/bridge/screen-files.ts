import type { Reply, ReplyPart } from "../model/reply.ts";
import { toSize } from "../model/size.ts";
import type { FilePart } from "./file-part.ts";
import { type FileLimits, isRefused, toFileName, toMediaType } from "./file-rules.ts";
import * as notices from "./notices.ts";

/** An agent's files as they may be shown: with plain names, and with a word in place of each one that the rules keep back. Pure. */
export function screenFiles(limits: FileLimits, reply: Reply): Reply {
  let taken = 0;
  const parts = reply.parts.map((part): ReplyPart => {
    if (part.kind !== "file") return part;
    const mediaType = toMediaType(part.mediaType, part.name);
    const file = { ...part, name: toFileName(part.name, mediaType), mediaType };
    const why = whyNot(limits, file, taken);
    if (why !== undefined) return { kind: "text", text: notices.fileNotShown(file.name, why) };
    taken += 1;
    return file;
  });
  return { ...reply, parts };
}

function whyNot(limits: FileLimits, { name, bytes, url }: FilePart, taken: number): string | undefined {
  const start = bytes === undefined ? undefined : Buffer.from(bytes.slice(0, 8), "base64");
  if (isRefused(limits, name, start)) return "files of this kind are not passed on here";
  if (taken >= limits.perMessage) return `no more than ${limits.perMessage} files of an answer are shown`;
  const size = Buffer.byteLength(bytes ?? "", "base64");
  if (size > limits.maxBytes || (bytes === undefined && url === undefined)) return `it is larger than ${toSize(limits.maxBytes)}`;
  return undefined;
}
