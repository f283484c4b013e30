import { Readable } from "node:stream";

/** A request as undici takes it. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Sendable | Promise<Sendable>;
}

type Input = Parameters<typeof fetch>[0];
type Sendable = string | Uint8Array | Readable | null;

/** What `fetch` was called with. Throws the platform's TypeError for what it does not take. A body in hand is sent with its length. */
export function toOutgoing(input: Input, init: RequestInit | undefined): Outgoing {
  return toPlain(input, init) ?? fromRequest(new Request(input, init), init);
}

const plainMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/**
 * Nearly every call is a text to an address: it goes out without a Request of the platform, which would take the text apart into a stream
 * to have it read together again. Undefined for anything that needs more than is done here.
 */
function toPlain(input: Input, init: RequestInit = {}): Outgoing | undefined {
  const { method = "GET", headers = {}, body = null } = init;
  if (input instanceof Request || !plainMethods.includes(method)) return undefined;
  if (typeof body !== "string" && body !== null) return undefined;
  if (body !== null && (method === "GET" || method === "HEAD")) return undefined;
  const url = new URL(input);
  if (url.username !== "" || url.password !== "") return undefined;
  const type = body === null ? {} : { "content-type": "text/plain;charset=UTF-8" };
  return { url, method, headers: { ...usual, ...type, ...toNamed(headers) }, body };
}

function fromRequest(request: Request, init: RequestInit | undefined): Outgoing {
  const { url, method, headers } = request;
  return { url: new URL(url), method, headers: { ...usual, ...Object.fromEntries(headers) }, body: toSendable(request, init) };
}

/** Compression is not asked for: answers are small or streams. */
const usual = { accept: "*/*", "user-agent": "a2a-chat-bridge", "accept-encoding": "identity" };

/** By their lower-case names; space around a value, such as the line's end of a secret that was read from a file, goes. */
function toNamed(headers: NonNullable<RequestInit["headers"]>): Record<string, string> {
  if (Array.isArray(headers) || headers instanceof Headers) return Object.fromEntries(new Headers(headers));
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    // The same name twice, in other letters: the platform knows how to join the two.
    if (lower in named) return Object.fromEntries(new Headers(headers));
    named[lower] = String(value).trim();
  }
  return named;
}

/** A stream goes out as it comes; anything else was encoded by the Request. */
async function toSendable(request: Request, init: RequestInit | undefined): Promise<Sendable> {
  if (request.body === null) return null;
  if (init?.body instanceof ReadableStream) return Readable.from(readAll(request.body));
  return new Uint8Array(await request.arrayBuffer());
}

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    reader.releaseLock();
  }
}
