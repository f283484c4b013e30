/** A push that was made; `status` is 0 where nobody answered. */
interface Push {
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

export interface Parcel {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Parcels of one task leave one after another. */
  readonly taskId: string;
}

/** Sends parcels once each, like the SDK's sender: five seconds, no second try. */
export interface PostOffice {
  readonly pushes: readonly Push[];
  /** How many parcels wait for `release`. */
  readonly waiting: number;
  post(parcel: Parcel): void;
  /** Past everything that waits. Resolves to the status. */
  postNow(parcel: Parcel): Promise<number>;
  /** The last push that was sent, `times` more. */
  again(times?: number): Promise<readonly number[]>;
  hold(): void;
  /** Lets the first `count` waiting parcels go and keeps holding; without a count, all, and no longer holds. Resolves when they were answered. */
  release(count?: number): Promise<void>;
  /** Nothing leaves, as from a dead process; held or not, it waits. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export function createPostOffice(fetch: typeof globalThis.fetch): PostOffice {
  const pushes: Push[] = [];
  const waiting: Parcel[] = [];
  const chains = new Map<string, Promise<number>>();
  const stopping = new AbortController();
  let holding = false;
  let running = Promise.withResolvers<void>();
  running.resolve();
  let last: Parcel | undefined;

  async function deliver(parcel: Parcel): Promise<number> {
    await running.promise;
    last = parcel;
    const status = await attempt(fetch, parcel, stopping.signal);
    pushes.push({ url: parcel.url, status, body: parcel.body });
    return status;
  }
  function enqueue(parcel: Parcel): Promise<number> {
    const before = chains.get(parcel.taskId) ?? Promise.resolve(0);
    const mine = before.then(() => deliver(parcel));
    chains.set(parcel.taskId, mine);
    return mine;
  }
  return {
    pushes,
    get waiting() {
      return waiting.length;
    },
    post(parcel) {
      if (holding) waiting.push(parcel);
      else void enqueue(parcel);
    },
    postNow: deliver,
    async again(times = 1) {
      if (!last) throw new Error("nothing was pushed yet");
      const parcel = last;
      return Promise.all(Array.from({ length: times }, () => enqueue(parcel)));
    },
    hold() {
      holding = true;
    },
    async release(count) {
      if (count === undefined) holding = false;
      await Promise.all(waiting.splice(0, count ?? waiting.length).map(enqueue));
    },
    pause() {
      running = Promise.withResolvers<void>();
    },
    resume: () => running.resolve(),
    async stop() {
      stopping.abort();
      running.resolve();
      await Promise.all(chains.values());
    },
  };
}

async function attempt(fetch: typeof globalThis.fetch, parcel: Parcel, stopping: AbortSignal): Promise<number> {
  try {
    const response = await fetch(parcel.url, {
      method: "POST",
      headers: parcel.headers,
      body: parcel.body,
      redirect: "manual",
      signal: AbortSignal.any([stopping, AbortSignal.timeout(5_000)]),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0; // the books say so; an agent does not try twice
  }
}
