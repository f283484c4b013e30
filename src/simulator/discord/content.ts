import { z } from "zod";
import { checkComponents, textsOf } from "./components.ts";
import type { Desk } from "./desk.ts";
import { requirePermission } from "./desk.ts";
import { allowedSchema } from "./mentions.ts";
import { type FileRef, flags } from "./message.ts";
import type { Channel } from "./realm.ts";
import { Refusal, refuse, refuseForm } from "./refusal.ts";

/** A file that came with a request; `key` names the field, such as `files[0]`. */
export interface Upload {
  readonly key: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const id = z.union([z.string(), z.number()]).transform(String);

const embedSchema = z.looseObject({
  title: z.string().max(256).optional(),
  description: z.string().max(4096).optional(),
  fields: z
    .array(z.looseObject({ name: z.string().min(1).max(256), value: z.string().min(1).max(1024) }))
    .max(25)
    .optional(),
  footer: z.looseObject({ text: z.string().max(2048) }).optional(),
});

/** What a message may hold (docs: create message). */
export const messageSchema = z.object({
  content: z.string().nullish(),
  nonce: z.union([z.string(), z.number()]).nullish(),
  enforce_nonce: z.boolean().nullish(),
  tts: z.boolean().nullish(),
  embeds: z.array(embedSchema).max(10).nullish(),
  allowed_mentions: allowedSchema.nullish(),
  message_reference: z.looseObject({ message_id: z.string(), fail_if_not_exists: z.boolean().optional() }).nullish(),
  components: z.array(z.unknown()).nullish(),
  flags: z.number().int().nullish(),
  attachments: z.array(z.looseObject({ id, filename: z.string().optional(), description: z.string().max(1024).nullish() })).nullish(),
});

export type MessageBody = z.infer<typeof messageSchema>;

/** Parses a body or refuses it, naming the first field that is wrong. */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown, within = ""): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuseForm(within + (issue?.path.join(".") || "_body"), issue?.code.toUpperCase() ?? "INVALID", issue?.message ?? "invalid");
}

/** What the body says, after the checks that Discord makes. */
export interface Content {
  readonly text: string | undefined;
  readonly embeds: readonly unknown[] | undefined;
  readonly components: readonly unknown[] | undefined;
  readonly files: readonly FileRef[];
  readonly flags: number | undefined;
}

const v2Limit = 4_000;

export function readContent(desk: Desk, channel: Channel, body: MessageBody, uploads: readonly Upload[], before = 0): Content {
  const bits = body.flags ?? before;
  const v2 = (bits & flags.componentsV2) !== 0;
  const { content, embeds, components } = body;
  requireWholeCharacters({ content, embeds, components });
  if (v2 && (content || (embeds ?? []).length > 0))
    refuseForm(
      "content",
      "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    );
  if ([...(content ?? "")].length > 2_000) refuseForm("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.");
  if (JSON.stringify(embeds ?? []).length > 12_000)
    refuseForm("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
  if (components) checkComponents(components, v2);
  const length = textsOf(components ?? []).join("").length;
  if (length > v2Limit) refuseForm("components", "COMPONENT_MAX_TOTAL_CHARACTERS", "The total number of characters cannot exceed 4000");
  if ((embeds ?? []).length > 0) requirePermission(desk, channel, "embedLinks");
  if (uploads.length > 0) requirePermission(desk, channel, "attachFiles");
  return {
    text: content === undefined ? undefined : (content ?? ""),
    embeds: embeds === undefined ? undefined : (embeds ?? []),
    components: components === undefined ? undefined : (components ?? []),
    files: toFiles(desk, body, uploads),
    flags: body.flags ?? undefined,
  };
}

/** Half a character is no UTF-8, and Discord fails at it: https://github.com/discord/discord-api-docs/issues/6561 */
function requireWholeCharacters(body: unknown): void {
  JSON.stringify(body, (_, value: unknown) => {
    if (typeof value === "string" && !value.isWellFormed()) throw new Refusal(500, 0, "500: Internal Server Error");
    return value;
  });
}

/** Nothing but white space is not a message. */
export function requireSomething({ text, embeds, components, files }: Content): void {
  const nothing = (text ?? "").trim() === "" && [embeds ?? [], components ?? [], files].every((list) => list.length === 0);
  if (nothing) refuse("emptyMessage");
}

function toFiles(desk: Desk, { attachments }: MessageBody, uploads: readonly Upload[]): readonly FileRef[] {
  if (uploads.length > 10) refuseForm("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
  return uploads.map(({ key, name, mediaType, bytes }) => {
    if (bytes.length > desk.fileLimit) refuse("tooLarge");
    const index = /^files\[(\d+)\]$/.exec(key)?.[1];
    if (index === undefined) desk.violation(`a file in the field ${key}`);
    const told = (attachments ?? []).find((one) => one.id === index);
    return { id: desk.realm.newId(), name: told?.filename ?? name, mediaType, bytes, description: told?.description ?? undefined };
  });
}
