import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { ConfigError } from "../model/errors.ts";
import type { CreateDisk } from "./disk.ts";
import type { Engine } from "./engine.ts";
import { openSqlite } from "./sqlite.ts";
import type { Wake } from "./wake.ts";

export interface Database {
  readonly engine: Engine;
  /** Begins to hear what other processes commit. Call it once. */
  listen(wake: Wake): Promise<{ close(): Promise<void> }>;
}

interface DatabaseOptions {
  readonly url: string;
  /** Differs for every ledger that was ever opened. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly createDisk: CreateDisk;
}

/** Opens `sqlite:<path>`, `postgres://...` or `postgresql://...`. Throws ConfigError for anything else. */
export async function openDatabase({ url, instance, clock, log, createDisk }: DatabaseOptions): Promise<Database> {
  const path = toPath(url);
  if (path !== undefined) {
    return { engine: openSqlite(path, { clock, log, createDisk }), listen: async () => ({ close: async () => undefined }) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Loaded only where it is used: with SQLite the client of PostgreSQL would take 3 MB for nothing.
    const [{ openPostgres }, { listen }] = await Promise.all([import("./postgres.ts"), import("./listen.ts")]);
    const engine = await openPostgres(url, instance, log);
    return { engine, listen: (wake) => listen({ url, channel: engine.channel, instance, wake, clock, log }) };
  }
  throw noAddress();
}

/** The file of `sqlite:<path>`; undefined for anything else. */
export function toPath(url: string): string | undefined {
  return url.startsWith("sqlite:") ? url.slice("sqlite:".length).replace(/^\/\//, "") || undefined : undefined;
}

export function noAddress(): ConfigError {
  return new ConfigError("store.url: this is no address of a store. Write sqlite:<path of a file> or postgres://<user>@<host>/<database>.");
}
