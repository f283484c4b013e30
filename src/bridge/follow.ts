import type { AgentEvent } from "../model/agent.ts";
import { enough } from "../model/clock.ts";
import { applyEvent, concludeTurn } from "./conclude.ts";
import { askingKey, taskKey } from "./correlate.ts";
import { expire, nextDeadline } from "./deadline.ts";
import { hash } from "./ids.ts";
import { createLiveText, type LiveText } from "./live.ts";
import { toNotice } from "./outbox.ts";
import { toLiveText, toOutcome } from "./respond.ts";
import type { Session } from "./session.ts";
import { takePush } from "./take-push.ts";

/** What happens next while a call is open. */
type Next = { readonly kind: "event"; readonly result: IteratorResult<AgentEvent> } | { readonly kind: "mail" } | { readonly kind: "tick" };

/**
 * Follows an open call to the agent: takes its events into the turn, shows text while it grows, and leaves when the turn has its
 * end, the call is over, somebody says stop, the time is up, or the process stops. Throws what the call throws.
 */
export async function follow(session: Session, turnId: string, call: (signal: AbortSignal) => AsyncIterable<AgentEvent>): Promise<void> {
  const leaving = new AbortController();
  const iterator = call(leaving.signal)[Symbol.asyncIterator]();
  const live = createLiveText(session, turnId);
  const mailbox = createMailbox(session);
  let coming = next(iterator);
  let isBringing = false;
  try {
    for (let first = true; ; ) {
      mailbox.wakeAt(Math.min(nextDeadline(session), live.dueAt()));
      const happened = await firstOf(coming, mailbox);
      if (session.job.signal.aborted)
        return await leaveInOrder(session, turnId, live, iterator, happened.kind === "event" ? Promise.resolve(happened) : coming);
      if (happened.kind === "mail" && (await takeMail(session, mailbox, turnId, isBringing))) return;
      if (happened.kind === "tick" && (await onTick(session, turnId, live))) return;
      if (happened.kind !== "event") continue;
      if (happened.result.done) return;
      if (first) await session.parts.failpoint("ask.send.first");
      first = false;
      isBringing ||= happened.result.value.kind === "output";
      coming = next(iterator);
      if (await takeEvent(session, turnId, happened.result.value, live, coming)) return;
    }
  } finally {
    mailbox.close();
    leaving.abort(enough);
    await live.close();
    coming.catch(() => undefined); // the call was left; what it still says is not wanted
    await iterator.return?.().catch(() => undefined); // the same
  }
}

/** How long a process that stops waits for an agent to say which task it has made: without its id nobody can ask for it later. */
const graceMs = 1_000;

/** What was said already is read within this. */
const glanceMs = 10;

/** What the agent has said already is taken to its end, which may be the answer: where the task cannot be had later, it would be lost. */
async function leaveInOrder(session: Session, turnId: string, live: LiveText, iterator: AsyncIterator<AgentEvent>, coming: Promise<Next>) {
  const { clock } = session.parts;
  const end = clock.now() + graceMs;
  for (let said = coming; clock.now() <= end; said = next(iterator)) {
    const over = new AbortController();
    const patience = session.task.taskId === undefined ? end - clock.now() : glanceMs;
    const happened = await Promise.race([said, clock.sleep(patience, over.signal)]).finally(() => over.abort(enough));
    if (happened?.kind !== "event" || happened.result.done) return;
    if (await takeEvent(session, turnId, happened.result.value, live)) return;
  }
}

/** It may fail while a commit is awaited; whoever waits for it hears of that then. */
function next(iterator: AsyncIterator<AgentEvent>): Promise<Next> {
  const coming = iterator.next().then((result): Next => ({ kind: "event", result }));
  coming.catch(() => undefined);
  return coming;
}

/**
 * True when the turn has its end. The agent's ids are committed at once, for without them nobody can ask for the task later; only where what
 * comes next is there already, and may be the end, they wait for that one.
 */
async function takeEvent(session: Session, turnId: string, event: AgentEvent, live: LiveText, coming?: Promise<Next>): Promise<boolean> {
  const owed = session.owesIds;
  if (session.noteIds(event)) nameTask(session);
  applyEvent(session, turnId, event);
  const turn = session.turn(turnId);
  if (!turn || turn.state === "ended") return true;
  const answer = session.answer(turn);
  const outcome = toOutcome(answer);
  if (outcome) {
    await live.close();
    const now = session.turn(turnId);
    if (now) concludeTurn(session, now, outcome);
    return true;
  }
  if (session.outbox.length > 0) await session.save();
  if (session.owesIds && (owed || !(await isThere(coming)))) await commitIds(session);
  if (event.kind === "output") live.show(toLiveText(answer));
  if (event.kind === "working") live.sign(event.text);
  if (event.kind === "working" && event.notice && event.text !== undefined) await tell(session, turnId, event.text);
  return false;
}

