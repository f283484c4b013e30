import type { Attachment, ControlWord } from "../../src/model/message.ts";
import { type Click, toClick } from "./components.ts";
import { toAttachment } from "./inbound.ts";
import { commandNames } from "./manifest.ts";
import { toFiles, toText } from "./said.ts";
import { type Names, toCleanText } from "./text.ts";
import type { Interaction, InteractionOption } from "./wire.ts";

/** What somebody wants who used a command, a button or a form. */
export type Wanted =
  /** `typed`: the text as Discord shows it. */
  | {
      readonly kind: "ask";
      readonly text: string;
      readonly typed: string;
      readonly agent?: string;
      readonly attachments: readonly Attachment[];
    }
  /** A message is to be sent to the agent. `target`: its id. */
  | { readonly kind: "send"; readonly target: string; readonly text: string; readonly attachments: readonly Attachment[] }
  | { readonly kind: "word"; readonly word: ControlWord }
  | { readonly kind: "list" | "whoami" }
  /** Types the name of an agent. */
  | { readonly kind: "complete"; readonly typed: string }
  | { readonly kind: "click"; readonly click: Click }
  | { readonly kind: "answer"; readonly question: string; readonly text: string };

const types = { command: 2, component: 3, autocomplete: 4, modal: 5 };
const words: readonly ControlWord[] = ["new", "stop", "status", "help", "again"];

/** Pure. Undefined for what is none of ours. https://discord.com/developers/docs/interactions/receiving-and-responding */
export function toWanted(interaction: Interaction, bot: string, names: Names): Wanted | undefined {
  const { type, data } = interaction;
  if (!data) return undefined;
  if (type === types.command) return fromCommand(interaction, data, bot, names);
  if (type === types.autocomplete) return { kind: "complete", typed: String(data.options.find(({ focused }) => focused)?.value ?? "") };
  const click = toClick(data.custom_id ?? "");
  if (!click) return undefined;
  if (type === types.component) return { kind: "click", click };
  return type === types.modal && click.kind === "answer" ? { kind: "answer", question: click.question, text: toFormText(data) } : undefined;
}

type Data = NonNullable<Interaction["data"]>;

function fromCommand(interaction: Interaction, data: Data, bot: string, names: Names): Wanted | undefined {
  switch (data.name) {
    case commandNames.ask:
      return fromAsk(interaction, data, bot, names);
    case commandNames.send:
      return fromTarget(interaction, data, bot, names);
    case commandNames.whoami:
      return { kind: "whoami" };
    case commandNames.agent: {
      const sub = data.options[0]?.name;
      const word = words.find((known) => known === sub);
      if (word !== undefined) return { kind: "word", word };
      return sub === "list" ? { kind: "list" } : undefined;
    }
    default:
      return undefined;
  }
}

function fromAsk({ channel_id: channel }: Interaction, { options, resolved }: Data, bot: string, names: Names): Wanted {
  const option = (name: string): InteractionOption | undefined => options.find((one) => one.name === name);
  const agent = option("agent")?.value;
  const file = resolved?.attachments?.[String(option("file")?.value ?? "")];
  const typed = String(option("prompt")?.value ?? "").trim();
  return {
    kind: "ask",
    text: toCleanText(typed, bot, [], names),
    typed,
    attachments: file ? [toAttachment(file, channel ?? "")] : [],
    ...(typeof agent === "string" && agent !== "" && { agent }),
  };
}

function fromTarget(
  { channel_id: channel }: Interaction,
  { target_id: target, resolved }: Data,
  bot: string,
  names: Names,
): Wanted | undefined {
  const message = target ? resolved?.messages?.[target] : undefined;
  if (!target || !message || !channel) return undefined;
  return {
    kind: "send",
    target,
    text: toText(message, bot, names),
    attachments: toFiles(message).map((file) => toAttachment(file, channel, target)),
  };
}

/** The one input of our form, in a row or under a label. */
function toFormText({ components }: Data): string {
  return components.flatMap(({ component, components: row }) => [component?.value, ...row.map(({ value }) => value)]).find(Boolean) ?? "";
}
