import type { AgentCard } from "@a2a-js/sdk";
import type { Transport } from "@a2a-js/sdk/client";
import type { DialectName } from "../config.ts";

/** One wire that the bridge speaks: one file of this folder, named in `choose.ts`. */
export interface Dialect {
  /** As the configuration names it. */
  readonly key: DialectName;
  readonly name: string;
  /** As cards name it: JSONRPC, HTTP+JSON. */
  readonly binding: string;
  /** Whether this dialect is the one for a version of its binding: 1.0, 0.3, 0.2, 0.1. */
  speaks(version: string): boolean;
  /** ListTasks is part of it. */
  readonly lists: boolean;
  /** A transport for one call. Every byte goes through `fetch`. */
  open(options: OpenOptions): Promise<Transport>;
}

interface OpenOptions {
  readonly endpoint: string;
  readonly card: AgentCard;
  /** Whether a conversation is to have a contextId, where it is this wire's caller who makes it. */
  readonly contexts: boolean;
  readonly fetch: typeof fetch;
}
