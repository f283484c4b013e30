import { parseSseStream, type StreamResponse } from "@a2a-js/sdk";
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
 * `kind`, `messageId` or tag loses the whole reply. Errors, and answers in which nothing is recognisable, pass unchanged.
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
  const mended = mendText(text, write);
  if (mended === undefined || mended === text || !accept.startsWith("text/event-stream"))
    return new Response(status === 204 ? null : (mended ?? text), { status, statusText, headers });
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
          const data = mendText(value.data, write);
          if (data !== undefined) return controller.enqueue(encoder.encode(`event: ${value.type}\ndata: ${data}\n\n`));
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

/** Undefined: to be dropped, such as "[DONE]" or an event of a kind that nobody knows. An error stays as it is. */
function mendText(text: string, write: (payload: Payload) => string): string | undefined {
  const fields = fieldsOf(parse(text));
  if (!fields) return undefined;
  if (isSet(fields.error) || ("code" in fields && "message" in fields)) return text;
  const payload = readPayload(fields);
  return payload ? write(payload) : undefined;
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
