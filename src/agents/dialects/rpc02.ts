import type { Dialect } from "./dialect.ts";
import { rpc03 } from "./rpc03.ts";

/** A2A 0.2 over JSON-RPC: the wire of 0.3, its card at `agent.json`. The SDK takes such versions for 1.0 when it is not told. */
export const rpc02: Dialect = {
  ...rpc03,
  key: "a2a-0.2",
  name: "0.2 JSON-RPC",
  speaks: (version) => version.startsWith("0.2"),
};
