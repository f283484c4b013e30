/** Where the content of an answer comes from. */
export interface Content {
  text(): Promise<string>;
  json(): Promise<unknown>;
  stream(): ReadableStream<Uint8Array> | null;
}

/**
 * The same answer, with other content for whoever takes it as `text`, as `json` or as `body`; nobody here takes it as anything else. A new
 * Response would put the text into a stream and take it out again, which for a short answer costs more than all that is done with it.
 */
export function withContent(answer: Response, { text, json, stream }: Content): Response {
  let body: ReadableStream<Uint8Array> | null | undefined;
  const get = () => {
    body ??= stream();
    return body;
  };
  return Object.defineProperty(Object.assign(answer, { text, json }), "body", { get, configurable: true });
}

/** The same answer with a value, which must be JSON, for its content. */
export function withValue(answer: Response, value: unknown): Response {
  const text = () => JSON.stringify(value);
  return withContent(answer, { text: async () => text(), json: async () => value, stream: () => new Response(text()).body });
}
