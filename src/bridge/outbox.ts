import type { NewRow } from "../model/ledger.ts";
import { type Reply, textReply } from "../model/reply.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import { fileOf } from "./file-part.ts";
import { asksKey } from "./ids.ts";
import type { Parts } from "./parts.ts";
import type { Asks } from "./post-row.ts";
import { toJson } from "./rows.ts";
import { screenFiles } from "./screen-files.ts";

/** Rows of the outbox for a reply: one row a post; the one with the buttons, or else the last text, can be answered. `id` is deterministic, so a repeated step makes no second post. */
export function toDeliveries(
  parts: Parts,
  thread: ThreadRef,
  id: string,
  reply: Reply,
  { last, asks, agent }: { readonly last: boolean; readonly asks?: Asks | undefined; readonly agent?: string },
): readonly NewRow[] {
  const screened = screenFiles(parts.files, reply);
  const posts = parts.adapters.get(thread.platform)?.split(screened) ?? [screened];
  const pressable = posts.findLastIndex(({ choices }) => choices !== undefined);
  const asking = pressable < 0 ? posts.findLastIndex((post) => !fileOf(post)) : pressable;
  return posts.map((post, index) => ({
    id: posts.length === 1 ? id : `${id}.${index}`,
    queue: "delivery",
    lane: threadKey(thread),
    facts: toJson({
      thread,
      last: last && index === posts.length - 1,
      ...(asks && index === asking ? { asks } : {}),
      ...(agent !== undefined && fileOf(post) ? { agent } : {}),
    }),
    content: toJson(post),
    ...(asks && index === asking ? { keys: [{ key: asksKey(asks.turn) }] } : {}),
  }));
}

/** A word of the bridge itself, for everybody in the thread or for one person alone. */
export function toNotice(
  parts: Parts,
  thread: ThreadRef,
  id: string,
  text: string,
  options: { last?: boolean; private?: string } = {},
): readonly NewRow[] {
  const reply = textReply(text, "notice", options.private === undefined ? {} : { private: options.private });
  return toDeliveries(parts, thread, id, reply, { last: options.last ?? true });
}

/** A row that puts a reply in the place of one that was posted; undefined where it would not fit into one message. */
export function toEdit(
  parts: Parts,
  posted: { readonly id: string; readonly thread: ThreadRef },
  id: string,
  reply: Reply,
): NewRow | undefined {
  const { thread } = posted;
  const [post, ...more] = parts.adapters.get(thread.platform)?.split(reply) ?? [reply];
  if (!post || more.length > 0) return undefined;
  return {
    id,
    queue: "delivery",
    lane: threadKey(thread),
    facts: toJson({ thread, last: false, edits: posted.id }),
    content: toJson(post),
  };
}
