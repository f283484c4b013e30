import type { Log } from "../../src/log.ts";
import type { LivePost } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import { createRest } from "../shared/rest.ts";
import { splitMarkdown } from "../shared/split.ts";
import type { TeamsAddress } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import { toGrowingMarkdown } from "./growing.ts";
import { toTeamsMarkdown } from "./markdown.ts";
import type { Pace } from "./pace.ts";
import { postLimit } from "./render.ts";
import { type Stream, streamLifeMs } from "./stream.ts";

/** Teams takes one request of a stream a second, and asks to gather text for a little longer. */
const writeEveryMs = 1_500;
/** An edit costs more, and many of them make a message restless. */
const updateEveryMs = 2_500;
const retryAfterMs = 5_000;
const patience = 5;
const longSleepMs = 3_600_000;

/** A message that is being written in this process. */
export interface Live extends LivePost {
  /** The stream, while it is open. */
  readonly stream: Stream | undefined;
}

export interface LiveOptions {
  readonly connector: Connector;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly log: Log;
  readonly address: TeamsAddress;
  readonly posted: PostedRef;
  /** In personal chats. Absent: the message is rewritten. */
  readonly stream: Stream | undefined;
  /** The person pressed Stop. */
  readonly onStopped: () => void;
  /** Ends the writing at once. */
  readonly signal: AbortSignal;
}

/** `stream`: text is written on. `update`: the message is rewritten. `still`: nothing is shown any more. */
type Mode = "stream" | "update" | "still";

/** Takes over a message that was just posted and holds no text yet. It runs until it is closed. */
export function createLive(options: LiveOptions): Live {
  const { connector, pace, clock, log, address, posted, stream } = options;
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, options.signal]);
  const rest = createRest(clock, ended);
  let mode: Mode = stream ? "stream" : "update";
  let shown = "";
  let said = "";
  let earliest = 0;
  let failures = 0;

  const lifeMs = () => (mode === "stream" && stream ? stream.startedAt + streamLifeMs - clock.now() : longSleepMs);

  const next = () => {
    // What goes beyond one message comes with the final reply.
    const wanted = splitMarkdown(said, postLimit)[0] ?? "";
    const text = mode === "stream" ? toGrowingMarkdown(wanted) : toTeamsMarkdown(wanted);
    // A stream takes only what begins with the text before it; the rest comes with the end.
    return text === shown || text.trim() === "" || (mode === "stream" && !text.startsWith(shown)) ? undefined : text;
  };

  const step = async () => {
    if (mode === "stream" && stream && lifeMs() <= 0) {
      await stream.finish(toMessage(shown === "" ? "…" : shown), options.signal);
      mode = "update";
      return;
    }
    const text = next();
    if (text === undefined) return;
    earliest = clock.now() + (mode === "stream" ? writeEveryMs : updateEveryMs);
    if (!pace.spare(address.conversation)) return;
    if (mode === "stream" && stream) await stream.write(text, options.signal);
    else await connector.update(address, posted.message, toMessage(text), options.signal);
    shown = text;
    failures = 0;
  };

  const onFailure = (error: unknown) => {
    if (failures++ === 0 && !ended.aborted) log.warn({ message: posted.message, mode, err: error }, "live text not shown");
    if (stream?.end !== undefined && mode === "stream") {
      if (stream.end === "canceled") options.onStopped();
      // After two minutes the message can be rewritten; where the person has stopped it, nothing more is wanted.
      mode = stream.end === "expired" ? "update" : "still";
    }
    const kind = error instanceof DeliveryError ? error.kind : undefined;
    const again = kind === "rateLimited" || kind === "unavailable" || kind === "ambiguous" || mode === "update";
    if (!again || failures > patience) mode = "still";
    earliest = clock.now() + ((error instanceof DeliveryError ? error.retryAfterMs : undefined) ?? retryAfterMs);
  };

  const run = async () => {
    while (!ended.aborted && mode !== "still") {
      const [life, pause] = [lifeMs(), earliest - clock.now()];
      if (life > 0 && pause > 0) await rest.take(Math.min(life, pause));
      else if (life > 0 && next() === undefined) await rest.take(life, "news");
      else await step().catch(onFailure);
    }
  };
  const running = run();

  return {
    posted,
    get stream() {
      return stream?.end === undefined ? stream : undefined;
    },
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

function toMessage(text: string): Message {
  return { type: "message", text, textFormat: "markdown" };
}
