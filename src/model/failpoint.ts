/**
 * The places where the path can be interrupted: each commit and each call to the outside, before and after it.
 * A test injects a function that kills the process at one of them; in production nothing is injected.
 */
export const failpoints = [
  "receive.commit.before",
  "receive.commit.after",
  "converse.person.before",
  "converse.commit.before",
  "converse.commit.after",
  "control.commit.before",
  "control.commit.after",
  "ask.sent.before",
  "ask.sent.after",
  "ask.send.before",
  "ask.send.first",
  "follow.ids.before",
  "follow.ids.after",
  "follow.live.before",
  "follow.live.after",
  "follow.end.before",
  "follow.end.after",
  "push.commit.before",
  "push.commit.after",
  "deliver.post.before",
  "deliver.post.after",
  "deliver.commit.before",
  "deliver.commit.after",
] as const;

/** The same where files are brought; a path without files does not come by here. */
export const fileFailpoints = ["ask.open.before", "ask.open.after", "deliver.fetch.before", "deliver.fetch.after"] as const;

export type FailpointName = (typeof failpoints)[number] | (typeof fileFailpoints)[number];

/** Returns when the path may go on. */
export type Failpoint = (name: FailpointName) => void | Promise<void>;

export const noFailpoint: Failpoint = () => undefined;
