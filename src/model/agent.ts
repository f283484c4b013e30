import type { ReplyPart } from "./reply.ts";

export type DeliveryMode = "stream" | "blocking" | "push" | "poll";

/** How one remote agent wants to be spoken to; presets fill it, configuration overrides it key by key. */
export interface AgentPolicy {
  /** Who makes the contextId: the agent, the bridge, or nobody. */
  readonly contextId: "server" | "client" | "none";
  /** `spec`: reused while the task is open. `always`: the task is the conversation. `never`: each message stands alone. */
  readonly taskId: "spec" | "always" | "never";
  /** In the order of preference; what the card does not declare is skipped. */
  readonly delivery: readonly DeliveryMode[];
  /** Which operations do what their name says. */
  readonly operations: {
    readonly get: boolean;
    readonly cancel: boolean;
    readonly resubscribe: boolean;
    readonly list: boolean;
    readonly push: boolean;
  };
  readonly identity: {
    readonly required: boolean;
    /** Metadata keys sent with each message. */
    readonly fields: readonly IdentityField[];
    readonly level: "message" | "request" | "both";
  };
  readonly threadIdentity: "owner-only" | "separate-context" | "shared";
  readonly whileRunning: "join" | "queue" | "refuse";
  /** What to do with a message of which nobody can say whether the agent got it. */
  readonly onUnknown: "notice" | "resend";
  /** How many characters of what was said before go along with each message, for agents without a memory; 0: none. */
  readonly transcript: number;
  readonly files: FilePolicy;
  readonly limits: {
    /** No byte from an open call for this long: the call is given up. Seconds. */
    readonly silenceSeconds: number;
    /** Until the expiry notice. Minutes. */
    readonly answerMinutes: number;
    /** A direct message that rested this long begins a fresh context. Hours. */
    readonly contextIdleHours: number;
    /** Between two looks at a task that the agent works on. Seconds. */
    readonly pollSeconds: number;
  };
}

/** How files of people reach an agent. */
export interface FilePolicy {
  /** `bytes`: in the message itself, up to `inlineMB` together, larger ones by a link. `link`: each by a link. `none`: not at all. */
  readonly as: "bytes" | "link" | "none";
  readonly inlineMB: number;
  /** The largest file, where it is less than what the bridge takes. */
  readonly maxMB?: number;
  /** Media types that the agent takes, whatever its card says; a star stands for anything. */
  readonly types?: readonly string[];
}

export type IdentityField = "userPrincipalName" | "platform" | "workspaceId" | "userId" | "displayName";

/** One message to an agent. `messageId` is deterministic, so that a repeated step can be recognised. */
export interface AgentRequest {
  readonly messageId: string;
  readonly text: string;
  readonly contextId?: string;
  readonly taskId?: string;
  readonly referenceTaskIds?: readonly string[];
  /** What came with the text. */
  readonly files?: readonly RequestFile[];
  /** Flat; already reduced to what the policy names. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was said in this conversation before, oldest first; only where the policy has `transcript`. The client cuts it to that size. */
  readonly transcript?: readonly Said[];
  /** Where the agent may push, with the token that it must send back. Absent: no push config goes along. */
  readonly push?: { readonly url: string; readonly token: string };
}

/** A file on its way to an agent: its bytes, or where the agent can fetch them for a while. */
export type RequestFile = { readonly name: string; readonly mediaType: string } & (
  | { readonly bytes: Uint8Array }
  | { readonly url: string }
);

/** One utterance of an earlier turn. */
export interface Said {
  readonly from: "person" | "agent";
  readonly text: string;
}

/** Which task of which agent. */
export interface TaskRef {
  readonly taskId: string;
  readonly contextId?: string;
}

interface EventIds {
  readonly taskId?: string;
  readonly contextId?: string;
  /** What tells this event from an equal one that was said again: the agent's messageId or timestamp. */
  readonly mark?: string;
}

/** One shape for stream, blocking, polling and push, in every dialect. */
export type AgentEvent =
  /** The agent has the message. `text` is a word about progress, not an answer; with `notice` it is ours, and worth a line of its own. */
  | (EventIds & { readonly kind: "working"; readonly text?: string; readonly notice?: true })
  /** A piece of the answer. `append` continues the artifact of that id, otherwise it takes its place. */
  | (EventIds & { readonly kind: "output"; readonly artifact: string; readonly append: boolean; readonly parts: readonly ReplyPart[] })
  | (EventIds & { readonly kind: "inputRequired"; readonly parts: readonly ReplyPart[] })
  | (EventIds & { readonly kind: "authRequired"; readonly parts: readonly ReplyPart[] })
  /** `parts` are the agent's closing words: the answer itself where it made no output. */
  | (EventIds & {
      readonly kind: "ended";
      readonly outcome: "completed" | "failed" | "canceled" | "rejected";
      readonly parts: readonly ReplyPart[];
    });

/**
 * A remote agent. The iterables end when the agent has nothing more to say now; without an `ended`, `inputRequired` or
 * `authRequired` event the task is still open. They throw AgentError, whose kind says whether the agent may have got the message.
 */
export interface AgentClient {
  readonly name: string;
  readonly policy: AgentPolicy;
  /** Policy narrowed by what the card declares. Rejects when the card cannot be had. */
  abilities(signal: AbortSignal): Promise<Abilities>;
  /** Sends once and never again by itself. */
  send(request: AgentRequest, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Takes an open task up again: resubscribes or gets it. Only where `abilities` has `resume`. */
  resume(task: TaskRef, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** The task that this message started, by ListTasks. Only where `abilities` has `list`. */
  find(messageId: string, contextId: string, signal: AbortSignal): Promise<TaskRef | undefined>;
  /** Resolves to what the agent said; throws AgentError `unsupported` where it cannot. */
  cancel(task: TaskRef, signal: AbortSignal): Promise<AgentEvent | undefined>;
  /** Takes the push config of a task back, once nothing is waited for any more. Only where `abilities` has `push`. */
  forgetPush?(task: TaskRef, signal: AbortSignal): Promise<void>;
}

export interface Abilities {
  /** Whether an answer can arrive by push for a message that carries a push config. */
  readonly push: boolean;
  /** Whether `tasks/get` is real. */
  readonly get: boolean;
  readonly resubscribe: boolean;
  readonly list: boolean;
  readonly cancel: boolean;
  /** Media types that the agent takes, by its card: those of all its skills together. */
  readonly inputModes: readonly string[];
}
