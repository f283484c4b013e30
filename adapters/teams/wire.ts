import { z } from "zod";

/** The parts of activities that the bridge reads; everything else in them is left alone. https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object */

const id = z.string().min(1).max(500);
/** What cannot be read counts as not there. */
const loose = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);

const accountSchema = z.object({
  id,
  name: loose(z.string()),
  aadObjectId: loose(id),
  role: loose(z.string()),
});

const mentionSchema = z.object({
  type: z.string(),
  text: loose(z.string()),
  mentioned: loose(z.object({ id: loose(z.string()), name: loose(z.string()) })),
});

const attachmentSchema = z.object({
  contentType: z.string(),
  contentUrl: loose(z.string()),
  name: loose(z.string()),
  content: loose(
    z.union([z.string(), z.object({ downloadUrl: loose(z.string()), uniqueId: loose(z.string()), fileType: loose(z.string()) })]),
  ),
});

const channelDataSchema = z.object({
  tenant: loose(z.object({ id: loose(id) })),
  team: loose(z.object({ id: loose(id) })),
  teamsTeamId: loose(id),
  eventType: loose(z.string()),
});

/** A list whose unreadable items are left out. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item.nullable().catch(null))
    .nullish()
    .catch(undefined)
    .transform((items) => (items ?? []).filter((one) => one !== null));

/** Without these nobody could be answered, and the token could not be held against anything: a body that lacks them is refused. */
export const activitySchema = z.object({
  type: z.string().min(1).max(100),
  serviceUrl: z.url({ protocol: /^https?$/ }).max(1_000),
  conversation: z.object({
    id: z.string().min(1).max(1_000),
    conversationType: loose(z.string()),
    tenantId: loose(id),
    isGroup: loose(z.boolean()),
  }),
  channelId: loose(z.string()),
  id: loose(id),
  timestamp: loose(z.string()),
  from: loose(accountSchema),
  recipient: loose(accountSchema),
  text: loose(z.string()),
  textFormat: loose(z.string()),
  name: loose(z.string()),
  action: loose(z.string()),
  replyToId: loose(id),
  entities: list(mentionSchema),
  attachments: list(attachmentSchema),
  membersAdded: list(accountSchema),
  membersRemoved: list(accountSchema),
  channelData: loose(channelDataSchema),
  value: z.unknown().optional(),
});

export type Activity = z.output<typeof activitySchema>;
export type Mention = Activity["entities"][number];
export type WireAttachment = Activity["attachments"][number];

/** Thumbs under an answer. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bot-messages-ai-generated-content#feedback-buttons */
export const feedbackSchema = z.object({
  actionName: z.literal("feedback"),
  actionValue: z.object({ reaction: z.enum(["like", "dislike"]) }),
});

/** A member as the roster has it. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context */
export const memberSchema = z.object({
  id: loose(z.string()),
  name: loose(z.string()),
  objectId: loose(z.string()),
  aadObjectId: loose(z.string()),
  email: loose(z.string()),
  userPrincipalName: loose(z.string()),
  tenantId: loose(z.string()),
  userRole: loose(z.string()),
});

export type Member = z.output<typeof memberSchema>;
