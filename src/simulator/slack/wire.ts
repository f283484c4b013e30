import type { FileFact, Message } from "./message.ts";
import type { Channel, Person, Workspace } from "./workspace.ts";

/** The `channel_type` of events, and the name that scopes and subscriptions use. */
export const channelWords = {
  public: { type: "channel", history: "channels:history", event: "message.channels" },
  private: { type: "group", history: "groups:history", event: "message.groups" },
  mpim: { type: "mpim", history: "mpim:history", event: "message.mpim" },
  im: { type: "im", history: "im:history", event: "message.im" },
} as const satisfies Record<Channel["kind"], { type: string; history: string; event: string }>;

/** A message as the Web API and events write it. Metadata goes along only where it was asked for. */
export function toWireMessage(workspace: Workspace, message: Message, withMetadata: boolean): Record<string, unknown> {
  if (message.tombstone) return tombstone(message);
  const ours = message.user === workspace.app.botUser;
  const replies = message.threadTs === undefined ? repliesOf(workspace, message) : [];
  const last = replies.at(-1);
  return {
    type: "message",
    ...(message.files.length > 0 && { subtype: "file_share" }),
    user: message.user,
    ...(ours ? { bot_id: workspace.app.botId, app_id: workspace.app.id } : toOtherBot(workspace, message.user)),
    ...(message.clientId !== undefined && { client_msg_id: message.clientId }),
    text: shownText(message),
    ...(blocksOf(message).length > 0 && { blocks: blocksOf(message) }),
    ...toTeams(workspace, message.user),
    ts: message.ts,
    ...(message.files.length > 0 && { files: message.files.map((file) => toWireFile(workspace, file, message.user)) }),
    ...(message.edited !== undefined && { edited: message.edited }),
    ...(message.threadTs !== undefined && { thread_ts: message.threadTs, parent_user_id: rootUser(workspace, message) }),
    ...(last !== undefined && { thread_ts: message.ts, reply_count: replies.length, latest_reply: last.ts }),
    ...(withMetadata && message.metadata !== undefined && { metadata: message.metadata }),
    ...(message.reactions.size > 0 && {
      reactions: [...message.reactions].map((name) => ({ name, users: [workspace.app.botUser], count: 1 })),
    }),
  };
}

/** What any app posts carries its bot's id (docs: message event, `bot_message`). */
function toOtherBot(workspace: Workspace, user: string): Record<string, unknown> {
  return workspace.people.get(user)?.bot ? { bot_id: `B${user.slice(1)}`, app_id: `A${user.slice(1)}` } : {};
}

/** Events about people of other teams name those teams (docs: apps for Slack Connect). */
function toTeams(workspace: Workspace, user: string): Record<string, unknown> {
  const team = workspace.people.get(user)?.team ?? workspace.team.id;
  return team === workspace.team.id ? { team } : { team, user_team: team, source_team: team };
}

function tombstone(message: Message): Record<string, unknown> {
  return {
    type: "message",
    subtype: "tombstone",
    user: "USLACKBOT",
    text: "This message was deleted.",
    ts: message.ts,
    thread_ts: message.ts,
    hidden: true,
  };
}

function shownText(message: Message): string {
  return message.markdown ?? message.text;
}

function blocksOf(message: Message): readonly unknown[] {
  if (message.markdown === undefined) return message.blocks;
  return [{ type: "markdown", text: message.markdown }, ...message.blocks];
}

function repliesOf(workspace: Workspace, root: Message): readonly Message[] {
  return (workspace.messages.get(root.channel) ?? []).filter((message) => message.threadTs === root.ts);
}

function rootUser(workspace: Workspace, reply: Message): string | undefined {
  return workspace.messages.get(reply.channel)?.find((message) => message.ts === reply.threadTs)?.user;
}

/** A file object as events and `files.info` write it. */
export function toWireFile(workspace: Workspace, file: FileFact, user: string): Record<string, unknown> {
  const address = `${workspace.address}/files/${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    name: file.name,
    title: file.name,
    mimetype: file.mediaType,
    size: file.size,
    user,
    mode: "hosted",
    url_private: address,
    url_private_download: address,
  };
}

/** A user object of `users.info`; the address only where the app may read it. */
export function toWireUser(workspace: Workspace, person: Person): Record<string, unknown> {
  const { app, team } = workspace;
  const stranger = person.team !== team.id;
  const readable = app.scopes.has("users:read.email") && person.email !== undefined && !stranger;
  return {
    id: person.id,
    team_id: person.team,
    name: person.name.toLowerCase().replaceAll(" ", "."),
    deleted: person.deactivated,
    real_name: person.name,
    tz: "Europe/Paris",
    profile: {
      real_name: person.name,
      display_name: person.name,
      team: person.team,
      ...(readable && { email: person.email }),
      ...(person.id === app.botUser && { bot_id: app.botId, api_app_id: app.id }),
    },
    is_bot: person.bot,
    ...(!person.deactivated && {
      is_admin: false,
      is_owner: false,
      is_restricted: person.guest !== "no",
      is_ultra_restricted: person.guest === "single",
      is_email_confirmed: person.emailConfirmed,
    }),
    ...(stranger && { is_stranger: true }),
    is_app_user: false,
  };
}
