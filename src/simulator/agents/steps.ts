/** Part of an answer, in the JSON of A2A 1.0 (section 4.1.6); plain text for most. */
export type StepPart =
  | { readonly text: string }
  | { readonly url: string; readonly filename?: string; readonly mediaType?: string }
  | { readonly raw: string; readonly filename?: string; readonly mediaType?: string }
  | { readonly data: Readonly<Record<string, unknown>> };

export type Content = string | readonly StepPart[];

/** One thing that a simulated agent does. Steps are done one after another; each is visible to the caller before the next begins. */
export type Step =
  | { readonly kind: "status"; readonly state: StepState; readonly content: Content | undefined }
  | { readonly kind: "output"; readonly artifact: string; readonly content: Content; readonly append: boolean; readonly last: boolean }
  | { readonly kind: "message"; readonly content: Content }
  | { readonly kind: "wait"; readonly until: number | PromiseLike<unknown> }
  | { readonly kind: "detach" }
  | { readonly kind: "drop" }
  | { readonly kind: "respond"; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | { readonly kind: "silent" }
  | { readonly kind: "pushes"; readonly action: "hold" | "release" | "again" };

export type StepState = "working" | "inputRequired" | "authRequired" | "completed" | "failed" | "rejected" | "canceled";

/**
 * What an agent does for one message. After a word that ends the turn (a question, an end, a message) it may still wait and push,
 * but not speak. An async generator may await between steps, which is how a test holds it at a place.
 */
export type Script = Iterable<Step> | AsyncIterable<Step>;

/** The task goes on; `content` is a word about progress. */
export const working = (content?: Content): Step => ({ kind: "status", state: "working", content });

/** A piece of the answer. `append` continues the artifact of that id. */
export const output = (artifact: string, content: Content, options: { readonly append?: boolean; readonly last?: boolean } = {}): Step => ({
  kind: "output",
  artifact,
  content,
  append: options.append ?? false,
  last: options.last ?? false,
});

/** Ends the turn with a question; the next message with the same taskId answers it. */
export const inputRequired = (content: Content): Step => ({ kind: "status", state: "inputRequired", content });

/** Asks the person to sign in elsewhere. The turn goes on: an agent may resume by itself. */
export const authRequired = (content: Content): Step => ({ kind: "status", state: "authRequired", content });

export const complete = (content?: Content): Step => ({ kind: "status", state: "completed", content });
export const fail = (content?: Content): Step => ({ kind: "status", state: "failed", content });
export const reject = (content?: Content): Step => ({ kind: "status", state: "rejected", content });

/** Answers with a bare Message instead of a Task. Only as the first step that speaks, and the last. */
export const message = (content: Content): Step => ({ kind: "message", content });

/** Milliseconds by the agent's clock, or until a promise is settled. */
export const wait = (until: number | PromiseLike<unknown>): Step => ({ kind: "wait", until });

/** Answers the open call now with the task as it stands, also a blocking one, and goes on working: the rest is for push, get and resubscribe. */
export const detach = (): Step => ({ kind: "detach" });

/** Cuts the connection of the open call. The task goes on. */
export const drop = (): Step => ({ kind: "drop" });

/** Answers the open call with this status instead of A2A and ends the turn. Before any other step the message counts as not taken. */
export const httpError = (
  status: number,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Step => ({ kind: "respond", status, headers: options.headers ?? {}, body: options.body ?? "" });

/** Nothing more is said, and the open call stays open, until the task is canceled or the agent stops. */
export const silent = (): Step => ({ kind: "silent" });

export const holdPushes = (): Step => ({ kind: "pushes", action: "hold" });
export const releasePushes = (): Step => ({ kind: "pushes", action: "release" });
/** Sends the agent's last push once more. */
export const repeatPush = (): Step => ({ kind: "pushes", action: "again" });
