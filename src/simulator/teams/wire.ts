import type { Activity } from "./deliver.ts";
import type { Entity, Message } from "./message.ts";
import { type Conversation, isInstalled, type Person, type Tenant } from "./tenant.ts";

/** What happened in the tenant, as far as the bot may hear of it. */
export type Happening =
  | { readonly kind: "posted"; readonly message: Message }
  /** `heard`: whether the bot may know the message: it was mentioned before or is now. */
  | { readonly kind: "edited" | "deleted" | "restored"; readonly message: Message; readonly heard: boolean }
  | { readonly kind: "reacted"; readonly message: Message; readonly user: string; readonly reaction: string; readonly added: boolean }
  | { readonly kind: "installed" | "uninstalled"; readonly conversation: Conversation; readonly user: string }
  | { readonly kind: "joined" | "left"; readonly conversation: Conversation; readonly user: string };

/**
 * The activities that Teams sends the bot for a happening: none where it is not installed. In channels and group chats it hears what mentions
 * it, or everything with resource-specific consent. An installation makes two activities.
 */
export function toActivities(tenant: Tenant, happening: Happening): readonly Activity[] {
  const conversation = placeOf(tenant, happening);
  switch (happening.kind) {
    case "posted":
      return hears(tenant, conversation, mentionsBot(tenant, happening.message)) ? [toMessageActivity(tenant, happening.message)] : [];
    case "edited":
    case "restored":
    case "deleted":
      return hears(tenant, conversation, happening.heard) ? [toChange(tenant, happening.message, happening.kind)] : [];
    case "reacted":
      return isInstalled(tenant, conversation) ? [toReaction(tenant, happening)] : [];
    case "installed":
    case "uninstalled":
      return toInstallation(tenant, conversation, happening.user, happening.kind === "installed");
    case "joined":
    case "left":
      return isInstalled(tenant, conversation)
        ? [toRosterChange(tenant, conversation, happening.user, accountOf(tenant, happening.user).id, happening.kind === "joined")]
        : [];
  }
}

function placeOf(tenant: Tenant, happening: Happening): Conversation {
  if ("conversation" in happening) return happening.conversation;
  const conversation = tenant.conversations.get(happening.message.conversation);
  if (conversation === undefined) throw new Error("there is no such conversation");
  return conversation;
}

function hears(tenant: Tenant, conversation: Conversation, mentioned: boolean): boolean {
  if (!isInstalled(tenant, conversation)) return false;
  const { channels, chats } = tenant.app.consent;
  return conversation.kind === "personal" || mentioned || (conversation.kind === "channel" ? channels : chats);
}

export function mentionsBot(tenant: Tenant, message: Message): boolean {
  return message.entities.some(({ type, mentioned }) => type === "mention" && Object(mentioned).id === tenant.app.accountId);
}

/** A message of a person as an activity. */
export function toMessageActivity(tenant: Tenant, message: Message): Activity {
  const mentioned = message.entities.length > 0;
  return {
    ...toBase(tenant, message, message.user),
    type: "message",
    text: mentioned ? `${message.text}\n` : message.text,
    textFormat: "plain",
    attachments: [...message.attachments, { contentType: "text/html", content: toHtml(tenant, message) }],
    entities: [...message.entities, clientInfo],
  };
}

const clientInfo: Entity = { type: "clientInfo", locale: "en-US", country: "US", platform: "Web", timezone: "Europe/Paris" };

/** The HTML copy that comes with every message. Of files outside of personal chats it is all that a bot hears of. */
function toHtml(tenant: Tenant, { text, conversation, files }: Message): string {
  let item = 0;
  const marked = text.replaceAll(/<at>(.*?)<\/at> ?/g, (_, name) => {
    item += 1;
    return `<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="${item - 1}">${name}</span>&nbsp;`;
  });
  const personal = tenant.conversations.get(conversation)?.kind === "personal";
  const hinted = files.filter(({ mediaType }) => !personal && !mediaType.startsWith("image/"));
  return `<p>${marked}</p>${hinted.map((_, at) => `<attachment id="5f3a1c00-0000-4000-8000-00000000000${at}"></attachment>`).join("")}`;
}

