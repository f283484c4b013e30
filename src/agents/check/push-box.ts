import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { AgentEvent } from "../../model/agent.ts";
import type { Clock } from "../../model/clock.ts";
import type { RawRequest, RawResponse } from "../../model/http.ts";
import { isSettled } from "../events.ts";
import { decodePush, presentedCredentials } from "../push.ts";

/** How a push came, as far as the configuration must know it. */
export interface Arrival {
  readonly events: readonly AgentEvent[];
  /** To the address that was made for this message, and not only for a task of that id. */
  readonly own: boolean;
  /** With the credential that was registered. */
  readonly proven: boolean;
  readonly path: string;
}

/** A letter box for the time of a check. */
export interface PushBox {
  /** Where the agent may push to for one message. */
  address(): PushSlot;
  /** Takes a push. Never throws. */
  handle(request: RawRequest): RawResponse;
  /** The pushes for this message until one of them ends the turn, or none came for `ms`. */
  wait(slot: PushSlot, taskId: string | undefined, ms: number, signal: AbortSignal): Promise<readonly Arrival[]>;
}

export interface PushSlot {
  readonly id: string;
  readonly url: string;
  /** Empty for a fixed address, which has none. */
  readonly token: string;
  /** How many pushes had come before: they are answers to something else, also where the task is the same. */
  readonly before: number;
}

/** Strangers may fill it no further than this. */
const maxKept = 500;
const lookMs = 50;

/** `toUrl`: the address for an opaque id. `fixed`: the same one for all messages, without a secret. */
export function createPushBox(options: {
  readonly toUrl: (id: string) => string;
  readonly fixed: boolean;
  readonly clock: Clock;
}): PushBox {
  const { toUrl, fixed, clock } = options;
  const slots = new Map<string, PushSlot>();
  const kept: (Arrival & { readonly slot: string | undefined })[] = [];

  const arrivals = (slot: PushSlot, taskId: string | undefined) =>
    kept
      .slice(slot.before)
      .filter((one) => one.slot === slot.id || (taskId !== undefined && one.events.some((event) => event.taskId === taskId)));
  return {
    address() {
      const id = randomBytes(16).toString("base64url");
      const slot = { id, url: toUrl(id), token: fixed ? "" : randomBytes(24).toString("base64url"), before: kept.length };
      slots.set(id, slot);
      return slot;
    },
    handle({ path, headers, body }) {
      const slot = fixed ? undefined : slots.get(path.slice(path.lastIndexOf("/") + 1));
      const events = decode(body);
      if (events === undefined) return { status: 400 };
      if (kept.length >= maxKept) return { status: 429 };
      const proven = slot !== undefined && presentedCredentials(headers).some((one) => isSame(one, slot.token));
      kept.push({ events, own: slot !== undefined, proven, path, slot: slot?.id });
      return { status: 200 };
    },
    async wait(slot, taskId, ms, signal) {
      const end = clock.now() + ms;
      while (clock.now() < end && !signal.aborted && !arrivals(slot, taskId).some(({ events }) => events.some(isSettled)))
        await clock.sleep(lookMs, signal);
      return arrivals(slot, taskId);
    },
  };
}

function decode(body: Uint8Array): readonly AgentEvent[] | undefined {
  try {
    return decodePush(JSON.parse(Buffer.from(body).toString()));
  } catch {
    return undefined; // Answered with 400: the sender is a stranger.
  }
}

function isSame(shown: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return wanted !== "" && timingSafeEqual(digest(shown), digest(wanted));
}
