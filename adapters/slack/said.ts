import { withQuotes } from "../shared/quote.ts";
import { type Names, toCleanText } from "./text.ts";
import type { InnerMessage, SlackFile } from "./wire.ts";

type Said = Pick<InnerMessage, "text" | "files" | "attachments">;

/** The words of a message; those of messages that it forwards are quoted. */
export function toText(message: Said, botUser: string, names: Names): string {
  const quotes = toShares(message).map(({ text }) => toCleanText(text ?? "", botUser, names));
  return withQuotes(toCleanText(message.text ?? "", botUser, names), quotes);
}

/** Every text in a message, as Slack sends it. */
export function toRawTexts(message: Said): readonly string[] {
  return [message.text ?? "", ...toShares(message).map(({ text }) => text ?? "")];
}

/** The files of a message, and of messages that it forwards. */
export function toFiles(message: Said): readonly SlackFile[] {
  return [...(message.files ?? []), ...toShares(message).flatMap(({ files }) => files ?? [])].filter((file) => file !== null);
}

function toShares({ attachments }: Said) {
  return (attachments ?? []).filter((one) => one !== null);
}
