import { type Args, flagArg, requiredArg, textArg } from "../arguments.ts";
import { threadOf } from "../history.ts";
import type { Message } from "../message.ts";
import { type Desk, type Methods, requireChannel } from "../method.ts";
import { refuse } from "../refusal.ts";
import { channelWords, toWireMessage } from "../wire.ts";
import { type Channel, directMessage } from "../workspace.ts";

/** Reading what was said, and opening direct messages. The history scope depends on the kind of channel. */
export const conversationMethods: Methods = {
  "conversations.replies": { scopes: [], run: replies },
  "conversations.history": { scopes: [], run: history },
  "conversations.open": { scopes: ["im:write"], run: open },
  "conversations.info": { scopes: [], run: info },
};

function requireReadable({ workspace }: Desk, args: Args): Channel {
  const channel = requireChannel(workspace, args);
  const needed = channelWords[channel.kind].history;
  const { scopes, botUser } = workspace.app;
  if (!scopes.has(needed)) return refuse("missing_scope", { needed, provided: [...scopes].join(",") });
  return channel.members.has(botUser) ? channel : refuse("not_in_channel");
}

function replies(desk: Desk, args: Args) {
  const channel = requireReadable(desk, args);
  const thread = threadOf(desk.workspace, channel.id, requiredArg(args, "ts"));
  const [root, ...rest] = thread;
  if (root === undefined) return refuse("thread_not_found");
  const first = textArg(args, "cursor") === undefined ? [root] : [];
  const page = toPage(rest.filter(within(args)), args, 1000);
  return toAnswer(desk, args, [...first, ...page.messages], page.next);
}

function history(desk: Desk, args: Args) {
  const channel = requireReadable(desk, args);
  const roots = (desk.workspace.messages.get(channel.id) ?? []).filter(
    (message) => message.threadTs === undefined && within(args)(message),
  );
  const page = toPage(roots.toReversed(), args, 999);
  return toAnswer(desk, args, page.messages, page.next);
}

/** Bounds are exclusive unless `inclusive` is said. */
function within(args: Args): (message: Message) => boolean {
  const oldest = textArg(args, "oldest") ?? "0";
  const latest = textArg(args, "latest");
  const inclusive = flagArg(args, "inclusive");
  return ({ ts }) => {
    const after = Number(ts) - Number(oldest);
    const before = latest === undefined ? 1 : Number(latest) - Number(ts);
    return inclusive ? after >= 0 && before >= 0 : after > 0 && before > 0;
  };
}

function toPage(
  all: readonly Message[],
  args: Args,
  most: number,
): { readonly messages: readonly Message[]; readonly next: string | undefined } {
  const limit = Number(textArg(args, "limit") ?? 100);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) return refuse("invalid_limit");
  const cursor = textArg(args, "cursor");
  const from = cursor === undefined ? 0 : all.findIndex((message) => toCursor(message) === cursor);
  if (from < 0) return refuse("invalid_cursor");
  const following = all[from + limit];
  return { messages: all.slice(from, from + limit), next: following && toCursor(following) };
}

function toCursor(message: Message): string {
  return Buffer.from(`next_ts:${message.ts}`).toString("base64");
}

function toAnswer({ workspace }: Desk, args: Args, messages: readonly Message[], next: string | undefined) {
  const withMetadata = flagArg(args, "include_all_metadata");
  return {
    messages: messages.map((message) => toWireMessage(workspace, message, withMetadata)),
    has_more: next !== undefined,
    ...(next !== undefined && { response_metadata: { next_cursor: next } }),
  };
}

function open({ workspace }: Desk, args: Args) {
  const users = requiredArg(args, "users").split(",");
  const person = workspace.people.get(users[0] ?? "");
  if (users.length > 1) return refuse("method_not_supported_for_channel_type");
  if (person === undefined) return refuse("user_not_found");
  if (person.deactivated) return refuse("user_disabled");
  return { channel: { id: directMessage(workspace, person.id).id } };
}

function info({ workspace }: Desk, args: Args) {
  const channel = requireChannel(workspace, args);
  const { id, name, kind, archived, shared, members } = channel;
  const is = { is_channel: kind === "public", is_private: kind === "private", is_im: kind === "im", is_archived: archived };
  return { channel: { id, name, ...is, is_ext_shared: shared, is_member: members.has(workspace.app.botUser) } };
}
