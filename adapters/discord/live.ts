import type { Log } from "../../src/log.ts";
import type { LivePost } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import { createRest } from "../shared/rest.ts";
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
  const rest = createRest(clock, ended);
  let said = "";
  let shown = "";
  let earliest = 0;
  let failures = 0;

  /** What goes beyond one message comes with the final reply. */
  const next = () => {
    const text = toLiveText(said);
    return text === shown || text === "" ? undefined : text;
  };

  const step = async (text: string) => {
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
      const wait = earliest - clock.now();
      const text = wait > 0 ? undefined : next();
      if (wait > 0) await rest.take(wait);
      else if (text === undefined) await rest.take(longSleepMs, "news");
      else
        await step(text).catch((error: unknown) => {
          onFailure(error);
          still = isLasting(error);
        });
    }
  };
  const running = run();

  return {
    posted,
    show(text) {
      said = text;
      rest.news();
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
