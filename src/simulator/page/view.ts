import type { Shown, ShownPrivately } from "../slack/show.ts";
import type { SlackSimulator } from "../slack/simulator.ts";
import type { Channel } from "../slack/workspace.ts";

/** What is special in a channel, and words that show it, by the channel's id. */
export type Hints = ReadonlyMap<string, Hint>;

interface Hint {
  /** One line of Markdown. */
  readonly hint: string;
  readonly tries: readonly string[];
}

/** All that the page shows to one person at one time. */
export interface View {
  readonly team: string;
  readonly bot: { readonly id: string; readonly name: string };
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly user: string;
  readonly channels: readonly { readonly id: string; readonly name: string; readonly kind: Channel["kind"] }[];
  readonly channel: string;
  /** Undefined where there is nothing to tell. */
  readonly hint: Hint | undefined;
  readonly messages: readonly (Shown & { readonly replyCount: number; readonly working: boolean })[];
  readonly private: readonly ShownPrivately[];
  readonly thread: ThreadView | undefined;
}

export interface ThreadView {
  readonly root: string;
  readonly messages: readonly Shown[];
  readonly private: readonly ShownPrivately[];
  /** Empty when nothing is going on. */
  readonly status: string;
  readonly stopButton: boolean;
}

interface Place {
  readonly channel: string | null;
  readonly thread: string | null;
  readonly user: string | null;
}

/** What a person sees of a channel and of one of its threads. Unknown names fall back to what there is. */
export function toView(simulator: SlackSimulator, place: Place, hints: Hints = new Map()): View {
  const { people, channels, app, team } = simulator.workspace;
  const members = [...people.values()].filter((person) => !person.bot && !person.deactivated);
  const user = members.find((person) => person.id === place.user)?.id ?? members[0]?.id ?? "";
  const mine = [...channels.values()].filter((channel) => channel.members.has(user));
  const channel = mine.find(({ id }) => id === place.channel)?.id ?? mine[0]?.id ?? "";
  return {
    team: team.name,
    bot: { id: app.botUser, name: people.get(app.botUser)?.name ?? app.botUser },
    people: [...people.values()].map(({ id, name }) => ({ id, name })).filter(({ id }) => members.some((member) => member.id === id)),
    user,
    channels: mine.map(({ id, name, kind }) => ({ id, kind, name: kind === "im" ? (people.get(app.botUser)?.name ?? name) : name })),
    channel,
    hint: hints.get(channel),
    messages: simulator.channel(channel).map((message) => ({
      ...message,
      replyCount: simulator.thread(channel, message.ts).replies.length,
      working: isWorking(simulator, channel, message.ts),
    })),
    private: simulator.privately(channel).filter((message) => message.user === user),
    thread: toThread(simulator, channel, place.thread, user),
  };
}

function toThread(simulator: SlackSimulator, channel: string, threadTs: string | null, user: string): ThreadView | undefined {
  const thread = threadTs === null ? undefined : simulator.thread(channel, threadTs);
  const root = thread?.messages[0];
  if (thread === undefined || root === undefined) return undefined;
  const status = simulator.status(channel, root.ts);
  const working = isWorking(simulator, channel, root.ts);
  return {
    root: root.ts,
    messages: thread.messages,
    private: thread.private.filter((message) => message.user === user),
    status: status.text !== "" ? status.text : working ? "is working…" : "",
    stopButton: status.stopButton,
  };
}

function isWorking(simulator: SlackSimulator, channel: string, threadTs: string): boolean {
  const status = simulator.status(channel, threadTs);
  return status.text !== "" || status.session === "processing";
}
