import { threadKey } from "../../model/thread.ts";
import type { Interacted } from "../discord/interactions.ts";
import { bot } from "../discord/message.ts";
import { may } from "../discord/permissions.ts";
import { type Channel, channelTypes, findMessage, isForum, isThread } from "../discord/realm.ts";
import type { ShownThread } from "../discord/show.ts";
import type { DiscordSimulator } from "../discord/simulator.ts";
import { fromDiscord } from "./discord-message.ts";
import type { Dialog, Done, Hint, Message, Platform, PlatformAct, Room, Shown } from "./platform.ts";
import { typeCommand } from "./slash.ts";

export interface DiscordPlatformOptions {
  readonly simulator: DiscordSimulator;
  /** By the room's id. */
  readonly hints?: ReadonlyMap<string, Hint>;
}

/** The simulated Discord as the page shows it. */
export function createDiscordPlatform({ simulator, hints = new Map() }: DiscordPlatformOptions): Platform {
  const { realm } = simulator;
  const people = () => [...realm.people.values()].filter((person) => !person.bot);
  for (const { id } of people()) simulator.direct(id);
  const forms = new Map<string, Dialog>();
  const [guild] = realm.guilds.values();

  return {
    id: "discord",
    name: "Discord",
    home: guild?.name ?? "Discord",
    transport: "one WebSocket that the bridge opens",
    app: { id: realm.app.id, name: realm.app.name },
    people: () => people().map(({ id, name }) => ({ id, name, standing: "member" })),
    rooms: (user) =>
      [...realm.channels.values()]
        .filter((channel) => isRoom(simulator, channel, user))
        .map((channel) => toRoom(simulator, channel, user, hints)),
    room: (room, user) => toRoomShown(simulator, requireChannel(simulator, room), user),
    thread: (room, thread, user) => toThread(simulator, room, thread, user),
    lane(room, thread) {
      const channel = realm.channels.get(room);
      if (channel === undefined || (channel.guild !== undefined && thread === undefined)) return undefined;
      const direct = channel.guild === undefined;
      const place = { platform: "discord", workspace: channel.guild ?? "dm", channel: room, address: null };
      return threadKey({ ...place, thread: direct ? "chat" : (thread ?? "") });
    },
    dialog: (user) => forms.get(user),
    act: (act, trouble) => perform({ simulator, forms, trouble }, act),
    file: (id) =>
      [...realm.channels.values()]
        .flatMap(({ messages }) => messages)
        .flatMap(({ files }) => files)
        .find((file) => file.id === id),
    onChange: (callback) => simulator.onChange(callback),
  };
}

function requireChannel({ realm }: DiscordSimulator, id: string): Channel {
  const channel = realm.channels.get(id);
  if (channel === undefined) throw new Error(`there is no channel ${id}`);
  return channel;
}

function isRoom({ realm }: DiscordSimulator, channel: Channel, user: string): boolean {
  return !isThread(channel) && channel.type !== channelTypes.category && may(realm, channel, user, "viewChannel") && channel.person !== bot;
}

function toRoom({ realm, threads }: DiscordSimulator, channel: Channel, user: string, hints: ReadonlyMap<string, Hint>): Room {
  const { id, name, parent } = channel;
  const all = [channel, ...threads(id).flatMap((thread) => realm.channels.get(thread.id) ?? [])].flatMap(({ messages }) => messages);
  const others = all.filter((message) => message.user !== user && !message.deleted);
  const common = { id, newest: Math.max(0, ...others.map(({ at }) => at)), hint: hints.get(id) };
  if (channel.person !== undefined)
    return { ...common, name: realm.app.name, kind: "direct", section: "Direct messages", threads: false, mention: "never" };
  const section = realm.channels.get(parent ?? "")?.name ?? "Text channels";
  return { ...common, name, kind: isForum(channel) ? "forum" : "channel", section, threads: true, mention: "first" };
}

function toRoomShown(simulator: DiscordSimulator, channel: Channel, user: string): Shown {
  const { realm } = simulator;
  if (isForum(channel)) {
    const posts = simulator.threads(channel.id).flatMap(({ id, name, messages: [first] }): readonly Message[] => {
      if (first === undefined) return [];
      const message = fromDiscord(realm, first, user);
      return [{ ...message, text: `**${name}**\n${message.text}`, ...toReplies(simulator, id, user) }];
    });
    return { messages: posts, status: "", stop: false };
  }
  const shown = toChat(simulator, simulator.channel(channel.id), user);
  return { ...shown, messages: shown.messages.map((message) => ({ ...message, ...toReplies(simulator, message.id, user) })) };
}

