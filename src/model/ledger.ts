import type { Json } from "./thread.ts";

/**
 * Short events of people (`message`), what must never wait behind them (`control`: stop, status, clicks, pushes), turns that an
 * agent works on (`task`), and what is to be posted (`delivery`).
 */
export type Queue = "message" | "control" | "task" | "delivery";

export const queues = ["message", "control", "task", "delivery"] as const satisfies readonly Queue[];

/** `ready` covers the parked rows too: a parked row is a ready one whose time has not come. */
export type RowState = "ready" | "leased" | "done" | "buried";

/** `id` is deterministic: a row whose id exists already is not made again. Ids are unique over all queues. */
export interface NewRow {
  readonly id: string;
  readonly queue: Queue;
  /** Rows of one lane and queue are worked on one after another, in the order of their commits. */
  readonly lane: string;
  /** Kept for `factsDays`: ids, states, times. Never what somebody said. */
  readonly facts: Json;
  /** What people and agents said, and who they are. Kept apart, deleted after `contentDays`. */
  readonly content?: Json;
  /** Not to be taken before this many milliseconds from now. */
  readonly delayMs?: number;
  /** The row that it belongs to. Left out where a step makes it: then it is the row of that step. */
  readonly of?: Pick<Row, "id" | "reference">;
  /** By which the row can be found (`Ledger.byKey`); `proof` is a hash to compare with. */
  readonly keys?: readonly RowKey[];
}

export interface RowKey {
  readonly key: string;
  readonly proof?: string;
}

export interface Row {
  /** The order of the commits within a lane, and over all of them: what was accepted later has a greater one. */
  readonly seq: number;
  readonly id: string;
  readonly queue: Queue;
  readonly lane: string;
  readonly state: RowState;
  /** Short, fit to be read out: what a notice shows and `trace` accepts. The rows of one message share it; two messages never do. */
  readonly reference: string;
  readonly facts: Json;
  /** Undefined where there was none, its time is over, or it is `unreadable`. */
  readonly content: Json | undefined;
  /** The content is there and does not open: it was sealed with another key, or changed. */
  readonly unreadable: boolean;
  readonly result: Json | undefined;
  readonly error: string | undefined;
  readonly attempts: number;
  /** Milliseconds since 1970, by the ledger's clock. */
  readonly createdAt: number;
  /** When it was first taken since it was made or redriven. Not kept over a parking. */
  readonly triedAt: number | undefined;
  readonly settledAt: number | undefined;
  /** Facts and content are the very values that this process wrote a moment ago, not read from the store: they need no check. */
  readonly own?: true;
}

/** A file as it is kept: content, apart from the row that it belongs to and deleted with that row's content. */
export interface KeptFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** With which links to it are signed. */
  readonly secret: string;
}

/** `redrivable`: its content is still kept, so that there is something to work on. */
export type BuriedRow = Row & { readonly redrivable: boolean };

/** How many rows of a queue are in a state, and how old the oldest is: since it was made, or since it was buried. */
export interface RowCount {
  readonly queue: Queue;
  readonly state: RowState;
  readonly count: number;
  readonly oldestMs: number;
}

/** A note left at an open row for whoever works on it: a push, a stop, a message that joins. Read in order, deleted once read. */
export interface Mail {
  readonly seq: number;
  readonly item: Json;
}

/** A row that this process may work on, until `signal` says that the lease could not be kept. */
export interface Leased extends Row {
  readonly owner: string;
  /** Grows with every take: together with `owner` it proves the lease (fencing). */
  readonly fence: number;
  /** An earlier attempt ended without a word: what it did outside is unknown. */
  readonly unsure: boolean;
  /** How many takes in a row ended without a word, and without a sign of life before: such a row may be what ends the process. */
  readonly silent: number;
  /** Mail that does not open makes the row `unreadable` and is left out. */
  readonly mail: readonly Mail[];
}

/** Room of a worker for one row, and its word to take it. Exactly one of the two follows. */
export interface Offer {
  give(row: Leased): void;
  drop(): void;
}

/** What becomes of a leased row. `parked` keeps its place at the head of the lane and forgets its attempts. */
export type End =
  | { readonly kind: "done" }
  | { readonly kind: "parked"; readonly delayMs: number }
  | { readonly kind: "retry"; readonly delayMs: number; readonly error: string; readonly unsure: boolean }
  | { readonly kind: "buried"; readonly error: string };

/** Everything that is written in the one commit that finishes a step (promise 1). */
export interface Step {
  readonly end: End;
  readonly facts?: Json;
  readonly content?: Json;
  readonly result?: Json;
  readonly keys?: readonly RowKey[];
  /** Files of this row. One whose id is there already takes its place. */
  readonly files?: readonly (KeptFile & { readonly id: string })[];
  /** Keys by which this row is not to be found any more. */
  readonly forget?: readonly string[];
  /** New rows of any queue. */
  readonly rows?: readonly NewRow[];
  /** Mail for open rows; wakes them. */
  readonly mail?: readonly { readonly to: string; readonly item: Json }[];
  /** Waiting rows of the same lane that this row takes over: they become done, with `result {joined: <id>}`. */
  readonly absorb?: readonly string[];
  /** New facts and content of rows that are done already. */
  readonly amend?: readonly { readonly id: string; readonly facts: Json; readonly content?: Json }[];
  /** Writes through `Store` that must be in the same commit. It may run again when the commit is tried again. */
  readonly also?: () => Promise<void>;
}

