import type { NewRow } from "../model/ledger.ts";
import { createGatherer } from "./gather.ts";
import { insertRows } from "./insert.ts";
import { lockLanes, toLaneKey } from "./lanes.ts";
import type { Parts } from "./parts.ts";

type Accepted = "accepted" | "duplicate";

interface Call {
  readonly rows: readonly NewRow[];
  resolve(outcome: Accepted): void;
  reject(error: unknown): void;
}

/** How long a commit for many waits for a lane that another process writes to, before each of them waits for itself. */
const patienceMs = 250;

/**
 * `Ledger.accept` with group commit: the calls of one turn of the event loop, and those that come while a commit is under way, are written
 * in one transaction, in the order of the calls. When that fails each is tried alone, so that neither a bad row nor a lane that is held up
 * elsewhere is felt by others. Calls for one lane keep their order also then.
 */
export function createAccept(parts: Parts): (rows: readonly NewRow[]) => Promise<Accepted> {
  /** The last call of each lane that is tried alone and not yet through. */
  const held = new Map<string, Promise<void>>();

  async function acceptTogether(batch: readonly Call[]): Promise<void> {
    const together = batch.filter((call) => !call.rows.some((row) => held.has(toLaneKey(row))));
    for (const call of batch) if (!together.includes(call)) acceptAlone(call);
    if (together.length === 0) return;
    // The next calls need not wait until these are on the disk, only for their place behind them.
    await new Promise<void>((resolve) => void write(together, resolve).finally(resolve));
  }

  async function write(together: readonly Call[], onCommit: () => void): Promise<void> {
    const rows = together.flatMap((call) => call.rows);
    try {
      const inserted = new Set(await insertAll(parts, rows, { patienceMs, onCommit }));
      for (const call of together) conclude(call, inserted);
    } catch (error) {
      const again = together.length > 1 || parts.engine.isHeldUp(error);
      for (const call of together) again ? acceptAlone(call) : call.reject(error);
    }
  }

  /** Not waited for by those who come after it, except in its own lanes. */
  function acceptAlone(call: Call): void {
    const lanes = new Set(call.rows.map(toLaneKey));
    const before = [...lanes].map((lane) => held.get(lane));
    const through = Promise.all(before)
      .then(() => insertAll(parts, call.rows))
      .then((inserted) => conclude(call, new Set(inserted)))
      .catch((error) => call.reject(error))
      .finally(() => {
        for (const lane of lanes) if (held.get(lane) === through) held.delete(lane);
      });
    for (const lane of lanes) held.set(lane, through);
  }

  const gather = createGatherer<Call>(acceptTogether);
  return (rows) => new Promise((resolve, reject) => gather({ rows, resolve, reject }));
}

/** The first call that brought an id is the one that it was written for: `delete` is true once per id. */
function conclude(call: Call, inserted: Set<string>): void {
  const fresh = call.rows.filter((row) => inserted.delete(row.id));
  call.resolve(fresh.length > 0 || call.rows.length === 0 ? "accepted" : "duplicate");
}

interface Patience {
  readonly patienceMs?: number;
  onCommit?(): void;
}

function insertAll(parts: Parts, rows: readonly NewRow[], { patienceMs, onCommit }: Patience = {}): Promise<ReadonlySet<string>> {
  return parts.commits.write(
    async (commit) => {
      await lockLanes(parts, commit, rows, patienceMs);
      return insertRows(parts, commit, rows);
    },
    { ...(onCommit && { onCommit }) },
  );
}
