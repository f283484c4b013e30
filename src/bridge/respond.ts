import type { AgentEvent } from "../model/agent.ts";
import { assertNever } from "../model/errors.ts";
import { type Choice, type Reply, type ReplyPart, textReply } from "../model/reply.ts";
import { toQuestion } from "./choices.ts";
import { hash } from "./ids.ts";
import * as notices from "./notices.ts";
import { type Answer, nothingYet, type Outcome } from "./rows.ts";
import { takeOutput, takeWords } from "./take-output.ts";

/**
 * One reducer per turn, the same for stream, blocking call, poll and push: joins the chunks of an artifact, keeps the last phase.
 * Repeating an event that is not an appended chunk changes nothing.
 */
export function reduce(before: Answer, event: AgentEvent): Answer {
  const answer = before.stale && event.kind !== "working" ? { ...nothingYet, earlier: before.earlier ?? [] } : before;
  switch (event.kind) {
    case "working":
      return answer.phase === "authRequired" ? { ...answer, phase: "open", words: [] } : answer;
    case "output":
      return takeOutput(answer, event);
    case "inputRequired":
    case "authRequired":
      return { ...answer, phase: event.kind, ...takeWords(answer, event.parts) };
    case "ended":
      return { ...answer, phase: event.outcome, ...takeWords(answer, event.parts) };
    default:
      return assertNever(event);
  }
}

/** The text that a person may watch growing: what the artifacts hold so far. */
export function toLiveText(answer: Answer): string {
  return answer.artifacts
    .filter(({ origin }) => origin !== "earlier")
    .map((artifact) => plainText(artifact.parts))
    .filter(Boolean)
    .join("\n\n");
}

export const plainText = (parts: readonly ReplyPart[]): string =>
  parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("");

/** The phases in which a turn has its end: the agent waits for nobody, or for a person whose next message is a turn of its own. */
export function toOutcome(answer: Answer): Outcome | undefined {
  return answer.phase === "open" || answer.phase === "authRequired" ? undefined : answer.phase;
}

export interface Ending {
  readonly outcome: Outcome;
  readonly answer: Answer;
  /** Hashes of what this turn has posted already. */
  readonly shown: readonly string[];
  readonly reference: string;
  /** Why a turn was given up, in the bridge's own words. */
  readonly explanation?: string | undefined;
  /** The waiting had ended, or another answer of this turn was posted before. */
  readonly late: boolean;
}

/** What the thread is told at the end of a turn. Never empty, unless everything was shown before. */
export function toReplies(ending: Ending): readonly Reply[] {
  const said = unseen(toAnswerParts(withoutQuestion(ending.answer)), ending.shown);
  const answers: readonly Reply[] =
    said.length > 0 ? [{ parts: ending.late ? notices.late(said) : said, tone: "answer", notify: false }] : [];
  const closing = toClosing(ending, answers.length > 0);
  return closing ? [...answers, closing] : answers;
}

function toClosing({ outcome, answer, shown, reference, explanation, late }: Ending, answered: boolean): Reply | undefined {
  switch (outcome) {
    case "completed":
      return answered || (late && shown.length > 0) || shown.includes(fingerprint(toAnswerParts(answer)))
        ? undefined
        : textReply(notices.noAnswer(reference), "notice");
    case "inputRequired":
      return question(toQuestion(answer.words), shown, notices.needsInput, late);
    case "authRequired":
      return question({ parts: answer.words, choices: [] }, shown, notices.needsSignIn, late);
    case "failed":
    case "rejected":
    case "canceled":
      return late && !answered ? undefined : textReply(notices.ended(outcome, plainText(answer.words), reference), "notice");
    case "lost":
    case "unreachable":
      return { ...textReply(notices.gaveUp(outcome, reference, explanation), "notice"), choices: [askAgain] };
    case "expired":
    case "refused":
    case "stopped":
    case "empty":
      return textReply(notices.gaveUp(outcome, reference, explanation), "notice");
    case "open":
    case "joined":
      return undefined;
    default:
      return assertNever(outcome);
  }
}

/** Offered where nobody can say what became of a message, and where it is known that it did not arrive. */
export const askAgain: Choice = { id: "again", label: "Ask again" };

