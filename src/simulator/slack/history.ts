import type { Message, NewMessage } from "./message.ts";
import { refuse } from "./refusal.ts";
import type { Workspace } from "./workspace.ts";

/** Puts a message at the end of its channel. */
export function addMessage(workspace: Workspace, given: NewMessage): Message {
  const message: Message = {
    ts: workspace.ts(),
    clientId: undefined,
    markdown: undefined,
    blocks: [],
    metadata: undefined,
    files: [],
    edited: undefined,
    stream: undefined,
    tombstone: false,
    reactions: new Set(),
    ...given,
  };
  workspace.messages.get(given.channel)?.push(message);
  workspace.changed();
  return message;
}

export function findMessage(workspace: Workspace, channel: string, ts: string): Message | undefined {
  return workspace.messages.get(channel)?.find((message) => message.ts === ts);
}

/** The root and its replies; empty when there is no such root. */
export function threadOf(workspace: Workspace, channel: string, root: string): readonly Message[] {
  const all = workspace.messages.get(channel) ?? [];
  if (!all.some((message) => message.ts === root && message.threadTs === undefined)) return [];
  return all.filter((message) => message.ts === root || message.threadTs === root);
}

/** A thread is named by its root; Slack advises against a reply's `ts`, and this simulator refuses it. */
export function requireRoot(workspace: Workspace, channel: string, threadTs: string): Message {
  const root = findMessage(workspace, channel, threadTs);
  if (root === undefined || root.threadTs !== undefined) return refuse("thread_not_found");
  return root;
}

/** Ends a stream whose time is over, and says whether it still takes text. */
export function isStreaming(workspace: Workspace, message: Message): boolean {
  const stream = message.stream;
  if (stream?.state === "open" && workspace.clock.now() - stream.startedAt >= workspace.streamLifeMs) stream.state = "expired";
  return stream?.state === "open";
}
