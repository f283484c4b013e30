import { Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Dispatcher } from "undici";

type Answer = Dispatcher.ResponseData;

/** The platform's headers as undici takes them. Compression is not asked for: answers are small or streams. */
export function toHeaders(headers: Headers): Record<string, string> {
  return { accept: "*/*", "user-agent": "a2a-chat-bridge", "accept-encoding": "identity", ...Object.fromEntries(headers) };
}

/** A body in hand is sent with its length; a stream goes out as it comes. The platform's Request has encoded it already. */
export async function toSendable(request: Request, init: RequestInit | undefined): Promise<Uint8Array | Readable | null> {
  if (request.body === null) return null;
  if (init?.body instanceof ReadableStream) return Readable.from(readAll(request.body));
  return new Uint8Array(await request.arrayBuffer());
}

/** A platform Response that streams. Cancelling its body frees the connection. */
export function toResponse(request: Request, answer: Answer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  const bare = request.method === "HEAD" || [204, 205, 304].includes(answer.statusCode);
  if (bare) answer.body.resume();
  const body = bare ? null : toStream(decoded(answer.body, headers.get("content-encoding")), answer.body);
  const response = new Response(body, { status: answer.statusCode, headers });
  // The platform leaves `url` empty on a Response that was made by hand, and callers read it.
  return Object.defineProperty(response, "url", { value: request.url });
}

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    reader.releaseLock();
  }
}

/** Some servers compress unasked. Flushing as it comes keeps events flowing. */
function decoded(body: Readable, encoding: string | null): Readable {
  const decoder = decoderOf(encoding?.trim().toLowerCase());
  if (decoder === undefined) return body;
  body.on("error", (err) => decoder.destroy(err));
  return body.pipe(decoder);
}

function decoderOf(encoding: string | undefined): Transform | undefined {
  const zlib = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip(zlib);
  if (encoding === "deflate") return createInflate(zlib);
  if (encoding === "br") return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
  return undefined;
}

function toStream(readable: Readable, source: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<unknown> = readable[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await chunks.next();
      if (step.done) controller.close();
      else if (step.value instanceof Uint8Array) controller.enqueue(new Uint8Array(step.value));
    },
    cancel() {
      readable.destroy();
      source.destroy();
    },
  });
}
