import type { Outgoing } from "./activity.ts";
import type { Desk, Place } from "./desk.ts";
import type { Attachment, Entity } from "./message.ts";
import { refuse } from "./refusal.ts";

const aiType = "https://schema.org/Message";

/** The root message entities of schema.org: they hold the AI label, citations and the sensitivity label. */
export function aiEntities(entities: readonly Entity[]): readonly Entity[] {
  return entities.filter(({ type }) => type === aiType);
}

/** What a message of the bot may hold (docs: format AI bot messages, cards, suggested actions). */
export function checkContent(desk: Desk, { conversation }: Place, activity: Outgoing): void {
  const { text, attachments, entities, textFormat, suggestions } = activity;
  if (text === "" && attachments.length === 0) refuse(400, "BadSyntax", "Activity needs text or an attachment");
  if (textFormat !== undefined && !["markdown", "plain", "xml"].includes(textFormat)) refuse(400, "BadSyntax", "Unknown text format");
  if (aiEntities(entities).length > 1) {
    desk.violation("two root message entities");
    refuse(400, "BadRequest", "Only one root message entity is allowed");
  }
  for (const entity of aiEntities(entities)) checkAiEntity(desk, entity, text);
  for (const entity of entities) if (entity.type === "mention") checkMention(desk, entity, text);
  for (const { contentType, content } of attachments) if (contentType === adaptiveCard) checkCard(desk, content);
  for (const attachment of attachments) checkFile(desk, conversation.kind, attachment);
  if (suggestions.length > 0 && conversation.kind !== "personal") desk.violation("suggested actions outside a personal chat");
}

export const adaptiveCard = "application/vnd.microsoft.card.adaptive";
export const fileInfo = "application/vnd.microsoft.teams.card.file.info";

function checkAiEntity(desk: Desk, entity: Entity, text: string): void {
  if (entity["@type"] !== "Message" || entity["@context"] !== "https://schema.org") {
    desk.violation("a root message entity without @type and @context");
  }
  const citations = Array.isArray(entity.citation) ? entity.citation : [];
  if (citations.length > 10) desk.violation("more than ten citations");
  for (const citation of citations) {
    const position: unknown = Object(citation).position;
    if (!text.includes(`[${position}]`)) desk.violation("a citation whose number is not in the text");
  }
}

function checkMention(desk: Desk, { text, mentioned }: Entity, written: string): void {
  const named = typeof text === "string" && text !== "" && written.includes(text);
  if (named && typeof Object(mentioned).id === "string") return;
  desk.violation("a mention entity whose text is not in the message");
  refuse(400, "BadArgument", "Bad mention entity");
}

/** Files go to personal chats only, and are announced after they were uploaded (docs: send and receive files). */
function checkFile(desk: Desk, kind: string, { contentType, content }: Attachment): void {
  if (!contentType.startsWith("application/vnd.microsoft.teams.card.file.")) return;
  if (kind !== "personal") {
    desk.violation("a file card outside a personal chat");
    refuse(400, "BadArgument", "File cards are for personal chats");
  }
  if (contentType === fileInfo && !desk.tenant.files.has(String(Object(content).uniqueId))) {
    desk.violation("a file card for a file that was never uploaded");
    refuse(400, "BadArgument", "There is no such file");
  }
}

function checkCard(desk: Desk, content: unknown): void {
  const { type, version }: { readonly type?: unknown; readonly version?: unknown } = Object(content);
  if (type === "AdaptiveCard" && typeof version === "string" && /^1\.[0-5]$/.test(version)) return;
  desk.violation("a card that is no Adaptive Card of version 1.0 to 1.5");
  refuse(400, "BadArgument", "Bad Adaptive Card");
}