/**
 * `mail`: nothing was written, for the row was to be done while unread mail lay there; read it (`Ledger.mail`) and settle again.
 * `bounced`: nothing was written, for a row that mail was addressed to, or that was to be absorbed, is not open (or waiting) any more.
 */
export type Settled = "settled" | "mail" | "bounced";

/** The durable heart: one table of work, two engines, one contract. Throws StoreError when the store does not answer. */
export interface Ledger {
  /** Resolves when the rows are on the disk, all or none. `duplicate`: every id was there already, nothing was written. */
  accept(rows: readonly NewRow[]): Promise<"accepted" | "duplicate">;
  /** The due head of a free lane, under a lease of `leaseMs`; undefined when there is none. */
  take(queue: Queue): Promise<Leased | undefined>;
  /**
   * Whoever takes rows of this queue in this process: a commit that makes a row due takes it for them, where they have room (`offer`, asked
   * before it is taken), and gives it to them after the commit; a row of the outbox once that is on the disk. Returns the way to stop it.
   */
  onDue(queue: Queue, offer: () => Offer | undefined): () => void;
  /** Resolves when a row of this queue may have become due, at the latest after `floorMs`, or when the signal is aborted. */
  ready(queue: Queue, floorMs: number, signal: AbortSignal): Promise<void>;
  /** Renews leases. The rows named in `lost` belong to somebody else now; those in `mail` have unread mail. By seq. */
  heartbeat(leased: readonly Leased[]): Promise<{ readonly lost: readonly number[]; readonly mail: readonly number[] }>;
  /** Calls back when mail for this leased row was committed by this process (other processes: see `heartbeat`). Returns the way to stop it. */
  onMail(leased: Leased, callback: () => void): () => void;
  /** Unread mail of a leased row, those given by `take` left out. Read mail is deleted by the next `save` or `settle`. */
  mail(leased: Leased): Promise<readonly Mail[]>;
  /** Commits progress of a leased row and keeps the lease. Throws LeaseLost. `read`: mail up to this seq is deleted. */
  save(
    leased: Leased,
    progress: Pick<Step, "facts" | "content" | "keys" | "forget" | "files" | "rows" | "absorb" | "also"> & { readonly read?: number },
  ): Promise<"saved" | "bounced">;
  /** Finishes a step in one commit. Throws LeaseLost when the lease was lost: then nothing was written. */
  settle(leased: Leased, step: Step & { readonly read?: number }): Promise<Settled>;
  /** Changes the content of a waiting row that nobody has begun to work on (attempts 0, not leased). False when it is too late. */
  edit(id: string, content: Json): Promise<boolean>;
  /** Takes such a row back: it becomes done with `result {withdrawn: true}`. False when it is too late. */
  withdraw(id: string): Promise<boolean>;
  row(id: string): Promise<Row | undefined>;
  /** Undefined where there is none, or its time is over. */
  file(id: string): Promise<KeptFile | undefined>;
  /** The rows that a key leads to, the newest first, and no more of them than `limit`. */
  byKey(key: string, limit: number): Promise<readonly (Row & { readonly proof: string | undefined })[]>;
  /** The open rows of a lane, its head first. */
  open(queue: Queue, lane: string): Promise<readonly Row[]>;
  /** All rows that a reference, an id or the lane (thread key) of a message leads to, oldest first, without their content. */
  trace(what: string): Promise<readonly Row[]>;
  /** Oldest first, without their content. */
  buried(limit: number): Promise<readonly BuriedRow[]>;
  /** Buried rows back to ready, at the end of their lane. Resolves to how many. */
  redrive(ids: readonly string[]): Promise<number>;
  /** How many rows are in which state, and how old the oldest open one is (ms). Looks at every row. */
  stats(): Promise<readonly RowCount[]>;
  /** The same of rows that are open or buried; cheap, however long the history is. */
  backlog(): Promise<readonly RowCount[]>;
  /** Deletes content and facts whose time is over. Resolves to how many of each. */
  purge(retention: { readonly contentMs: number; readonly factsMs: number }): Promise<{ readonly content: number; readonly facts: number }>;
  /** Resolves when the store answers; throws StoreError otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A namespace of named values (Keyv) on the ledger's database. Within `Step.also` its writes join the commit. Throws StoreError. */
export interface Store<T> {
  get(key: string): Promise<T | undefined>;
  set(key: string, value: T, ttlMs?: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Opens a namespace. One instance per namespace. */
export type OpenStore = <T extends Json>(namespace: string) => Store<T>;
