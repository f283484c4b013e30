import { AgentError } from "../../model/errors.ts";
import { parseBounded } from "../bounds.ts";
import { withValue } from "../content.ts";
import { explainKind, webPage } from "../explain.ts";
import { type Answer, type Fields, fieldsOf, isEventStream, type Payload, readAnswer, readAnswers } from "./answers.ts";

export interface MendOptions {
  /** Whether answers to this request are of A2A's four kinds; others pass as they are. */
  isOurs(url: string, init: RequestInit | undefined): boolean;
  /** What the SDK's reader understands. `request`: method and id of the request, where it has them. */
  write(payload: Payload, request: Fields, url: string): unknown;
}

/**
 * A fetch that reads answers tolerantly and writes them again in the form that the SDK's strict readers take: without it one missing
 * `kind` or `messageId` loses the whole reply. Errors pass; events of a stream in which nothing is recognisable are dropped.
 * Rejects with AgentError `protocol` when a whole answer is nothing of A2A, or more than can be read safely.
 */
export function mendAnswers(fetch: typeof globalThis.fetch, options: MendOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    if (!response.ok) return response;
    if (!options.isOurs(url, init)) return withinBounds(response);
    const request = typeof init?.body === "string" ? headOf(init.body) : {};
    const write = (answer: Answer) =>
      answer.kind === "payload" ? options.write(answer.payload, request, url) : toOwnError(answer.fields, request);
    if (isEventStream(response.headers)) return mendStream(response, write);
    return mendWhole(await response.text(), response, init?.headers, write);
  };
}

/** Method and id of a request, where it has them. The SDK writes those of 1.0 first and last: between may be megabytes of somebody's files. */
function headOf(body: string): Fields {
  const [, method] = /^\{"jsonrpc":"2\.0","method":"(\w+)"/.exec(body) ?? [];
  const [, id] = /"id":(\d+)\}$/.exec(body.slice(-32)) ?? [];
  return method === undefined || id === undefined ? (fieldsOf(JSON.parse(body)) ?? {}) : { method, id: Number(id) };
}

/** How an HTTP+JSON answer is put: a task is got and canceled bare, everything else comes in a wrapper; the rest is not ours. */
export function httpShape(url: string): "wrapped" | "bare" | undefined {
  const { pathname } = new URL(url);
  if (/\/message:(send|stream)$|\/tasks\/[^/:]+:subscribe$/.test(pathname)) return "wrapped";
  return /\/tasks\/[^/:]+(:cancel)?$/.test(pathname) ? "bare" : undefined;
}

/** What the SDK reads by itself is as much the word of a stranger. */
async function withinBounds(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const text = await response.text();
  parseBounded(text);
  return new Response(text === "" ? null : text, { status, statusText, headers });
}

/** An error in an envelope answers our request, whatever id it names. */
function toOwnError(fields: Fields, request: Fields): Fields {
  return request.id === undefined ? fields : { ...fields, jsonrpc: "2.0", id: request.id };
}

/** A whole answer to a request for a stream becomes a stream of one. */
function mendWhole(text: string, response: Response, asked: RequestInit["headers"], write: (answer: Answer) => unknown): Response {
  const { status, headers } = response;
  const answer = readAnswer(text);
  if (answer === undefined) {
    const page = /html/i.test(headers.get("content-type") ?? "");
    throw new AgentError("protocol", "the answer is not A2A", { code: status, explanation: page ? webPage : explainKind.protocol });
  }
  const mended = write(answer);
  if (answer.kind === "error" || !asksForStream(asked)) return withValue(response, mended);
  return new Response(`data: ${JSON.stringify(mended)}\n\n`, { status, headers: { "content-type": "text/event-stream" } });
}

/** The SDK's transports name their headers in an object. */
function asksForStream(headers: RequestInit["headers"]): boolean {
  return Object.entries(headers ?? {}).some(([name, value]) => /^accept$/i.test(name) && String(value).startsWith("text/event-stream"));
}

function mendStream(response: Response, write: (answer: Answer) => unknown): Response {
  const answers = readAnswers(response);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await answers.next();
        if (done) return controller.close();
        controller.enqueue(encoder.encode(`event: ${value.type}\ndata: ${JSON.stringify(write(value))}\n\n`));
      },
      async cancel() {
        await answers.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: { "content-type": "text/event-stream" } });
}
