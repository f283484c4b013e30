import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { TeamsAddress } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import { streamEndOf } from "./errors.ts";
import { toTeamsMarkdown } from "./markdown.ts";
import type { Pace } from "./pace.ts";
import type { Slot, Slots } from "./slots.ts";
import { finishStream, openStream, type Stream, streamLifeMs } from "./stream.ts";

/** An unchanged word is told again this often: then we also hear whether the person has pressed Stop. */
const informEveryMs = 10_000;
const rewordMs = 5_000;

/** The sign of one thread, as far as this process shows it. */
export interface Shown {
  readonly key: string;
  /** What the agent says that it does; empty: nothing. */
  words: string;
  shown: string;
  shownAt: number;
  /** The message that it is, where it is one. */
  message: string | undefined;
  stream: Stream | undefined;
  /** Teams takes no streams here. */
  plain: boolean;
}

export interface ShowParts {
  readonly connector: Connector;
  readonly slots: Slots;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly log: Log;
}

/** "Is typing", which fades by itself. It is left out where a lot is being sent. */
export async function showTyping({ connector, pace }: ShowParts, address: TeamsAddress, signal: AbortSignal): Promise<void> {
  if (pace.spare(address.conversation)) await connector.post(address, { type: "typing" }, signal);
}

/** A message that says that we are at work, with the newest word about it. */
export async function showMessage(parts: ShowParts, shown: Shown, address: TeamsAddress, signal: AbortSignal): Promise<void> {
  const { connector, slots, pace, clock } = parts;
  const text = toWords(shown.words);
  const found = await slots.open(shown.key);
  const open = found && isLeftOver(shown, found, clock.now()) ? undefined : found;
  if (found && !open) await clearAway(parts, shown, address, signal);
  if (!open) {
    await pace.turn(address.conversation, signal);
    const message = await connector.post(address, toSignMessage(text), signal);
    if (message) await slots.put(shown.key, { message, at: clock.now(), stream: false });
    shown.message = message;
    note(shown, text, clock.now());
  } else if (open.writing) {
    // What is written there is sign enough.
  } else if (!open.stream && isNews(shown, text, clock.now()) && pace.spare(address.conversation)) {
    await connector.update(address, open.message, toSignMessage(text), signal);
    note(shown, text, clock.now());
  }
}

/** An answer that has been written for so long is written no more: its process is gone. */
const writtenMs = 600_000;

/** Of a process that was killed: what is said now belongs below what stands there since. */
function isLeftOver({ message }: Shown, open: Slot, now: number): boolean {
  return open.writing ? now - open.at > writtenMs : open.passed === true && open.message !== message;
}

/** Takes out what a process that is gone has left, and removes it. That it may stay does not hold up what comes now. */
export async function clearAway(parts: ShowParts, shown: Shown, address: TeamsAddress, signal: AbortSignal): Promise<void> {
  const slot = await parts.slots.take(shown.key);
  if (!slot) return;
  await removeSign(parts, address, { slot, stream: undefined }, signal).catch((err: unknown) => {
    parts.log.debug({ err, thread: shown.key }, "sign of an earlier process not taken away");
  });
}

/**
 * In a personal chat: opens a stream, tells the newest word, and ends it in good order before Teams does. Where nobody wants it any more
 * (`wait`), nothing is begun; a call that was begun is heard to its end, for Teams would show a stream that nobody here knows of.
 */
export async function showStream(
  parts: ShowParts,
  shown: Shown,
  address: TeamsAddress,
  signals: { readonly wait: AbortSignal; readonly call: AbortSignal },
): Promise<void> {
  const { connector, slots, pace, clock } = parts;
  const { stream } = shown;
  const text = toWords(shown.words);
  const now = clock.now();
  if (!stream && (shown.plain || (await slots.open(shown.key)))) return showTyping(parts, address, signals.wait);
  if (!stream) {
    await pace.turn(address.conversation, signals.wait);
    const opened = await openStream({ connector, clock, address }, text, signals.call);
    await slots.put(shown.key, { message: opened.id, at: opened.startedAt, stream: true });
    shown.stream = opened;
    note(shown, text, clock.now());
  } else if (now - stream.startedAt > streamLifeMs - informEveryMs) {
    await stream.finish(toSignMessage(text), signals.call);
    await slots.put(shown.key, { message: stream.id, at: stream.startedAt, stream: false });
    shown.stream = undefined;
  } else if (isNews(shown, text, now) || now - shown.shownAt >= informEveryMs) {
    await stream.inform(text, signals.call);
    note(shown, text, clock.now());
  }
}

/** Takes the sign out: nothing will be written there. Resolves to what is still to be removed from the conversation. */
export async function takeShown(
  { slots }: ShowParts,
  shown: Shown,
): Promise<{ readonly slot: Slot; readonly stream: Stream | undefined } | undefined> {
  const open = await slots.open(shown.key);
  if (open?.writing) return undefined;
  const slot = open && (await slots.take(shown.key));
  const { stream } = shown;
  shown.stream = undefined;
  return slot && { slot, stream };
}

/** Removes a sign that was taken out. Where nothing can be deleted, it says at least that the work is over. */
export async function removeSign(
  { connector, clock }: ShowParts,
  address: TeamsAddress,
  { slot, stream }: { readonly slot: Slot; readonly stream: Stream | undefined },
  signal: AbortSignal,
): Promise<void> {
  // One whose end Teams has set already is no worse for it; that of another process may still be open.
  if (stream && stream.end === undefined) await stream.finish(toSignMessage(doneWords), signal).catch((error: unknown) => endOf(error));
  if (!stream && slot.stream)
    await finishStream({ connector, clock, address }, slot.message, toSignMessage(doneWords), signal).catch((error: unknown) =>
      endOf(error),
    );
  try {
    await connector.remove(address, slot.message, signal);
  } catch (error) {
    if (!(error instanceof DeliveryError && error.kind === "replacedGone")) throw error;
    await connector.update(address, slot.message, toSignMessage(doneWords), signal);
  }
}

function endOf(error: unknown): void {
  if (streamEndOf(error) === undefined) throw error;
}

const doneWords = "_Done._";

function note(shown: Shown, text: string, at: number): void {
  shown.shown = text;
  shown.shownAt = at;
}

function isNews({ words, shown, shownAt }: Shown, text: string, now: number): boolean {
  return words !== "" && text !== shown && now - shownAt >= rewordMs;
}

function toSignMessage(text: string): Message {
  return { type: "message", text, textFormat: "markdown" };
}

/** A progress word of an agent is one short line. */
function toWords(words: string): string {
  const line = toTeamsMarkdown(words.replace(/\s+/g, " ").trim());
  return line === "" ? "Working on it…" : [...line].slice(0, 200).join("");
}
