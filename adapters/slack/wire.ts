import { z } from "zod";

/** The parts of Slack's payloads that the bridge reads; everything else in them is left alone. https://docs.slack.dev/reference/events */

const id = z.string().min(1).max(100);
const ts = z.string().regex(/^\d{1,12}\.\d{1,12}$/);

const fileSchema = z.object({
  id,
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nonnegative().nullish(),
  url_private_download: z.string().nullish(),
  url_private: z.string().nullish(),
});

const files = z.array(fileSchema.nullable().catch(null)).nullish();

/** A message that was forwarded with this one. What else stands in `attachments`, such as the preview of a link, is not a person's. */
const shareSchema = z.object({ is_share: z.literal(true), text: z.string().nullish(), files: files.catch(undefined) });

const messageFields = {
  user: id.nullish(),
  user_team: id.nullish(),
  team: id.nullish(),
  bot_id: id.nullish(),
  text: z.string().nullish(),
  ts,
  thread_ts: ts.nullish(),
  files,
  attachments: z.array(shareSchema.nullable().catch(null)).nullish().catch(undefined),
};

const innerMessageSchema = z.object({ ...messageFields, subtype: z.string().nullish() });

/** `message` in all its subtypes, and `app_mention`. */
export const messageEventSchema = z.object({
  ...messageFields,
  type: z.enum(["message", "app_mention"]),
  subtype: z.string().nullish(),
  channel: id,
  channel_type: z.string().nullish(),
  event_ts: ts.nullish(),
  deleted_ts: ts.nullish(),
  message: innerMessageSchema.nullish(),
  previous_message: innerMessageSchema.nullish(),
});

export const sessionStoppedSchema = z.object({
  type: z.literal("agent_session_stopped"),
  channel: id,
  user: id,
  thread_ts: ts,
  event_ts: ts,
});

/** A slash command, which comes as a form. */
export const commandSchema = z.object({
  command: z.string(),
  text: z.string().default(""),
  team_id: id,
  channel_id: id,
  user_id: id,
  trigger_id: id,
});

/** A click on something in a message. */
export const actionsSchema = z.object({
  type: z.literal("block_actions"),
  user: z.object({ id, team_id: id.nullish() }),
  container: z.object({ message_ts: ts, channel_id: id, thread_ts: ts.nullish() }),
  message: z.object({ thread_ts: ts.nullish() }).nullish(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().nullish(), action_ts: ts })).min(1),
});

export type MessageEvent = z.infer<typeof messageEventSchema>;
export type InnerMessage = z.infer<typeof innerMessageSchema>;
export type SessionStopped = z.infer<typeof sessionStoppedSchema>;
export type Command = z.infer<typeof commandSchema>;
export type Actions = z.infer<typeof actionsSchema>;
export type SlackFile = z.infer<typeof fileSchema>;
