import type { Shown } from "../teams/show.ts";
import type { TeamsSimulator } from "../teams/simulator.ts";
import { type Button, type Field, type Message, toMessage } from "./platform.ts";

/** A message of the simulated Teams as this person sees it: cards are read for their texts, inputs and buttons. */
export function fromTeams({ tenant }: TeamsSimulator, shown: Shown, user: string): Message {
  const cards = shown.refreshed.find((one) => one.user === user)?.card;
  const parts = (cards === undefined ? shown.cards : [cards]).flatMap(partsOf);
  const deleted = shown.text === "This message has been deleted.";
  return toMessage({
    id: shown.id,
    at: shown.at,
    author: { id: shown.bot ? tenant.app.accountId : shown.user, name: shown.name, app: shown.bot },
    text: [shown.bot ? shown.text : readMentions(tenant, shown.text), ...parts.flatMap(textOf)].filter((text) => text !== "").join("\n\n"),
    edited: shown.edited,
    deleted,
    streaming: shown.streaming,
    private: shown.onlyFor !== undefined,
    mine: shown.user === user,
    tags: shown.aiLabel ? ["AI generated"] : [],
    sources: shown.citations.map(({ position, name, url }) => ({ label: `[${position}] ${name}`, url })),
    files: shown.files,
    fields: parts.flatMap(fieldOf),
    buttons: shown.streaming ? [] : [...parts.flatMap(buttonOf), ...moreButtons(shown)],
    reactions: shown.reactions.map((mark) => mark.split(" ")[1] ?? ""),
  });
}

function readMentions({ app, people }: TeamsSimulator["tenant"], text: string): string {
  return text.replaceAll(/<at>(.*?)<\/at>/g, (written, name) => {
    const id = name === app.name ? app.accountId : [...people.values()].find((person) => person.name === name)?.id;
    return id === undefined ? written : `<@${id}>`;
  });
}

function moreButtons({ feedback, suggestions, files }: Shown): readonly Button[] {
  const consent = files.some(({ id }) => id === "");
  return [
    ...suggestions.map((text): Button => ({ id: JSON.stringify(["suggestion", text]), label: text, kind: "plain" })),
    ...(consent ? [consentButton("accept", "Allow", "primary"), consentButton("decline", "Decline", "plain")] : []),
    ...(feedback === undefined ? [] : [thumb("up", "Good answer"), thumb("down", "Bad answer")]),
  ];
}

const thumb = (kind: "up" | "down", label: string): Button => ({ id: JSON.stringify([kind]), label, kind });

function consentButton(answer: string, label: string, kind: "primary" | "plain"): Button {
  return { id: JSON.stringify(["consent", answer]), label, kind };
}

type Part = Readonly<Record<string, unknown>> & { readonly type: string };

/** Everything with a type in a card, in its order, however deep it stands; a fallback is for clients that do not know the thing itself. */
function partsOf(card: unknown): readonly Part[] {
  if (Array.isArray(card)) return card.flatMap(partsOf);
  if (typeof card !== "object" || card === null) return [];
  const record: Readonly<Record<string, unknown>> = { ...card };
  const inner = Object.entries(record).flatMap(([key, value]) => (key === "fallback" ? [] : partsOf(value)));
  return typeof record.type === "string" ? [{ ...record, type: record.type }, ...inner] : inner;
}

function textOf({ type, text }: Part): readonly string[] {
  return type === "TextBlock" && typeof text === "string" ? [text] : [];
}

function fieldOf({ type, id, label, placeholder, isMultiline, choices, isRequired }: Part): readonly Field[] {
  if (!type.startsWith("Input.") || typeof id !== "string") return [];
  const common = { id, label: String(label ?? placeholder ?? id), required: isRequired === true };
  if (type === "Input.ChoiceSet") return [{ ...common, kind: "choice", choices: Array.isArray(choices) ? choices.map(toChoice) : [] }];
  return [{ ...common, kind: isMultiline === true ? "long" : "text" }];
}

function toChoice(choice: unknown): { readonly value: string; readonly label: string } {
  const { value, title }: { readonly value?: unknown; readonly title?: unknown } = Object(choice);
  return { value: String(value ?? ""), label: String(title ?? value ?? "") };
}

function buttonOf({ type, title, style, url, isEnabled }: Part): readonly Button[] {
  if (!/^Action\.(Execute|Submit|OpenUrl)$/.test(type)) return [];
  const label = String(title ?? "");
  const id = JSON.stringify(["card", label]);
  if (type === "Action.OpenUrl") return [{ id, label, kind: "link", url: String(url ?? "") }];
  const kind = style === "positive" ? "primary" : style === "destructive" ? "danger" : "plain";
  return [{ id, label, kind, disabled: isEnabled === false }];
}
