import type { ActionsBlock, ContextActionsBlock, KnownBlock } from "@slack/types";
import type { Choice, Reply } from "../../src/model/reply.ts";
import { splitFiles } from "../shared/files.ts";
import { toPartMarkdown } from "../shared/part.ts";
import { splitMarkdown } from "../shared/split.ts";
import { toFallback } from "./fallback.ts";
import { choiceAction, feedbackAction } from "./inbound.ts";
import { neutralise } from "./neutral.ts";

/** Slack takes 12,000 characters of Markdown in a message and has been seen to count more than stand there. */
export const postLimit = 11_000;
/** `chat.update` takes no more text than 4,000 characters beside its blocks. */
const fallbackLimit = 3_900;

/** Slack takes no longer text on a button; with what neutralises it, a label may be longer. */
const labelLimit = 75;

/** What a message of ours says: the Markdown block, and the text for notifications and old clients. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/** Pure: see `Adapter.split`. Each piece is one text or one file; the first text alone takes the place of a live message, the last one has the buttons. */
export function splitReply(reply: Reply): readonly Reply[] {
  const { words, files } = splitFiles(reply);
  return [...(words ? splitWords(words) : []), ...files];
}

function splitWords(reply: Reply): readonly Reply[] {
  const pieces = splitMarkdown(toMarkdown(reply), postLimit);
  const { replaces, choices, ...rest } = reply;
  return pieces.map((text, index) => ({
    ...rest,
    parts: [{ kind: "text", text }],
    ...(index === 0 && replaces && { replaces }),
    ...(index === pieces.length - 1 && choices && { choices }),
  }));
}

/** The whole reply as Markdown that cannot call anybody. Never empty. */
export function toMarkdown(reply: Pick<Reply, "parts">): string {
  const text = reply.parts
    .map(toPartMarkdown)
    .filter((part) => part.trim() !== "")
    .join("\n\n");
  return text === "" ? "_(no text)_" : neutralise(text);
}

/** A message for Slack. `extra` stands under the Markdown. */
export function toMessage(markdown: string, extra: readonly KnownBlock[] = []): SlackMessage {
  const text = toFallback(markdown);
  const shown = text.length > fallbackLimit ? `${text.slice(0, fallbackLimit).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return { text: shown, blocks: [{ type: "markdown", text: markdown }, ...extra] };
}

/**
 * Buttons under an answer, which come back with the delivery id.
 * https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element
 */
export function toFeedbackBlock(delivery: string): ContextActionsBlock {
  return {
    type: "context_actions",
    elements: [
      {
        type: "feedback_buttons",
        action_id: feedbackAction,
        positive_button: { text: { type: "plain_text", text: "Good answer" }, value: `up:${delivery}` },
        negative_button: { text: { type: "plain_text", text: "Bad answer" }, value: `down:${delivery}` },
      },
    ],
  };
}

/**
 * Buttons for the choices of a question. Each has an action id of its own, and the delivery id for a value.
 * https://docs.slack.dev/reference/block-kit/block-elements/button-element
 */
export function toChoicesBlock(choices: readonly Choice[], delivery: string): ActionsBlock {
  return {
    type: "actions",
    elements: choices.map(({ id, label, style }) => ({
      type: "button",
      action_id: `${choiceAction}${id}`,
      text: { type: "plain_text", text: toLabel(label), emoji: false },
      value: delivery,
      ...(style && { style: style === "positive" ? ("primary" as const) : ("danger" as const) }),
    })),
  };
}

function toLabel(label: string): string {
  return neutralise(label)
    .slice(0, labelLimit)
    .replace(/[\ud800-\udbff]$/, "");
}
