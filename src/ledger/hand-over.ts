import { type Selectable, sql } from "kysely";
import type { Leased, Offer, Queue } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import type { QueueTable } from "./schema.ts";
import { createStatement } from "./statement.ts";
import { leaseColumns, toLeased } from "./take.ts";
import type { Commit } from "./unit.ts";

/** Who takes rows of which queue in this process. */
export interface Takers {
  add(queue: Queue, offer: () => Offer | undefined): () => void;
  offer(queue: Queue): Offer | undefined;
}

export function createTakers(): Takers {
  const takers = new Map<Queue, Set<() => Offer | undefined>>();
  return {
    add(queue, offer) {
      const taker = () => offer();
      const ofQueue = takers.get(queue) ?? new Set();
      takers.set(queue, ofQueue.add(taker));
      return () => void ofQueue.delete(taker);
    },
    offer(queue) {
      for (const taker of takers.get(queue) ?? []) {
        const offer = taker();
        if (offer) return offer;
      }
      return undefined;
    },
  };
}

const leaseOne = createStatement<{ seq: number; owner: string; leaseMs: number }, Selectable<QueueTable>>(({ db, engine, arg }) =>
  sql<Selectable<QueueTable>>`
    update queue set ${leaseColumns(engine, arg("owner"), arg("leaseMs"))} where seq = ${arg("seq")} returning *`.compile(db),
);

/** Leases a head that this very commit has made due, for a worker of this process that has room. False when there is none. */
export async function handOver(parts: Parts, commit: Commit, head: { readonly queue: Queue; readonly seq: number }): Promise<boolean> {
  const offer = commit.offer(head.queue);
  if (!offer) return false;
  const { engine, owner, leaseMs } = parts;
  const [record] = await leaseOne(engine, commit.tx, { seq: head.seq, owner, leaseMs });
  if (!record) return false;
  const row: Leased = await toLeased(parts, commit.tx, record);
  commit.give(offer, row);
  return true;
}
