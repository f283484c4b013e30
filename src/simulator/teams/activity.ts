import { z } from "zod";
import type { Attachment, Entity } from "./message.ts";
import { refuse } from "./refusal.ts";

const record = z.record(z.string(), z.unknown());
const list = <T extends z.ZodType>(items: T) =>
  z
    .array(items)
    .nullish()
    .transform((found) => found ?? []);

const outgoingSchema = z.looseObject({
  type: z.string().min(1),
  text: z.string().nullish(),
  textFormat: z.string().nullish(),
  replyToId: z.string().nullish(),
  recipient: z.looseObject({ id: z.string().nullish() }).nullish(),
  entities: list(z.looseObject({ type: z.string() })),
  attachments: list(
    z.looseObject({
      contentType: z.string(),
      content: z.unknown().optional(),
      contentUrl: z.string().nullish(),
      name: z.string().nullish(),
    }),
  ),
  channelData: record.nullish().transform((found) => found ?? {}),
  suggestedActions: z.looseObject({ actions: list(z.looseObject({ type: z.string(), title: z.string().nullish() })) }).nullish(),
});

/** An activity that the bot sends, as far as the service looks at it. */
export interface Outgoing {
  readonly type: string;
  readonly text: string;
  readonly textFormat: string | undefined;
  readonly recipient: string | undefined;
  readonly entities: readonly Entity[];
  readonly attachments: readonly Attachment[];
  readonly channelData: Readonly<Record<string, unknown>>;
  readonly suggestions: readonly string[];
}

/** Refuses what is no activity, as the service does: 400 `BadSyntax`. */
export function parseOutgoing(body: unknown): Outgoing {
  const parsed = outgoingSchema.safeParse(body);
  if (!parsed.success) return refuse(400, "BadSyntax", "Bad format of activity");
  const { type, text, textFormat, recipient, entities, attachments, channelData, suggestedActions } = parsed.data;
  return {
    type,
    text: text ?? "",
    textFormat: textFormat ?? undefined,
    recipient: recipient?.id ?? undefined,
    entities,
    attachments: attachments.map(({ contentType, content, contentUrl, name }) => ({
      contentType,
      content,
      contentUrl: contentUrl ?? undefined,
      name: name ?? undefined,
    })),
    channelData,
    suggestions: (suggestedActions?.actions ?? []).map(({ title }) => title ?? ""),
  };
}
