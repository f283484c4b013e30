import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, text } from "express";
import { misbehave } from "./door.ts";
import type { VendorFault } from "./faults.ts";
import type { Kit } from "./kit.ts";

/** A call of JSON-RPC that was read. */
export interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
  readonly request: Request;
  readonly response: Response;
  /** For a call that carries a message: what befalls it, once it stands in the books. */
  readonly fault: VendorFault | undefined;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The handlers of a JSON-RPC endpoint: reads the body and the envelope, writes the books, and lets faults befall what carries no message. */
export function rpcEndpoint(
  { books, faults, clock }: Kit,
  options: { readonly limit?: string; readonly sends: readonly string[]; readonly handle: (call: RpcCall) => void },
): (RequestHandler | ErrorRequestHandler)[] {
  const handle: RequestHandler = (request, response) => {
    const envelope = parse(request.body);
    const [method, id] = [field(envelope, "method"), field(envelope, "id")];
    books.call(typeof method === "string" ? method : "no method", clock.now());
    if (request.header("content-type")?.startsWith("application/json") !== true) books.violation("the body is not called application/json");
    if (envelope === undefined) return report({ id: null, response }, { code: -32700, message: "Parse error" });
    if (field(envelope, "jsonrpc") !== "2.0" || typeof method !== "string") {
      return report({ id: id ?? null, response }, { code: -32600, message: "Invalid Request" });
    }
    if (typeof id !== "string" && typeof id !== "number") books.violation("a JSON-RPC request without id");
    const carries = options.sends.includes(method);
    const fault = faults.take(method, carries);
    const call = { id: id ?? null, method, params: field(envelope, "params"), request, response, fault };
    if (carries || !befall(call)) options.handle(call);
  };
  const report = (call: Pick<RpcCall, "id" | "response">, error: RpcError) => {
    books.violation(`${error.message} (${error.code})`);
    refuse(call, error);
  };
  const unreadable: ErrorRequestHandler = (err: unknown, _request, response, _next) => {
    books.violation(`a body that cannot be read: ${err}`);
    refuse({ id: null, response }, { code: -32700, message: "Parse error" });
  };
  return [text({ type: () => true, limit: options.limit ?? "1mb" }), handle, unreadable];
}

export const answer = (call: Pick<RpcCall, "id" | "response">, result: unknown): void => reply(call, { result });
export const refuse = (call: Pick<RpcCall, "id" | "response">, error: RpcError): void => reply(call, { error: toError(error) });

/** A call that was answered, or is gone, is left alone. */
function reply({ id, response }: Pick<RpcCall, "id" | "response">, body: object): void {
  if (!response.headersSent && !response.destroyed) response.json({ jsonrpc: "2.0", id, ...body });
}

/** Whether the call is over by its fault, and the agent never sees it. */
export function befall(call: Pick<RpcCall, "id" | "response" | "fault">): boolean {
  const { fault } = call;
  if (fault?.kind === "error") refuse(call, fault);
  else if (fault?.kind === "status" || fault?.kind === "drop") misbehave(fault, call.response);
  else return false;
  return true;
}

/** An error without the keys that say nothing. */
export const toError = ({ code, message, data }: RpcError): RpcError => ({ code, message, ...(data === undefined ? {} : { data }) });

function parse(body: unknown): unknown {
  try {
    return JSON.parse(typeof body === "string" ? body : "");
  } catch {
    return undefined; // the caller is told so
  }
}

export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
