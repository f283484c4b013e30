import { z } from "zod";
import type { Done } from "../call.ts";
import { type Desk, requirePlace } from "../desk.ts";
import { refuse } from "../refusal.ts";
import { findAccount, personalChat } from "../tenant.ts";
import { postActivity } from "./activities.ts";

const creationSchema = z.looseObject({
  isGroup: z.boolean().nullish(),
  tenantId: z.string().nullish(),
  members: z.array(z.looseObject({ id: z.string() })).nullish(),
  channelData: z
    .looseObject({ channel: z.looseObject({ id: z.string() }).nullish(), tenant: z.looseObject({ id: z.string() }).nullish() })
    .nullish(),
  activity: z.unknown().optional(),
});

/** `POST v3/conversations`: a new thread in a channel, or the personal chat with one person (docs: send proactive messages). */
export function createConversation(desk: Desk, body: unknown): Done {
  const parsed = creationSchema.safeParse(body);
  if (!parsed.success) return refuse(400, "BadSyntax", "Bad format of conversation parameters");
  const { members, channelData, tenantId, activity } = parsed.data;
  const tenant = tenantId ?? channelData?.tenant?.id;
  if (tenant !== undefined && tenant !== desk.tenant.id) return refuse(403, "Forbidden", "The tenant is another one");
  const channel = channelData?.channel?.id;
  if (channel !== undefined) return createThread(desk, channel, activity);
  const [member, ...others] = members ?? [];
  if (member === undefined || others.length > 0) return refuse(400, "BadArgument", "Bots make chats with exactly one person");
  if (tenant === undefined) return refuse(400, "BadArgument", "The tenant is missing");
  return createChat(desk, member.id, activity);
}

function createThread(desk: Desk, channel: string, activity: unknown): Done {
  const { conversation } = requirePlace(desk, channel);
  if (conversation.kind !== "channel") return refuse(400, "BadArgument", "This is no channel");
  if (activity === undefined || activity === null) return refuse(400, "BadArgument", "A new thread needs an activity");
  const { id } = Object(postActivity(desk, { id: channel, body: activity }).body);
  return { status: 201, body: { id: `${channel};messageid=${id}`, activityId: id } };
}

function createChat(desk: Desk, account: string, activity: unknown): Done {
  const person = findAccount(desk.tenant, account);
  if (person === undefined) return refuse(404, "MemberNotFound", "There is no such person");
  const { id } = personalChat(desk.tenant, person.id);
  requirePlace(desk, id);
  if (activity === undefined || activity === null) return { status: 201, body: { id } };
  return { status: 201, body: { id, activityId: Object(postActivity(desk, { id, body: activity }).body).id } };
}
