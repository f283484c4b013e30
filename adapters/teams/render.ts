import type { Reply } from "../../src/model/reply.ts";
import { splitFiles } from "../shared/files.ts";
import { toPartMarkdown } from "../shared/part.ts";
import { splitMarkdown } from "../shared/split.ts";
import { toChoicesCard } from "./choices.ts";
import { type Citation, citedIn, toCitations, toCitationsPart, toClaim } from "./citations.ts";
import type { Message } from "./connector.ts";
import { toTeamsMarkdown } from "./markdown.ts";

/**
 * Characters of one message. Teams takes 100 KB of UTF-16 with everything around the text, and reads badly long before that.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
 */
export const postLimit = 20_000;

type Said = Pick<Reply, "parts" | "tone" | "choices">;

/**
 * Pure: see `Adapter.split`. Each piece is one file, or one text with the sources that it cites, the last one with the buttons of a question; the
 * first alone takes the place of a live message.
 */
export function splitReply(reply: Reply): readonly Reply[] {
  const { words, files } = splitFiles(reply);
  return [...(words ? splitWords(words) : []), ...files];
}

function splitWords(reply: Reply): readonly Reply[] {
  const { replaces, choices, ...rest } = reply;
  const citations = citationsOf(reply);
  return splitMarkdown(toText(reply), postLimit).map((text, index, pieces) => {
    const cited = citedIn(text, citations);
    const last = index === pieces.length - 1;
    return {
      ...rest,
      parts: [{ kind: "text", text }, ...(cited.length > 0 ? [toCitationsPart(cited)] : [])],
      ...(index === 0 && replaces && { replaces }),
      ...(last && choices && { choices }),
    };
  });
}

/** The whole reply as Markdown for Teams. Never empty. No entity goes with it that could call anybody. */
function toText(reply: Said): string {
  const text = toTeamsMarkdown(
    reply.parts
      .filter((part) => toCitations(part) === undefined)
      .map(toPartMarkdown)
      .filter((part) => part.trim() !== "")
      .join("\n\n"),
  );
  const shown = text.trim() === "" ? "_(no text)_" : text;
  const citations = citationsOf(reply);
  // Teams shows a source only where its number stands in the text.
  if (citations.length === 0 || citedIn(shown, citations).length > 0) return shown;
  return `${shown}\n\nSources: ${citations.map(({ position }) => `[${position}]`).join(" ")}`;
}

/**
 * A message for Teams. What an agent said is marked as made by AI, and can be judged by thumbs if `feedback` is true. Buttons come back
 * with the delivery's id.
 */
export function toMessage(reply: Said, feedback: boolean, delivery: string): Message {
  const text = toText(reply);
  const { choices = [] } = reply;
  const buttons = choices.length > 0 && { attachments: [toChoicesCard(choices, delivery)] };
  const message = { type: "message", text, textFormat: "markdown", ...buttons } as const;
  if (reply.tone === "notice") return message;
  return {
    ...message,
    entities: [toLabel(citedIn(text, citationsOf(reply)))],
    ...(feedback && { channelData: { feedbackLoop: { type: "default" } } }),
  };
}

/** The root entity of a message; there may be only one. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bot-messages-ai-generated-content#ai-label */
function toLabel(citations: readonly Citation[]): NonNullable<Message["entities"]>[number] {
  return {
    type: "https://schema.org/Message",
    "@type": "Message",
    "@context": "https://schema.org",
    "@id": "",
    additionalType: ["AIGeneratedContent"],
    ...(citations.length > 0 && { citation: citations.map(toClaim) }),
  };
}

function citationsOf({ parts }: Said): readonly Citation[] {
  return parts.flatMap((part) => toCitations(part) ?? []);
}
