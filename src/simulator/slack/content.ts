import { type Args, isRecord, textArg } from "./arguments.ts";
import type { Block, Metadata } from "./message.ts";
import { refuse } from "./refusal.ts";

/** Slack's limits on what one message may hold (docs.slack.dev: chat.postMessage, Block Kit). */
export const contentLimits = {
  text: 40_000,
  updatedText: 4_000,
  markdown: 12_000,
  blocks: 50,
  section: 3_000,
  header: 150,
  metadata: 8_000,
  elements: 25,
  label: 75,
  value: 2_000,
};

export interface Content {
  readonly text: string;
  readonly markdown: string | undefined;
  /** Undefined when the call named none, which is not the same as an empty list. */
  readonly blocks: readonly Block[] | undefined;
  readonly metadata: Metadata | undefined;
}

/** What a call wants to say, checked against Slack's limits. A text that is too long is cut, as Slack does. */
export function parseContent(args: Args): Content {
  const text = textArg(args, "text");
  const markdown = parseMarkdownText(args);
  const blocks = parseBlocks(args.blocks);
  if (markdown !== undefined && (text !== undefined || blocks !== undefined)) refuse("markdown_text_conflict");
  if (text === undefined && markdown === undefined && (blocks === undefined || blocks.length === 0)) refuse("no_text");
  return { text: (text ?? markdown ?? "").slice(0, contentLimits.text), markdown, blocks, metadata: parseMetadata(args.metadata) };
}

export function parseMarkdownText(args: Args): string | undefined {
  const markdown = textArg(args, "markdown_text");
  if (markdown !== undefined && markdown.length > contentLimits.markdown) return refuse("msg_too_long");
  return markdown;
}

export function parseBlocks(value: unknown): readonly Block[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return refuse("invalid_blocks_format");
  if (value.length > contentLimits.blocks) return invalidBlocks("no more than 50 items allowed [json-pointer:/blocks]");
  const blocks = value.map(parseBlock);
  const markdown = blocks.filter((block) => block.type === "markdown").map((block) => block.text);
  const length = markdown.reduce<number>((sum, text) => sum + (typeof text === "string" ? text.length : 0), 0);
  return length > contentLimits.markdown ? refuse("msg_blocks_too_long") : blocks;
}

const blockTypes = new Set([
  "actions",
  "alert",
  "card",
  "carousel",
  "container",
  "context",
  "context_actions",
  "data_table",
  "divider",
  "file",
  "header",
  "image",
  "input",
  "markdown",
  "plan",
  "rich_text",
  "section",
  "table",
  "task_card",
  "video",
]);

function parseBlock(value: unknown, index: number): Block {
  const at = `[json-pointer:/blocks/${index}]`;
  if (!isRecord(value) || typeof value.type !== "string") return invalidBlocks(`must be an object with a type ${at}`);
  if (!blockTypes.has(value.type)) return invalidBlocks(`unsupported type: ${value.type} ${at}`);
  const block: Block = { ...value, type: value.type };
  if (block.type === "markdown" && (typeof block.text !== "string" || block.text === "")) return invalidBlocks(`text is required ${at}`);
  if (block.type === "section" && blockText(block).length > contentLimits.section)
    return invalidBlocks(`must be less than 3001 characters ${at}`);
  if (block.type === "header" && blockText(block).length > contentLimits.header)
    return invalidBlocks(`must be less than 151 characters ${at}`);
  if (block.type === "actions") checkActions(block, at);
  return block;
}

/** https://docs.slack.dev/reference/block-kit/blocks/actions-block and block-elements/button-element */
function checkActions({ elements }: Block, at: string): void {
  if (!Array.isArray(elements) || elements.length === 0) return invalidBlocks(`elements are required ${at}`);
  if (elements.length > contentLimits.elements) return invalidBlocks(`no more than 25 items allowed ${at}`);
  const buttons: readonly Readonly<Record<string, unknown>>[] = elements.filter(isRecord);
  const ids = buttons.map(({ action_id }) => action_id).filter((id) => id !== undefined);
  if (new Set(ids).size !== ids.length) return invalidBlocks(`action_id must be unique ${at}`);
  for (const button of buttons.filter(({ type }) => type === "button")) {
    const label = isRecord(button.text) ? button.text.text : undefined;
    const { value = "", style = "primary" } = button;
    if (typeof label !== "string" || label === "" || label.length > contentLimits.label)
      return invalidBlocks(`must have 1 to 75 characters ${at}`);
    if (typeof value !== "string" || value.length > contentLimits.value) return invalidBlocks(`must be less than 2001 characters ${at}`);
    if (style !== "primary" && style !== "danger") return invalidBlocks(`must be a valid enum value ${at}`);
  }
}

/** The text object's text of a section or a header. */
export function blockText(block: Block): string {
  const text = block.text;
  if (typeof text === "string") return text;
  return isRecord(text) && typeof text.text === "string" ? text.text : "";
}

function invalidBlocks(message: string): never {
  return refuse("invalid_blocks", { response_metadata: { messages: [`[ERROR] ${message}`] } });
}

export function parseMetadata(value: unknown): Metadata | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) return refuse("invalid_metadata_format");
  const { event_type: type, event_payload: payload } = value;
  if (typeof type !== "string" || type === "" || !isRecord(payload)) return refuse("invalid_metadata_format");
  if (JSON.stringify(value).length > contentLimits.metadata) return refuse("metadata_too_large");
  return { event_type: type, event_payload: payload };
}
