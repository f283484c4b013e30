import { randomUUID } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import type { PostOffice } from "./post-office.ts";
import type { SparkTurn } from "./spark-conversations.ts";
import type { SparkReply } from "./spark-reply.ts";
import { sparkWords } from "./spark-words.ts";

/** An answer that was made, in the order of the messages. */
interface SparkAnswer {
  readonly turn: SparkTurn;
  readonly text: string;
  /** The statuses of its pushes so far, 0 where nobody answered. Empty while it is held. */
  readonly sent: readonly number[];
  /** Pushes it now, held or not, first time or again. Resolves to the status. */
  send(): Promise<number>;
}

export interface SparkAnswers {
  readonly answers: readonly SparkAnswer[];
  /** From now on answers are made but not pushed. */
  hold(): void;
  /** Pushes what was held, in the order of the messages, and holds no longer. Resolves when all were answered. */
  release(): Promise<void>;
  /** Repeats the last push. */
  pushAgain(times?: number): Promise<readonly number[]>;
  /** A push that no message asked for. Resolves to the status. */
  pushFor(ids: { readonly contextId: string; readonly taskId: string }, text: string, url?: string): Promise<number>;
}

export interface SparkMind extends SparkAnswers {
  /** Makes the answer to a turn and pushes it once, never again. Returns at once. */
  think(turn: SparkTurn, webhook: string | undefined): void;
  stop(): Promise<void>;
}

export function createSparkMind(options: {
  readonly office: PostOffice;
  readonly answerIn: "artifact" | "status";
  readonly reply: ((turn: SparkTurn) => SparkReply | Promise<SparkReply>) | undefined;
  /** The webhook that was set up. */
  readonly webhook: () => string | undefined;
  readonly clock: Clock;
  /** Hears of a reply that threw. */
  readonly violation: (what: string) => void;
}): SparkMind {
  const { office, clock } = options;
  const answers: SparkAnswer[] = [];
  const thoughts = new Set<Promise<void>>();
  const stopping = new AbortController();
  let holding = false;

  async function push(
    turn: Pick<SparkTurn, "contextId" | "taskId">,
    text: string,
    state: string,
    url: string | undefined,
  ): Promise<number> {
    if (url === undefined) return 0;
    const body = JSON.stringify(toPush(turn, text, state, options.answerIn, new Date(clock.now()).toISOString()));
    return office.postNow({ url, headers: { "content-type": "application/json" }, body, taskId: turn.taskId });
  }
  async function answer(turn: SparkTurn, url: string | undefined): Promise<void> {
    const reply = await (options.reply ?? sparkWords)(turn);
    if (reply === undefined) return;
    const { text, state = "completed", delayMs = 0 } = typeof reply === "string" ? { text: reply } : reply;
    if (delayMs > 0) await clock.sleep(delayMs, stopping.signal);
    if (stopping.signal.aborted) return;
    const sent: number[] = [];
    const made: SparkAnswer = {
      turn,
      text,
      sent,
      async send() {
        const status = await push(turn, text, state, url ?? options.webhook());
        sent.push(status);
        return status;
      },
    };
    answers.push(made);
    if (!holding) await made.send();
  }
  return {
    answers,
    hold() {
      holding = true;
    },
    async release() {
      holding = false;
      for (const made of answers) if (made.sent.length === 0) await made.send();
    },
    pushAgain: (times) => office.again(times),
    pushFor: (ids, text, url) => push(ids, text, "completed", url ?? options.webhook()),
    think(turn, url) {
      const thought = answer(turn, url)
        .catch((err: unknown) => options.violation(`the reply to “${turn.text}” threw: ${err}`))
        .finally(() => thoughts.delete(thought));
      thoughts.add(thought);
    },
    async stop() {
      stopping.abort();
      await Promise.all(thoughts);
    },
  };
}

/** A whole bare Task, as A2A 0.3 pushes it (0.3.0, section 9.5). */
function toPush(
  ids: Pick<SparkTurn, "contextId" | "taskId">,
  text: string,
  state: string,
  answerIn: "artifact" | "status",
  timestamp: string,
) {
  const parts = [{ kind: "text", text }];
  const message = { kind: "message", messageId: randomUUID(), role: "agent", contextId: ids.contextId, taskId: ids.taskId, parts };
  const task = { kind: "task", id: ids.taskId, contextId: ids.contextId };
  if (answerIn === "status" || state !== "completed") return { ...task, status: { state, timestamp, message } };
  return { ...task, status: { state, timestamp }, artifacts: [{ artifactId: randomUUID(), name: "answer", parts }] };
}
