import type { AgentPolicy } from "../model/agent.ts";
import type { Row } from "../model/ledger.ts";
import type { IncomingEvent } from "../model/message.ts";
import { type Conversation, contextKey, epochAt } from "./conversation.ts";
import type { Parts } from "./parts.ts";

/** How a conversation goes on with a message. */
export interface GoingOn {
  readonly conversation: Conversation;
  /** The owner is somebody else to the agent than before. */
  readonly changed: boolean;
  /** Where the message belongs. */
  readonly context: string;
  /** The context that the conversation has left with this message. */
  readonly left?: string;
}

interface Client {
  readonly name: string;
  readonly policy: AgentPolicy;
}

type Message = Extract<IncomingEvent, { kind: "message" }>;

export function isOwner(known: Conversation | undefined, { author }: Pick<IncomingEvent, "author">): boolean {
  return known !== undefined && known.owner.id === author.id && known.owner.workspace === author.workspace;
}

/**
 * The conversation after this message, with a fresh context where a chat rested too long, its owner became somebody else, or another
 * agent answers. `identity`: the hash of what the agent is told about the author. `busy`: an agent works on something here.
 */
export async function goOn(
  parts: Parts,
  { lane, seq }: Row,
  { thread, author }: Message,
  { name, policy }: Client,
  known: Conversation | undefined,
  { identity, busy }: { readonly identity: string; readonly busy: boolean },
): Promise<GoingOn> {
  const lastAt = parts.clock.now();
  const epoch = epochAt(await parts.epochs.get(lane), seq);
  const toContext = (fresh: number, told: string) => {
    const separate = policy.threadIdentity === "separate-context" ? { ...author, identity: told } : undefined;
    return contextKey(thread, separate, fresh, epoch);
  };
  const { id, workspace } = author;
  if (!known)
    return {
      conversation: { agent: name, owner: { id, workspace }, identity, fresh: 0, lastAt },
      changed: false,
      context: toContext(0, identity),
    };
  const owns = isOwner(known, { author });
  const before = toContext(known.fresh, owns ? known.identity : identity);
  const rested = thread.endless === true && !busy && (await hasRested(parts, known, before, policy));
  const changed = policy.threadIdentity !== "shared" && owns && known.identity !== identity;
  const fresh = known.fresh + (rested || changed || known.agent !== name ? 1 : 0);
  return {
    conversation: { ...known, agent: name, fresh, lastAt, ...(owns ? { identity } : {}) },
    changed,
    context: toContext(fresh, identity),
    ...(fresh === known.fresh ? {} : { left: before }),
  };
}

/** Neither a person nor the agent has said anything for longer than a chat without an end may rest. */
async function hasRested(parts: Parts, { lastAt }: Conversation, context: string, { limits }: AgentPolicy): Promise<boolean> {
  const rests = (since: number) => parts.clock.now() - since > limits.contextIdleHours * 3_600_000;
  return rests(lastAt) && rests((await parts.contexts.get(context))?.endedAt ?? 0);
}
