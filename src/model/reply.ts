import type { Json } from "./thread.ts";

/** What is shown in a thread, in Markdown; how it looks there is the adapter's part. Everything from an agent is untrusted. */
export type ReplyPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly url: string; readonly title: string }
  | { readonly kind: "file"; readonly name: string; readonly mediaType: string; readonly url?: string; readonly bytes?: string }
  | { readonly kind: "data"; readonly data: Json };

export interface Reply {
  readonly parts: readonly ReplyPart[];
  /** What it is to the reader: the agent's words, its question, or the bridge's own word about the turn. */
  readonly tone: "answer" | "question" | "notice";
  /** Long work ends in a new message, so that people are notified: then true. */
  readonly notify: boolean;
  /** The live message that this reply takes the place of. */
  readonly replaces?: PostedRef;
  /** Shown to this author only (platform user id). */
  readonly private?: string;
}

/** A message of ours on the platform, in its adapter's own terms. */
export interface PostedRef {
  readonly platform: string;
  /** The platform's id of the message. */
  readonly message: string;
  readonly address: Json;
}

/** A reply of one Markdown text. */
export function textReply(text: string, tone: Reply["tone"], more: Partial<Pick<Reply, "notify" | "replaces" | "private">> = {}): Reply {
  return { parts: [{ kind: "text", text }], tone, notify: false, ...more };
}
