import type { AgentClient, AgentEvent } from "../model/agent.ts";
import type { Leased, Mail, NewRow, RowKey, Settled, Step } from "../model/ledger.ts";
import { type Letter, toLetter } from "./letters.ts";
import type { Parts } from "./parts.ts";
import { type Answer, nothingYet, type Task, type TaskContent, type Turn, toJson, toTaskContent } from "./rows.ts";

/** A leased row and how to be told of new mail: what a worker hands to a step. */
export interface Job {
  readonly row: Leased;
  /** Aborted when the lease is lost or the process stops. */
  readonly signal: AbortSignal;
  /** Calls back whenever new mail lies at the row. Returns the way to stop it. */
  onMail(callback: () => void): () => void;
}

/** A task row in hand: its state as of the last commit plus what was learned since. One worker has it, so nothing races. */
export class Session {
  readonly parts: Parts;
  readonly job: Job;
  readonly client: AgentClient;
  task: Task;
  content: TaskContent;
  /** Letters that were read and not yet acted upon, in order. */
  letters: { readonly seq: number; readonly letter: Letter }[] = [];
  /** Rows that the next commit makes. */
  outbox: readonly NewRow[] = [];
  keys: readonly RowKey[] = [];
  /** Files that the next commit keeps. */
  files: NonNullable<Step["files"]> = [];
  forget: readonly string[] = [];
  /** Why the message's own call was given up, in words for the thread: it tells more than what a later look at the task met. */
  why: string | undefined;
  /** The agent's ids are known, and not yet committed. */
  owesIds = false;
  /** The content as the row holds it. */
  #kept: TaskContent;
  #seen = 0;
  #handled = 0;

  /** `task`: of the job's row. */
  constructor(parts: Parts, job: Job, client: AgentClient, task: Task) {
    this.parts = parts;
    this.job = job;
    this.client = client;
    this.task = task;
    this.content = toTaskContent(job.row);
    this.#kept = this.content;
    this.#receive(job.row.mail);
  }

  #receive(mail: readonly Mail[]): void {
    for (const { seq, item } of mail) {
      if (seq <= this.#seen) continue;
      this.#seen = seq;
      if (this.task.handled?.includes(seq)) continue;
      this.letters.push({ seq, letter: toLetter(item) });
    }
  }

  /** Reads what came since the row was taken. */
  async readMail(): Promise<void> {
    this.#receive(await this.parts.ledger.mail(this.job.row));
  }

  /** The newest turn that has come to an end of its own. */
  lastEnded(): Turn | undefined {
    return this.task.turns.findLast(({ state, outcome }) => state === "ended" && outcome !== "joined");
  }

  /** Takes the oldest letter that `wanted` accepts out of the box; it is deleted with the next commit. */
  takeLetter(wanted: (letter: Letter) => boolean): Letter | undefined {
    const index = this.letters.findIndex(({ letter }) => wanted(letter));
    const [found] = index < 0 ? [] : this.letters.splice(index, 1);
    if (found) {
      this.#handled = Math.max(this.#handled, found.seq);
      this.updateTask({ handled: [...(this.task.handled ?? []), found.seq] });
    }
    return found?.letter;
  }

  /** Mail up to here was acted upon: an unread letter before it keeps the later ones. */
  get #read(): number {
    return Math.min(this.#handled, ...this.letters.map(({ seq }) => seq - 1));
  }

  turn(id: string): Turn | undefined {
    return this.task.turns.find((turn) => turn.id === id);
  }

  answer(turn: Turn): Answer {
    return this.content[turn.id]?.answer ?? nothingYet;
  }

  updateTask(change: Partial<Task>): void {
    this.task = { ...this.task, ...change };
  }

  updateTurn(id: string, change: Partial<Turn>): void {
    this.updateTask({ turns: this.task.turns.map((turn) => (turn.id === id ? { ...turn, ...change } : turn)) });
  }

  setAnswer(id: string, answer: Answer): void {
    const before = this.content[id] ?? { text: "", metadata: {} };
    this.content = { ...this.content, [id]: { ...before, answer } };
  }

  /** Learns the agent's ids from an event. True when they are new. */
  noteIds(event: AgentEvent): boolean {
    const { taskId = this.task.taskId, contextId = this.task.contextId } = event;
    if (taskId === this.task.taskId && contextId === this.task.contextId) return false;
    this.updateTask({ ...(taskId === undefined ? {} : { taskId }), ...(contextId === undefined ? {} : { contextId }) });
    this.owesIds = true;
    return true;
  }

  /** Commits what was learned and keeps the lease. */
  async save(more: { readonly absorb?: readonly string[] } = {}): Promise<"saved" | "bounced"> {
    const { content } = this;
    const saved = await this.parts.ledger.save(this.job.row, { ...this.#progress(), ...more });
    if (saved === "saved") this.#committed(content);
    return saved;
  }

  async settle(end: Step["end"], also?: () => Promise<void>): Promise<Settled> {
    const { content } = this;
    const settled = await this.parts.ledger.settle(this.job.row, { end, ...this.#progress(), ...(also ? { also } : {}) });
    if (settled === "settled") this.#committed(content);
    return settled;
  }

  #progress() {
    const { outbox: rows, keys, forget, files } = this;
    const read = this.#read;
    const waiting = this.task.handled?.filter((seq) => seq > read);
    if (waiting) this.task = { ...without(this.task, "handled"), ...(waiting.length > 0 ? { handled: waiting } : {}) };
    const content = this.content === this.#kept ? {} : { content: toJson(this.content) };
    return { facts: toJson(this.task), ...content, rows, keys, forget, files, read };
  }

  #committed(content: TaskContent): void {
    this.#kept = content;
    this.owesIds = false;
    this.outbox = [];
    this.keys = [];
    this.files = [];
    this.forget = [];
  }
}

/** A copy of the task without the named keys: absent is not the same as undefined in a stored row. */
export function without<T extends object, K extends keyof T>(value: T, ...names: readonly K[]): Omit<T, K> {
  const copy: Partial<T> = { ...value };
  for (const name of names) delete copy[name];
  // biome-ignore lint/plugin: what is left after the deletion is exactly this type
  return copy as Omit<T, K>;
}
