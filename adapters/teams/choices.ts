import { z } from "zod";
import type { RawResponse } from "../../src/model/http.ts";
import type { Receipt } from "../../src/model/message.ts";
import type { Choice } from "../../src/model/reply.ts";
import type { Json } from "../../src/model/thread.ts";

/** Teams shows six buttons in a row and hides the others in a menu. */
const mostInRow = 6;
/** By which a click on a card of ours is known. */
const verb = "a2aAnswer";

const clickedSchema = z.object({ a2aQuestion: z.string().min(1).max(2_000), a2aChoice: z.string().min(1).max(100) });
const executedSchema = z.object({ action: z.object({ verb: z.literal(verb), data: clickedSchema }) });

/** What somebody clicked: the delivery and the choice. Both are the client's word, to be held against the ledger. */
export interface Clicked {
  readonly question: string;
  readonly choice: string;
}

/**
 * A card with a button for each choice. A click is an invoke, whose answer only the clicker sees; clients without it send a message with
 * the same data. https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
 */
export function toChoicesCard(choices: readonly Choice[], delivery: string) {
  const actions = choices.map(({ id, label, style }) => {
    const data = { a2aQuestion: delivery, a2aChoice: id };
    const submit = {
      type: "Action.Submit",
      title: label,
      data: { ...data, msteams: { type: "messageBack", displayText: label, text: label } },
    };
    const look = style && { style: style === "positive" ? "positive" : "destructive" };
    return { type: "Action.Execute", title: label, verb, data, ...look, fallback: { ...submit, ...look } };
  });
  const rows = Array.from({ length: Math.ceil(actions.length / mostInRow) }, (_, row) =>
    actions.slice(row * mostInRow, (row + 1) * mostInRow),
  );
  const [first = [], ...more] = rows;
  const content: { readonly [key: string]: Json } = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    fallbackText: `Answer with one of these: ${choices.map(({ label }) => label).join(", ")}`,
    ...(more.length === 0 ? { body: [], actions: first } : { body: rows.map((row) => ({ type: "ActionSet", actions: row })) }),
  };
  return { contentType: "application/vnd.microsoft.card.adaptive", content };
}

/** The click of a message that a button without invoke has sent; undefined for a message that is no such click. */
export function toClicked(value: unknown): Clicked | undefined {
  return fromData(clickedSchema.safeParse(value).data);
}

/** The click of an invoke `adaptiveCard/action`. */
export function toExecuted(value: unknown): Clicked | undefined {
  return fromData(executedSchema.safeParse(value).data?.action.data);
}

function fromData(data: z.output<typeof clickedSchema> | undefined): Clicked | undefined {
  return data && { question: data.a2aQuestion, choice: data.a2aChoice };
}

/** What the clicker alone is told, in the answer to the invoke. The card is replaced for everybody by an edit, once the click is worked on. */
export function toCardAnswer(receipt: Receipt): RawResponse {
  const value = receipt.kind === "refused" ? receipt.notice : "Your answer is passed on.";
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ statusCode: 200, type: "application/vnd.microsoft.activity.message", value }),
  };
}
