/** A request before its body was read. Header names are lower case. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The peer's address, or the forwarded one behind a trusted proxy. */
  readonly ip: string;
}

export interface RawRequest extends RequestHead {
  readonly body: Uint8Array;
}

export interface RawResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is plain text unless the headers say otherwise. */
  readonly body?: string | Uint8Array;
}

/**
 * One door of the bridge's HTTP port, without a framework in its words.
 * `admit` runs before a byte of the body is read and may answer at once; `tooLarge` hears of a body over the limit (413).
 * A `handle` that throws is answered with 503, so that the sender tries again.
 */
export interface HttpRoute {
  readonly method: "GET" | "POST";
  /** As Fastify writes it: `/a2a/push/:agent/:id`. */
  readonly path: string;
  /** Bytes. */
  readonly bodyLimit: number;
  /** Requests from one address in a minute; more are answered with 429 and Retry-After. */
  readonly perMinute?: number;
  admit?(head: RequestHead): Promise<RawResponse | undefined>;
  handle(request: RawRequest): Promise<RawResponse>;
  tooLarge?(head: RequestHead): Promise<void>;
}
