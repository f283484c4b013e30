import type { AgentEvent } from "../model/agent.ts";
import type { ReplyPart } from "../model/reply.ts";
import { wasEarlier } from "./earlier.ts";
import type { Answer } from "./rows.ts";

/** Characters of one answer that a thread is shown: nobody reads more there, and a longer one would be hundreds of posts. */
const most = 200_000;
/** Bytes of files of one answer that are kept, in base64; what goes beyond stays as a name. */
const mostBytes = 48 * 1_048_576;
/** What a part counts beside its words, so that there cannot be endlessly many empty ones. */
const partSize = 20;

/** Takes a piece of the answer in. From the first one that has no room on, the answer stays as it is, and is marked as cut. Pure. */
export function takeOutput(answer: Answer, event: Extract<AgentEvent, { kind: "output" }>): Answer {
  if (answer.cut) return answer;
  const kept = answer.artifacts.filter(({ id }) => event.append || id !== event.artifact);
  const room = mostBytes - bytesOf(kept.flatMap(({ parts }) => parts));
  return takePiece(answer, { ...event, parts: withinBytes(event.parts, room) });
}

function takePiece(answer: Answer, event: Extract<AgentEvent, { kind: "output" }>): Answer {
  const replaced = event.append ? undefined : answer.artifacts.find(({ id }) => id === event.artifact);
  const taken = (answer.size ?? 0) - (replaced ? sizeOf(replaced.parts) : 0);
  const size = sizeOf(event.parts);
  const cut = taken + size > most;
  const parts = cut ? toFitting(event.parts, most - taken) : event.parts;
  const artifacts = mergeArtifact(answer.artifacts, { ...event, parts }, toOrigin(answer, event));
  return { ...answer, artifacts, size: taken + size, ...(cut ? { cut } : {}) };
}

/** An agent's words as far as there is room for them. */
export function takeWords(answer: Answer, given: readonly ReplyPart[]): Pick<Answer, "words" | "cut"> {
  const words = withinBytes(given, mostBytes);
  return sizeOf(words) > most ? { words: toFitting(words, most), cut: true } : { words, ...(answer.cut ? { cut: true } : {}) };
}

function bytesOf(parts: readonly ReplyPart[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === "file" ? (part.bytes?.length ?? 0) : 0), 0);
}

/** Files for which there is no room any more lose their bytes; that they were there is still told. */
function withinBytes(parts: readonly ReplyPart[], room: number): readonly ReplyPart[] {
  let left = room;
  return parts.map((part) => {
    if (part.kind !== "file" || part.bytes === undefined) return part;
    left -= part.bytes.length;
    if (left >= 0) return part;
    const { bytes: _, ...rest } = part;
    return rest;
  });
}

function sizeOf(parts: readonly ReplyPart[]): number {
  return parts.reduce((sum, part) => sum + partSize + lengthOf(part), 0);
}

function lengthOf(part: ReplyPart): number {
  switch (part.kind) {
    case "text":
      return part.text.length;
    case "link":
      return part.title.length + part.url.length;
    case "file":
      return part.name.length + (part.url?.length ?? 0);
    case "data":
      return JSON.stringify(part.data).length;
  }
}

function toFitting(parts: readonly ReplyPart[], room: number): readonly ReplyPart[] {
  const fitting: ReplyPart[] = [];
  let left = room;
  for (const part of parts) {
    const size = partSize + lengthOf(part);
    if (size <= left) fitting.push(part);
    else if (part.kind === "text" && left > 0) fitting.push({ kind: "text", text: part.text.slice(0, left).toWellFormed() });
    left -= size;
    if (left <= 0) break;
  }
  return fitting;
}

function toOrigin(answer: Answer, event: Extract<AgentEvent, { kind: "output" }>): Pick<Answer["artifacts"][number], "origin"> {
  // A message is known by its own id.
  if (event.mark === event.artifact) return { origin: "message" };
  return wasEarlier(answer, event) ? { origin: "earlier" } : {};
}

function mergeArtifact(
  artifacts: Answer["artifacts"],
  { artifact: id, append, parts }: Extract<AgentEvent, { kind: "output" }>,
  origin: Pick<Answer["artifacts"][number], "origin">,
): Answer["artifacts"] {
  const known = artifacts.find((artifact) => artifact.id === id);
  if (!known) return [...artifacts, { id, parts, ...origin }];
  const merged = { id, parts: append ? joinParts(known.parts, parts) : parts, ...origin };
  return artifacts.map((artifact) => (artifact === known ? merged : artifact));
}

/** Chunks of one artifact follow each other without a gap: "Hel" and "lo" are "Hello". */
function joinParts(before: readonly ReplyPart[], after: readonly ReplyPart[]): readonly ReplyPart[] {
  const last = before.at(-1);
  const [first, ...rest] = after;
  if (last?.kind !== "text" || first?.kind !== "text") return [...before, ...after];
  return [...before.slice(0, -1), { kind: "text", text: last.text + first.text }, ...rest];
}
