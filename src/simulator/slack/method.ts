import type { Args } from "./arguments.ts";
import { requiredArg } from "./arguments.ts";
import type { Happening } from "./events.ts";
import { findMessage } from "./history.ts";
import type { Message } from "./message.ts";
import { refuse } from "./refusal.ts";
import type { Sessions } from "./sessions.ts";
import { toWireMessage } from "./wire.ts";
import { type Channel, directMessage, type Workspace } from "./workspace.ts";

/** What a method of the Web API may touch. */
export interface Desk {
  readonly workspace: Workspace;
  readonly sessions: Sessions;
  /** Tells the app's event subscription. */
  tell(happening: Happening): void;
  /** An address for one socket of the app. */
  openConnection(): string;
}

/** One method: the scopes of which it needs one, and what it does. It answers, or throws a Refusal; it changes nothing when it throws. */
export interface Method {
  readonly scopes: readonly string[];
  /** Called with the app-level token, whose scopes count then. */
  readonly appLevel?: boolean;
  run(desk: Desk, args: Args): Readonly<Record<string, unknown>>;
}

export type Methods = Readonly<Record<string, Method>>;

/** The channel that a call names, where the app may see it; a person's id names the direct message with them. */
export function requireChannel(workspace: Workspace, args: Args, key = "channel"): Channel {
  const id = requiredArg(args, key);
  const channel = workspace.people.has(id) && id !== workspace.app.botUser ? directMessage(workspace, id) : workspace.channels.get(id);
  if (channel === undefined) return refuse("channel_not_found");
  if (channel.kind !== "public" && !channel.members.has(workspace.app.botUser)) return refuse("channel_not_found");
  return channel;
}

/** A channel in which the app may write. */
export function requireOpenChannel(workspace: Workspace, args: Args, key = "channel"): Channel {
  const channel = requireChannel(workspace, args, key);
  if (channel.archived) return refuse("is_archived");
  if (!channel.members.has(workspace.app.botUser) && !workspace.app.scopes.has("chat:write.public")) return refuse("not_in_channel");
  return channel;
}

/** The message that a call names by `channel` and `ts`. */
export function requireMessage(workspace: Workspace, args: Args, key = "ts"): Message {
  const channel = requireOpenChannel(workspace, args);
  const message = findMessage(workspace, channel.id, requiredArg(args, key));
  return message === undefined || message.tombstone ? refuse("message_not_found") : message;
}

/** Changes a message and tells of it, with what it was before. */
export function changeMessage(desk: Desk, message: Message, change: () => void): void {
  const before = toWireMessage(desk.workspace, message, true);
  change();
  desk.workspace.changed();
  desk.tell({ kind: "changed", message, before });
}
