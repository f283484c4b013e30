import { type Args, requiredArg, textArg } from "../arguments.ts";
import { type Content, contentLimits, parseContent } from "../content.ts";
import { addMessage, isStreaming, requireRoot, threadOf } from "../history.ts";
import type { Message } from "../message.ts";
import { changeMessage, type Desk, type Methods, requireMessage, requireOpenChannel } from "../method.ts";
import { refuse } from "../refusal.ts";
import { toWireMessage } from "../wire.ts";
import type { Channel, Workspace } from "../workspace.ts";

/** Posting, changing and deleting messages. */
export const chatMethods: Methods = {
  "chat.postMessage": { scopes: ["chat:write"], run: post },
  "chat.postEphemeral": { scopes: ["chat:write"], run: postPrivately },
  "chat.update": { scopes: ["chat:write"], run: update },
  "chat.delete": { scopes: ["chat:write"], run: remove },
};

function post(desk: Desk, args: Args) {
  const { workspace } = desk;
  const channel = requireOpenChannel(workspace, args);
  const content = parseContent(args);
  const threadTs = rootArg(workspace, channel, args);
  const message = addMessage(workspace, {
    channel: channel.id,
    threadTs,
    user: workspace.app.botUser,
    ...content,
    blocks: content.blocks ?? [],
  });
  if (threadTs !== undefined) desk.sessions.setText(channel.id, threadTs, "");
  desk.tell({ kind: "posted", message });
  return { channel: channel.id, ts: message.ts, message: toWireMessage(workspace, message, true) };
}

/** Undefined where the call names no thread. */
function rootArg(workspace: Workspace, channel: Channel, args: Args): string | undefined {
  const threadTs = textArg(args, "thread_ts");
  return threadTs === undefined ? undefined : requireRoot(workspace, channel.id, threadTs).ts;
}

function postPrivately({ workspace }: Desk, args: Args) {
  const channel = requireOpenChannel(workspace, args);
  const user = requiredArg(args, "user");
  if (!workspace.people.has(user)) return refuse("user_not_found");
  if (!channel.members.has(user)) return refuse("user_not_in_channel");
  const content = parseContent(args);
  const ts = workspace.ts();
  const threadTs = rootArg(workspace, channel, args);
  // In a thread without replies nobody sees it, and the caller is not told (docs: chat.postEphemeral).
  if (threadTs !== undefined && threadOf(workspace, channel.id, threadTs).length < 2) return { message_ts: ts };
  workspace.privates.push({
    channel: channel.id,
    threadTs,
    user,
    ts,
    text: content.markdown ?? content.text,
    blocks: content.blocks ?? [],
  });
  workspace.changed();
  return { message_ts: ts };
}

function update(desk: Desk, args: Args) {
  const { workspace } = desk;
  const message = requireMessage(workspace, args);
  if (message.user !== workspace.app.botUser) return refuse("cant_update_message");
  if (isStreaming(workspace, message)) return refuse("streaming_state_conflict");
  if ((textArg(args, "text")?.length ?? 0) > contentLimits.updatedText) return refuse("msg_too_long");
  const content = parseContent(args);
  changeMessage(desk, message, () => replace(message, content, { user: workspace.app.botUser, ts: workspace.ts() }));
  return { channel: message.channel, ts: message.ts, text: message.text, message: toWireMessage(workspace, message, true) };
}

/** What a call leaves out stays as it was; only Markdown takes the place of everything (docs: chat.update, `blocks`). */
function replace(message: Message, content: Content, edited: NonNullable<Message["edited"]>): void {
  message.text = content.text;
  message.blocks = content.blocks ?? (content.markdown === undefined ? message.blocks : []);
  message.markdown = content.markdown;
  message.metadata = content.metadata ?? message.metadata;
  message.edited = edited;
}

function remove(desk: Desk, args: Args) {
  const { workspace } = desk;
  const message = requireMessage(workspace, args);
  if (message.user !== workspace.app.botUser || isStreaming(workspace, message)) return refuse("cant_delete_message");
  deleteMessage(desk, message);
  return { channel: message.channel, ts: message.ts };
}

/** A root with replies leaves a tombstone, of which apps hear as of an edit; anything else is gone. */
export function deleteMessage(desk: Desk, message: Message): void {
  const { workspace } = desk;
  if (message.threadTs === undefined && threadOf(workspace, message.channel, message.ts).length > 1) {
    changeMessage(desk, message, () => {
      message.tombstone = true;
    });
    return;
  }
  const before = toWireMessage(workspace, message, true);
  const rest = workspace.messages.get(message.channel)?.filter((other) => other !== message) ?? [];
  workspace.messages.set(message.channel, rest);
  workspace.changed();
  desk.tell({ kind: "deleted", channel: message.channel, ts: message.ts, before });
}
