import type { Clock } from "../../model/clock.ts";
import { type Args, textArg } from "./arguments.ts";

/** Calls per minute by Slack's tiers (docs.slack.dev: rate limits); the tiers of streams are not documented in full. */
const perMinute: Readonly<Record<string, number>> = {
  "chat.update": 50,
  "chat.delete": 50,
  "chat.startStream": 20,
  "chat.stopStream": 20,
  "chat.appendStream": 100,
  "conversations.replies": 50,
  "conversations.history": 50,
  "conversations.open": 50,
  "users.info": 100,
  "reactions.add": 50,
  "reactions.remove": 20,
  "agents.sessions.setStatus": 50,
  "assistant.threads.setStatus": 50,
};

/** One post a second and channel, with short bursts. */
const postBurst = 4;

/** Seconds to wait before this call may be made, or undefined when it may be made now. */
export type RateLimit = (method: string, args: Args) => number | undefined;

/** Token buckets as Slack documents them: per channel for posts, per method for the rest. */
export function createRateLimit(clock: Clock): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (method, args) => {
    const posting = method === "chat.postMessage";
    const size = posting ? postBurst : perMinute[method];
    if (size === undefined) return undefined;
    const perSecond = posting ? 1 : size / 60;
    const key = posting ? `${method} ${textArg(args, "channel")}` : method;
    const bucket = buckets.get(key) ?? { tokens: size, at: clock.now() };
    buckets.set(key, bucket);
    bucket.tokens = Math.min(size, bucket.tokens + ((clock.now() - bucket.at) / 1000) * perSecond);
    bucket.at = clock.now();
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return undefined;
  };
}
