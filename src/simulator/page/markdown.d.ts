export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "strong" | "em" | "del"; readonly inline: readonly Inline[] }
  | { readonly kind: "link"; readonly url: string; readonly text: string }
  | { readonly kind: "mention"; readonly id: string };

export type MarkdownBlock =
  | { readonly kind: "heading"; readonly level: number; readonly inline: readonly Inline[] }
  | { readonly kind: "paragraph" | "quote"; readonly inline: readonly Inline[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "rule" }
  | {
      readonly kind: "list";
      readonly items: readonly { readonly depth: number; readonly mark: string; readonly inline: readonly Inline[] }[];
    }
  | { readonly kind: "table"; readonly head: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] };

export function parseMarkdown(text: string): readonly MarkdownBlock[];
export function parseInline(text: string, depth?: number): readonly Inline[];
