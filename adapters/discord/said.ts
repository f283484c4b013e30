import { withQuotes } from "../shared/quote.ts";
import { type Names, toCleanText } from "./text.ts";
import type { Message, WireAttachment } from "./wire.ts";

type Said = Pick<Message, "content" | "mentions" | "attachments" | "sticker_items" | "poll">;
type Whole = Said & Pick<Message, "message_snapshots">;

/** The words of a message; those of a message that it forwards are quoted. */
export function toText(message: Whole, bot: string, names: Names): string {
  const quotes = message.message_snapshots.map((forwarded) => toWords(forwarded.message, bot, names));
  return withQuotes(toWords(message, bot, names), quotes);
}

/** The files of a message, and of a message that it forwards. */
export function toFiles({ attachments, message_snapshots: forwarded }: Whole): readonly WireAttachment[] {
  return [...attachments, ...forwarded.flatMap(({ message }) => message.attachments)];
}

/** What was written, what a poll asks and offers, and stickers by their names, as emoji are. */
function toWords({ content, mentions, poll, sticker_items: stickers }: Said, bot: string, names: Names): string {
  const answers = poll?.answers.map(({ poll_media: answer }) => `- ${answer.text ?? ""}`) ?? [];
  const lines = [toCleanText(content ?? "", bot, mentions, names), poll?.question.text ?? "", ...answers];
  return [...lines, ...stickers.map(({ name }) => `:${name}:`)].filter((line) => line !== "").join("\n");
}
