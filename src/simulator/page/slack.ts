import { threadKey } from "../../model/thread.ts";
import type { Act } from "../slack/acts.ts";
import type { Shown as ShownMessage, ShownPrivately } from "../slack/show.ts";
import type { SlackSimulator } from "../slack/simulator.ts";
import type { Channel } from "../slack/workspace.ts";
import { type Button, type Done, type Hint, type Message, type Platform, type PlatformAct, toMessage } from "./platform.ts";

export interface SlackPlatformOptions {
  readonly simulator: SlackSimulator;
  /** By the room's id. */
  readonly hints?: ReadonlyMap<string, Hint>;
}

/** The simulated Slack as the page shows it. */
export function createSlackPlatform({ simulator, hints = new Map() }: SlackPlatformOptions): Platform {
  const { workspace } = simulator;
  const { people, channels, app, team } = workspace;
  const members = () => [...people.values()].filter((person) => !person.bot && !person.deactivated);
  const messages = (shown: readonly ShownMessage[], user: string) => shown.map((message) => fromShown(message, user));
  const privately = (shown: readonly ShownPrivately[], user: string) => shown.filter((one) => one.user === user).map(toPrivate(simulator));

  return {
    id: "slack",
    name: "Slack",
    home: team.name,
    transport: "HTTP events, each signed",
    app: { id: app.botUser, name: people.get(app.botUser)?.name ?? app.botUser },
    people: () => members().map(({ id, name, guest }) => ({ id, name, standing: guest === "no" ? "member" : "guest" })),
    rooms: (user) =>
      [...channels.values()]
        .filter((channel) => channel.members.has(user))
        .map(({ id, name, kind }) => ({
          id,
          kind: kind === "im" ? "direct" : kind === "public" ? "channel" : "private",
          name: kind === "im" ? (people.get(app.botUser)?.name ?? name) : name,
          section: kind === "im" ? "Direct messages" : "Channels",
          threads: true,
          mention: kind === "im" ? "never" : "first",
          newest: newestOf(workspace.messages.get(id) ?? [], user),
          hint: hints.get(id),
        })),
    room: (room, user) => ({
      messages: inOrder([
        ...messages(simulator.channel(room), user).map((message) => ({ ...message, ...toReplies(simulator, room, message.id, user) })),
        ...privately(simulator.privately(room), user),
      ]),
      status: "",
      stop: false,
    }),
    thread(room, thread, user) {
      const shown = simulator.thread(room, thread);
      if (shown.messages[0] === undefined) return undefined;
      return {
        messages: inOrder([...messages(shown.messages, user), ...privately(shown.private, user)]),
        status: toStatus(simulator, room, thread),
        stop: simulator.status(room, thread).stopButton,
      };
    },
    lane: (room, thread) => toLane(simulator, channels.get(room), thread),
    act: (act, trouble) => perform(simulator, act, trouble),
    file: (id) => simulator.file(id),
    onChange: (callback) => simulator.onChange(callback),
  };
}

const toTime = (ts: string): number => Math.floor(Number(ts) * 1000);

const inOrder = (messages: readonly Message[]): readonly Message[] => messages.toSorted((a, b) => a.at - b.at);

function newestOf(messages: readonly { readonly ts: string; readonly user: string }[], user: string): number {
  return Math.max(0, ...messages.filter((message) => message.user !== user).map(({ ts }) => toTime(ts)));
}

/** A direct message is one conversation, whatever thread something stands in. */
function toLane({ workspace }: SlackSimulator, channel: Channel | undefined, thread: string | undefined): string | undefined {
  if (channel === undefined || (channel.kind !== "im" && thread === undefined)) return undefined;
  const place = { platform: "slack", workspace: workspace.team.id, channel: channel.id, address: null };
  return threadKey({ ...place, thread: channel.kind === "im" ? "dm" : (thread ?? "") });
}

function toReplies(simulator: SlackSimulator, room: string, thread: string, user: string) {
  const { replies } = simulator.thread(room, thread);
  return { replies: replies.length, newestReply: newestOf(replies, user), working: isWorking(simulator, room, thread) };
}

