import { withQuotes } from "../shared/quote.ts";
import { type Names, toCleanText } from "./text.ts";
import type { Message, WireAttachment } from "./wire.ts";

type Said = Pick<Message, "content" | "mentions" | "attachments" | "message_snapshots">;

/** The words of a message; those of a message that it forwards are quoted. */
export function toText({ content, mentions, message_snapshots: forwarded }: Said, bot: string, names: Names): string {
  const quotes = forwarded.map(({ message }) => toCleanText(message.content ?? "", bot, message.mentions, names));
  return withQuotes(toCleanText(content ?? "", bot, mentions, names), quotes);
}

/** The files of a message, and of a message that it forwards. */
export function toFiles({ attachments, message_snapshots: forwarded }: Said): readonly WireAttachment[] {
  return [...attachments, ...forwarded.flatMap(({ message }) => message.attachments)];
}
