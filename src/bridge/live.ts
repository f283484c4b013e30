import type { LivePost } from "../model/adapter.ts";
import { DeliveryError } from "../model/errors.ts";
import type { PostedRef } from "../model/reply.ts";
import { threadKey } from "../model/thread.ts";
import { type Session, without } from "./session.ts";
import { showSign } from "./sign.ts";

/** The live side of a turn: a working sign, and text while it grows. Best effort; the final reply comes through the outbox. */
export interface LiveText {
  show(text: string): void;
  sign(text: string | undefined): void;
  /** When `tick` wants to be called. Milliseconds since 1970. */
  dueAt(): number;
  tick(now: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a message once text has been growing for a moment; a turn that has a live message already gets no second one. */
export function createLiveText(session: Session, turnId: string): LiveText {
  const { parts, job, task } = session;
  const adapter = parts.adapters.get(task.thread.platform);
  let post: LivePost | undefined;
  let text = "";
  let openAt = Number.POSITIVE_INFINITY;
  let signAt = parts.clock.now() + parts.pace.signEvery;
  let signed: string | undefined;
  let done = adapter?.live === undefined || session.turn(turnId)?.live !== undefined;

  /** The outbox keeps its order, but a live message does not go through it: it waits for what the thread is still to be told (promise 3). */
  const overtakes = async () => (await parts.ledger.open("delivery", threadKey(task.thread))).length > 0;

  async function open(): Promise<void> {
    done = true;
    if (adapter?.findLive) {
      session.updateTurn(turnId, { opening: true });
      await session.save();
    }
    await parts.failpoint("follow.live.before");
    try {
      post = await adapter?.live?.(task.thread, task.asker, job.signal);
    } catch (err) {
      parts.log.info({ err, reference: job.row.reference, task: job.row.id }, "no live message; the answer comes in one piece");
      if (err instanceof DeliveryError && err.kind !== "ambiguous") noteOpened(session, turnId, undefined);
      return;
    }
    if (!post) return;
    noteOpened(session, turnId, post.posted);
    await session.save();
    await parts.failpoint("follow.live.after");
    post.show(text);
  }

  return {
    show: (whole) => {
      text = whole;
      if (!done && text.trim() !== "") openAt = Math.min(openAt, parts.clock.now() + parts.pace.liveAfter);
      post?.show(text);
    },
    sign: (words) => {
      if (words === undefined || words === signed) return;
      signed = words;
      showSign(parts, task.thread, { kind: "working", text: words });
    },
    dueAt: () => Math.min(done ? Number.POSITIVE_INFINITY : openAt, signAt),
    tick: async (now) => {
      if (now >= signAt) {
        signAt = now + parts.pace.signEvery;
        showSign(parts, task.thread, { kind: "working", ...(signed === undefined ? {} : { text: signed }) });
      }
      if (done || now < openAt) return;
      if (await overtakes()) openAt = now + parts.pace.liveAfter;
      else await open();
    },
    close: async () => {
      done = true;
      await post?.close();
    },
  };
}

/** It is known what became of the opening. */
function noteOpened(session: Session, turnId: string, live: PostedRef | undefined): void {
  const turns = session.task.turns.map((turn) => (turn.id === turnId ? { ...without(turn, "opening"), ...(live && { live }) } : turn));
  session.updateTask({ turns });
}

/** A process that ended while it opened a live message has left an empty one: the answer takes its place. Best effort, as all live text. */
export async function adoptLive(session: Session): Promise<void> {
  const { parts, job, task } = session;
  const adapter = parts.adapters.get(task.thread.platform);
  for (const { id, state, opening, sentAt, receivedAt } of task.turns) {
    // An ended turn has said what it had to say: nothing would take the place of what is found for it.
    if (!opening || state === "ended") continue;
    try {
      noteOpened(session, id, await adapter?.findLive?.(task.thread, task.asker, sentAt ?? receivedAt ?? job.row.createdAt, job.signal));
    } catch (err) {
      parts.log.info({ err, reference: job.row.reference, task: job.row.id }, "not known whether a live message was opened");
    }
  }
}
