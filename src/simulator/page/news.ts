import type { ServerResponse } from "node:http";
import { securityHeaders } from "./guard.ts";

/** Tells open pages that something changed (server-sent events). What changed, they look up themselves. */
export interface News {
  subscribe(response: ServerResponse): void;
  /** A word for whoever looks, such as that the bridge cannot be reached. */
  tell(trouble: string): void;
  stop(): void;
}

/** Something that calls back after each change, and returns the way to stop it. */
export type Watch = (callback: () => void) => () => void;

/** Changes that come close together are told once. */
const gatherMs = 40;

export function createNews(sources: readonly Watch[]): News {
  const listeners = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  function send(event: string, data: string): void {
    for (const listener of listeners) listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      send("changed", "");
    }, gatherMs);
  };
  const forget = sources.map((source) => source(changed));

  return {
    subscribe(response) {
      response.writeHead(200, { ...securityHeaders, "content-type": "text/event-stream", connection: "keep-alive" });
      response.write('retry: 1000\n\nevent: changed\ndata: ""\n\n');
      listeners.add(response);
      response.once("close", () => listeners.delete(response));
    },
    tell: (trouble) => send("trouble", trouble),
    stop() {
      for (const stop of forget) stop();
      clearTimeout(timer);
      for (const listener of listeners) listener.end();
    },
  };
}
