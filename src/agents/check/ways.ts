import { randomUUID } from "node:crypto";
import type { AgentConfig } from "../config.ts";
import { isReal, no, type Outcome, untried } from "./finding.ts";
import { type Heard, isAnswered } from "./heard.ts";
import type { Line } from "./line.ts";
import type { Arrival, PushBox } from "./push-box.ts";
import { type Base, judgeBlocking, judgeStream, tryPush } from "./tries.ts";

/** In which ways an answer can come. */
export interface Ways {
  readonly stream: ReturnType<typeof judgeStream>;
  readonly blocking: Outcome;
  readonly push: Outcome;
  /** What the other tries go on from; undefined where it answered in no way. */
  readonly base: Base | undefined;
  readonly arrivals: readonly Arrival[];
  /** It takes no message without a contextId. */
  readonly needsContext: boolean;
}

export interface WaysOptions {
  readonly question: string;
  readonly config: AgentConfig;
  readonly box: PushBox | string;
  readonly declaresPush: boolean;
}

/** Each way is tried with a conversation of its own. */
export async function tryWays(line: Line, options: WaysOptions, signal: AbortSignal): Promise<Ways> {
  const { question, config, box, declaresPush } = options;
  const say = createFreshSay(line, question, signal);
  const streamed = await say("stream");
  const stream = judgeStream(streamed);
  const blocked = await say("blocking");
  const blocking = judgeBlocking(blocked);
  const wanted = declaresPush && config.operations?.push !== false;
  const pushed = wanted && typeof box !== "string" ? await tryPush(line, box, question, signal) : undefined;
  const undelivered = wanted && typeof box === "string" ? untried(box) : no(declaresPush ? "switched off" : "the card does not declare it");
  const push = pushed?.outcome ?? undelivered;
  const bases: readonly (Base | undefined)[] = [
    isReal(stream) ? { mode: "stream", heard: streamed } : undefined,
    isReal(blocking) ? { mode: "blocking", heard: blocked } : undefined,
    pushed && isReal(push) && isAnswered(pushed.heard) ? { mode: "push", heard: pushed.heard } : undefined,
  ];
  const base = bases.find((one) => one !== undefined) ?? (await tryPoll(line, say, signal));
  return { stream, blocking, push, base, arrivals: pushed?.arrivals ?? [], needsContext: say.needsContext };
}

type FreshSay = ((mode: "stream" | "blocking" | "poll") => Promise<Heard>) & { readonly needsContext: boolean };

/** A new conversation with each message; what is refused without a contextId is said again with one of ours. */
function createFreshSay(line: Line, text: string, signal: AbortSignal): FreshSay {
  const state = { needsContext: false };
  const own = () => (line.policy.contextId === "client" || state.needsContext ? randomUUID() : undefined);
  const say = async (mode: "stream" | "blocking" | "poll"): Promise<Heard> => {
    const contextId = own();
    const heard = await line.say(mode, { text, contextId }, signal);
    const refused = heard.error?.kind === "refused" && heard.error.code === -32602;
    if (!refused || contextId !== undefined || line.policy.contextId !== "server") return withContext(heard, contextId);
    const named = randomUUID();
    const again = await line.say(mode, { text, contextId: named }, signal);
    state.needsContext ||= again.error === undefined;
    return withContext(again, named);
  };
  return Object.defineProperty(Object.assign(say, { needsContext: false }), "needsContext", { get: () => state.needsContext });
}

/** Where the bridge makes the contextId, that one stands, whatever the agent says. */
function withContext(heard: Heard, contextId: string | undefined): Heard {
  return contextId === undefined || heard.contextId !== undefined ? heard : { ...heard, contextId };
}

/** Where nothing is told by itself, an answer may still be had by looking at the task again and again. */
async function tryPoll(line: Line, say: FreshSay, signal: AbortSignal): Promise<Base | undefined> {
  let heard = await say("poll");
  const end = line.clock.now() + line.patienceMs;
  const { messageId, taskId } = heard;
  while (heard.error === undefined && heard.end === undefined && taskId !== undefined && line.clock.now() < end) {
    await line.clock.sleep(line.policy.limits.pollSeconds * 1_000, signal);
    signal.throwIfAborted();
    heard = { ...(await line.look("get", { taskId }, signal)), messageId };
  }
  return isAnswered(heard) ? { mode: "poll", heard } : undefined;
}
