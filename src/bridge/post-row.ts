import { z } from "zod";
import type { Row } from "../model/ledger.ts";
import type { PostedRef, Reply } from "../model/reply.ts";
import type { ThreadRef } from "../model/thread.ts";
import { part, posted, read, thread } from "./rows.ts";

/** A post on its way. `last`: nothing more comes in this turn, so the working sign goes. */
export interface Delivery {
  readonly thread: ThreadRef;
  readonly last: boolean;
  /** It can be answered by a click (`question.ts`). */
  readonly asks?: Asks;
  /** The delivery whose message it takes the place of. */
  readonly edits?: string;
  /** Whose file it brings. */
  readonly agent?: string;
}

/** Whose answer is awaited. `again`: whether the turn, whose outcome nobody knows, is to be asked once more. */
export interface Asks {
  /** Row and turn. */
  readonly task: string;
  readonly turn: string;
  readonly again?: true;
}

const asks: z.ZodType<Asks> = z.object({ task: z.string(), turn: z.string(), again: z.literal(true).exactOptional() });
const delivery: z.ZodType<Delivery> = z.object({
  thread,
  last: z.boolean(),
  asks: asks.exactOptional(),
  edits: z.string().exactOptional(),
  agent: z.string().exactOptional(),
});
const choice = z.object({ id: z.string(), label: z.string(), style: z.enum(["positive", "negative"]).exactOptional() });
const reply: z.ZodType<Reply> = z.object({
  parts: z.array(part),
  choices: z.array(choice).exactOptional(),
  tone: z.enum(["answer", "question", "notice"]),
  notify: z.boolean(),
  replaces: posted.exactOptional(),
  private: z.string().exactOptional(),
});

/** The message that a delivery has become; undefined where it was not posted. */
export const toPosted = (row: Row): PostedRef | undefined => posted.safeParse(row.result).data;

/** Whether a delivery is the bridge's own word. Also of a row that cannot be worked on. */
export const isNotice = (row: Row): boolean => reply.safeParse(row.content).data?.tone === "notice";

export const toDelivery = (row: Row): Delivery => read(delivery, row, row.facts);
export const toReply = (row: Row): Reply | undefined => (row.content === undefined ? undefined : read(reply, row, row.content));
