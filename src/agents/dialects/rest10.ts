import { RestTransportFactory } from "@a2a-js/sdk/client";
import { type Dialect, isVersion1 } from "./dialect.ts";

/** A2A 1.0 over HTTP+JSON (specification, section 11). */
export const rest10: Dialect = {
  name: "1.0 HTTP+JSON",
  speaks: (binding, version) => binding.toUpperCase() === "HTTP+JSON" && isVersion1(version),
  lists: true,
  open: ({ endpoint, card, fetch }) => new RestTransportFactory({ fetchImpl: fetch }).create(endpoint, card),
};