/** What every activity about a message, or in its name, has in common. */
export function toBase(tenant: Tenant, message: Pick<Message, "id" | "conversation" | "threadId">, user: string): Record<string, unknown> {
  const conversation = tenant.conversations.get(message.conversation);
  if (conversation === undefined) throw new Error(`there is no conversation ${message.conversation}`);
  return {
    ...toEnvelope(tenant, conversation, user),
    id: message.id,
    conversation: toConversation(tenant, conversation, message.threadId ?? message.id),
  };
}

function toEnvelope(tenant: Tenant, conversation: Conversation, user: string): Record<string, unknown> {
  const now = new Date(tenant.clock.now()).toISOString();
  return {
    timestamp: now,
    localTimestamp: now,
    localTimezone: "Europe/Paris",
    locale: "en-US",
    channelId: tenant.plain ? "emulator" : "msteams",
    serviceUrl: `${tenant.address}/amer/`,
    from: accountOf(tenant, user),
    recipient: { id: tenant.app.accountId, name: tenant.app.name },
    channelData: toChannelData(tenant, conversation),
  };
}

function accountOf(tenant: Tenant, user: string): { readonly id: string; readonly name: string; readonly aadObjectId?: string } {
  const person: Person | undefined = tenant.people.get(user);
  if (person === undefined) throw new Error(`there is no person ${user}`);
  const objectId = tenant.plain ? undefined : person.objectId;
  return { id: person.accountId, name: person.name, ...(objectId !== undefined && { aadObjectId: objectId }) };
}

function toConversation(tenant: Tenant, { id, kind, name }: Conversation, threadId: string | undefined): Record<string, unknown> {
  const type = tenant.plain ? {} : { conversationType: kind, tenantId: tenant.id };
  if (kind === "personal") return { ...type, id };
  const thread = kind === "channel" && threadId !== undefined ? `;messageid=${threadId}` : "";
  return { isGroup: true, ...type, id: `${id}${thread}`, ...(kind === "groupChat" && { name }) };
}

function toChannelData(tenant: Tenant, { id, team, name }: Conversation): Record<string, unknown> {
  if (tenant.plain) return {};
  if (team === undefined) return { tenant: { id: tenant.id } };
  return {
    teamsChannelId: id,
    teamsTeamId: team,
    channel: { id, name },
    team: { id: team, name: tenant.teams.get(team)?.name },
    tenant: { id: tenant.id },
  };
}

function toChange(tenant: Tenant, message: Message, kind: "edited" | "deleted" | "restored"): Activity {
  const base = toBase(tenant, message, message.user);
  const eventType = kind === "edited" ? "editMessage" : kind === "restored" ? "undeleteMessage" : "softDeleteMessage";
  const channelData = { ...Object(base.channelData), eventType };
  if (kind === "deleted") return { ...base, type: "messageDelete", channelData };
  return { ...toMessageActivity(tenant, message), type: "messageUpdate", channelData };
}

function toReaction(tenant: Tenant, { message, user, reaction, added }: Extract<Happening, { kind: "reacted" }>): Activity {
  const base = { ...toBase(tenant, message, user), id: tenant.messageId(), type: "messageReaction", replyToId: message.id };
  return { ...base, [added ? "reactionsAdded" : "reactionsRemoved"]: [{ type: reaction }] };
}

function toInstallation(tenant: Tenant, conversation: Conversation, user: string, added: boolean): readonly Activity[] {
  const update = {
    ...toEvent(tenant, conversation, user),
    type: "installationUpdate",
    action: added ? "add" : "remove",
  };
  return [toRosterChange(tenant, conversation, user, tenant.app.accountId, added), update];
}

function toEvent(tenant: Tenant, conversation: Conversation, user: string): Record<string, unknown> {
  const id = `f:${tenant.messageId()}`;
  return { ...toEnvelope(tenant, conversation, user), id, conversation: toConversation(tenant, conversation, undefined) };
}

function toRosterChange(tenant: Tenant, conversation: Conversation, user: string, changed: string, added: boolean): Activity {
  const event = toEvent(tenant, conversation, user);
  const eventType = `teamMember${added ? "Added" : "Removed"}`;
  return {
    ...event,
    type: "conversationUpdate",
    [added ? "membersAdded" : "membersRemoved"]: [{ id: changed }],
    ...(conversation.kind === "channel" && { channelData: { ...Object(event.channelData), eventType } }),
  };
}
