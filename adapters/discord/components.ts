import type { Choice } from "../../src/model/reply.ts";

/**
 * Buttons under our messages. What stands in a `custom_id` is enough to know later what was meant, also for another process: the ledger
 * knows the delivery. https://discord.com/developers/docs/components/reference
 */

interface Button {
  readonly type: 2;
  readonly style: 1 | 2 | 3 | 4;
  readonly custom_id: string;
  readonly label?: string;
  readonly emoji?: { readonly name: string };
}

export interface Row {
  readonly type: 1;
  readonly components: readonly Button[];
}

/** What a click is about. */
export type Click =
  | { readonly kind: "stop" }
  | { readonly kind: "feedback"; readonly delivery: string; readonly value: "up" | "down" }
  | { readonly kind: "choice"; readonly question: string; readonly choice: string }
  /** Wants to write an answer. */
  | { readonly kind: "answer"; readonly question: string };

/** Discord takes 100 characters. */
const idLimit = 100;
const perRow = 5;
const rows = 5;

export interface Wanted {
  readonly choices: readonly Choice[];
  /** Whether beside the choices an answer in words is taken. */
  readonly question: boolean;
  readonly feedback: boolean;
  readonly deliveryId: string;
}

/** The rows for one message; none where there is nothing to click. */
export function toRows({ choices, question, feedback, deliveryId }: Wanted): readonly Row[] {
  const buttons: Button[] = choices.map(({ id, label, style }) => ({
    type: 2,
    style: style === "positive" ? 3 : style === "negative" ? 4 : 2,
    custom_id: toId(`choice.${id}`, deliveryId),
    label: label.slice(0, 80) || "…",
  }));
  if (question && choices.length > 0) buttons.push({ type: 2, style: 1, custom_id: toId("answer", deliveryId), label: "Other answer…" });
  if (feedback) {
    buttons.push({ type: 2, style: 2, custom_id: toId("up", deliveryId), emoji: { name: "👍" } });
    buttons.push({ type: 2, style: 2, custom_id: toId("down", deliveryId), emoji: { name: "👎" } });
  }
  const fitting = buttons.filter(({ custom_id: id }) => id.length <= idLimit).slice(0, perRow * rows);
  return Array.from({ length: Math.ceil(fitting.length / perRow) }, (_, row) => ({
    type: 1,
    components: fitting.slice(row * perRow, (row + 1) * perRow),
  }));
}

/** Under a message that is being written. */
export const stopRow: Row = { type: 1, components: [{ type: 2, style: 2, custom_id: "a2a:stop", label: "Stop" }] };

/** What a button of ours, or the form behind it, is about. Undefined for anything else. */
export function toClick(customId: string): Click | undefined {
  if (customId === "a2a:stop") return { kind: "stop" };
  const [, kind = "", rest = ""] = /^a2a:([a-z]+(?:\.[\w-]+)?):(.+)$/s.exec(customId) ?? [];
  if (rest === "") return undefined;
  if (kind === "up" || kind === "down") return { kind: "feedback", delivery: rest, value: kind };
  if (kind === "answer") return { kind: "answer", question: rest };
  const choice = /^choice\.(.+)$/.exec(kind)?.[1];
  return choice === undefined ? undefined : { kind: "choice", question: rest, choice };
}

/** The form in which somebody writes an answer. `question`: what its label says. */
export function toForm(question: string, deliveryId: string) {
  const input = { type: 4, custom_id: "text", style: 2, required: true, max_length: 4_000 };
  return {
    custom_id: toId("answer", deliveryId),
    title: "Your answer",
    components: [{ type: 18, label: question, component: input }],
  };
}

function toId(kind: string, deliveryId: string): string {
  return `a2a:${kind}:${deliveryId}`;
}
