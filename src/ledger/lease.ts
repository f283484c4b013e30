import { sql } from "kysely";
import type { Lease, Leases } from "../model/lease.ts";
import type { Guard } from "./guard.ts";
import type { Parts } from "./parts.ts";

/**
 * Rights of processes, by compare and set on one row each. They are renewed three times in their life, and given up while nobody else can
 * have them yet (seconds 2 and 4 of 6).
 */
export function createLeases(parts: Parts, guard: Guard): Leases & { close(): Promise<void> } {
  const { clock, leaseMs, log } = parts;
  const held = new Set<Lease>();

  /** Until the right is lost or given back. */
  const keep = async (name: string, ending: AbortController) => {
    let renewedAt = clock.now();
    while (!ending.signal.aborted) {
      await clock.sleep(leaseMs / 3, ending.signal);
      if (ending.signal.aborted) return;
      const began = clock.now();
      const renewed = await guard
        .run(() => renew(parts, name))
        .catch((err: unknown) => {
          log.warn({ err, lease: name }, "lease not renewed");
          return undefined;
        });
      if (renewed) renewedAt = began;
      if (renewed === false || clock.now() - renewedAt >= (leaseMs * 2) / 3) ending.abort();
    }
  };

  return {
    async take(name) {
      if (!(await guard.run(() => claim(parts, name)))) return undefined;
      const ending = new AbortController();
      const keeping = keep(name, ending);
      let releasing: Promise<void> | undefined;
      const release = async () => {
        held.delete(lease);
        ending.abort();
        await keeping;
        await guard
          .run(() => giveBack(parts, name))
          .catch((err: unknown) => log.warn({ err, lease: name }, "lease not given back: it runs out by itself"));
      };
      const lease: Lease = {
        signal: ending.signal,
        release() {
          releasing ??= release();
          return releasing;
        },
      };
      held.add(lease);
      return lease;
    },
    async close() {
      await Promise.all([...held].map((lease) => lease.release()));
    },
  };
}

/** Nobody else works on this store: what the last process held is free. */
export async function freeLeases({ engine }: Parts): Promise<void> {
  await engine.db.deleteFrom("lease").execute();
}

/** True when the row is ours now: it was free, or had run out. */
async function claim({ commits, engine, owner, leaseMs }: Parts, name: string): Promise<boolean> {
  const expires = sql<number>`${engine.now()} + ${Math.ceil(leaseMs)}`;
  const taken = await commits.write(({ tx }) =>
    tx
      .insertInto("lease")
      .values({ name, owner, expires_at: expires })
      .onConflict((conflict) =>
        conflict.column("name").doUpdateSet({ owner, expires_at: expires }).where("lease.expires_at", "<=", engine.now()),
      )
      .returning("name")
      .executeTakeFirst(),
  );
  return taken !== undefined;
}

async function renew({ commits, engine, owner, leaseMs }: Parts, name: string): Promise<boolean> {
  const expires = sql<number>`${engine.now()} + ${Math.ceil(leaseMs)}`;
  const { numUpdatedRows } = await commits.write(({ tx }) =>
    tx.updateTable("lease").set({ expires_at: expires }).where("name", "=", name).where("owner", "=", owner).executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

async function giveBack({ commits, owner }: Parts, name: string): Promise<void> {
  await commits.write(({ tx }) => tx.deleteFrom("lease").where("name", "=", name).where("owner", "=", owner).execute());
}
