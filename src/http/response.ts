import type { Readable, Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Dispatcher } from "undici";
import { ReceivedHeaders } from "./received-headers.ts";

type Source = Dispatcher.ResponseData;

/** A platform Response that streams. Cancelling its body frees the connection. `url` is the one that was asked. */
export function toResponse(source: Source, method: string, url: string): Response {
  const bare = method === "HEAD" || [204, 205, 304].includes(source.statusCode);
  if (bare) source.body.resume();
  const decoder = bare ? undefined : decoderOf(source.headers["content-encoding"]);
  if (!bare && decoder === undefined) return new WholeResponse(source, url);
  const body = decoder && toStream(decoded(source.body, decoder), source.body);
  const response = new Response(body ?? null, { status: source.statusCode, headers: new ReceivedHeaders(source.headers) });
  // The platform leaves `url` empty on a Response that was made by hand, and callers read it.
  return Object.defineProperty(response, "url", { value: url });
}

/** The platform's class, by the part of it that is used as it is. */
const PlatformResponse: new (body: null, init: ResponseInit) => Pick<Response, "ok" | "redirected" | "status" | "statusText" | "type"> =
  Response;

/**
 * Most bodies are short and wanted as one piece: through a stream of the platform each of them costs more processor time than the request
 * itself. So the stream is made for those who ask for it, and a whole body is read by undici.
 */
class WholeResponse extends PlatformResponse implements Response {
  readonly #source: Source;
  readonly #url: string;
  readonly headers: Headers;
  /** Where somebody wanted the stream. */
  #streaming: Response | undefined;
  #taken = false;

  constructor(source: Source, url: string) {
    super(null, { status: source.statusCode });
    this.#source = source;
    this.#url = url;
    this.headers = new ReceivedHeaders(source.headers);
  }

  get url(): string {
    return this.#url;
  }

  /** Null as well once the body is read as a whole. */
  get body() {
    return this.#taken ? null : this.#asStream().body;
  }

  get bodyUsed(): boolean {
    return this.#streaming?.bodyUsed ?? this.#taken;
  }

  async text(): Promise<string> {
    return this.#once().text();
  }

  async json(): Promise<unknown> {
    return this.#once().json();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#once().arrayBuffer();
  }

  async bytes() {
    return new Uint8Array(await this.arrayBuffer());
  }

  async blob(): Promise<Blob> {
    return this.#asStream().blob();
  }

  async formData(): Promise<FormData> {
    return this.#asStream().formData();
  }

  clone(): Response {
    return this.#asStream().clone();
  }

  #once(): Response | Source["body"] {
    if (this.#streaming) return this.#streaming;
    if (this.#taken) throw bodyTaken();
    this.#taken = true;
    return this.#source.body;
  }

  #asStream(): Response {
    if (this.#taken) throw bodyTaken();
    const { body, statusCode: status } = this.#source;
    this.#streaming ??= new Response(toStream(body, body), { status, headers: this.headers });
    return this.#streaming;
  }
}

const bodyTaken = () => new TypeError("the body was read already");

function decoded(body: Readable, decoder: Transform): Readable {
  body.on("error", (err) => decoder.destroy(err));
  return body.pipe(decoder);
}

/** Some servers compress unasked. Flushing as it comes keeps events flowing. */
function decoderOf(header: string | string[] | undefined): Transform | undefined {
  const encoding = header?.toString().trim().toLowerCase();
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
