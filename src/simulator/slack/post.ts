import { type Delivered, type SendOptions, sendEvent } from "./deliver.ts";
import { type Envelope, type Happening, toEnvelopes } from "./events.ts";
import type { Line } from "./line.ts";
import type { Workspace } from "./workspace.ts";

/** Where events go, and how they are disturbed on their way. */
export interface Post {
  /** Sends what the app hears of a happening; resolves when each event was taken or given up. */
  tell(happening: Happening): Promise<readonly Delivered[]>;
  send(envelope: Envelope): Promise<Delivered>;
  /** The way to the app, also for what people do with commands and buttons. */
  readonly line: Line;
  disturb(disturbance: Disturbance): void;
  /** Sends what was held back. */
  release(order?: "asSaid" | "reversed"): void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface Disturbance {
  /** Each event comes this many times more, with the same event id. */
  readonly duplicates?: number;
  /** Of the two events that a mention makes, the one that comes first, alone; otherwise both come at once. */
  readonly first?: "message" | "app_mention" | undefined;
  /** Events are held back until `release`. */
  readonly hold?: boolean;
}

export function createPost(workspace: Workspace, line: Line, options: SendOptions): Post {
  let disturbance: Disturbance = {};
  let held: (() => void)[] = [];
  const underWay = new Set<Promise<unknown>>();

  function owned<T>(promise: Promise<T>): Promise<T> {
    underWay.add(promise);
    void promise.finally(() => underWay.delete(promise));
    return promise;
  }

  async function send(envelope: Envelope): Promise<Delivered> {
    if (!line.isThere()) return { type: String(envelope.event.type), eventId: envelope.event_id, statuses: [] };
    if (disturbance.hold) await new Promise<void>((resolve) => held.push(resolve));
    const copies = Array.from({ length: 1 + (disturbance.duplicates ?? 0) }, () => sendEvent(options, line, envelope));
    const all = await Promise.all(copies);
    return { type: String(envelope.event.type), eventId: envelope.event_id, statuses: all.flatMap((one) => one.statuses) };
  }

  async function tellAll(envelopes: readonly Envelope[]): Promise<readonly Delivered[]> {
    const { first } = disturbance;
    if (first === undefined) return Promise.all(envelopes.map(send));
    const sorted = envelopes.toSorted((a, b) => Number(b.event.type === first) - Number(a.event.type === first));
    const results: Delivered[] = [];
    for (const envelope of sorted) results.push(await send(envelope));
    return results;
  }

  return {
    tell: (happening) => owned(tellAll(toEnvelopes(workspace, happening))),
    send: (envelope) => owned(send(envelope)),
    line,
    disturb(next) {
      disturbance = next;
    },
    release(order = "asSaid") {
      const waiting = order === "asSaid" ? held : held.toReversed();
      held = [];
      disturbance = { ...disturbance, hold: false };
      for (const go of waiting) go();
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}
