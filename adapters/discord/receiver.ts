import { GatewayDispatchEvents } from "discord.js";
import type { z } from "zod";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { IncomingEvent, Receipt } from "../../src/model/message.ts";
import type { Book } from "./book.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Dispatched } from "./gateway.ts";
import { readOne } from "./history.ts";
import { fromDeletion, fromEdit, fromMessage, isPerson, type Reading } from "./inbound.ts";
import { createInsist } from "./insist.ts";
import type { Lanes } from "./lanes.ts";
import { createLeftovers } from "./leftovers.ts";
import type { People } from "./people.ts";
import type { Place } from "./place.ts";
import type { Rest } from "./rest.ts";
import type { Seen } from "./seen.ts";
import {
  channelSchema,
  type Deleted,
  deletedSchema,
  guildSchema,
  type Interaction,
  interactionSchema,
  type Message,
  messageSchema,
  roleSchema,
} from "./wire.ts";

export interface ReceiverOptions {
  readonly rest: Rest;
  readonly book: Book;
  readonly lanes: Lanes;
  readonly seen: Seen;
  readonly people: People;
  readonly catchUp: () => CatchUp;
  readonly clock: Clock;
  readonly log: Log;
  readonly reading: () => Reading;
  /** Whether a server is one that the configuration names. */
  readonly serves: (guild: string) => boolean;
  /** Resolves after the commit. */
  readonly receive: (event: IncomingEvent) => Promise<Receipt>;
  /** Shows a refusal to the author alone. Returns at once. */
  readonly refuse: (event: IncomingEvent, notice: string) => void;
  /** Returns at once. */
  readonly onInteraction: (interaction: Interaction) => void;
  readonly signal: AbortSignal;
}

export interface Receiver {
  /** An event of the gateway. Returns at once and never throws: what is in it was copied, and is worked on in its channel's lane. */
  dispatch(type: Dispatched, payload: unknown): void;
  /** Resolves when this message is committed, or is not ours. Taking it again does no harm. */
  take(message: Message): Promise<void>;
}

