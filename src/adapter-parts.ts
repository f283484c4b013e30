import type { Log } from "./log.ts";
import type { Clock } from "./model/clock.ts";
import type { ConfigError } from "./model/errors.ts";
import type { Leases } from "./model/lease.ts";
import type { OpenStore } from "./model/ledger.ts";
import type { OpenSocket } from "./model/socket.ts";

/** What every adapter is made of, beside its own part of the configuration. */
export interface AdapterParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStore: OpenStore;
  /** Whether no other process has this store, and so the same threads. */
  readonly alone: boolean;
  readonly openSocket: OpenSocket;
  /** The platform cannot be used any more, and an admin has to mend it: see `App.failed`. */
  readonly fail: (problem: ConfigError) => void;
  readonly leases: Leases;
}
