import { type Activity, type Delivered, type SendOptions, sendActivity } from "./deliver.ts";

/** Where activities go, and how they are disturbed on their way. */
export interface Post {
  /** Sends activities at the same time; resolves when each was taken or given up. */
  send(activities: readonly Activity[]): Promise<readonly Delivered[]>;
  /** Waits with the stop of the simulator for this, too. */
  own<T>(promise: Promise<T>): Promise<T>;
  target(url: string | undefined): void;
  address(): string | undefined;
  disturb(disturbance: Disturbance): void;
  /** Sends what was held back. */
  release(order?: "asSaid" | "reversed"): void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export interface Disturbance {
  /** Each activity comes this many times more, with the same id. */
  readonly duplicates?: number;
  /** Activities are held back until `release`. */
  readonly hold?: boolean;
}

export function createPost(options: SendOptions): Post {
  let url: string | undefined;
  let disturbance: Disturbance = {};
  let held: { readonly go: () => void; readonly answered: Promise<void> }[] = [];
  const underWay = new Set<Promise<unknown>>();

  function own<T>(promise: Promise<T>): Promise<T> {
    underWay.add(promise);
    void promise.finally(() => underWay.delete(promise));
    return promise;
  }

  async function sendAll(activity: Activity): Promise<Delivered> {
    const { type, id } = activity;
    if (url === undefined) return { type: String(type), id: String(id), statuses: [] };
    const answered = Promise.withResolvers<void>();
    if (disturbance.hold) await new Promise<void>((go) => held.push({ go, answered: answered.promise }));
    const copies = Array.from({ length: 1 + (disturbance.duplicates ?? 0) }, () => sendActivity(options, () => url, activity));
    const all = await Promise.all(copies).finally(answered.resolve);
    return { type: String(type), id: String(id), statuses: all.flatMap(({ statuses }) => statuses) };
  }

  /** At the same time they would arrive in any order. */
  async function oneByOne(waiting: typeof held): Promise<void> {
    for (const { go, answered } of waiting) {
      go();
      await answered;
    }
  }

  return {
    send: (activities) => own(Promise.all(activities.map(sendAll))),
    own,
    target(next) {
      url = next;
    },
    address: () => url,
    disturb(next) {
      disturbance = next;
    },
    release(order = "asSaid") {
      const waiting = order === "asSaid" ? held : held.toReversed();
      held = [];
      disturbance = { ...disturbance, hold: false };
      void own(oneByOne(waiting));
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}
