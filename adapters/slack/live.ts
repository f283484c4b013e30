import type { KnownBlock } from "@slack/types";
import type { ChatStopStreamArguments } from "@slack/web-api";
import type { Log } from "../../src/log.ts";
import type { LivePost } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import { createRest } from "../shared/rest.ts";
import { splitMarkdown } from "../shared/split.ts";
import { refusesBlocks } from "./errors.ts";
import { neutralise } from "./neutral.ts";
import { postLimit, toMessage } from "./render.ts";
import { appendStream, endQuietly, isStreamOver, type Metadata, type Place, stopStream, updateMessage } from "./stream.ts";
import type { Web } from "./web.ts";

/** Slack closes a stream after about five minutes, whatever happens in it. */
const streamLifeMs = 270_000;
const appendEveryMs = 1_000;
const updateEveryMs = 3_000;
const retryAfterMs = 5_000;
const patience = 5;
const longSleepMs = 3_600_000;

/** What goes along with the end of the writing. */
interface Last {
  readonly metadata: Metadata;
  readonly blocks: KnownBlock[];
}

/** A message that is being written in this process. */
export interface Live extends LivePost {
  /**
   * Ends the writing. True: the message now holds exactly this text. False: its stream is closed, and the text has still to be put
   * in its place. Rejects with a DeliveryError; it can be called again.
   */
  finish(markdown: string, last: Last, signal: AbortSignal): Promise<boolean>;
}

export interface LiveOptions {
  readonly web: Web;
  readonly clock: Clock;
  readonly log: Log;
  readonly place: Place;
  readonly posted: PostedRef;
  /** Ends the writing at once. */
  readonly signal: AbortSignal;
}

/** `stream`: text is appended. `update`: the stream is over, the message is rewritten. `still`: nothing is shown any more. */
type Mode = "stream" | "update" | "still";

/** Takes over a stream that was just started and is empty. It runs until it is closed. */
export function createLive(options: LiveOptions): Live {
  const { web, clock, log, place, posted } = options;
  const started = clock.now();
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, options.signal]);
  const rest = createRest(clock, ended);
  let mode: Mode = "stream";
  /** What a reader sees, as far as we know; not known any more after an append of which nobody heard. */
  let shown: string | undefined = "";
  let said = "";
  let wanted = "";
  let full = false;
  let earliest = 0;
  let failures = 0;

  const missing = () => (shown !== undefined && wanted.startsWith(shown) ? wanted.slice(shown.length) : undefined);

  const lifeMs = () => (mode === "stream" ? started + streamLifeMs - clock.now() : longSleepMs);

  const takeNews = () => {
    if (full) return;
    const whole = neutralise(said)
      .replace(/^(?:[^\S\n]*\n)+/, "")
      .trimEnd();
    if (whole === "") return;
    full = whole.length > postLimit;
    // What goes beyond one message comes with the final reply.
    const next = full ? (splitMarkdown(whole, postLimit)[0] ?? "") : whole;
    if (full && shown !== undefined && !next.startsWith(shown)) return;
    wanted = next;
  };

  const step = async () => {
    const piece = missing();
    if (mode === "stream" && (piece === undefined || clock.now() - started >= streamLifeMs)) {
      await endQuietly(web, place, options.signal);
      mode = "update";
    } else if (mode === "stream") {
      const text = wanted;
      await appendStream(web, place, piece ?? "", options.signal);
      shown = text;
      earliest = clock.now() + appendEveryMs;
    } else {
      const text = wanted;
      await updateMessage(web, place, toMessage(text), undefined, options.signal);
      shown = text;
      earliest = clock.now() + updateEveryMs;
    }
  };

  const onFailure = (error: unknown) => {
    if (failures++ === 0 && !ended.aborted) log.warn({ ts: place.ts, channel: place.channel, mode, err: error }, "live text not shown");
    if (isStreamOver(error)) {
      mode = "update";
      return;
    }
    const kind = error instanceof DeliveryError ? error.kind : undefined;
    if (kind === "ambiguous") shown = undefined;
    const again = kind === "rateLimited" || kind === "unavailable" || kind === "ambiguous";
    if (!again || failures > patience) mode = "still";
    earliest = clock.now() + ((error instanceof DeliveryError ? error.retryAfterMs : undefined) ?? retryAfterMs);
  };

  const run = async () => {
    while (!ended.aborted && mode !== "still") {
      const [life, pause] = [lifeMs(), earliest - clock.now()];
      if (life > 0 && pause > 0) await rest.take(Math.min(life, pause));
      else {
        takeNews();
        if (life > 0 && wanted === shown) await rest.take(life, "news");
        else await step().catch(onFailure);
      }
    }
  };
  const running = run();

  const close = async () => {
    closing.abort();
    await running;
  };

  return {
    posted,
    show(text) {
      said = text;
      rest.news();
    },
    close,
    async finish(markdown, last, signal) {
      await close();
      if (mode === "stream" && shown !== undefined && markdown.startsWith(shown)) {
        const left = markdown.slice(shown.length);
        try {
          await stopStream(web, place, toEnd(left, last), signal);
          mode = "still";
          return true;
        } catch (error) {
          if (error instanceof DeliveryError && error.kind === "ambiguous") shown = undefined;
          if (isStreamOver(error)) mode = "update";
          else if (!refusesBlocks(error)) throw error;
        }
      }
      if (mode !== "update") await endQuietly(web, place, signal);
      mode = "update";
      return false;
    },
  };
}

function toEnd(
  missing: string,
  { metadata, blocks }: Last,
): Pick<ChatStopStreamArguments, "markdown_text" | "blocks"> & Pick<Last, "metadata"> {
  return { ...(missing && { markdown_text: missing }), ...(blocks.length > 0 && { blocks }), metadata };
}
