import type { Row } from "../model/ledger.ts";
import type { ControlWord, IncomingEvent, Receipt, Receive } from "../model/message.ts";
import { threadKey } from "../model/thread.ts";
import { hasLost } from "./again.ts";
import { createEarly } from "./early.ts";
import { observeHop } from "./hop.ts";
import { eventRow } from "./ids.ts";
import type { Parts } from "./parts.ts";
import { findQuestion, whyNot } from "./question.ts";
import { type FollowUps, matches, toRoute } from "./route.ts";
import { fromEvent, toEvent } from "./rows.ts";
import { toControlWord } from "./words.ts";

/**
 * The door of the path. Resolves after the commit and calls neither agent nor platform. What is not meant for the bot is ignored:
 * neither stored nor logged (promise 7). The same event again is a duplicate, by its deterministic id.
 */
export function createReceive(parts: Parts): Receive {
  const counted = <Kind extends Receipt["kind"]>(event: IncomingEvent, kind: Kind) => {
    parts.metrics.count("bridge_events_total", { platform: event.thread.platform, result: kind });
    return { kind };
  };
  const early = createEarly(parts.clock);
  const receive: Receive = async (event) => {
    const meant = (await isMeant(parts, event)) || (await keepEarly(event));
    if (!meant) return counted(event, "ignored");
    const refused = event.kind === "action" ? await refuse(parts, event) : undefined;
    if (refused !== undefined) return { ...counted(event, "refused"), kind: "refused", notice: refused };
    const word = event.kind === "message" ? await toWord(parts, event) : undefined;
    const kept: IncomingEvent = event.kind === "message" && word ? { ...withoutText(event), kind: "command", word } : event;
    await parts.failpoint("receive.commit.before");
    const began = parts.clock.now();
    const kind = await parts.ledger.accept([
      {
        id: eventRow(event.id),
        // An answer keeps its place among the messages: what was said before it may have closed the question.
        queue: kept.kind === "message" || kept.kind === "action" ? "message" : "control",
        lane: threadKey(event.thread),
        ...(meant === true ? {} : { of: meant }),
        ...fromEvent(kept),
      },
    ]);
    await parts.failpoint("receive.commit.after");
    observeHop(parts, event.thread.platform, "accept", parts.clock.now() - began);
    parts.log.debug({ event: event.id, thread: threadKey(event.thread), kind }, "event received");
    if (event.kind === "message" && event.trigger === "mention") await receiveEarly(event);
    return counted(event, kind);
  };

  /** Looks once more when the message is kept: a mention that was committed before that does not find it there. */
  async function keepEarly(event: IncomingEvent): Promise<boolean | Row> {
    if (event.kind === "edited" || event.kind === "deleted") early.change(event);
    if (event.kind !== "message") return false;
    early.keep(event);
    return isMeant(parts, event);
  }

  /** What was said after this mention and came before it. The mention is committed: it does not fail with them. */
  async function receiveEarly(mention: Extract<IncomingEvent, { kind: "message" }>): Promise<void> {
    for (const message of early.takeAfter(mention)) {
      await receive(message).catch((err: unknown) => parts.log.warn({ err, event: message.id }, "follow-up before its mention not kept"));
    }
  }

  return receive;
}

/** `again` is a word for the agent where nothing was lost. */
async function toWord(parts: Parts, event: Extract<IncomingEvent, { kind: "message" }>): Promise<ControlWord | undefined> {
  const word = toControlWord(event.text);
  return word === "again" && !(await hasLost(parts, event)) ? undefined : word;
}

function withoutText({ id, thread, author, at, roles }: IncomingEvent): Pick<IncomingEvent, "id" | "thread" | "author" | "at" | "roles"> {
  return { id, thread, author, at, ...(roles && { roles }) };
}

/** A click that comes too late, or from somebody else, is refused at once and not kept. The same click again is known by its row. */
async function refuse(parts: Parts, event: Extract<IncomingEvent, { kind: "action" }>): Promise<string | undefined> {
  if (await parts.ledger.row(eventRow(event.id))) return undefined;
  return whyNot(parts, await findQuestion(parts, event.question), event.thread, event.author);
}

/** Meant for the bot: a mention, a direct message, a follow-up in a conversation, and what is said about those: then the row that it is about. */
async function isMeant(parts: Parts, event: IncomingEvent): Promise<boolean | Row> {
  switch (event.kind) {
    case "message":
      return event.trigger !== "followUp" || isFollowUp(parts, event);
    case "edited":
    case "deleted":
      return (await parts.ledger.row(eventRow(event.message))) ?? false;
    case "feedback":
      return (await parts.ledger.row(event.delivery)) ?? false;
    case "stop":
    case "action":
    case "command":
      return true;
  }
}

/**
 * Whose the conversation is and who answers there, or will be once the first of the waiting messages was taken. The waiting rows are asked
 * first: the step that takes the last of them away commits the conversation at the same time.
 */
async function isFollowUp(parts: Parts, event: IncomingEvent): Promise<boolean> {
  if (mentionsOnly(parts, event)) return false;
  const lane = threadKey(event.thread);
  const [first] = await parts.ledger.open("message", lane);
  const waiting = first && toEvent(first);
  const known = await parts.conversations.get(lane);
  const owner = known?.owner ?? waiting?.author;
  if (!owner) return false;
  const agent = known?.agent ?? (waiting?.kind === "message" ? waiting.agent : undefined);
  const followUps = toFollowUps(parts, event, agent);
  if (followUps === "mention") return false;
  return followUps === "thread" || (owner.id === event.author.id && owner.workspace === event.author.workspace);
}

/** Then the store need not be asked about what people say to each other. */
function mentionsOnly({ routes }: Parts, { thread }: IncomingEvent): boolean {
  const there = routes.filter((route) => matches(route, thread));
  return there.length > 0 && there.every(({ followUps }) => followUps === "mention");
}

/** By the route to the agent of the conversation; where there is none, by that of the place. */
function toFollowUps({ routes }: Parts, { thread, roles }: IncomingEvent, agent: string | undefined): FollowUps {
  const route = (agent !== undefined && toRoute(routes, thread, roles, agent)) || toRoute(routes, thread, roles);
  return route?.followUps ?? "asker";
}
