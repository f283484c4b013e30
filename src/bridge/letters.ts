import { z } from "zod";
import type { AgentEvent } from "../model/agent.ts";
import type { Row } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { part } from "./rows.ts";

/** What is on its way to a task row: pushes as rows, and the letters that lie at it. */

/** A push on its way to its turn. `turn` is absent where only the agent's ids lead to it. */
export interface PushFacts {
  readonly kind: "push";
  readonly agent: string;
  readonly task: string;
  readonly turn?: string;
}

const pushFacts: z.ZodType<PushFacts> = z.object({
  kind: z.literal("push"),
  agent: z.string(),
  task: z.string(),
  turn: z.string().exactOptional(),
});

const ids = { taskId: z.string().exactOptional(), contextId: z.string().exactOptional(), mark: z.string().exactOptional() };
const agentEvents: z.ZodType<readonly AgentEvent[]> = z.array(
  z.discriminatedUnion("kind", [
    z.object({ ...ids, kind: z.literal("working"), text: z.string().exactOptional() }),
    z.object({ ...ids, kind: z.literal("output"), artifact: z.string(), append: z.boolean(), parts: z.array(part) }),
    z.object({ ...ids, kind: z.literal("inputRequired"), parts: z.array(part) }),
    z.object({ ...ids, kind: z.literal("authRequired"), parts: z.array(part) }),
    z.object({ ...ids, kind: z.literal("ended"), outcome: z.enum(["completed", "failed", "canceled", "rejected"]), parts: z.array(part) }),
  ]),
);

export function isPush(row: Row): boolean {
  return pushFacts.safeParse(row.facts).success;
}

export function toPush(row: Row): PushFacts & { readonly events: readonly AgentEvent[] } {
  return { ...pushFacts.parse(row.facts), events: agentEvents.parse(row.content ?? []) };
}

/** What is left at a task row. */
export type Letter =
  | { readonly kind: "push"; readonly turn?: string; readonly hash: string; readonly events: readonly AgentEvent[] }
  | { readonly kind: "join"; readonly row: string }
  | { readonly kind: "stop" };

const letter: z.ZodType<Letter> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("push"), turn: z.string().exactOptional(), hash: z.string(), events: agentEvents }),
  z.object({ kind: z.literal("join"), row: z.string() }),
  z.object({ kind: z.literal("stop") }),
]);

/** What is left at the row of a message that is being decided on. */
export type Change = { readonly kind: "edited"; readonly text: string } | { readonly kind: "deleted" } | { readonly kind: "stopped" };

const change: z.ZodType<Change> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("edited"), text: z.string() }),
  z.object({ kind: z.literal("deleted") }),
  z.object({ kind: z.literal("stopped") }),
]);

export const toChange = (item: Json): Change => change.parse(item);

export const toLetter = (item: Json): Letter => letter.parse(item);
