import { randomUUID } from "node:crypto";

/** JSON as a test looks at it: without a shape. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Caller {
  readonly endpoint: string;
  readonly apiKey?: string;
}

const bearer = ({ apiKey }: Caller) => (apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` });

/** A call of JSON-RPC, by hand. */
export function call(agent: Caller, method: string, params: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: randomUUID(), method, params });
  return fetch(agent.endpoint, { method: "POST", body, headers: { "content-type": "application/json", ...bearer(agent), ...headers } });
}

/** The envelope that a call is answered with. */
export function ask(agent: Caller, method: string, params: unknown, headers?: Readonly<Record<string, string>>): Promise<Json> {
  return json(call(agent, method, params, headers));
}

export async function json(response: Promise<Response>): Promise<Json> {
  return (await response).json();
}

/** The data of each event of a stream, as they come. Throws where the line is cut. */
export async function* events(response: Response): AsyncGenerator<Json> {
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const frames = (rest + Buffer.from(chunk).toString()).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const data = frame.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
      if (data.length > 0) yield data[0]?.startsWith("{") ? JSON.parse(data.join("\n")) : data.join("\n");
    }
  }
}

export async function all(response: Response | Promise<Response>): Promise<Json[]> {
  const found: Json[] = [];
  for await (const event of events(await response)) found.push(event);
  return found;
}

/** A message of A2A 0.2 and 0.3. */
export const message = (text: string, more: object = {}) => ({
  kind: "message",
  messageId: randomUUID(),
  role: "user",
  parts: [{ kind: "text", text }],
  ...more,
});

/** A message of A2A 0.1. */
export const message01 = (text: string) => ({ role: "user", parts: [{ type: "text", text }] });

/** A REST call of Brightsy, by hand. */
export function rest(agent: Caller, method: string, path = "", body?: unknown): Promise<Response> {
  const headers = { "content-type": "application/json", ...bearer(agent) };
  return fetch(`${agent.endpoint}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}
