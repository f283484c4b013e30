import { StreamResponse, Task } from "@a2a-js/sdk";
import { RestTransportFactory } from "@a2a-js/sdk/client";
import type { Dialect } from "./dialect.ts";
import { httpShape, mendAnswers } from "./mend.ts";

/** A2A 1.0 over HTTP+JSON (specification, section 11). */
export const rest10: Dialect = {
  key: "a2a-1.0-rest",
  name: "1.0 HTTP+JSON",
  binding: "HTTP+JSON",
  speaks: (version) => version.startsWith("1."),
  lists: true,
  open: ({ endpoint, card, fetch }) => {
    const fetchImpl = mendAnswers(fetch, {
      isOurs: (url) => httpShape(url) !== undefined,
      write: (payload, _request, url) =>
        httpShape(url) === "bare" && payload.$case === "task" ? Task.toJSON(payload.value) : StreamResponse.toJSON({ payload }),
    });
    return new RestTransportFactory({ fetchImpl }).create(endpoint, card);
  },
};