/** The task of a late question is not waited for any more: there is nothing to press. */
function question(asked: ReturnType<typeof toQuestion>, shown: readonly string[], otherwise: string, late: boolean): Reply | undefined {
  const { parts, choices } = asked;
  const words = isSolid(parts) ? parts : [{ kind: "text", text: otherwise } as const];
  const open = unseen(words, shown, choices);
  if (open.length === 0) return undefined;
  const reply: Reply = { parts: open, tone: "question", notify: true };
  if (choices.length === 0) return reply;
  return late ? { ...reply, parts: [...open, toList(choices)] } : { ...reply, choices };
}

const toList = (choices: readonly Choice[]): ReplyPart => ({ kind: "text", text: choices.map(({ label }) => `\n- ${label}`).join("") });

/** Results belong into artifacts (A2A 1.0, section 3.7); closing words are added where they say something else. */
function toAnswerParts(answer: Answer): readonly ReplyPart[] {
  const parts = toSaidParts(answer);
  return answer.cut ? [...parts, paragraph, { kind: "text", text: notices.cut }] : parts;
}

function toSaidParts(whole: Answer): readonly ReplyPart[] {
  const answer = withoutEcho(withoutOld(whole));
  const artifacts = answer.artifacts.flatMap((artifact, index) => (index === 0 ? artifact.parts : [paragraph, ...artifact.parts]));
  if (answer.phase !== "completed") return artifacts;
  const words = plainText(answer.words).trim();
  const repeated = words !== "" && answer.artifacts.some((artifact) => plainText(artifact.parts).trim() === words);
  if (artifacts.length === 0) return answer.words;
  return repeated || answer.words.length === 0 ? artifacts : [...artifacts, paragraph, ...answer.words];
}

/** What an earlier turn has said is left out, unless it is all that there is: two turns may honestly have the same answer. */
function withoutOld(answer: Answer): Answer {
  const artifacts = answer.artifacts.filter(({ origin }) => origin !== "earlier");
  const isAll = answer.phase === "completed" && artifacts.length === 0 && plainText(answer.words).trim() === "";
  return isAll || artifacts.length === answer.artifacts.length ? answer : { ...answer, artifacts };
}

/** Some agents say an answer in a message and make an artifact of it as well; what a stream did not tell of this, a look or a push does. */
function withoutEcho(answer: Answer): Answer {
  const repeats = answer.artifacts.flatMap(({ parts, origin }) => (origin === "message" ? [] : [plainText(parts).trim()]));
  const isEcho = ({ parts, origin }: Answer["artifacts"][number]) =>
    origin === "message" && parts.every(({ kind }) => kind === "text") && repeats.includes(plainText(parts).trim());
  return { ...answer, artifacts: answer.artifacts.filter((artifact) => !isEcho(artifact)) };
}

/** A question that is an artifact as well is asked once. */
function withoutQuestion(answer: Answer): Answer {
  if (answer.phase !== "inputRequired" || answer.words.some(({ kind }) => kind !== "text")) return answer;
  const words = plainText(answer.words).trim();
  const repeats = ({ parts }: Answer["artifacts"][number]) =>
    parts.every(({ kind }) => kind === "text") && plainText(parts).trim() === words;
  return { ...answer, artifacts: answer.artifacts.filter((artifact) => !repeats(artifact)) };
}

const paragraph: ReplyPart = { kind: "text", text: "\n\n" };

function unseen(parts: readonly ReplyPart[], shown: readonly string[], choices: readonly Choice[] = []): readonly ReplyPart[] {
  const known = shown.length > 0 && shown.includes(fingerprint(parts, choices));
  return isSolid(parts) && !known ? parts : [];
}

/** Whether there is anything for the eye. */
function isSolid(parts: readonly ReplyPart[]): boolean {
  return parts.some((part) => part.kind !== "text" || !/^[\s\p{Cc}\p{DI}]*$/u.test(part.text));
}

/** By which a text that was posted, with what could be pressed under it, is recognised in the same turn. */
export const fingerprint = (parts: readonly ReplyPart[], choices: readonly Choice[] = []): string =>
  hash(JSON.stringify([...parts.map((part) => (part.kind === "text" ? part.text.trim() : part)), ...choices]));
