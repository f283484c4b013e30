import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { sql } from "kysely";
import type { Log } from "../log.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import type { Leases } from "../model/lease.ts";
import type { Ledger, OpenStore } from "../model/ledger.ts";
import { createAccept } from "./accept.ts";
import { createCommits } from "./commit.ts";
import { openDatabase } from "./database.ts";
import { type CreateDisk, createDisk } from "./disk.ts";
import { findFile } from "./files.ts";
import { createGuard, type Guard, toStoreError } from "./guard.ts";
import { createTakers, type Takers } from "./hand-over.ts";
import { createOpenStore } from "./keyv.ts";
import { createLeases, freeLeases } from "./lease.ts";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { migrate } from "./migrations.ts";
import type { Parts } from "./parts.ts";
import { countBacklog, countRows, findBuried, findByKey, findOpen, findRow, traceRows } from "./read.ts";
import { purge } from "./retention.ts";
import { finishStep } from "./settle.ts";
import { readNewMail, renewLeases, takeBackLeases, takeHead } from "./take.ts";
import { createVault } from "./vault.ts";
import { checkKeys } from "./vault-check.ts";
import { editWaiting, redriveRows, withdrawWaiting } from "./waiting.ts";
import { createWake } from "./wake.ts";

export interface LedgerOptions {
  /** `sqlite:<path>` (directories are made) or `postgres://...`. */
  readonly url: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** How long a row stays with a worker that gives no sign of life. */
  readonly leaseMs?: number;
  /** Any secret text; content is stored under AES-256-GCM with a key made from it. */
  readonly encryptionKey?: string;
  /** This process, as leases name it; by default different at every start. */
  readonly owner?: string;
  /** For tests: who brings the commits of an embedded store to the disk. */
  readonly createDisk?: CreateDisk;
}

interface Opened {
  readonly ledger: Ledger;
  readonly openStore: OpenStore;
  /** The file of an embedded store, which this process holds alone. */
  readonly file: string | undefined;
  readonly leases: Leases;
}

/**
 * Opens the store and brings its tables up to date. Throws ConfigError when the address, the file or the encryption key cannot be used
 * or another process holds the file, StoreError when the database does not answer.
 */
export async function openLedger(options: LedgerOptions): Promise<Opened> {
  const { url, log, clock = systemClock, leaseMs = 6000, owner = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}` } = options;
  try {
    const guard = createGuard();
    const database = await openDatabase({ url, instance: randomUUID(), clock, log, createDisk: options.createDisk ?? createDisk });
    const { engine } = database;
    const wake = createWake(engine, clock, guard.closed);
    const mailbox = createMailbox();
    const takers = createTakers();
    const commits = createCommits(engine, { due: wake.due, mailed: mailbox.mailed, offer: takers.offer });
    const parts: Parts = { engine, commits, vault: createVault(options.encryptionKey), wake, clock, log, owner, leaseMs };
    const listening = await prepare(parts, () => database.listen(wake)).catch(async (error) => {
      await engine.close();
      throw error;
    });
    const leases = createLeases(parts, guard);
    const close = async () => {
      await leases.close();
      await guard.close();
      await listening.close();
      await engine.close();
    };
    return {
      ledger: createLedger(parts, { guard, mailbox, takers, close }),
      openStore: createOpenStore(parts, guard),
      leases,
      file: engine.file,
    };
  } catch (error) {
    throw toStoreError(error);
  }
}

async function prepare<T>(parts: Parts, listen: () => Promise<T>): Promise<T> {
  await migrate(parts.engine);
  await checkKeys(parts);
  if (parts.engine.kind === "sqlite") {
    await freeLeases(parts);
    const rows = await takeBackLeases(parts);
    if (rows > 0) parts.log.info({ rows }, "took back what the last process was working on");
  }
  return listen();
}

interface Around {
  readonly guard: Guard;
  readonly mailbox: Mailbox;
  readonly takers: Takers;
  close(): Promise<void>;
}

function createLedger(parts: Parts, { guard, mailbox, takers, close }: Around): Ledger {
  const accept = createAccept(parts);
  let closing: Promise<void> | undefined;
  return {
    accept: (rows) => guard.run(() => accept(rows)),
    take: (queue) => guard.run(() => takeHead(parts, queue)),
    onDue: takers.add,
    ready: (queue, floorMs, signal) => parts.wake.ready(queue, floorMs, signal),
    heartbeat: (leased) => guard.run(() => renewLeases(parts, leased)),
    onMail: (leased, callback) => mailbox.listen(leased.id, callback),
    mail: (leased) => guard.run(() => readNewMail(parts, leased)),
    save: (leased, progress) => guard.run(async () => ((await finishStep(parts, leased, progress)) === "bounced" ? "bounced" : "saved")),
    settle: (leased, step) => guard.run(() => finishStep(parts, leased, step)),
    edit: (id, content) => guard.run(() => editWaiting(parts, id, content)),
    withdraw: (id) => guard.run(() => withdrawWaiting(parts, id)),
    row: (id) => guard.run(() => findRow(parts, id)),
    file: (id) => guard.run(() => findFile(parts, id)),
    byKey: (key, limit) => guard.run(() => findByKey(parts, key, limit)),
    open: (queue, lane) => guard.run(() => findOpen(parts, queue, lane)),
    trace: (what) => guard.run(() => traceRows(parts.commits.reader(), what)),
    buried: (limit) => guard.run(() => findBuried(parts.commits.reader(), limit)),
    redrive: (ids) => guard.run(() => redriveRows(parts, ids)),
    stats: () => guard.run(() => countRows(parts)),
    backlog: () => guard.run(() => countBacklog(parts)),
    purge: (retention) => guard.run(() => purge(parts, retention)),
    ping: () => guard.run(() => answers(parts)),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Whether the store gives, and takes what is committed. */
async function answers({ engine }: Parts): Promise<void> {
  await sql`select 1`.execute(engine.db);
  await engine.sync();
}