/** A message that nobody has opened a thread on has none yet, but one can be opened: it shows the message alone. */
function toThread(simulator: DiscordSimulator, room: string, thread: string, user: string): Shown | undefined {
  const { realm } = simulator;
  const channel = requireChannel(simulator, room);
  if (channel.guild === undefined) return undefined;
  const opened = realm.channels.get(thread);
  if (opened !== undefined) return isThread(opened) ? toChat(simulator, simulator.thread(thread), user) : undefined;
  const root = simulator.channel(room).messages.find(({ id }) => id === thread);
  return root && { messages: [fromDiscord(realm, root, user)], status: toStatus(simulator.channel(room)), stop: false };
}

function toChat({ realm }: DiscordSimulator, shown: ShownThread, user: string): Shown {
  const alone = shown.private.filter(({ onlyFor }) => onlyFor === user);
  const messages = [...shown.messages, ...alone].toSorted((a, b) => a.at - b.at);
  return { messages: messages.map((message) => fromDiscord(realm, message, user)), status: toStatus(shown), stop: false };
}

function toStatus({ typing }: ShownThread): string {
  return typing ? "is typing…" : "";
}

function toReplies(simulator: DiscordSimulator, id: string, user: string): Partial<Message> {
  const opened = simulator.realm.channels.get(id);
  if (opened === undefined || !isThread(opened)) return {};
  const { replies, typing } = simulator.thread(id);
  const others = replies.filter((reply) => reply.user !== user);
  return { replies: replies.length, newestReply: Math.max(0, ...others.map(({ at }) => at)), working: typing };
}

interface Acting {
  readonly simulator: DiscordSimulator;
  /** The form that each person has before them. */
  readonly forms: Map<string, Dialog>;
  readonly trouble: (words: string) => void;
}

async function perform(acting: Acting, act: PlatformAct): Promise<Done> {
  const { simulator, forms } = acting;
  switch (act.kind) {
    case "say":
      return say(acting, act);
    case "edit":
      simulator.edit({ ...toPlace(simulator, act), text: toDiscordText(simulator, act.text) });
      return {};
    case "remove":
      simulator.remove(toPlace(simulator, act));
      return {};
    case "click":
      watch(acting, act.user, simulator.click({ ...toPlace(simulator, act), button: act.button }));
      return {};
    case "submit":
      forms.delete(act.user);
      if (act.inputs) watch(acting, act.user, simulator.submit({ interaction: act.dialog, values: act.inputs }));
      simulator.realm.changed();
      return {};
    case "stop":
      throw new Error("the button to stop stands under the message");
  }
}

async function say(acting: Acting, act: Extract<PlatformAct, { kind: "say" }>): Promise<Done> {
  const { simulator, trouble } = acting;
  const { room, user, thread, files } = act;
  const channel = requireChannel(simulator, room);
  const command = typeCommand(simulator.realm, act.text, files);
  if (command !== undefined) {
    watch(acting, user, simulator.command({ user, channel: thread ?? room, ...command }));
    return {};
  }
  const text = toDiscordText(simulator, act.text);
  if (!simulator.gateway.sessions().some(({ connected }) => connected))
    trouble("The bridge is not connected. It reads this when it is back.");
  if (isForum(channel) && thread === undefined)
    return { message: simulator.post({ user, forum: room, title: toTitle(act.text), text }).id };
  if (thread !== undefined && !simulator.realm.channels.has(thread))
    simulator.openThread({ user, channel: room, message: thread, name: "Thread" });
  return { message: simulator.say({ user, channel: thread ?? room, text, files }).id };
}

/** Says when the bridge did not answer in time, and shows the form that it has opened. */
function watch({ simulator, forms, trouble }: Acting, user: string, answered: Promise<Interacted>): void {
  void answered.then(
    (interacted) => {
      if (interacted.kind === "failed") trouble("The application did not respond.");
      if (interacted.kind !== "modal") return;
      const fields = interacted.fields.map(({ customId, label, required }) => ({ id: customId, label, kind: "long" as const, required }));
      forms.set(user, { id: interacted.id, title: interacted.title, fields, submit: "Submit" });
      simulator.realm.changed();
    },
    (error: unknown) => trouble(error instanceof Error ? error.message : String(error)),
  );
}

/** The message stands in the room, or in one of its threads. */
function toPlace(
  { realm }: DiscordSimulator,
  { room, user, message: id }: { readonly room: string; readonly user: string; readonly message: string },
) {
  const all = [...realm.channels.values()].filter((channel) => channel.id === room || channel.parent === room);
  const channel = all.find((one) => findMessage(one, id) !== undefined);
  if (channel === undefined) throw new Error("there is no such message");
  return { user, channel: channel.id, id };
}

function toTitle(text: string): string {
  const [first = "Question"] = text.replaceAll(/@Agent Bridge\s*/g, "").split("\n");
  return first.slice(0, 80) || "Question";
}

/** As Discord keeps what people type: a mention by id. */
function toDiscordText({ realm }: DiscordSimulator, typed: string): string {
  const people = [...realm.people.values()].toSorted((a, b) => b.name.length - a.name.length);
  return people.reduce((text, { name, userId }) => text.replaceAll(`@${name}`, `<@${userId}>`), typed);
}
