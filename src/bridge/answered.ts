import type { NewRow } from "../model/ledger.ts";
import type { IncomingEvent } from "../model/message.ts";
import type { Reply } from "../model/reply.ts";
import * as notices from "./notices.ts";
import { toEdit, toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { findAsked, findPressable, type Question } from "./question.ts";
import type { Session } from "./session.ts";

/** What becomes of the message in which a question stands, once it is answered: it has nothing to press any more. */

type Action = Extract<IncomingEvent, { kind: "action" }>;

/** It shows how it was answered by a click, and by whom; where there is no room for that, a line of its own does. */
export function showAnswer(parts: Parts, question: Question, event: Action, by: string): readonly NewRow[] {
  const line = toLine(question, event, by);
  const edit = toEdit(parts, question, toId(question), without(question.reply, line));
  if (edit) return [edit];
  return [...bare(parts, question), ...toNotice(parts, question.thread, `${toId(question)}!`, line, { last: false })];
}

/** The question that is open in a context was answered in words, or (`by` undefined) left behind. */
export async function closeQuestion(parts: Parts, context: string, by?: string): Promise<readonly NewRow[]> {
  const question = await findPressable(parts, context);
  if (!question) return [];
  const line = by === undefined ? undefined : notices.answeredBelow(plain(by));
  const edit = toEdit(parts, question, toId(question), without(question.reply, line));
  return edit ? [edit] : bare(parts, question);
}

/** A message goes out: it answers what was asked last, also where that came while the message waited. Who said it stands above. */
export async function leaveQuestion(session: Session): Promise<void> {
  const { parts, task } = session;
  const last = session.lastEnded();
  const asking = last ? last.outcome === "inputRequired" && last.id : (await parts.contexts.get(task.context))?.asking;
  if (!asking) return;
  // The question itself is committed first: it is looked up.
  if (session.outbox.length > 0) await session.save();
  const question = await findAsked(parts, asking);
  if (question) session.outbox = [...session.outbox, ...bare(parts, question)];
}

const toId = ({ id }: Question): string => `${id}!answered`;

function bare(parts: Parts, question: Question): readonly NewRow[] {
  const edit = toEdit(parts, question, toId(question), without(question.reply, undefined));
  return edit ? [edit] : [];
}

function without({ choices: _, replaces: __, ...rest }: Reply, line: string | undefined): Reply {
  const more = line === undefined ? [] : [{ kind: "text", text: `\n\n${line}` } as const];
  return { ...rest, parts: [...rest.parts, ...more], notify: false };
}

/** Longest part of a free answer that is repeated under its question. */
const shownWords = 300;

function toLine({ reply }: Question, event: Action, by: string): string {
  const choice = reply.choices?.find((one) => one.id === event.choice);
  if (choice) return notices.chosen(plain(choice.label), plain(by));
  const words = (event.text ?? "").trim();
  return notices.answeredBy(plain(by), plain(words.length > shownWords ? `${words.slice(0, shownWords)}…` : words));
}

/** Words of others without their mark-up. */
const plain = (words: string): string => words.replace(/[\\`*_~[\]<>|#]/g, "\\$&");
