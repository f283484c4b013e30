import type { Task } from "@a2a-js/sdk";
import type { Abilities, AgentEvent, TaskRef } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import { isSettled, taskEvents } from "./events.ts";
import { callPeer, type Peer, type PeerOptions, StreamingRefused, streamPeer } from "./peer.ts";
import { pushConfigId } from "./request.ts";

/** An agent within reach, with what it can do. */
export interface Reach {
  readonly peer: Peer;
  readonly options: PeerOptions;
  readonly abilities: Abilities;
}

/** Enough to find the agent's last word; 0 means everything to a 0.3 agent, and nothing said means no history at all. */
const historyLength = 10;
const listPageSize = 50;
const maxListPages = 20;
const listHistoryLength = 100;

/**
 * Takes an open task up again. A snapshot comes first where `tasks/get` is real: it holds what was missed. While the task is open the
 * agent is subscribed to, and an end or a question that arrives by stream is told from a last snapshot, since chunks may have passed in between.
 */
export async function* resumeTask(reach: Reach, task: TaskRef, signal: AbortSignal): AsyncGenerator<AgentEvent, void, undefined> {
  const { abilities } = reach;
  if (!abilities.get && !abilities.resubscribe) throw new AgentError("unsupported", "the agent's tasks cannot be looked at");
  if (abilities.get) {
    const events = await snapshot(reach, task, signal);
    yield* events;
    if (events.some(isSettled)) return;
  }
  if (!abilities.resubscribe) return;
  try {
    for await (const event of subscribe(reach, task, signal)) {
      if ((event.kind === "ended" || event.kind === "inputRequired") && abilities.get)
        return yield* lastSnapshot(reach, task, event, signal);
      yield event;
    }
  } catch (error) {
    // Refused because the task ended in between, or because subscribing is not real after all.
    const refused = error instanceof StreamingRefused || (error instanceof AgentError && error.kind === "unsupported");
    if (!refused) throw error;
    if (!abilities.get) throw new AgentError("unsupported", "the task cannot be subscribed to", { cause: error });
    yield* await snapshot(reach, task, signal);
  }
}

/** The pauses before the first looks at a task, which is often done soon; later looks are the bridge's. Milliseconds. */
const soon = [300, 700, 1500, 2500];

/** Looks at a task that was just begun. Ends when it is settled, when a look fails, and after a few seconds. Never throws. */
export async function* lookSoon(reach: Reach, task: TaskRef, signal: AbortSignal): AsyncGenerator<AgentEvent, void, undefined> {
  for (const pause of soon) {
    await reach.options.clock.sleep(pause, signal);
    if (signal.aborted) return;
    const events = await snapshot(reach, task, signal).catch(() => undefined);
    if (!events) return;
    yield* events;
    if (events.some(isSettled)) return;
  }
}

/** The task that a message started, found in the histories that ListTasks gives (A2A 1.0, section 3.1.4). */
export async function findTask(reach: Reach, messageId: string, contextId: string, signal: AbortSignal): Promise<TaskRef | undefined> {
  if (!reach.abilities.list) throw new AgentError("unsupported", "the agent's tasks cannot be listed");
  let pageToken = "";
  for (let page = 0; page < maxListPages; page += 1) {
    const listed = await callPeer(reach.peer, reach.options, { operation: "list", withTask: false }, signal, (client, call) =>
      client.listTasks(
        {
          tenant: "",
          contextId,
          status: 0,
          pageSize: listPageSize,
          pageToken,
          historyLength: listHistoryLength,
          statusTimestampAfter: undefined,
          includeArtifacts: false,
        },
        call,
      ),
    );
    const found = listed.tasks.find((task) => task.history.some((message) => message.messageId === messageId));
    if (found) return toTaskRef(found);
    if (listed.nextPageToken === "" || listed.nextPageToken === pageToken) return undefined;
    pageToken = listed.nextPageToken;
  }
  return undefined;
}

/** Resolves to the task's state as the agent told it. */
export async function cancelTask(reach: Reach, task: TaskRef, signal: AbortSignal): Promise<AgentEvent | undefined> {
  if (!reach.abilities.cancel) throw new AgentError("unsupported", "the agent's tasks cannot be canceled");
  const canceled = await callPeer(reach.peer, reach.options, { operation: "cancel", withTask: true }, signal, (client, call) =>
    client.cancelTask({ tenant: "", id: task.taskId, metadata: undefined }, call),
  );
  return taskEvents(canceled).at(-1);
}

/** The agent need not push any more. Resolves also where there was nothing to forget; throws AgentError `unsupported` where it cannot. */
export async function forgetPush({ peer, options }: Reach, task: TaskRef, signal: AbortSignal): Promise<void> {
  const request = { tenant: "", taskId: task.taskId, id: pushConfigId };
  await callPeer(peer, options, { operation: "push", withTask: true }, signal, (client, call) =>
    client.deleteTaskPushNotificationConfig(request, call),
  ).catch((error: unknown) => {
    if (!(error instanceof AgentError) || error.kind !== "taskGone") throw error;
  });
}

/** Whether a task takes no more messages: it is unknown to the agent, or has ended. */
export async function isGone(reach: Reach, task: TaskRef, signal: AbortSignal): Promise<boolean> {
  if (!reach.abilities.get) return false;
  try {
    return (await snapshot(reach, task, signal)).some((event) => event.kind === "ended");
  } catch (error) {
    return error instanceof AgentError && error.kind === "taskGone";
  }
}

function subscribe(reach: Reach, task: TaskRef, signal: AbortSignal): AsyncIterable<AgentEvent> {
  return streamPeer(reach.peer, reach.options, { operation: "subscribe", withTask: true }, signal, (client, call) =>
    client.resubscribeTask({ tenant: "", id: task.taskId }, call),
  );
}

async function snapshot(reach: Reach, task: TaskRef, signal: AbortSignal): Promise<readonly AgentEvent[]> {
  const got = await callPeer(reach.peer, reach.options, { operation: "get", withTask: true }, signal, (client, call) =>
    client.getTask({ tenant: "", id: task.taskId, historyLength }, call),
  );
  return taskEvents(got);
}

/** The end is certain already: when the snapshot cannot be had, or lags behind, the end is told as it came. */
async function* lastSnapshot(
  reach: Reach,
  task: TaskRef,
  end: AgentEvent,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, void, undefined> {
  const events = await snapshot(reach, task, signal).catch(() => []);
  const settled = events.some(({ kind }) => kind === "ended" || kind === end.kind);
  yield* settled ? events : [...events.filter((event) => event.kind === "output"), end];
}

function toTaskRef(task: Task): TaskRef {
  return { taskId: task.id, ...(task.contextId && { contextId: task.contextId }) };
}
