import type { Clock } from "../model/clock.ts";
import { type Content, withContent } from "./content.ts";
import { isEventStream } from "./dialects/answers.ts";

/** What is known of one call from its bytes; the SDK keeps some of it to itself (it hides the HTTP status of JSON-RPC, for one). */
export interface CallFacts {
  /** A request was handed to the network. */
  readonly started: boolean;
  readonly answer: Answer | undefined;
  /** The network's own error, before or while the answer was read. */
  readonly networkError: unknown;
  /** Who ended the call before its end. */
  readonly ended: "silent" | "tooLong" | "caller" | "closed" | undefined;
  readonly limits: CallLimits;
}

/** The newest answer. `body` is kept for answers that are not 2xx, up to 64 KiB. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | undefined;
  /** By the bridge's clock. */
  readonly at: number;
}

export interface CallLimits {
  /** How long may pass without a byte while one is waited for. */
  readonly silenceMs: number;
  /** What all answers of the call may hold together, a stream included. */
  readonly maxAnswerBytes: number;
}

/** One call to an agent. It ends by itself when nothing or too much is heard, when the caller's signal fires, and by `close`. */
export interface Call {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly facts: CallFacts;
  /** Stops whatever is still under way. Call it always. */
  close(): void;
}

const maxErrorBody = 64 * 1024;

type Facts = { -readonly [K in keyof CallFacts]: CallFacts[K] };
type Heard = <T>(wait: () => Promise<T>) => Promise<T>;

export function createCall(options: { fetch: typeof fetch; clock: Clock; limits: CallLimits; signal: AbortSignal }): Call {
  const { clock, limits } = options;
  const controller = new AbortController();
  const facts: Facts = { started: false, answer: undefined, networkError: undefined, ended: undefined, limits };
  let open = 0;
  const end = (why: NonNullable<CallFacts["ended"]>) => {
    if (facts.ended) return;
    facts.ended = why;
    options.signal.removeEventListener("abort", onAbort);
    // Where everything was read to its end there is nobody to be told.
    if (why !== "closed" || open > 0) controller.abort(reasons[why]);
  };
  const onAbort = () => end("caller");
  if (options.signal.aborted) end("caller");
  else options.signal.addEventListener("abort", onAbort);

  const heard: Heard = async (wait) => {
    const stop = clock.after(limits.silenceMs, () => end("silent"));
    try {
      return await wait();
    } catch (error) {
      facts.networkError ??= error;
      throw error;
    } finally {
      stop();
    }
  };
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
    if (bytes <= limits.maxAnswerBytes) return;
    end("tooLong");
    throw new Error("the answer is too long");
  };
  const begin = () => {
    open += 1;
    return () => {
      open -= 1;
    };
  };
  return {
    fetch: watchedFetch(options.fetch, { facts, signal: controller.signal, heard, count, begin, now: () => clock.now() }),
    signal: controller.signal,
    facts,
    close: () => end("closed"),
  };
}

/** Made once: each new error has its stack written down. */
const reasons = {
  silent: new Error("the call was ended: silent"),
  tooLong: new Error("the call was ended: tooLong"),
  caller: new Error("the call was ended: caller"),
  closed: new Error("the call was ended: closed"),
};

interface Watch {
  readonly facts: Facts;
  readonly signal: AbortSignal;
  readonly heard: Heard;
  /** Throws when it was too much. */
  count(bytes: number): void;
  /** A request goes out. What it returns is to be called once, when its answer was read to the end. */
  begin(): () => void;
  now(): number;
}

function watchedFetch(fetch: typeof globalThis.fetch, watch: Watch): typeof globalThis.fetch {
  const { facts, signal, heard } = watch;
  return async (input, init) => {
    if (facts.ended) throw reasons[facts.ended];
    facts.started = true;
    facts.answer = undefined;
    const done = watch.begin();
    const response = await heard(() => fetch(input, { ...init, signal, redirect: "manual" }));
    const { status, statusText, headers } = response;
    const answer = { status, headers, at: watch.now() };
    facts.answer = { ...answer, body: undefined };
    const content = isShort(headers) ? shortContent(response, watch, done) : watchedContent(response.body, watch, done);
    const watched = withContent(response, content);
    if (response.ok) return watched;
    const body = await readSome(watched, maxErrorBody);
    facts.answer = { ...answer, body };
    return new Response(body === "" ? null : body, { status, statusText, headers });
  };
}

const shortBytes = 64 * 1024;

/** It says so itself, it does not grow while it is decoded, and nobody waits for its first piece. */
function isShort(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= shortBytes && !headers.has("content-encoding") && !isEventStream(headers);
}

/** Read in one go, which costs a small part of reading it piece by piece; all of it comes within the time that silence may last. */
function shortContent(response: Response, { heard, count }: Watch, end: () => void): Content {
  const read = response.text.bind(response);
  const text = async () => {
    count(Number(response.headers.get("content-length")));
    const whole = await heard(read);
    end();
    return whole;
  };
  const pieces = [async () => new TextEncoder().encode(await text())];
  const stream = () => toStream({ next: async () => pieces.pop()?.(), cancel: async () => undefined });
  return { text, json: async () => JSON.parse(await text()), stream };
}

/** Reads on demand alone, so that a slow reader is not taken for a silent agent. */
function watchedContent(body: ReadableStream<Uint8Array> | null, { heard, count }: Watch, end: () => void): Content {
  if (!body) end();
  const open = (source: ReadableStream<Uint8Array>): Pieces => {
    const reader = source.getReader();
    return {
      async next() {
        const { done, value } = await heard(() => reader.read());
        if (done) end();
        else count(value.byteLength);
        return value;
      },
      cancel: (reason) => reader.cancel(reason),
    };
  };
  const text = async () => (body ? readWhole(open(body)) : "");
  return { text, json: async () => JSON.parse(await text()), stream: () => body && toStream(open(body)) };
}

interface Pieces {
  /** Undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): Promise<void>;
}

const utf8 = new TextDecoder();

async function readWhole(pieces: Pieces): Promise<string> {
  const all: Uint8Array[] = [];
  for (let piece = await pieces.next(); piece; piece = await pieces.next()) all.push(piece);
  return utf8.decode(all.length === 1 ? all[0] : Buffer.concat(all));
}

function toStream({ next, cancel }: Pieces): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await next();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

/** At most `max` bytes of a body as text; the rest is not fetched. */
export async function readSome(response: Response, max: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0; size < max; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
