import { randomUUID } from "node:crypto";
import type { AgentEvent } from "../../model/agent.ts";
import { AgentError } from "../../model/errors.ts";
import { createAgentClient } from "../client.ts";
import { isSettled } from "../events.ts";
import { textOf } from "../parts.ts";
import { toHeard } from "./heard.ts";
import { createMemoryStore, type LineOptions } from "./line.ts";
import { toPlain } from "./plain.ts";
import type { PushBox } from "./push-box.ts";

export interface AskOptions extends Omit<LineOptions, "patienceMs"> {
  readonly text: string;
  /** Where a push can arrive; absent: it cannot. */
  readonly push: PushBox | undefined;
  /** Hears the answer as it comes, in pieces that follow each other. Fit for a terminal. */
  readonly onText: (text: string) => void;
  /** Hears about progress. */
  readonly onProgress: (text: string) => void;
}

export interface Answer {
  readonly outcome: "completed" | "failed" | "canceled" | "rejected" | "inputRequired" | "authRequired" | "open";
  readonly text: string;
  readonly taskId: string | undefined;
  readonly contextId: string | undefined;
}

/** One message, just as a thread would send it. Throws AgentError; ends with the signal. */
export async function askAgent(options: AskOptions, signal: AbortSignal): Promise<Answer> {
  const { config, clock } = options;
  const agent = createAgentClient({ ...options, store: createMemoryStore() });
  const slot = options.push?.address();
  const show = createShow(options);
  const events: AgentEvent[] = [];
  const take = (event: AgentEvent) => {
    events.push(event);
    show(event);
  };
  const { metadata, text } = options;
  const push = slot && { push: { url: slot.url, token: slot.token } };
  for await (const event of agent.send({ messageId: randomUUID(), text, metadata, ...push }, signal)) take(event);

  const abilities = await agent.abilities(signal);
  const limitMs = agent.policy.limits.answerMinutes * 60_000;
  const end = clock.now() + limitMs;
  while (!events.some(isSettled) && clock.now() < end && !signal.aborted) {
    const { taskId, contextId } = toHeard(events);
    if (taskId !== undefined && (abilities.get || abilities.resubscribe)) {
      const task = { taskId, ...(contextId !== undefined && { contextId }) };
      for await (const event of agent.resume(task, signal)) take(event);
      if (!events.some(isSettled)) await clock.sleep(agent.policy.limits.pollSeconds * 1_000, signal);
      continue;
    }
    if (options.push === undefined || slot === undefined) throw deaf(config.preset ?? "agent");
    const arrivals = await options.push.wait(slot, taskId, end - clock.now(), signal);
    for (const event of arrivals.flatMap((arrival) => arrival.events)) take(event);
    break;
  }
  signal.throwIfAborted();
  return toAnswer(events);
}

function toAnswer(events: readonly AgentEvent[]): Answer {
  const { text, end, taskId, contextId } = toHeard(events);
  const outcome =
    end === undefined || end.kind === "working" || end.kind === "output" ? "open" : end.kind === "ended" ? end.outcome : end.kind;
  return { outcome, text, taskId, contextId };
}

function deaf(name: string): AgentError {
  return new AgentError("unsupported", `the answer of ${name} cannot arrive here`, {
    explanation: "The agent answers later and its task cannot be looked at, and no push can arrive here.",
  });
}

/** Prints what is new in each event; a text that takes another one's place begins on a line of its own. */
function createShow({ onText, onProgress }: AskOptions): (event: AgentEvent) => void {
  const shown = new Map<string, string>();
  let all = "";
  const print = (text: string) => {
    if (text === "") return;
    all += text;
    onText(toPlain(text));
  };
  return (event) => {
    if (event.kind === "working") return event.text === undefined ? undefined : onProgress(toPlain(event.text));
    const text = textOf(event.parts);
    if (event.kind !== "output") return all.includes(text.trim()) ? undefined : print(`${all === "" ? "" : "\n\n"}${text}`);
    const before = shown.get(event.artifact);
    const repeated = before === undefined && [...shown.values()].some((other) => other.trim() === text.trim());
    const whole = event.append ? (before ?? "") + text : text;
    shown.set(event.artifact, whole);
    if (repeated) return;
    if (before === undefined) return print(`${all === "" ? "" : "\n\n"}${text}`);
    print(whole.startsWith(before) ? whole.slice(before.length) : `\n\n${whole}`);
  };
}
