import type { Log } from "../../src/log.ts";
import type { LivePost } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import { toLiveText } from "./render.ts";

/** Edits of one message count like posts: five in five seconds, with everything else in the channel. */
const editEveryMs = 1_500;
const retryAfterMs = 5_000;
const patience = 5;
const longSleepMs = 3_600_000;

export interface LiveOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly posted: PostedRef;
  /** Puts this text in the place of the message. */
  readonly edit: (text: string, signal: AbortSignal) => Promise<void>;
  /** Ends the writing at once. */
  readonly signal: AbortSignal;
}

/** Takes over a message that was just posted. One edit at a time is under way, with the newest text; it runs until it is closed. */
export function createLive({ clock, log, posted, edit, signal }: LiveOptions): LivePost {
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, signal]);
  let news = new AbortController();
  let shown = "";
  let wanted = "";
  let earliest = 0;
  let failures = 0;

  const waitMs = () => (wanted === shown || wanted === "" ? longSleepMs : Math.max(0, earliest - clock.now()));

  const step = async () => {
    const text = wanted;
    await edit(text, signal);
    shown = text;
    failures = 0;
    earliest = clock.now() + editEveryMs;
  };

  const onFailure = (error: unknown) => {
    if (failures++ === 0 && !ended.aborted) log.warn({ message: posted.message, err: error }, "live text not shown");
    earliest = clock.now() + ((error instanceof DeliveryError ? error.retryAfterMs : undefined) ?? retryAfterMs);
  };

  const isLasting = (error: unknown) =>
    failures > patience || !(error instanceof DeliveryError) || !["rateLimited", "unavailable", "ambiguous"].includes(error.kind);

  const run = async () => {
    let still = false;
    while (!ended.aborted && !still) {
      const wait = waitMs();
      if (wait > 0) await clock.sleep(wait, AbortSignal.any([ended, news.signal]));
      else
        await step().catch((error: unknown) => {
          onFailure(error);
          still = isLasting(error);
        });
      if (news.signal.aborted) news = new AbortController();
    }
  };
  const running = run();

  return {
    posted,
    show(text) {
      if (ended.aborted) return;
      // What goes beyond one message comes with the final reply.
      wanted = toLiveText(text);
      news.abort();
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
