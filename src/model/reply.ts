import type { Json } from "./thread.ts";

/** What is shown in a thread, in Markdown; how it looks there is the adapter's part. Everything from an agent is untrusted. */
export type ReplyPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly url: string; readonly title: string }
  | { readonly kind: "file"; readonly name: string; readonly mediaType: string; readonly url?: string; readonly bytes?: string }
  | { readonly kind: "data"; readonly data: Json };

/** A button under a message. `label` is untrusted and at most 75 characters long; `id` is ours, short, and unique in its reply. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  /** Which way it decides, where that is plain: Approve is positive, Deny is negative. */
  readonly style?: "positive" | "negative";
}

export interface Reply {
  readonly parts: readonly ReplyPart[];
  /**
   * Buttons under the message, at most ten; `split` leaves them to the last piece with text. A click comes back as an `action` event that names the
   * delivery and the choice. An edit to a reply without choices takes the buttons away.
   */
  readonly choices?: readonly Choice[];
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
