import { z } from "zod";
import type { ReplyPart } from "../../src/model/reply.ts";
import type { Json } from "../../src/model/thread.ts";

/** A source that an agent names. `position` is the number that stands in the text: `[1]`. */
export interface Citation {
  readonly position: number;
  readonly name: string;
  readonly url?: string;
  readonly abstract: string;
}

/** Teams takes no more than these. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bot-messages-ai-generated-content#citations */
const most = 10;
const nameLimit = 80;
const abstractLimit = 160;

const words = z.string().trim().min(1);
const sourceSchema = z
  .object({
    position: z.int().min(1).max(999).optional().catch(undefined),
    title: words.optional().catch(undefined),
    name: words.optional().catch(undefined),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .catch(undefined),
    abstract: words.optional().catch(undefined),
    snippet: words.optional().catch(undefined),
    text: words.optional().catch(undefined),
  })
  .nullable()
  .catch(null);
const citationsSchema = z.strictObject({ citations: z.array(sourceSchema).min(1) });

/** The sources that a data part `{"citations": [{"title", "url", "snippet"}]}` names; undefined where it is something else. */
export function toCitations(part: ReplyPart): readonly Citation[] | undefined {
  const parsed = part.kind === "data" ? citationsSchema.safeParse(part.data).data : undefined;
  const citations = parsed?.citations.flatMap((source, index) => {
    const name = source?.title ?? source?.name ?? source?.url;
    if (!source || name === undefined) return [];
    const abstract = source.abstract ?? source.snippet ?? source.text ?? name;
    return [
      {
        position: source.position ?? index + 1,
        name: cut(name, nameLimit),
        abstract: cut(abstract, abstractLimit),
        ...(source.url && { url: source.url }),
      },
    ];
  });
  return citations?.length === 0 ? undefined : citations;
}

/** The part that `toCitations` reads. */
export function toCitationsPart(citations: readonly Citation[]): ReplyPart {
  const list: Json = citations.map((citation) => ({ ...citation }));
  return { kind: "data", data: { citations: list } };
}

/** Of these the ones whose numbers stand in a text, each number once, and not more than Teams takes. */
export function citedIn(text: string, citations: readonly Citation[]): readonly Citation[] {
  const cited = citations.filter(({ position }) => text.includes(`[${position}]`));
  return cited.filter(({ position }, at) => cited.findIndex((other) => other.position === position) === at).slice(0, most);
}

/** https://schema.org/Claim, in the part of it that Teams knows. */
export function toClaim({ position, name, url, abstract }: Citation): { readonly [key: string]: Json } {
  return { "@type": "Claim", position, appearance: { "@type": "DigitalDocument", name, ...(url && { url }), abstract } };
}

function cut(text: string, limit: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
