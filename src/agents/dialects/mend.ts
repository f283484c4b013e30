import { parseSseStream, type StreamResponse } from "@a2a-js/sdk";
import { AgentError } from "../../model/errors.ts";
import { readPayload } from "../read.ts";

type Payload = NonNullable<StreamResponse["payload"]>;
type Fields = Readonly<Record<string, unknown>>;

export interface MendOptions {
  /** Whether answers to this request are of A2A's four kinds; others pass as they are. */
  isOurs(url: string, init: RequestInit | undefined): boolean;
  /** What the SDK's reader understands. `request`: the parsed body of the request. */
  write(payload: Payload, request: Fields, url: string): unknown;
}

/**
 * A fetch that reads answers tolerantly and writes them again in the form that the SDK's strict readers take: without it one missing
 * `kind` or `messageId` loses the whole reply. Errors pass unchanged; events of a stream in which nothing is recognisable are dropped.
 * Rejects with AgentError `protocol` when a whole answer is nothing of A2A.
 */
export function mendAnswers(fetch: typeof globalThis.fetch, options: MendOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    if (!response.ok || !options.isOurs(url, init)) return response;
    const request = fieldsOf(parse(typeof init?.body === "string" ? init.body : "")) ?? {};
    const write = (payload: Payload) => JSON.stringify(options.write(payload, request, url));
    if (isEventStream(response.headers)) return mendStream(response, write);
    const text = await response.text();
    return mendWhole(text, response, new Headers(init?.headers).get("accept") ?? "", write);
  };
}

/** How an HTTP+JSON answer is put: a task is got and canceled bare, everything else comes in a wrapper; the rest is not ours. */
export function httpShape(url: string): "wrapped" | "bare" | undefined {
  const { pathname } = new URL(url);
  if (/\/message:(send|stream)$|\/tasks\/[^/:]+:subscribe$/.test(pathname)) return "wrapped";
  return /\/tasks\/[^/:]+(:cancel)?$/.test(pathname) ? "bare" : undefined;
}

/** A whole answer to a request for a stream becomes a stream of one. */
function mendWhole(text: string, response: Response, accept: string, write: (payload: Payload) => string): Response {
  const { status, statusText, headers } = response;
  const read = readText(text);
  if (read === undefined) throw new AgentError("protocol", "the answer is not A2A", { code: status });
  if (read === "error") return new Response(text, { status, statusText, headers });
  const mended = write(read);
  if (!accept.startsWith("text/event-stream")) return new Response(mended, { status, headers: { "content-type": "application/json" } });
  return new Response(`data: ${mended}\n\n`, { status, headers: { "content-type": "text/event-stream" } });
}

function mendStream(response: Response, write: (payload: Payload) => string): Response {
  const events = parseSseStream(response);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // A pull that enqueues nothing would stall the reader.
        for (;;) {
          const { value, done } = await events.next();
          if (done) return controller.close();
          const read = readText(value.data);
          if (read === undefined) continue;
          const data = read === "error" ? value.data.replaceAll("\n", "") : write(read);
          return controller.enqueue(encoder.encode(`event: ${value.type}\ndata: ${data}\n\n`));
        }
      },
      async cancel() {
        await events.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: { "content-type": "text/event-stream" } });
}

/** Undefined: nothing of A2A, such as "[DONE]" or an event of a kind that nobody knows. */
function readText(text: string): Payload | "error" | undefined {
  const fields = fieldsOf(parse(text));
  if (!fields) return undefined;
  if (isSet(fields.error) || ("code" in fields && "message" in fields)) return "error";
  return readPayload(fields);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isEventStream(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller decides what that means
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined;
}
