import type { ServerResponse } from "node:http";

/** The answer of a call as server-sent events. The head is written with the first of them. */
export interface EventStream {
  /** One event; data that is not a string is written as JSON. Nothing once the line is gone. */
  event(data: unknown, name?: string): void;
  comment(text: string): void;
  raw(text: string): void;
  end(): void;
}

/** With `cutAfter` the connection is cut after so many events. */
export function createEventStream(response: ServerResponse, cutAfter = Number.POSITIVE_INFINITY): EventStream {
  let events = 0;
  const write = (text: string) => {
    if (response.destroyed || response.writableEnded) return;
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.write(text);
  };
  return {
    event(data, name) {
      if (events >= cutAfter) return;
      events += 1;
      const kind = name === undefined ? "" : `event: ${name}\n`;
      write(`${kind}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
      if (events >= cutAfter) cut(response);
    },
    comment: (text) => write(`: ${text}\n\n`),
    raw: write,
    end() {
      write("");
      response.end();
    },
  };
}

/** What was written still leaves, then the line is cut without an end. */
function cut(response: ServerResponse): void {
  response.write("", () => response.destroy());
}
