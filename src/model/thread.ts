/** Anything that survives JSON.stringify and back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Where a conversation takes place. `platform`, `workspace`, `channel` and `thread` together are the identity (see `threadKey`);
 * `address` is plain JSON that only the platform's adapter understands and needs in order to post there.
 */
export interface ThreadRef {
  readonly platform: string;
  readonly workspace: string;
  readonly channel: string;
  readonly thread: string;
  readonly address: Json;
  /** A chat without an end, such as a direct message: it begins a fresh context after `contextIdleHours`. */
  readonly endless?: boolean;
}

/** The storage key, the lane and the log field of a thread. Parts are escaped, so that no two threads share a key. */
export function threadKey(thread: ThreadRef): string {
  return [thread.platform, thread.workspace, thread.channel, thread.thread].map(encodeURIComponent).join(":");
}
