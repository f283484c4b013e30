import { randomUUID } from "node:crypto";
import type { Delivered } from "./deliver.ts";
import { addMessage, findMessage, isStreaming, threadOf } from "./history.ts";
import type { Attempt, Payload } from "./line.ts";
import type { Message } from "./message.ts";
import { changeMessage, type Desk } from "./method.ts";
import { deleteMessage } from "./methods/chat.ts";
import type { Post } from "./post.ts";
import type { ResponseUrls } from "./response.ts";
import { showButtons } from "./show.ts";
import { type Channel, isAgent, type Workspace } from "./workspace.ts";

export interface Said {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly threadTs?: string;
  readonly files?: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
}

/** What an act came to: `delivered` resolves when each event was taken or given up. */
export interface Act {
  readonly delivered: Promise<readonly Delivered[]>;
}

export interface Click {
  readonly channel: string;
  readonly user: string;
  readonly ts: string;
  readonly actionId: string;
  /** Which of several buttons with the same action. */
  readonly value?: string;
}

/** What people do in the workspace. Each act throws when a person could not do it either, for that is a mistake in the test. */
export interface Acts {
  /** Writes a message. Mentions are written as Slack stores them: `<@UBOT>`. */
  say(said: Said): Promise<Act & { readonly ts: string }>;
  edit(channel: string, ts: string, text: string): Promise<Act>;
  remove(channel: string, ts: string): Promise<Act>;
  /** Types a slash command with its text, such as `/agent status`. Resolves to what the app answered within three seconds. */
  command(line: string, where: { readonly channel: string; readonly user: string }): Promise<Attempt>;
  /** Presses a button that the message shows. */
  click(click: Click): Promise<Attempt>;
  /** Takes the app out of the workspace: its token ends, and it hears of that. */
  uninstall(): Promise<Act>;
  /** Presses the stop button, which a thread shows while its agent session is `processing` and the app listens to it. */
  pressStop(channel: string, threadTs: string, user: string): Promise<Act>;
}

export interface ActsOptions {
  readonly desk: Desk;
  readonly post: Post;
  readonly responses: ResponseUrls;
}

export function createActs({ desk, post, responses }: ActsOptions): Acts {
  const { workspace } = desk;

  async function interact(payload: Payload): Promise<Attempt> {
    if (!post.line.isThere()) throw new Error("the simulator has no target for interactions");
    return post.line.send(payload);
  }

  return {
    async say(said) {
      const message = write(workspace, said);
      return { ts: message.ts, delivered: post.tell({ kind: "posted", message }) };
    },
    async edit(channel, ts, text) {
      const message = requirePersons(workspace, channel, ts);
      return watch(post, (inner) => {
        changeMessage({ ...desk, tell: inner }, message, () => {
          message.text = text;
          message.edited = { user: message.user, ts: workspace.ts() };
        });
      });
    },
    async remove(channel, ts) {
      const message = requirePersons(workspace, channel, ts);
      return watch(post, (inner) => deleteMessage({ ...desk, tell: inner }, message));
    },
    async command(line, where) {
      if (!workspace.app.scopes.has("commands")) throw new Error("the app has no commands");
      const responseUrl = responses.open(where.channel, undefined, where.user);
      return interact({ type: "slash_commands", body: toCommand(workspace, line, where, responseUrl) });
    },
    click: async (click) => {
      const message = requireMessageOf(workspace, click.channel, click.ts);
      return interact({ type: "interactive", body: toClick(workspace, click, message, responses) });
    },
    async uninstall() {
      const delivered = post.tell({ kind: "uninstalled" });
      workspace.app.standing = "revoked";
      workspace.changed();
      return { delivered };
    },
    async pressStop(channel, threadTs, user) {
      if (!hasStopButton(desk, channel, threadTs)) throw new Error("this thread shows no stop button");
      const open = threadOf(workspace, channel, threadTs).filter((message) => isStreaming(workspace, message));
      for (const message of open) if (message.stream) message.stream.state = "stoppedByUser";
      workspace.changed();
      const streams = open.map((message) => message.ts);
      return { delivered: post.tell({ kind: "stopPressed", channel, threadTs, user, streams }) };
    },
  };
}

export function hasStopButton({ workspace, sessions }: Desk, channel: string, threadTs: string): boolean {
  return isAgent(workspace) && sessions.look(channel, threadTs).session === "processing";
}