function isWorking(simulator: SlackSimulator, room: string, thread: string): boolean {
  const { text, session } = simulator.status(room, thread);
  return text !== "" || session === "processing";
}

function toStatus(simulator: SlackSimulator, room: string, thread: string): string {
  const { text } = simulator.status(room, thread);
  return text !== "" ? text : isWorking(simulator, room, thread) ? "is working…" : "";
}

function fromShown(shown: ShownMessage, user: string): Message {
  const { ts, text, name, bot, edited, streaming, tasks, buttons, reactions } = shown;
  return toMessage({
    ...{ id: ts, at: toTime(ts), text, edited, streaming },
    author: { id: shown.user, name, app: bot },
    mine: shown.user === user,
    steps: tasks.map(({ title, status }) => ({ title, state: status.replaceAll("_", " ") })),
    files: shown.files,
    buttons: buttons.map(toButton),
    reactions: reactions.map((reaction) => `:${reaction}:`),
  });
}

function toButton({ type, label, actionId, value, style }: ShownMessage["buttons"][number]): Button {
  const kind = type !== "feedback_buttons" ? (style ?? "plain") : value?.startsWith("up") ? "up" : "down";
  return { id: JSON.stringify([actionId, value]), label, kind };
}

const toPrivate =
  ({ workspace }: SlackSimulator) =>
  ({ ts, text }: ShownPrivately): Message => {
    const { app, people } = workspace;
    const author = { id: app.botUser, name: people.get(app.botUser)?.name ?? app.botUser, app: true };
    return toMessage({ id: ts, at: toTime(ts), text, author, private: true });
  };

async function perform(simulator: SlackSimulator, act: PlatformAct, trouble: (words: string) => void): Promise<Done> {
  switch (act.kind) {
    case "say":
      return act.text.startsWith("/") && act.thread === undefined ? command(simulator, act, trouble) : say(simulator, act, trouble);
    case "edit":
      watch(await simulator.edit(act.room, act.message, toSlackText(simulator, act.text)), trouble);
      return {};
    case "remove":
      watch(await simulator.remove(act.room, act.message), trouble);
      return {};
    case "click": {
      const [actionId, value]: readonly unknown[] = JSON.parse(act.button);
      const place = { channel: act.room, user: act.user, ts: act.message, actionId: String(actionId) };
      return interacted(await simulator.click({ ...place, ...(typeof value === "string" && { value }) }), trouble);
    }
    case "stop":
      watch(await simulator.pressStop(act.room, act.thread ?? "", act.user), trouble);
      return {};
    case "submit":
      throw new Error("there is nothing to send here");
  }
}

async function say(simulator: SlackSimulator, act: Extract<PlatformAct, { kind: "say" }>, trouble: (words: string) => void): Promise<Done> {
  const { room: channel, user, thread, files } = act;
  const text = toSlackText(simulator, act.text);
  const said = await simulator.say({ channel, user, text, files, ...(thread !== undefined && { threadTs: thread }) });
  watch(said, trouble);
  return { message: said.ts };
}

async function command(
  simulator: SlackSimulator,
  act: Extract<PlatformAct, { kind: "say" }>,
  trouble: (words: string) => void,
): Promise<Done> {
  return interacted(await simulator.command(act.text, { channel: act.room, user: act.user }), trouble);
}

function interacted(answer: { readonly status: number }, trouble: (words: string) => void): Done {
  if (answer.status < 200 || answer.status > 299) trouble(`The bridge did not answer this (${answer.status || "no connection"}).`);
  return {};
}

/** As Slack stores what people type: entities escaped, a mention by id. */
function toSlackText({ workspace }: SlackSimulator, typed: string): string {
  const escaped = typed.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const people = [...workspace.people.values()].toSorted((a, b) => b.name.length - a.name.length);
  return people.reduce((text, person) => text.replaceAll(`@${person.name}`, `<@${person.id}>`), escaped);
}

function watch(done: Act, trouble: (words: string) => void): void {
  void done.delivered.then((events) => {
    const lost = events.filter(({ statuses }) => !statuses.some((status) => status >= 200 && status < 300));
    if (lost.length > 0) trouble("The bridge did not take this. Is it running?");
  });
}
