import { StreamResponse, Task } from "@a2a-js/sdk";
import { JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import type { Dialect } from "./dialect.ts";
import { mendAnswers } from "./mend.ts";

/** A2A 1.0 over JSON-RPC (specification, section 9). */
export const rpc10: Dialect = {
  key: "a2a-1.0-jsonrpc",
  name: "1.0 JSON-RPC",
  binding: "JSONRPC",
  speaks: (version) => version.startsWith("1."),
  lists: true,
  open: ({ endpoint, card, fetch }) => {
    const fetchImpl = mendAnswers(fetch, {
      isOurs: (_url, init) => typeof init?.body === "string" && ourMethods.test(init.body),
      write: (payload, request) => {
        const bare = request.method === "GetTask" || request.method === "CancelTask";
        const result = bare && payload.$case === "task" ? Task.toJSON(payload.value) : StreamResponse.toJSON({ payload });
        return { jsonrpc: "2.0", id: request.id, result };
      },
    });
    return new JsonRpcTransportFactory({ fetchImpl }).create(endpoint, card);
  },
};

const ourMethods = /"method":"(SendMessage|SendStreamingMessage|SubscribeToTask|GetTask|CancelTask)"/;
