import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Task } from "@a2a-js/sdk";
import { defaultServerCallContextBuilder, type ServerCallContext, type ServerCallContextBuilder } from "@a2a-js/sdk/server";
import type { Entry } from "./books.ts";

/** One open call that carries a message: what the script can do to it beyond A2A. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly entry: Entry | undefined;
  readonly streaming: boolean;
  /** Settles when the agent answers this call with the task as it stands and goes on by itself. */
  readonly detached: Promise<Task>;
  detach(task: Task): void;
}

/** Leads from the SDK's call context, all that an executor sees, back to the HTTP exchange. */
export interface Exchanges {
  readonly contextBuilder: ServerCallContextBuilder;
  begin(headers: IncomingHttpHeaders, call: Pick<Exchange, "response" | "entry" | "streaming">): void;
  of(context: ServerCallContext): Exchange | undefined;
}

export function createExchanges(): Exchanges {
  // The SDK hands the very headers object of the request to the context builder; it is what both sides share.
  const byHeaders = new WeakMap<object, Exchange>();
  const byContext = new WeakMap<ServerCallContext, Exchange>();
  return {
    contextBuilder(options) {
      const context = defaultServerCallContextBuilder(options);
      const exchange = byHeaders.get(options.headers);
      if (exchange) byContext.set(context, exchange);
      return context;
    },
    begin(headers, call) {
      const { promise, resolve } = Promise.withResolvers<Task>();
      byHeaders.set(headers, { ...call, detached: promise, detach: resolve });
    },
    of: (context) => byContext.get(context),
  };
}
