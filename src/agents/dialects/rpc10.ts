import { JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import { type Dialect, isVersion1 } from "./dialect.ts";

/** A2A 1.0 over JSON-RPC (specification, section 9). */
export const rpc10: Dialect = {
  name: "1.0 JSON-RPC",
  speaks: (binding, version) => binding.toUpperCase() === "JSONRPC" && isVersion1(version),
  lists: true,
  open: ({ endpoint, card, fetch }) => new JsonRpcTransportFactory({ fetchImpl: fetch }).create(endpoint, card),
};
