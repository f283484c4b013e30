import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Clock } from "../../model/clock.ts";
import { aborted } from "./walk.ts";

export interface TrickSizes {
  /** Of what is huge. Default: 50 MiB. */
  readonly bytes: number;
  /** Of a flood. Default: 200,000. */
  readonly events: number;
  /** Of what is deep. Default: 100,000. */
  readonly depth: number;
}

interface Stage extends TrickSizes {
  readonly protocol: "1.0" | "0.3";
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What is answered. */
export interface Harm {
  /** Undefined: not even a head. */
  readonly head: Readonly<Record<string, string>> | undefined;
  readonly chunks: Iterable<string> | AsyncIterable<string | Buffer>;
}

const json = { "content-type": "application/json" } as const;
const sse = { "content-type": "text/event-stream" } as const;

/** What an evil agent does to a call that wants a stream or an answer. */
export const tricks = {
  /** Events without an end, as fast as they are read. */
  endlessStream: (stage: Stage, id: unknown): Harm => ({
    head: sse,
    chunks: flood(stage, id, Number.POSITIVE_INFINITY, "word ".repeat(200)),
  }),
  /** Comments for ever; not one event. */
  endlessComments: (): Harm => ({ head: sse, chunks: forever(": keep-alive\n\n".repeat(100)) }),
  /** `bytes` of answer in pieces, and a proper end. */
  hugeStream: (stage: Stage, id: unknown): Harm => ({
    head: sse,
    chunks: flood(stage, id, Math.ceil(stage.bytes / 65_536), "x".repeat(65_536)),
  }),
  /** One event of `bytes`. */
  hugeEvent: (stage: Stage, id: unknown): Harm => ({ head: sse, chunks: around(frame(event(stage, id, hole)), stage.bytes) }),
  /** A line of an event that never ends. */
  endlessEvent: (): Harm => ({ head: sse, chunks: forever("x".repeat(65_536), 'data: {"text":"') }),
  /** `events` tiny ones, and a proper end. */
  eventFlood: (stage: Stage, id: unknown): Harm => ({ head: sse, chunks: flood(stage, id, stage.events, ".") }),
  /** An answer of `bytes`. */
  hugeAnswer: (stage: Stage, id: unknown): Harm => jsonOf(around(answer(stage, id, hole), stage.bytes)),
  endlessAnswer: (): Harm => ({ head: json, chunks: forever("x".repeat(65_536), '{"jsonrpc":"2.0","text":"') }),
  /** An answer of `bytes` that is small on the wire. */
  bomb: (stage: Stage, id: unknown): Harm => ({
    head: { ...json, "content-encoding": "gzip" },
    chunks: Readable.from(around(answer(stage, id, hole), stage.bytes)).pipe(createGzip()),
  }),
  /** Arrays in arrays, `depth` of them. */
  deepAnswer: (stage: Stage, id: unknown): Harm => ({
    head: json,
    chunks: [nested(answer(stage, id, hole), stage.depth)],
  }),
  deepEvent: (stage: Stage, id: unknown): Harm => ({
    head: sse,
    chunks: [nested(frame(event(stage, id, hole)), stage.depth)],
  }),
  /** A page where JSON or a stream is due, called what it is. */
  wrongType: (): Harm => ({ head: { "content-type": "text/html" }, chunks: [page] }),
  /** A page that is called JSON. */
  garbage: (): Harm => ({ head: json, chunks: [page] }),
  /** A stream of what is no JSON, and a proper end. */
  garbageStream: (): Harm => ({
    head: sse,
    chunks: [`data: ${page}\n\n`, 'data: {"jsonrpc":\n\n', "data: null\n\n", "data: 42\n\n", "event\u0000: \u00ff\n\n"],
  }),
  /** A byte now and then, for ever. */
  drip: ({ clock, signal }: Stage): Harm => ({ head: sse, chunks: drip(clock, signal) }),
  /** Nothing, for ever. */
  silent: ({ signal }: Stage): Harm => ({ head: undefined, chunks: silence(signal) }),
};

/** Redirects need to know where to, and are made by the agent itself. */
export type Trick = keyof typeof tricks | "redirect";

const page = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>";
const ids = { taskId: "evil-task", contextId: "evil-context" } as const;

/** One piece of an answer, as the wire has it on a stream. */
function event({ protocol }: Stage, id: unknown, text: string): string {
  const artifact = (part: object) => ({ ...ids, artifact: { artifactId: "answer", parts: [part] }, append: true });
  const result =
    protocol === "1.0" ? { artifactUpdate: artifact({ text }) } : { kind: "artifact-update", ...artifact({ kind: "text", text }) };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** A whole task, as the wire answers a call with it. */
function answer({ protocol }: Stage, id: unknown, text: string): string {
  const { taskId, contextId } = ids;
  const result =
    protocol === "1.0"
      ? {
          task: {
            id: taskId,
            contextId,
            status: { state: "TASK_STATE_COMPLETED" },
            artifacts: [{ artifactId: "answer", parts: [{ text }] }],
          },
        }
      : {
          kind: "task",
          id: taskId,
          contextId,
          status: { state: "completed" },
          artifacts: [{ artifactId: "answer", parts: [{ kind: "text", text }] }],
        };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

function status({ protocol }: Stage, id: unknown, final: boolean): string {
  const { taskId, contextId } = ids;
  const v10 = final
    ? { statusUpdate: { ...ids, status: { state: "TASK_STATE_COMPLETED" } } }
    : { task: { id: taskId, contextId, status: { state: "TASK_STATE_WORKING" } } };
  const v03 = final
    ? { kind: "status-update", ...ids, status: { state: "completed" }, final }
    : { kind: "task", id: taskId, contextId, status: { state: "working" } };
  return JSON.stringify({ jsonrpc: "2.0", id, result: protocol === "1.0" ? v10 : v03 });
}

const frame = (data: string): string => `data: ${data}\n\n`;

function* flood(stage: Stage, id: unknown, count: number, text: string): Generator<string> {
  yield frame(status(stage, id, false));
  const one = frame(event(stage, id, text));
  const batch = Math.max(1, Math.floor(65_536 / one.length));
  for (let left = count; left > 0; left -= batch) yield one.repeat(Math.min(batch, left));
  yield frame(status(stage, id, true));
}

function* forever(chunk: string, first = ""): Generator<string> {
  yield first;
  for (;;) yield chunk;
}

/** Stands in a text where `around` puts its bytes. */
export const hole = "\u0000";

export const jsonOf = (chunks: Harm["chunks"]): Harm => ({ head: json, chunks });

/** Fills the hole of a JSON text with so many bytes. */
export function* around(text: string, bytes: number): Generator<string> {
  const [before = "", after = ""] = text.split("\\u0000");
  yield before;
  for (let left = bytes; left > 0; left -= 65_536) yield "x".repeat(Math.min(left, 65_536));
  yield after;
}

/** The text with arrays in arrays for the string that is the hole. */
const nested = (text: string, depth: number): string => text.replace('"\\u0000"', `${"[".repeat(depth)}${"]".repeat(depth)}`);

async function* drip(clock: Clock, signal: AbortSignal): AsyncGenerator<string> {
  for (const byte of forever("x", ":")) {
    yield byte;
    await clock.sleep(100, signal);
    if (signal.aborted) return;
  }
}

// biome-ignore lint/correctness/useYield: it says nothing, which is the trick
async function* silence(signal: AbortSignal): AsyncGenerator<string> {
  await aborted(signal);
}
