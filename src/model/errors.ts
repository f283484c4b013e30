/** How a post went wrong, and so what to do: see `bridge/deliver.ts`. */
export type DeliveryErrorKind =
  /** The platform asks to wait (`retryAfterMs`). Nothing was posted. */
  | "rateLimited"
  /** Nothing was posted; try again later. */
  | "unavailable"
  /** Nobody can say whether it was posted: look it up before it is posted again. */
  | "ambiguous"
  /** The message that was to be replaced is gone: post anew. */
  | "replacedGone"
  /** The thread or channel is gone, or the bot is not in it any more: bury. */
  | "threadGone"
  /** The platform refuses this very message or these credentials: bury. */
  | "refused"
  /** A file that is not shown here, or that cannot be had. Nothing was posted: say so, with the `explanation`. */
  | "fileRefused";

interface DeliveryErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly explanation?: string | undefined;
  readonly tooLarge?: boolean;
  readonly cause?: unknown;
}

/** The only error that an adapter's outgoing calls reject with. `message` holds no content. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly kind: DeliveryErrorKind;
  readonly retryAfterMs: number | undefined;
  /** What is wrong with a file, for the thread: the bridge's own words, fit to stand behind a colon. */
  readonly explanation: string | undefined;
  /** A file has more bytes than were asked for. */
  readonly tooLarge: boolean;
  constructor(kind: DeliveryErrorKind, message: string, options: DeliveryErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
    this.explanation = options.explanation;
    this.tooLarge = options.tooLarge ?? false;
  }
}

/** How a call to an agent went wrong. */
export type AgentErrorKind =
  /** The message certainly did not reach the agent; trying again does no harm. */
  | "unreachable"
  /** The agent refused to take it now (429, 503 with Retry-After). */
  | "rateLimited"
  /** The call broke after bytes may have left: never send again without a look. */
  | "broken"
  /** Nothing was heard for too long. Same care as `broken`. */
  | "silent"
  /** The agent answered with an error of its own; it did not take the message. */
  | "refused"
  /** Credentials were not accepted (401, 403). */
  | "unauthorized"
  /** The task is unknown or closed at the agent: begin a new one. */
  | "taskGone"
  | "unsupported"
  /** What came back is not A2A. The agent may have taken the message. */
  | "protocol";

interface AgentErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly code?: number | undefined;
  readonly explanation?: string | undefined;
  readonly cause?: unknown;
}

/** The only error that an AgentClient throws. `message` is fit for a log, not for a thread. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly kind: AgentErrorKind;
  readonly retryAfterMs: number | undefined;
  /** HTTP status or JSON-RPC code, where there was one. */
  readonly code: number | undefined;
  /** What went wrong in a sentence or two for the thread: the bridge's own words, never the agent's. */
  readonly explanation: string | undefined;
  constructor(kind: AgentErrorKind, message: string, options: AgentErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
    this.code = options.code;
    this.explanation = options.explanation;
  }
}

/** The store did not take or give: nothing was committed. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** The row is not this worker's any more; whatever it was about to write was not written. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** A configuration that cannot be used. Each problem names a key, what is wrong, and the remedy. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Closes a union: the compiler complains when a kind was forgotten. */
export function assertNever(value: never): never {
  throw new Error(`unexpected kind: ${JSON.stringify(value)}`);
}
