import type { Log } from "../../src/log.ts";
import type { Directory } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { Attachment, ControlWord, IncomingEvent, Receipt } from "../../src/model/message.ts";
import { type DiscordAddress, toThread } from "./address.ts";
import type { Book } from "./book.ts";
import { type Click, toForm } from "./components.ts";
import { eventId, toAuthor } from "./inbound.ts";
import { type Place, toAddressAt, toPlace } from "./place.ts";
import type { Respond } from "./respond.ts";
import type { Sender } from "./send.ts";
import { toTime } from "./snowflake.ts";
import { cut } from "./text.ts";
import type { Threads } from "./threads.ts";
import { toWanted } from "./wanted.ts";
import type { Channel, Interaction } from "./wire.ts";

/** Commands, buttons and forms: each is acknowledged at once, and what comes of it is posted by the bot's own token. */
export interface Interactions {
  /** Resolves when it is committed and the person knows. Never rejects. */
  take(interaction: Interaction): Promise<void>;
}

export interface InteractionsOptions {
  readonly book: Book;
  readonly respond: Respond;
  readonly sender: Sender;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly log: Log;
  readonly bot: () => string;
  readonly receive: (event: IncomingEvent) => Promise<Receipt>;
  readonly directory: () => Directory;
  readonly signal: AbortSignal;
}

/** Who did it, and where. */
interface Act {
  readonly interaction: Interaction;
  readonly place: Place;
  readonly author: { readonly id: string; readonly name: string; readonly workspace: string };
}

const usage =
  "Mention me in a channel: I answer in a thread, and in the thread you need not mention me again. Or use `/ask`, or **Apps → Send to agent** on a message. " +
  "In the thread, `/agent status`, `/agent stop`, `/agent new` and `/agent list` do what they say; `/whoami` shows what agents are told about you.";
const notHere = "There is no conversation here. Use it in the thread of a conversation.";
const notTaken = "This could not be taken. Please try it again in a moment.";

/** Discord waits for three seconds. */
const ackMs = 2_000;

