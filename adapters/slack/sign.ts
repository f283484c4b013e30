import type { Sign } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { SlackAddress } from "./address.ts";
import { slackErrorName } from "./errors.ts";
import type { Feature } from "./manifest.ts";
import { neutralise } from "./neutral.ts";
import type { Web } from "./web.ts";

/** Slack takes a status away after two minutes; until this long before that, the same sign again is not worth a call. */
const refreshMs = 90_000;
/** A progress word follows the last one after this long at the earliest. */
const rewordMs = 5_000;
const remembered = 2_000;
/** An answer that comes sooner than this is the best sign; a session that only flickers is worth no call. */
const holdMs = 150;

type Way = "session" | "status" | "reaction";

interface Shown {
  way: Way;
  kind: Sign["kind"] | "none";
  text: string;
  at: number;
  /** A first sign of work that waits whether it is needed. */
  held?: Held | undefined;
  /** Settles with the newest sign: signs of one thread are set one after another, or a late `working` would outlive its `idle`. */
  tail: Promise<void>;
}

interface Held {
  sign: Sign;
  /** Settles when it is shown, or not needed any more. */
  readonly done: Promise<void>;
  drop(): void;
}

/** Shows and takes away signs. Which way works is remembered thread by thread. */
export interface Signs {
  set(address: SlackAddress, sign: Sign, signal: AbortSignal): Promise<void>;
  /** No sign that waits is shown any more. */
  stop(): void;
}

export interface SignsOptions {
  readonly web: Web;
  readonly clock: Clock;
  readonly features: ReadonlySet<Feature>;
  /** Whether nobody else sets signs in these threads: only then is it sure that one that waits does not come behind the end of another's. */
  readonly alone: boolean;
}

export function createSigns({ web, clock, features, alone }: SignsOptions): Signs {
  /** To show that we are at work, the best first. A workspace may not have the first two. */
  const ways: readonly Way[] = [
    ...(features.has("agentView") ? (["session"] as const) : []),
    "status",
    ...(features.has("reactions") ? (["reaction"] as const) : []),
  ];
  const threads = new Map<string, Shown>();

  const shownIn = (key: string): Shown => {
    const shown: Shown = threads.get(key) ?? { way: ways[0] ?? "status", kind: "none", text: "", at: 0, tail: Promise.resolve() };
    threads.delete(key);
    threads.set(key, shown);
    const [oldest] = threads;
    if (threads.size <= remembered || oldest === undefined) return shown;
    oldest[1].held?.drop();
    threads.delete(oldest[0]);
    return shown;
  };

  const isFresh = (shown: Shown, sign: Sign, text: string): boolean => {
    if (shown.kind !== sign.kind) return false;
    // Nothing is shown, and nobody else could have changed that.
    if (alone && sign.kind === "idle") return true;
    const news = shown.way === "status" && shown.text !== text;
    return clock.now() - shown.at < (news ? rewordMs : refreshMs);
  };

  const apply = async (shown: Shown, place: Place, sign: Sign, signal: AbortSignal) => {
    const text = toStatus(sign);
    if (isFresh(shown, sign, text)) return;
    for (const way of ways.slice(ways.indexOf(shown.way))) {
      const worked = await show(web, way, place, sign, text, signal);
      if (!worked) continue;
      Object.assign(shown, { way, kind: sign.kind, text, at: clock.now() });
      return;
    }
  };

  const inTurn = async (shown: Shown, place: Place, sign: Sign, signal: AbortSignal) => {
    const mine = shown.tail.then(() => apply(shown, place, sign, signal));
    // The caller hears of a failure; the next sign does not care.
    shown.tail = mine.catch(() => undefined);
    await mine;
  };

  const hold = (shown: Shown, place: Place, sign: Sign, signal: AbortSignal): Held => {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const end = () => {
      shown.held = undefined;
    };
    const cancel = clock.after(holdMs, () => {
      end();
      resolve(inTurn(shown, place, held.sign, signal));
    });
    const drop = () => {
      cancel();
      end();
      resolve();
    };
    const held: Held = { sign, done, drop };
    return held;
  };

  return {
    async set(address, sign, signal) {
      const { threadTs } = address;
      if (threadTs === undefined) return;
      const place = { ...address, threadTs };
      const shown = shownIn(`${address.team}:${address.channel}:${threadTs}`);
      if (sign.kind === "working" && sign.first && shown.kind === "none") shown.kind = "idle";
      if (sign.kind === "idle") shown.held?.drop();
      else if (shown.held) shown.held.sign = sign;
      else if (alone && shown.kind !== "working") shown.held = hold(shown, place, sign, signal);
      await (shown.held?.done ?? inTurn(shown, place, sign, signal));
    },
    stop() {
      for (const { held } of threads.values()) held?.drop();
    },
  };
}

/** A progress word of an agent is one short line without a call to anybody. */
function toStatus(sign: Sign): string {
  if (sign.kind === "idle") return "";
  const words = neutralise(sign.text ?? "")
    .replace(/\s+/g, " ")
    .trim();
  return [...(words || "is working on it…")].slice(0, 80).join("");
}

type Place = SlackAddress & { readonly threadTs: string };

/** False when Slack does not know this way here. Rejects when nobody can say. */
async function show(web: Web, way: Way, place: Place, sign: Sign, text: string, signal: AbortSignal): Promise<boolean> {
  try {
    if (way === "session") await setSession(web, place, sign, signal);
    else if (way === "status") await setStatus(web, place, text, signal);
    else await setReaction(web, place, sign, signal);
    return true;
  } catch (error) {
    const name = slackErrorName(error);
    if (name === "already_reacted" || name === "no_reaction") return true;
    if (name === undefined || name === "ratelimited" || way === "reaction") throw error;
    return false;
  }
}

async function setSession(web: Web, place: Place, sign: Sign, signal: AbortSignal): Promise<void> {
  const status = sign.kind === "working" ? "processing" : "active";
  await web.call("agents.sessions.setStatus", "edit", { channel_id: place.channel, thread_ts: place.threadTs, status }, signal);
}

async function setStatus(web: Web, place: Place, status: string, signal: AbortSignal): Promise<void> {
  await web.call("assistant.threads.setStatus", "edit", { channel_id: place.channel, thread_ts: place.threadTs, status }, signal);
}

async function setReaction(web: Web, place: Place, sign: Sign, signal: AbortSignal): Promise<void> {
  const reaction = { channel: place.channel, timestamp: place.ts ?? place.threadTs, name: "eyes" };
  if (sign.kind === "working") await web.call("reactions.add", "edit", reaction, signal);
  else await web.call("reactions.remove", "edit", reaction, signal);
}
