import type { Part } from "@a2a-js/sdk";
import type { ReplyPart } from "../model/reply.ts";
import type { Json } from "../model/thread.ts";

/** The parts of a message, one by one. Empty text and parts of an unknown kind are left out. */
export function toReplyParts(parts: readonly Part[]): readonly ReplyPart[] {
  return parts.flatMap((part) => toReplyPart(part) ?? []);
}

/**
 * The parts of an artifact. Chunks that were appended stand there as parts of their own ("Hello ", "world"), so neighbouring text
 * is joined without anything in between.
 */
export function toOutputParts(parts: readonly Part[]): readonly ReplyPart[] {
  const joined: ReplyPart[] = [];
  for (const part of toReplyParts(parts)) {
    const last = joined.at(-1);
    if (part.kind === "text" && last?.kind === "text") joined[joined.length - 1] = { kind: "text", text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}

/** What parts say in words, one paragraph each. */
export function textOf(parts: readonly ReplyPart[]): string {
  return parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
}

function toReplyPart(part: Part): ReplyPart | undefined {
  const content = part.content;
  switch (content?.$case) {
    case "text":
      return content.value === "" ? undefined : { kind: "text", text: content.value };
    case "raw":
      return { ...file(part), bytes: Buffer.from(content.value).toString("base64") };
    case "url":
      return toUrlPart(part, content.value);
    case "data":
      return toDataPart(content.value);
    case undefined:
      return undefined;
  }
}

/** A web page is a link; anything with a name or a media type of its own is a file that can be fetched. */
function toUrlPart(part: Part, url: string): ReplyPart | undefined {
  if (!URL.canParse(url)) return undefined;
  if (part.filename === "" && (part.mediaType === "" || part.mediaType === "text/html")) return { kind: "link", url, title: url };
  return { ...file(part, lastSegment(url)), url };
}

function toDataPart(value: unknown): ReplyPart | undefined {
  const data = toJson(value);
  return data === undefined ? undefined : { kind: "data", data };
}

function file(part: Part, name = "file"): { readonly kind: "file"; readonly name: string; readonly mediaType: string } {
  return { kind: "file", name: part.filename || name, mediaType: part.mediaType || "application/octet-stream" };
}

function lastSegment(url: string): string | undefined {
  return new URL(url).pathname.split("/").at(-1) || undefined;
}

function toJson(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
