import type { AgentCard } from "@a2a-js/sdk";
import type { Transport } from "@a2a-js/sdk/client";

/** One wire that the bridge speaks: one file of this folder, named in `choose.ts`. */
export interface Dialect {
  readonly name: string;
  /** Whether this dialect speaks an interface of an agent card: its binding (JSONRPC, HTTP+JSON, a URI) and version (1.0, 0.3). */
  speaks(binding: string, version: string): boolean;
  /** ListTasks is part of it. */
  readonly lists: boolean;
  /** A transport for one call. Every byte goes through `fetch`. */
  open(options: OpenOptions): Promise<Transport>;
}

interface OpenOptions {
  readonly endpoint: string;
  readonly card: AgentCard;
  readonly fetch: typeof fetch;
}

export function isVersion1(version: string): boolean {
  return version.startsWith("1.");
}

export function isVersion03(version: string): boolean {
  return version.startsWith("0.3");
}
