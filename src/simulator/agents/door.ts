import { type ErrorRequestHandler, json, type Request, type RequestHandler, type Response } from "express";
import type { Clock } from "../../model/clock.ts";
import type { Books } from "./books.ts";
import type { Exchanges } from "./exchanges.ts";
import { isTerminal, type TaskBook } from "./tasks.ts";
import { parseSent, type Sent, type Wire } from "./wire.ts";

/** What a test does to the next call that carries a message, before the agent sees it. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection is cut; the agent never got the message. */
  | { readonly kind: "drop" };

/** What comes after `readBody`: a body that cannot be read is the caller's fault. */
export function createBodyGuard(books: Books): ErrorRequestHandler {
  return (err: unknown, _request, response, _next) => {
    books.violation(`a body that is not JSON: ${err}`);
    response.status(400).json({ code: 400, message: "the body is not JSON" });
  };
}

interface DoorOptions {
  readonly wire: Wire;
  readonly books: Books;
  readonly exchanges: Exchanges;
  readonly tasks: TaskBook;
  readonly clock: Clock;
  readonly push: boolean;
  /** Whether the agent has this conversation. */
  readonly knowsContext: (contextId: string) => boolean;
  /** Taken from the front, one for each call that carries a message. */
  readonly faults: Fault[];
}

/** Reads the body, as the SDK's own routers would do later, and leaves it for them. */
export const readBody: RequestHandler = json({ limit: "10mb", type: ["application/json", "application/a2a+json"], strict: false });

/** Writes every call into the books and checks what the caller sends, before the SDK answers it. */
export function createDoor(options: DoorOptions): RequestHandler {
  return (request, response, next) => {
    const body: unknown = request.body;
    const rpc = options.wire.binding === "JSONRPC";
    const method = rpc ? field(body, "method") : undefined;
    const operation = typeof method === "string" ? method : `${request.method} ${request.path}`;
    options.books.call(operation, options.clock.now());
    checkVersion(options, request);
    if (rpc) checkEnvelope(options.books, body);
    const sends = /(Send(Streaming)?Message|message\/(send|stream)|message:(send|stream))$/.exec(operation);
    if (!sends) return next();
    receive(options, { request, response, params: rpc ? field(body, "params") : body, streaming: /stream/i.test(operation) });
    if (!misbehave(options.faults.shift(), response)) next();
  };
}

function receive(
  options: DoorOptions,
  call: { readonly request: Request; readonly response: Response; readonly params: unknown; readonly streaming: boolean },
): void {
  const { books, exchanges, wire, clock } = options;
  const { sent, problems } = parseSent(wire, call.params);
  for (const problem of problems) books.violation(problem);
  if (sent) checkIds(options, sent);
  const headers = call.request.headers;
  const entry = sent && books.receive(sent, { headers, operation: call.streaming ? "stream" : "send", at: clock.now() });
  exchanges.begin(headers, { response: call.response, entry, streaming: call.streaming });
}

/** Whether the call was answered, or cut, by the fault. */
export function misbehave(fault: Fault | undefined, response: Response): boolean {
  if (fault?.kind === "drop") response.destroy();
  if (fault?.kind === "status") response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
  return fault !== undefined;
}

/** A2A 1.0, section 3.6.1: the header goes with every request. Before, there was none, and an SDK that sends one says 0.3. */
function checkVersion({ wire, books }: DoorOptions, request: Request): void {
  const version = request.header("a2a-version");
  const right = wire.protocol === "1.0" ? version === "1.0" : version === undefined || version === "0.3";
  if (!right) books.violation(`A2A-Version ${version ?? "missing"} to an agent of ${wire.protocol}`);
}

function checkEnvelope(books: Books, body: unknown): void {
  if (field(body, "jsonrpc") !== "2.0") books.violation("jsonrpc is not 2.0");
  const id = field(body, "id");
  if (typeof id !== "string" && typeof id !== "number") books.violation("a JSON-RPC request without id");
}

function checkIds({ books, tasks, push, knowsContext }: DoorOptions, sent: Sent): void {
  const task = sent.taskId === undefined ? undefined : tasks.get(sent.taskId);
  if (sent.taskId !== undefined && !task) books.violation(`message ${sent.messageId} names the unknown task ${sent.taskId}`);
  if (task && isTerminal(task)) books.violation(`message ${sent.messageId} was sent to task ${task.id}, which has ended`);
  if (task && sent.contextId !== undefined && sent.contextId !== task.contextId) {
    books.violation(`message ${sent.messageId} names task ${task.id} in another context`);
  }
  if (sent.contextId !== undefined && !knowsContext(sent.contextId)) {
    books.violation(`message ${sent.messageId} names the unknown context ${sent.contextId}`);
  }
  for (const id of sent.referenceTaskIds) {
    if (!tasks.get(id)) books.violation(`message ${sent.messageId} refers to the unknown task ${id}`);
  }
  if (sent.push && !push) books.violation(`message ${sent.messageId} has a webhook, though the card declares no push`);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
