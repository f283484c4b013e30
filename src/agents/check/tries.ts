import { randomUUID } from "node:crypto";
import type { DeliveryMode } from "../../model/agent.ts";
import { AgentError } from "../../model/errors.ts";
import { isSettled } from "../events.ts";
import { likely, no, type Outcome, untried, yes } from "./finding.ts";
import { type Heard, isAnswered, toHeard, whyNot, wordsOf } from "./heard.ts";
import type { Line, Words } from "./line.ts";
import type { Arrival, PushBox, PushSlot } from "./push-box.ts";

/** A message whose answer was heard, with the way it came: what the other tries go on from. */
export interface Base {
  readonly mode: DeliveryMode;
  readonly heard: Heard;
}

/** `endless`: the answer came and the stream just ended, without a word about the task. */
export function judgeStream(heard: Heard): Outcome & { readonly endless: boolean } {
  const endless = heard.end === undefined && heard.error === undefined && heard.text !== "";
  if (!isAnswered(heard) && !endless) return { ...no(whyNot(heard)), endless };
  if (!heard.streamed) return { ...no("the answer came whole, not as a stream"), endless: false };
  const pieces = heard.events.filter(({ kind }) => kind === "output").length;
  const how = pieces > 1 ? `${pieces} pieces in ${seconds(heard.ms)}` : `the answer in one piece after ${seconds(heard.firstMs)}`;
  return { ...yes(endless ? `${how}; the end is told by nothing but the end of the stream` : how), endless };
}

export function judgeBlocking(heard: Heard): Outcome {
  if (isAnswered(heard)) return yes(`answered after ${seconds(heard.ms)}`);
  const open = heard.error === undefined && heard.end === undefined && heard.taskId !== undefined;
  return no(open ? "it answers at once, with a task that is still open" : whyNot(heard));
}

export interface PushTry {
  readonly outcome: Outcome;
  readonly heard: Heard;
  readonly arrivals: readonly Arrival[];
}

/** One message with an address for pushes, and then patience. */
export async function tryPush(line: Line, box: PushBox, text: string, signal: AbortSignal): Promise<PushTry> {
  const slot = box.address();
  const heard = await line.say("push", { text, push: slot }, signal);
  if (heard.error) return { outcome: no(whyNot(heard)), heard, arrivals: [] };
  return awaitPush(line, box, slot, heard, signal);
}

/** The answer to a message that was sent with this address. */
async function awaitPush(line: Line, box: PushBox, slot: PushSlot, heard: Heard, signal: AbortSignal): Promise<PushTry> {
  const arrivals = await box.wait(slot, heard.taskId, line.patienceMs, signal);
  signal.throwIfAborted();
  const whole: Heard = { ...heard, ...toHeard([...heard.events, ...arrivals.flatMap(({ events }) => events)]) };
  const ended = arrivals.some(({ events }) => events.some(isSettled));
  return { outcome: judgeArrivals(arrivals, ended, line.patienceMs), heard: whole, arrivals };
}

function judgeArrivals(arrivals: readonly Arrival[], ended: boolean, patienceMs: number): Outcome {
  const last = arrivals.at(-1);
  if (last === undefined) return no(`no push came here within ${seconds(patienceMs)}`);
  if (!ended) return no("pushes came, but none of them ended the turn");
  const count = arrivals.length === 1 ? "one push" : `${arrivals.length} pushes`;
  if (!last.own) return yes(`${count} to ${last.path}, a fixed address without a secret`);
  return yes(last.proven ? `${count}, with the credential` : `${count}, without the credential that was registered`);
}

