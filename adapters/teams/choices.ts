import { z } from "zod";
import type { ReplyPart } from "../../src/model/reply.ts";
import type { Json } from "../../src/model/thread.ts";

/** Teams shows six buttons of a card at once. */
const most = 6;

const choicesSchema = z.strictObject({ choices: z.array(z.string().trim().min(1).max(100)).min(1).max(most) });
const clickedSchema = z.object({ a2aChoice: z.string().min(1).max(100) });

/** What a person may answer, by a data part `{"choices": ["Yes", "No"]}` of a question; undefined where it is something else. */
export function toChoices(part: ReplyPart): readonly string[] | undefined {
  const choices = part.kind === "data" ? choicesSchema.safeParse(part.data).data?.choices : undefined;
  return choices && [...new Set(choices)];
}

/**
 * A card with a button for each choice. What is pressed is what is said: the click comes as a message of whoever clicked, with these
 * words and no others. https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions#adaptive-cards-actions
 */
export function toChoicesCard(choices: readonly string[]): {
  readonly contentType: string;
  readonly content: { readonly [key: string]: Json };
} {
  const actions = choices.map((choice) => ({
    type: "Action.Submit",
    title: choice,
    data: { a2aChoice: choice, msteams: { type: "messageBack", displayText: choice, text: choice } },
  }));
  const fallbackText = `Answer with one of these: ${choices.join(", ")}`;
  return {
    contentType: "application/vnd.microsoft.card.adaptive",
    content: {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      fallbackText,
      body: [],
      actions,
    },
  };
}

/** The choice that somebody clicked; undefined for a message that is no such click. */
export function toClicked(value: unknown): string | undefined {
  return clickedSchema.safeParse(value).data?.a2aChoice;
}
