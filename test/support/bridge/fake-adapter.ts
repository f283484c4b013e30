import type { Adapter } from "../../../src/model/adapter.ts";
import type { PostedRef } from "../../../src/model/reply.ts";

export const platform = "fake";

export const posted = (message: string): PostedRef => ({ platform, message, address: {} });

export interface FakeAdapter extends Adapter {
  /** Since when a live message was looked for, each time. */
  readonly searches: readonly number[];
}

/** A platform on which nothing is shown. `found`: the live message that a process before has left, asked anew each time; it may throw. */
export function createFakeAdapter(found: () => PostedRef | undefined): FakeAdapter {
  const searches: number[] = [];
  const no = (what: string) => () => Promise.reject(new Error(`nobody should ${what} here`));
  return {
    platform,
    capabilities: { posting: "lookup", identity: "admin" },
    routes: [],
    searches,
    start: async () => undefined,
    person: no("ask for a person"),
    sign: async () => undefined,
    split: (reply) => [reply],
    post: no("post"),
    edit: no("edit"),
    async findLive(_thread, _asker, since) {
      searches.push(since);
      return found();
    },
    open: no("open a file"),
    stop: async () => undefined,
  };
}
