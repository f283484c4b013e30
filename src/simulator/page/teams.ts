import { threadKey } from "../../model/thread.ts";
import type { Where } from "../teams/acts.ts";
import type { Delivered } from "../teams/deliver.ts";
import type { ShownThread } from "../teams/show.ts";
import type { TeamsSimulator } from "../teams/simulator.ts";
import type { Conversation } from "../teams/tenant.ts";
import type { Done, Hint, Message, Platform, PlatformAct, Room, Shown } from "./platform.ts";
import { fromTeams } from "./teams-message.ts";

export interface TeamsPlatformOptions {
  readonly simulator: TeamsSimulator;
  /** By the room's id. Where there are some, rooms without one are not shown. */
  readonly hints?: ReadonlyMap<string, Hint>;
}

/** The simulated Teams as the page shows it. */
export function createTeamsPlatform({ simulator, hints = new Map() }: TeamsPlatformOptions): Platform {
  const { tenant } = simulator;
  const { app, people, conversations } = tenant;
  for (const user of people.keys()) simulator.personal(user);
  const kindOf = (room: string) => conversations.get(room)?.kind;

  return {
    id: "teams",
    name: "Teams",
    home: "Acme",
    transport: "HTTP activities, each signed",
    app: { id: app.accountId, name: app.name },
    people: () => [...people.values()].map(({ id, name, kind }) => ({ id, name, standing: kind })),
    rooms: (user) =>
      [...conversations.values()]
        .filter(({ id, members }) => members.has(user) && (hints.size === 0 || hints.has(id)))
        .map((conversation) => toRoom(simulator, conversation, user, hints)),
    room(room, user) {
      if (kindOf(room) !== "channel") return toChat(simulator, simulator.chat(room), user);
      const messages = simulator.channel(room).map((root) => ({
        ...fromTeams(simulator, root, user),
        ...toReplies(simulator.thread(room, root.id), user),
      }));
      return { messages, status: "", stop: false };
    },
    thread(room, thread, user) {
      const shown = kindOf(room) === "channel" ? simulator.thread(room, thread) : undefined;
      return shown === undefined || shown.messages[0]?.id !== thread ? undefined : toChat(simulator, shown, user);
    },
    lane(room, thread) {
      const channel = kindOf(room) === "channel";
      if (kindOf(room) === undefined || (channel && thread === undefined)) return undefined;
      const place = { platform: "teams", workspace: tenant.id, channel: room, address: null };
      return threadKey({ ...place, thread: channel ? (thread ?? "") : "chat" });
    },
    act: (act, trouble) => perform(simulator, act, trouble),
    file: (id) => simulator.file(id),
    onChange: (callback) => simulator.onChange(callback),
  };
}

function toRoom(simulator: TeamsSimulator, conversation: Conversation, user: string, hints: ReadonlyMap<string, Hint>): Room {
  const { tenant } = simulator;
  const { id, kind, name, team, messages } = conversation;
  const others = messages.filter((message) => message.user !== user);
  const common = { id, newest: Math.max(0, ...others.map(({ at }) => at)), hint: hints.get(id) };
  const section = tenant.teams.get(team ?? "")?.name;
  if (kind === "channel") return { ...common, name, kind: "channel", section: `Team ${section}`, threads: true, mention: "always" };
  if (kind === "groupChat") return { ...common, name, kind: "group", section: "Chats", threads: false, mention: "always" };
  return { ...common, name: tenant.app.name, kind: "direct", section: "Chats", threads: false, mention: "never" };
}

function toChat(simulator: TeamsSimulator, shown: ShownThread, user: string): Shown {
  const alone = shown.private.filter(({ onlyFor }) => onlyFor === user);
  const messages = [...shown.messages, ...alone].toSorted((a, b) => Number(a.id) - Number(b.id));
  return {
    messages: messages.map((message): Message => fromTeams(simulator, message, user)),
    status: shown.typing ? "is typing…" : "",
    stop: messages.some(({ streaming }) => streaming),
  };
}

function toReplies({ replies, typing }: ShownThread, user: string) {
  const others = replies.filter((reply) => reply.user !== user);
  const signs = replies.at(-1)?.bot !== true && typing;
  return { replies: replies.length, newestReply: Math.max(0, ...others.map(({ at }) => at)), working: signs };
}

async function perform(simulator: TeamsSimulator, act: PlatformAct, trouble: (words: string) => void): Promise<Done> {
  if (act.kind === "submit") throw new Error("there is nothing to send here");
  const where = toWhere(simulator, act.room, act.user);
  switch (act.kind) {
    case "say": {
      const { text, files, thread } = act;
      const said = await simulator.say({
        ...where,
        text: toTeamsText(simulator, text),
        files,
        ...(thread !== undefined && { threadId: thread }),
      });
      watch(said.delivered, trouble);
      return { message: said.id };
    }
    case "edit":
      watch((await simulator.edit({ ...where, id: act.message, text: toTeamsText(simulator, act.text) })).delivered, trouble);
      return {};
    case "remove":
      watch((await simulator.remove({ ...where, id: act.message })).delivered, trouble);
      return {};
    case "stop":
      simulator.pressStop(where);
      return {};
    case "click":
      return click(simulator, where, act, trouble);
  }
}

async function click(
  simulator: TeamsSimulator,
  where: Where,
  { message: id, button, inputs }: Extract<PlatformAct, { kind: "click" }>,
  trouble: (words: string) => void,
): Promise<Done> {
  const [kind, value = ""]: readonly string[] = JSON.parse(button);
  switch (kind) {
    case "up":
    case "down":
      watch((await simulator.clickFeedback({ ...where, id, reaction: kind === "up" ? "like" : "dislike" })).delivered, trouble);
      return {};
    case "consent":
      watch((await simulator.answerFileConsent({ ...where, id, accept: value === "accept" })).delivered, trouble);
      return {};
    case "suggestion":
      watch((await simulator.say({ ...where, text: value })).delivered, trouble);
      return {};
    default:
      watch((await simulator.submitCard({ ...where, id, title: value, inputs })).delivered, trouble);
      return {};
  }
}

function toWhere({ tenant }: TeamsSimulator, room: string, user: string): Where {
  const conversation = tenant.conversations.get(room);
  if (conversation === undefined) throw new Error(`there is no conversation ${room}`);
  if (conversation.kind === "channel") return { user, channel: room };
  return { user, chat: room };
}

/** A mention is an element around a name. */
function toTeamsText({ tenant }: TeamsSimulator, typed: string): string {
  const names = [tenant.app.name, ...[...tenant.people.values()].map(({ name }) => name)].toSorted((a, b) => b.length - a.length);
  return names.reduce((text, name) => text.replaceAll(`@${name}`, `<at>${name}</at>`), typed);
}

function watch(delivered: Promise<readonly Delivered[]> | readonly Delivered[], trouble: (words: string) => void): void {
  void Promise.resolve(delivered).then((activities) => {
    const lost = activities.filter(({ statuses }) => !statuses.some((status) => status >= 200 && status < 300));
    if (lost.length > 0) trouble("The bridge did not take this, and Teams sends nothing twice that could not be delivered: say it again.");
  });
}