export function createReceiver(options: ReceiverOptions): Receiver {
  const { book, lanes, seen, log, clock, signal, serves } = options;
  const abroad = new Set<string>();
  const insist = createInsist(options);

  const place = async (channel: string): Promise<Place | undefined> => {
    const found = await book.place(channel, signal);
    return found && (found.kind === "direct" || serves(found.guild)) ? found : undefined;
  };

  const take = async (message: Message) => {
    if (!isPerson(message, options.reading())) return;
    const where = await place(message.channel_id);
    const event = where && fromMessage(message, where, options.reading());
    if (!where || event?.kind !== "message") return;
    const receipt = await options.receive(where.kind === "direct" ? event : { ...event, roles: await rolesOf(message, where.guild) });
    if (receipt.kind === "ignored") return;
    await seen.committed(message.channel_id, message.id);
    if (where.kind === "direct") await seen.direct(message.channel_id);
    if (receipt.kind === "refused") options.refuse(event, receipt.notice);
  };

  /** The history does not tell them. */
  const rolesOf = async ({ member, author }: Message, guild: string) =>
    member?.roles ?? options.people.roles(guild, author?.id ?? "", signal);

  const onMessage = (message: Message) => {
    const { channel_id: channel, guild_id: guild } = message;
    if (guild && !serves(guild)) return;
    if (!guild) book.addDirect(channel);
    if (leftovers.isLeft(channel)) return leftovers.message(message);
    void lanes.run(channel, async () => {
      if (!guild) await options.catchUp().read(channel);
      if (!options.catchUp().hasRead(channel, message.id)) await insist(() => take(message), "message");
    });
  };

  /** What only changes a message that we have. */
  const takeChanges = async (channel: string, toEvents: (where: Place) => readonly (IncomingEvent | undefined)[]) => {
    const where = await place(channel);
    for (const event of where ? toEvents(where) : []) if (event) await options.receive(event);
  };

  const onEdit = (message: Message) => {
    const { id, channel_id: channel } = message;
    // Discord has unfolded a link, or we have written on.
    if (!message.edited_timestamp || !isPerson(message, options.reading())) return;
    if (leftovers.isLeft(channel)) return leftovers.changes(message, [id]);
    const work = () => takeChanges(channel, (where) => [fromEdit(message, where, options.reading())]);
    void lanes.run(channel, () => insist(work, "edit"));
  };

  const onDeleted = (deleted: Deleted) => {
    const { channel_id: channel, ids } = deleted;
    if (leftovers.isLeft(channel)) return leftovers.changes(deleted, ids);
    void lanes.run(channel, () => insist(() => takeChanges(channel, (where) => fromDeletion(deleted, where, clock.now())), "deletion"));
  };

  const leftovers = createLeftovers({
    ...options,
    insist,
    prepare: (channel) => options.catchUp().read(channel),
    take,
    async takeChange(channel, id) {
      const message = await readOne(options.rest, channel, id, signal);
      if (!message) return;
      await takeChanges(channel, (where) =>
        message === "deleted"
          ? fromDeletion({ channel_id: channel, ids: [id] }, where, clock.now())
          : [fromEdit(message, where, options.reading())],
      );
    },
  });

  const onGuild = (payload: unknown) => {
    const guild = parse(guildSchema, payload, log);
    if (!guild || guild.unavailable) return;
    if (!serves(guild.id)) {
      if (!abroad.has(guild.id))
        log.info({ guild: guild.id }, "the bot is in a server that discord.guilds does not name: nobody is answered there");
      abroad.add(guild.id);
      return;
    }
    book.addGuild(guild);
    options.catchUp().look([...guild.channels, ...guild.threads]);
  };

  const handlers: Readonly<Record<Dispatched, (payload: unknown) => void>> = {
    [GatewayDispatchEvents.Ready]: () => options.catchUp().begin(),
    [GatewayDispatchEvents.GuildCreate]: onGuild,
    [GatewayDispatchEvents.GuildDelete]: (payload) => {
      const guild = parse(guildSchema, payload, log);
      if (guild && !guild.unavailable) book.removeGuild(guild.id);
    },
    [GatewayDispatchEvents.GuildRoleCreate]: (payload) => onRole(book, payload),
    [GatewayDispatchEvents.GuildRoleUpdate]: (payload) => onRole(book, payload),
    [GatewayDispatchEvents.ChannelCreate]: (payload) => onChannel(book, payload, log),
    [GatewayDispatchEvents.ChannelUpdate]: (payload) => onChannel(book, payload, log),
    [GatewayDispatchEvents.ChannelDelete]: (payload) => onChannelGone(book, payload, log),
    [GatewayDispatchEvents.ThreadCreate]: (payload) => onChannel(book, payload, log),
    [GatewayDispatchEvents.ThreadUpdate]: (payload) => onChannel(book, payload, log),
    [GatewayDispatchEvents.ThreadDelete]: (payload) => onChannelGone(book, payload, log),
    [GatewayDispatchEvents.MessageCreate]: (payload) => {
      const message = parse(messageSchema, payload, log);
      if (message) onMessage(message);
    },
    [GatewayDispatchEvents.MessageUpdate]: (payload) => {
      const message = parse(messageSchema, payload, log);
      if (message) onEdit(message);
    },
    [GatewayDispatchEvents.MessageDelete]: (payload) => onDeletion(payload),
    [GatewayDispatchEvents.MessageDeleteBulk]: (payload) => onDeletion(payload),
    [GatewayDispatchEvents.InteractionCreate]: (payload) => {
      const interaction = parse(interactionSchema, payload, log);
      if (interaction && (!interaction.guild_id || serves(interaction.guild_id))) options.onInteraction(interaction);
    },
  };

  const onDeletion = (payload: unknown) => {
    const deleted = parse(deletedSchema, payload, log);
    if (deleted) onDeleted(deleted);
  };

  return { take, dispatch: (type, payload) => handlers[type](payload) };
}

function onChannel(book: Book, payload: unknown, log: Log): void {
  const channel = parse(channelSchema, payload, log);
  if (channel) book.addChannel(channel);
}

function onChannelGone(book: Book, payload: unknown, log: Log): void {
  const channel = parse(channelSchema, payload, log);
  if (channel) book.removeChannel(channel.id);
}

function onRole(book: Book, payload: unknown): void {
  const role = roleSchema.safeParse(typeof payload === "object" && payload !== null && "role" in payload ? payload.role : undefined).data;
  if (role) book.addRole(role.id, role.name);
}

/** Undefined for what Discord does not send: it is dropped, for nobody could make it better. */
function parse<T>(schema: z.ZodType<T>, payload: unknown, log: Log): T | undefined {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  log.warn({ fields: parsed.error.issues.map((issue) => issue.path.join(".")) }, "discord sent something that cannot be read: dropped");
  return undefined;
}