/** An event, that is: behind the end of a call, or a call that broke, may come a long look at the task. */
async function isThere(coming: Promise<Next> | undefined): Promise<boolean> {
  if (!coming) return false;
  const event = coming.then(
    (next) => next.kind === "event" && !next.result.done,
    () => false,
  );
  return Promise.race([event, new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

/** A line of its own, at once: signs are best effort, and not every platform shows their words. */
async function tell(session: Session, turnId: string, words: string): Promise<void> {
  const { parts, task } = session;
  session.outbox = [...session.outbox, ...toNotice(parts, task.thread, `${turnId}~${hash(words)}`, `${words}.`, { last: false })];
  await session.save();
}

/** With the next commit the task is found by the agent's ids. */
function nameTask(session: Session): void {
  const { taskId, contextId, agent } = session.task;
  if (taskId === undefined) return;
  session.keys = [...session.keys, { key: taskKey(agent, contextId, taskId) }];
  session.forget = [askingKey(agent)];
}

async function commitIds(session: Session): Promise<void> {
  await session.parts.failpoint("follow.ids.before");
  await session.save();
  await session.parts.failpoint("follow.ids.after");
}

/**
 * True when somebody said stop, or the turn has its end. Pushes are taken at once, and what they have to tell is told; a message that joins
 * waits until the call is over.
 */
async function takeMail(session: Session, mailbox: Mailbox, turnId: string, isBringing: boolean): Promise<boolean> {
  mailbox.read();
  await session.readMail();
  for (;;) {
    const push = session.takeLetter(({ kind }) => kind === "push");
    if (push?.kind !== "push") break;
    await takePush(session, push, isBringing ? turnId : undefined);
  }
  if (session.letters.some(({ letter }) => letter.kind === "stop") || session.turn(turnId)?.state === "ended") return true;
  if (session.outbox.length > 0) await session.save();
  return false;
}

/** True when the time of the turn is up. Another one whose time is up hears of it now, and not when this call is over. */
async function onTick(session: Session, turnId: string, live: LiveText): Promise<boolean> {
  const expired = expire(session);
  if (session.turn(turnId)?.state === "ended") return true;
  if (expired) await session.save();
  await live.tick(session.parts.clock.now());
  return false;
}

/** What the agent has said already goes before mail that lies there. */
function firstOf(coming: Promise<Next>, mailbox: Mailbox): Promise<Next> {
  return new Promise((resolve, reject) => {
    coming.then(resolve, reject);
    mailbox.onRing(resolve);
  });
}

interface Mailbox {
  /** Calls back at the next ring, or soon where it has rung and was not read; the callback before is forgotten. */
  onRing(callback: (next: Next) => void): void;
  /** Rings once at this time, for whoever waits then, in place of the time before. Milliseconds since 1970. */
  wakeAt(at: number): void;
  read(): void;
  close(): void;
}

function createMailbox(session: Session): Mailbox {
  const { clock } = session.parts;
  let due: number | undefined;
  let stopClock: () => void = () => undefined;
  let rung: Next | undefined;
  let tell: (next: Next) => void = () => undefined;
  const ring = (next: Next) => {
    rung = next;
    tell(next);
  };
  const stopMail = session.job.onMail(() => ring({ kind: "mail" }));
  const stopped = () => ring({ kind: "tick" });
  session.job.signal.addEventListener("abort", stopped);
  const onDue = () => {
    due = undefined;
    tell({ kind: "tick" });
  };
  return {
    onRing: (callback) => {
      tell = callback;
      const known = rung;
      if (known) queueMicrotask(() => callback(known));
    },
    wakeAt: (at) => {
      // A clock that was put forward may have come to it before the timer.
      if (at === due && at > clock.now()) return;
      stopClock();
      due = at;
      stopClock = clock.after(Math.max(0, at - clock.now()), onDue);
    },
    read: () => {
      rung = undefined;
    },
    close: () => {
      stopClock();
      stopMail();
      session.job.signal.removeEventListener("abort", stopped);
    },
  };
}