export function createInteractions(options: InteractionsOptions): Interactions {
  const { book, respond, sender, threads, clock, log, receive, directory, signal } = options;

  const take = async (interaction: Interaction): Promise<void> => {
    const wanted = toWanted(interaction, options.bot(), book);
    const act = wanted && (await toAct(interaction));
    if (!wanted || !act) return;
    switch (wanted.kind) {
      case "ask":
        return ask(act, wanted);
      case "send":
        return send(act, wanted);
      case "word":
        return wanted.word === "help" && act.place.kind === "channel" ? respond.say(interaction, usage) : command(act, wanted.word);
      case "list":
        return list(act);
      case "whoami":
        return whoami(act);
      case "complete":
        return complete(act, wanted.typed);
      case "click":
        return click(act, wanted.click);
      case "answer":
        return answer(act, wanted);
    }
  };

  const toAct = async (interaction: Interaction): Promise<Act | undefined> => {
    const user = interaction.member?.user ?? interaction.user;
    const place = await toPlaceOf(interaction, book, signal);
    if (!user || !place || user.bot) return undefined;
    const name = interaction.member?.nick || user.global_name || user.username || user.id;
    return { interaction, place, author: { ...toAuthor(user.id, place), name } };
  };

  const ask = async (act: Act, wanted: { text: string; typed: string; agent?: string; attachments: readonly Attachment[] }) => {
    await respond.defer(act.interaction);
    const quote = `**${plain(act.author.name)}** asks${wanted.agent === undefined ? "" : ` ${plain(wanted.agent)}`}:\n${quoted(wanted.typed)}`;
    await settle(act, async () => {
      const channel = act.place.kind === "thread" ? act.place.thread : act.place.channel;
      const starter = await sender.say(channel, quote, `ask:${act.interaction.id}`, signal);
      return begin(act, toAddressAt(act.place, starter), wanted);
    });
  };

  const send = async (act: Act, wanted: { target: string; text: string; attachments: readonly Attachment[] }) => {
    await respond.defer(act.interaction);
    await settle(act, async () => {
      const address = toAddressAt(act.place, wanted.target);
      const channel = await threads.open(address, signal, wanted.text);
      await sender.say(channel, `**${plain(act.author.name)}** sent this message to the agent.`, `send:${act.interaction.id}`, signal);
      return begin(act, address, wanted);
    });
  };

  /** Opens the thread and commits what was asked. Resolves to what the person is told. */
  const begin = async (
    act: Act,
    address: DiscordAddress,
    { text, agent, attachments }: { text: string; agent?: string; attachments: readonly Attachment[] },
  ): Promise<string> => {
    const channel = await threads.open(address, signal, text);
    const receipt = await receive({
      ...toBase(act, address),
      kind: "message",
      text,
      attachments,
      trigger: act.place.kind === "direct" ? "direct" : "mention",
      ...(agent !== undefined && { agent }),
    });
    if (receipt.kind === "refused") return receipt.notice;
    return act.place.kind === "direct" ? "Asked. The answer comes here." : `Asked in <#${channel}>.`;
  };

  /** After `defer`: whatever comes of it, the person is told. */
  const settle = async ({ interaction }: Act, work: () => Promise<string>) => {
    const told = await work().catch((err: unknown) => {
      log.error({ err, interaction: interaction.id }, "discord command not committed");
      return notTaken;
    });
    await respond.tell(interaction, told);
  };

  const command = async (act: Act, word: ControlWord) => {
    if (act.place.kind === "channel") return respond.say(act.interaction, notHere);
    await respond.defer(act.interaction);
    await settle(act, async () => {
      const receipt = await receive({ ...toBase(act, toAddressAt(act.place, act.interaction.id)), kind: "command", word });
      return receipt.kind === "refused" ? receipt.notice : "The answer comes here.";
    });
  };

  const list = async (act: Act) => {
    const names = directory().agents(toThread(toAddressAt(act.place, act.interaction.id)));
    const text = names.length === 0 ? "No agent answers here." : `Here answer: ${names.map((name) => `**${plain(name)}**`).join(", ")}`;
    await respond.say(act.interaction, text);
  };

  const complete = async (act: Act, typed: string) => {
    const names = directory().agents(toThread(toAddressAt(act.place, act.interaction.id)));
    await respond.choices(
      act.interaction,
      names.filter((name) => name.toLowerCase().includes(typed.trim().toLowerCase())),
    );
  };

  const whoami = async (act: Act) => {
    const { thread, ...base } = toBase(act, toAddressAt(act.place, act.interaction.id));
    await respond.defer(act.interaction);
    await settle(act, () => directory().whoami(thread, base.author, signal));
  };

  const click = async (act: Act, clicked: Click) => {
    const { interaction } = act;
    const base = toBase(act, toAddressAt(act.place, interaction.message?.id ?? interaction.id));
    switch (clicked.kind) {
      case "stop":
        return commit(act, { ...base, kind: "stop" });
      case "feedback":
        return commit(act, { ...base, kind: "feedback", delivery: clicked.delivery, value: clicked.value });
      case "choice":
        return commit(act, { ...base, kind: "action", question: clicked.question, choice: clicked.choice });
      case "answer": {
        const notice = await directory().mayAnswer(clicked.question, base.thread, base.author);
        if (notice !== undefined) return respond.say(interaction, notice);
        return respond.form(interaction, toForm("What do you answer?", clicked.question));
      }
    }
  };

  const answer = async (act: Act, { question, text }: { readonly question: string; readonly text: string }) => {
    const address = toAddressAt(act.place, act.interaction.message?.id ?? act.interaction.id);
    await commit(act, { ...toBase(act, address), kind: "action", question, text });
  };

  /** A click is acknowledged after its commit, unless that takes longer than Discord waits. Only what went wrong is said, to the person alone. */
  const commit = async ({ interaction }: Act, event: IncomingEvent) => {
    const committed = receive(event).then(
      (receipt) => (receipt.kind === "refused" ? receipt.notice : undefined),
      (err: unknown) => {
        log.error({ err, interaction: interaction.id }, "discord click not committed");
        return notTaken;
      },
    );
    const waiting = new AbortController();
    const late = await Promise.race([committed.then(() => false), clock.sleep(ackMs, waiting.signal).then(() => true)]);
    waiting.abort();
    if (late)
      await respond.hear(interaction).catch((err: unknown) => log.warn({ err, interaction: interaction.id }, "click not acknowledged"));
    const told = await committed;
    if (told === undefined) return late ? undefined : respond.hear(interaction);
    await (late ? respond.add(interaction, told) : respond.say(interaction, told));
  };

  return {
    take: (interaction) =>
      take(interaction).catch((err: unknown) => log.warn({ err, interaction: interaction.id }, "discord interaction not answered")),
  };
}

/** A thread is known by its address alone; where a channel itself is meant, its id stands for a thread that is not there yet. */
function toBase({ interaction, author, place }: Act, address: DiscordAddress) {
  const { member } = interaction;
  return {
    id: eventId(interaction.id),
    thread: toThread(address),
    author: { id: author.id, workspace: author.workspace },
    ...(place.kind !== "direct" && member && { roles: member.roles }),
    at: toTime(interaction.id),
  };
}

/** An interaction shows its channel; where it does not, Discord is asked. */
async function toPlaceOf(interaction: Interaction, book: Book, signal: AbortSignal): Promise<Place | undefined> {
  const { channel, channel_id: id, guild_id: guild } = interaction;
  if (!guild && id) return { kind: "direct", channel: id };
  if (channel?.type !== undefined) {
    const whole: Channel = { ...channel, type: channel.type, guild_id: guild };
    return toPlace(whole);
  }
  return id ? book.place(id, signal) : undefined;
}

/** What others named, without its mark-up. */
function plain(words: string): string {
  return words.replace(/\s+/g, " ").replace(/[\\`*_~|[\]<>@#]/g, "\\$&");
}

function quoted(text: string): string {
  return cut(text, 1_700)
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n")
    .slice(0, 1_900);
}
