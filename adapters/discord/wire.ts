import { z } from "zod";

/** The parts of Discord's payloads that the bridge reads; everything else in them is left alone. https://discord.com/developers/docs */

const id = z.string().regex(/^\d{1,21}$/);
/** What cannot be read counts as not there. */
const loose = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);
/** A list whose unreadable items are left out. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item.nullable().catch(null))
    .nullish()
    .catch(undefined)
    .transform((items) => (items ?? []).filter((one) => one !== null));

const userSchema = z.object({
  id,
  username: loose(z.string()),
  global_name: loose(z.string()),
  bot: loose(z.boolean()),
});

export const memberSchema = z.object({
  user: loose(userSchema),
  nick: loose(z.string()),
  roles: list(id),
  pending: loose(z.boolean()),
});

const attachmentSchema = z.object({
  id,
  filename: loose(z.string()),
  content_type: loose(z.string()),
  size: loose(z.number()),
  url: z.url({ protocol: /^https?$/ }),
});

const pollTextSchema = z.object({ text: loose(z.string()) });

/** What a message says, wherever in it that stands. */
const wordsFields = {
  content: loose(z.string()),
  mentions: list(userSchema.extend({ member: loose(z.object({ nick: loose(z.string()) })) })),
  attachments: list(attachmentSchema),
  sticker_items: list(z.object({ name: z.string() })),
  /** https://discord.com/developers/docs/resources/poll#poll-object */
  poll: loose(z.object({ question: pollTextSchema, answers: list(z.object({ poll_media: pollTextSchema })) })),
};

/** https://discord.com/developers/docs/resources/message#message-object */
export const messageSchema = z.object({
  ...wordsFields,
  id,
  channel_id: id,
  guild_id: loose(id),
  type: z.number().default(0),
  author: loose(userSchema),
  member: loose(memberSchema),
  webhook_id: loose(id),
  /** Of a forwarded message, which has no words of its own: what it said then. */
  message_snapshots: list(z.object({ message: z.object(wordsFields) })),
  edited_timestamp: loose(z.string()),
});

/** A deleted message, or several of one channel. */
export const deletedSchema = z
  .object({ id: id.optional(), ids: z.array(id).optional(), channel_id: id, guild_id: loose(id) })
  .transform(({ id: one, ids, ...rest }) => ({ ...rest, ids: ids ?? (one === undefined ? [] : [one]) }));

/** https://discord.com/developers/docs/resources/channel#channel-object */
export const channelSchema = z.object({
  id,
  type: z.number(),
  guild_id: loose(id),
  parent_id: loose(id),
  name: loose(z.string()),
  last_message_id: loose(id),
});

export const roleSchema = z.object({ id, name: z.string() });

export const guildSchema = z.object({
  id,
  unavailable: loose(z.boolean()),
  channels: list(channelSchema),
  threads: list(channelSchema),
  roles: list(roleSchema),
});

type OptionTree = {
  readonly name: string;
  readonly type: number;
  readonly value?: string | number | boolean | undefined;
  readonly focused?: boolean | undefined;
  readonly options?: readonly OptionTree[] | undefined;
};
const optionSchema: z.ZodType<OptionTree> = z.lazy(() =>
  z.object({
    name: z.string(),
    type: z.number(),
    value: z.union([z.string(), z.number(), z.boolean()]).optional(),
    focused: z.boolean().optional(),
    options: z.array(optionSchema).optional(),
  }),
);

const inputSchema = z.object({ custom_id: z.string(), value: z.string() });

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
export const interactionSchema = z.object({
  id,
  application_id: id,
  token: z.string().min(1),
  type: z.number(),
  guild_id: loose(id),
  channel_id: loose(id),
  channel: loose(channelSchema.partial({ type: true })),
  member: loose(memberSchema),
  user: loose(userSchema),
  message: loose(z.object({ id })),
  data: z
    .object({
      name: loose(z.string()),
      type: loose(z.number()),
      target_id: loose(id),
      custom_id: loose(z.string()),
      options: list(optionSchema),
      resolved: loose(
        z.object({
          messages: loose(z.record(z.string(), messageSchema.partial({ channel_id: true }))),
          attachments: loose(z.record(z.string(), attachmentSchema)),
        }),
      ),
      /** Of a modal: rows or labels, each with one input. */
      components: list(z.object({ component: loose(inputSchema), components: list(inputSchema) })),
    })
    .nullish()
    .transform((data) => data ?? undefined),
});

export type Member = z.output<typeof memberSchema>;
export type Message = z.output<typeof messageSchema>;
export type Deleted = z.output<typeof deletedSchema>;
export type Channel = z.output<typeof channelSchema>;
export type Guild = z.output<typeof guildSchema>;
export type Interaction = z.output<typeof interactionSchema>;
export type InteractionOption = OptionTree;
export type WireAttachment = z.output<typeof attachmentSchema>;