/** Runs a change and hands out what became of the event that it makes. */
function watch(post: Post, change: (tell: Desk["tell"]) => void): Act {
  let delivered: Promise<readonly Delivered[]> = Promise.resolve([]);
  change((happening) => {
    delivered = post.tell(happening);
  });
  return { delivered };
}

function write(workspace: Workspace, said: Said): Message {
  const channel = requireMember(workspace, said.channel, said.user);
  const root = said.threadTs === undefined ? undefined : findMessage(workspace, channel.id, said.threadTs);
  if (said.threadTs !== undefined && (root === undefined || root.threadTs !== undefined)) throw new Error("there is no such thread");
  const files = (said.files ?? []).map((file) => {
    const id = `F${randomUUID().slice(0, 8).toUpperCase()}`;
    workspace.files.set(id, file);
    return { id, name: file.name, mediaType: file.mediaType, size: file.bytes.byteLength };
  });
  return addMessage(workspace, {
    channel: channel.id,
    threadTs: root?.ts,
    user: said.user,
    text: said.text,
    files,
    clientId: randomUUID(),
  });
}

function requireMember(workspace: Workspace, id: string, user: string): Channel {
  const channel = workspace.channels.get(id);
  if (channel === undefined) throw new Error(`there is no channel ${id}`);
  if (!workspace.people.has(user)) throw new Error(`there is no person ${user}`);
  if (!channel.members.has(user)) throw new Error(`${user} is not in ${id}`);
  if (channel.archived) throw new Error(`${id} is archived`);
  return channel;
}

function requireMessageOf(workspace: Workspace, channel: string, ts: string): Message {
  const message = findMessage(workspace, channel, ts);
  if (message === undefined || message.tombstone) throw new Error("there is no such message");
  return message;
}

/** People change what people wrote. */
function requirePersons(workspace: Workspace, channel: string, ts: string): Message {
  const message = requireMessageOf(workspace, channel, ts);
  if (message.user === workspace.app.botUser) throw new Error("the message belongs to the app");
  return message;
}

function toCommand(
  workspace: Workspace,
  line: string,
  where: { channel: string; user: string },
  responseUrl: string,
): Record<string, string> {
  const channel = requireMember(workspace, where.channel, where.user);
  const [command = "", ...words] = line.split(" ");
  return {
    token: "retired",
    team_id: workspace.team.id,
    team_domain: workspace.team.name.toLowerCase(),
    channel_id: channel.id,
    channel_name: channel.kind === "im" ? "directmessage" : channel.name,
    user_id: where.user,
    user_name: workspace.people.get(where.user)?.name ?? where.user,
    command,
    text: words.join(" "),
    api_app_id: workspace.app.id,
    is_enterprise_install: "false",
    response_url: responseUrl,
    trigger_id: randomUUID(),
  };
}

function toClick(workspace: Workspace, click: Click, message: Message, responses: ResponseUrls): Record<string, unknown> {
  requireMember(workspace, click.channel, click.user);
  const button = showButtons(message).find(({ actionId, value }) => actionId === click.actionId && (click.value ?? value) === value);
  if (button === undefined) throw new Error(`the message shows no button ${click.actionId}`);
  const { id: teamId } = workspace.team;
  const { ts, threadTs } = message;
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
  return {
    type: "block_actions",
    team: { id: teamId, domain: workspace.team.name.toLowerCase() },
    user: { id: click.user, team_id: workspace.people.get(click.user)?.team },
    api_app_id: workspace.app.id,
    token: "retired",
    trigger_id: randomUUID(),
    channel: { id: click.channel, name: workspace.channels.get(click.channel)?.name },
    message: {
      type: "message",
      user: message.user,
      ts,
      text: message.text,
      blocks: message.blocks,
      ...thread,
      ...(message.metadata && { metadata: message.metadata }),
    },
    container: { type: "message", message_ts: ts, channel_id: click.channel, is_ephemeral: false, ...thread },
    response_url: responses.open(click.channel, message, click.user),
    actions: [
      {
        type: button.type,
        action_id: button.actionId,
        block_id: button.blockId ?? "b",
        ...(button.value !== undefined && { value: button.value }),
        text: { type: "plain_text", text: button.label },
        action_ts: workspace.ts(),
      },
    ],
  };
}
