import { randomUUID } from "node:crypto";
import { type Ability, isReal, no, type Outcome, untried } from "./finding.ts";
import { isAnswered } from "./heard.ts";
import type { Line } from "./line.ts";
import type { PushBox } from "./push-box.ts";
import { type Base, tryCancel, tryGet, tryList, tryMemory, tryResubscribe } from "./tries.ts";
import type { Ways } from "./ways.ts";

/** What an agent that answers can do besides. */
export interface More {
  readonly outcomes: Readonly<Record<Exclude<Ability, "stream" | "blocking" | "push">, Outcome>>;
  /** Undefined: as it is configured. */
  readonly contextId: Line["policy"]["contextId"] | undefined;
}

export interface MoreOptions {
  /** Was told with the question; the agent is asked for it later. */
  readonly code: string;
  readonly question: string;
  readonly box: PushBox | undefined;
}

const mute = untried("it answered in no way");
const nothing: More = { outcomes: { memory: mute, get: mute, list: mute, resubscribe: mute, cancel: mute }, contextId: undefined };
const recall = "Which code word did I tell you in the message before this one?";
const slow = "Take it slow, please: count from one to three hundred in words, one number per line.";

export async function tryMore(line: Line, { base, stream }: Ways, options: MoreOptions, signal: AbortSignal): Promise<More> {
  if (base === undefined) return nothing;
  const { code, question, box } = options;
  const get = await tryGet(line, base, signal);
  const list = await tryList(line, base, signal);
  const remember = (from: Base) => tryMemory(line, box, from, { recall, code }, signal);
  const { memory, contextId } = await tryContexts(line, base, { remember, question }, signal);
  const context = line.policy.contextId === "client" || contextId === "client" ? () => randomUUID() : () => undefined;
  const resubscribe = isReal(stream) ? await tryResubscribe(line, { text: slow, contextId: context() }, signal) : no("it does not stream");
  const how = { mode: isReal(stream) ? "stream" : "poll", get: isReal(get) } as const;
  const cancel = await tryCancel(line, how, { text: slow, contextId: context() }, signal);
  return { outcomes: { get, list, memory, resubscribe, cancel }, contextId };
}

/** An agent that names no context may take one that the bridge makes. */
async function tryContexts(
  line: Line,
  base: Base,
  { remember, question }: { readonly remember: (base: Base) => Promise<Outcome>; readonly question: string },
  signal: AbortSignal,
): Promise<{ readonly memory: Outcome; readonly contextId: More["contextId"] }> {
  const memory = await remember(base);
  if (line.policy.contextId !== "server" || base.heard.contextId !== undefined || isReal(memory)) return { memory, contextId: undefined };
  const contextId = randomUUID();
  const heard = await line.say(base.mode, { text: question, contextId }, signal);
  if (!isAnswered(heard)) return { memory, contextId: undefined };
  const again = await remember({ mode: base.mode, heard: { ...heard, contextId } });
  return again.real === "yes" ? { memory: again, contextId: "client" } : { memory, contextId: undefined };
}
