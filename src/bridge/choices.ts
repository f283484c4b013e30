import { z } from "zod";
import type { Choice, ReplyPart } from "../model/reply.ts";
import type { Json } from "../model/thread.ts";

/** More are listed, and answered in words; so are those that no button could show in full (Slack takes 75 characters). */
const mostButtons = 10;
const longestLabel = 75;

const words = z.array(z.string().trim().min(1).max(500)).min(1).max(50);
/** The bridge's own form: nothing else stands in it. */
const choicesSchema = z.strictObject({ choices: words });
/** A tool that wants to be approved, as agents with such tools ask for it: its name and input stand beside the options, and stay to be seen. */
const approvalSchema = z.looseObject({ interaction_type: z.string(), options: words.default(["approve", "deny"]) });

const yes = ["approve", "approved", "allow", "accept", "confirm", "yes"];
const no = ["deny", "denied", "reject", "decline", "disallow", "no"];

/**
 * What a question says and what can be pressed under it. A2A has no form for choices of its own (1.0, section 6.3 leaves it to data
 * parts): read are `{"choices": [...]}` and `{"interaction_type": ..., "options": [...]}`. Pure.
 */
export function toQuestion(said: readonly ReplyPart[]): { readonly parts: readonly ReplyPart[]; readonly choices: readonly Choice[] } {
  const index = said.findIndex((part) => part.kind === "data" && toOffer(part.data) !== undefined);
  const part = said[index];
  const offer = part?.kind === "data" ? toOffer(part.data) : undefined;
  if (!offer) return { parts: said, choices: [] };
  const labels = [...new Set(offer.labels)];
  const rest: readonly ReplyPart[] = offer.rest === undefined ? [] : [{ kind: "data", data: offer.rest }];
  const pressable = labels.length <= mostButtons && labels.every((label) => label.length <= longestLabel);
  const list: readonly ReplyPart[] = pressable ? [] : [{ kind: "text", text: labels.map((label) => `- ${label}`).join("\n") }];
  return { parts: [...said.slice(0, index), ...rest, ...list, ...said.slice(index + 1)], choices: pressable ? labels.map(toChoice) : [] };
}

function toOffer(data: Json): { readonly labels: readonly string[]; readonly rest?: Json } | undefined {
  const plain = choicesSchema.safeParse(data).data;
  if (plain) return { labels: plain.choices };
  const approval = approvalSchema.safeParse(data).data;
  if (!approval || typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const rest = Object.fromEntries(Object.entries(data).filter(([name]) => name !== "options" && name !== "interaction_type"));
  return { labels: approval.options, ...(Object.keys(rest).length > 0 ? { rest } : {}) };
}

function toChoice(label: string, index: number): Choice {
  const style = yes.includes(label.toLowerCase()) ? "positive" : no.includes(label.toLowerCase()) ? "negative" : undefined;
  return { id: String(index), label, ...(style ? { style } : {}) };
}