/** The second message of a conversation: the agent should know the first. */
export async function tryMemory(
  line: Line,
  box: PushBox | undefined,
  base: Base,
  words: { readonly recall: string; readonly code: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const { contextId, taskId, end } = base.heard;
  const reused = line.policy.taskId === "always" || (line.policy.taskId === "spec" && end !== undefined && end.kind !== "ended");
  const slot = base.mode === "push" ? box?.address() : undefined;
  const ids = { contextId, taskId: reused ? taskId : undefined };
  const said = await line.say(base.mode, { text: words.recall, ...ids, push: slot }, signal);
  const heard = slot && box && !said.error ? (await awaitPush(line, box, slot, said, signal)).heard : said;
  if (heard.error || heard.text === "") return no(`a second message was not answered: ${whyNot(heard)}`);
  if (heard.text.includes(words.code)) return yes("it knew in the second message what was said in the first");
  const goesOn = ids.taskId !== undefined ? heard.taskId === ids.taskId : contextId !== undefined && heard.contextId === contextId;
  if (goesOn)
    return likely(`it went on in the same ${ids.taskId === undefined ? "context" : "task"}, and showed no knowledge of the first message`);
  return no("it knew nothing of the first message");
}

/** Real only if it tells the very task, and knows that there is no other one. */
export async function tryGet(line: Line, { heard }: Base, signal: AbortSignal): Promise<Outcome> {
  if (heard.taskId === undefined) return no("it answers with messages, and there is no task to get");
  const got = await line.look("get", { taskId: heard.taskId }, signal);
  if (got.error) return no(whyNot(got));
  if (got.taskId !== heard.taskId) return no("it told another task");
  if (squeeze(got.text) !== squeeze(heard.text)) return no("it told another answer than the one that was given");
  const unknown = await line.look("get", { taskId: randomUUID() }, signal);
  if (unknown.error === undefined) return no("it knows tasks that never were");
  return yes("the same task with the same answer; an unknown one is unknown");
}

/** Real only if the message of the check is found in what is listed. */
export async function tryList(line: Line, { heard, mode }: Base, signal: AbortSignal): Promise<Outcome> {
  const { messageId, taskId, contextId } = heard;
  if (taskId === undefined) return no("it answers with messages, and there is no task to list");
  try {
    const found = await line.client(mode).find(messageId, contextId ?? "", signal);
    return found?.taskId === taskId ? yes("the task of a message was found") : no("the task of a message was not found");
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return no(error.code === undefined ? "not part of this protocol" : wordsOf(error));
  }
}

/** Breaks a stream off after its first event and takes the task up again. */
export async function tryResubscribe(line: Line, slow: Words, signal: AbortSignal): Promise<Outcome> {
  const broken = await line.say("stream", slow, signal, () => true);
  if (broken.error) return no(whyNot(broken));
  if (broken.taskId === undefined) return no("its stream names no task");
  if (broken.end) return untried("it answers too fast for a stream to be broken off");
  const heard = await line.look("resubscribe", { taskId: broken.taskId }, signal);
  if (heard.error) return no(whyNot(heard));
  if (heard.taskId !== broken.taskId) return no("it told another task");
  if (!isAnswered(heard)) return no(`the answer did not come this way: ${whyNot(heard)}`);
  return heard.streamed ? yes("the rest of a broken stream came") : no("the task was told, not streamed");
}

/** Real only if the task is seen to have ended as canceled, and not only said to. */
export async function tryCancel(
  line: Line,
  how: { readonly mode: DeliveryMode; readonly get: boolean },
  slow: Words,
  signal: AbortSignal,
): Promise<Outcome> {
  const asked: { told?: string; error?: string } = {};
  const stays = how.mode === "stream";
  const heard = await line.say(how.mode, slow, signal, async ({ taskId, contextId, ...event }) => {
    if (asked.told !== undefined || asked.error !== undefined || taskId === undefined || event.kind === "ended") return false;
    const task = { taskId, ...(contextId !== undefined && { contextId }) };
    try {
      const told = await line.client(how.mode).cancel(task, signal);
      asked.told = told?.kind === "ended" ? told.outcome : (told?.kind ?? "nothing");
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      asked.error = wordsOf(error);
    }
    return !stays || asked.error !== undefined;
  });
  if (asked.error !== undefined) return no(asked.error);
  if (asked.told === undefined) return heard.end ? untried("it was done before it could be canceled") : no(whyNot(heard));
  const { taskId } = heard;
  const got = how.get && taskId !== undefined ? await line.look("get", { taskId }, signal) : undefined;
  const ends = [heard.end, got?.end].filter((end) => end !== undefined);
  const canceled = ends.some((end) => end.kind === "ended" && end.outcome === "canceled");
  if (canceled && ends.at(-1)?.kind === "ended") return yes("the task ended as canceled");
  return no(ends.length > 0 ? "it went on to the end all the same" : "it said so, and nothing shows it");
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const squeeze = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
