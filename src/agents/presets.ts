import type { AgentPolicy } from "../model/agent.ts";
import type { AgentErrorKind } from "../model/errors.ts";
import type { Json } from "../model/thread.ts";
import type { AgentConfig, DialectName, PushConfig } from "./config.ts";

/** What a known system needs that differs from the defaults. Every key of the configuration wins over it. */
export interface Preset {
  readonly policy: Partial<Omit<AgentPolicy, "operations" | "identity" | "files" | "limits">> & {
    readonly operations?: Partial<AgentPolicy["operations"]>;
    readonly identity?: Partial<AgentPolicy["identity"]>;
    readonly files?: Partial<AgentPolicy["files"]>;
    readonly limits?: Partial<AgentPolicy["limits"]>;
  };
  readonly wire?: Partial<Wire>;
  readonly push?: PushConfig;
  /** The card of a system that publishes none; `url` is filled in. */
  readonly card?: { readonly [key: string]: Json };
  /** Where its card is, by the configured URL; looked at before the usual places. */
  readonly cardUrls?: (url: string) => readonly string[];
  /** The agent is one of the card's skills, chosen by `employee`. */
  readonly employees?: true;
  /** Its error codes that mean something else than in A2A, or more. */
  readonly errors?: Readonly<Record<number, Meaning>>;
}

/** How an agent's wire differs from what its card says or the specification wants. */
export interface Wire {
  readonly dialect: DialectName | undefined;
  readonly streamEnd: "open" | "completed";
  readonly transfers: number;
  readonly requestIds: "number" | "string";
  readonly headers: Readonly<Record<string, string>>;
}

/** What an error code means: for the bridge, and in words for the thread. */
export interface Meaning {
  readonly kind: AgentErrorKind;
  readonly explanation: string;
}

const none: Preset = { policy: {} };
const nothing: AgentPolicy["operations"] = { get: false, cancel: false, resubscribe: false, list: false, push: false };

/**
 * Nexthink Spark (docs.nexthink.com, "Agent2Agent"): 0.3 HTTP+JSON with `message:send` alone. It answers only through a push to a
 * fixed URL, keeps contextId and taskId for the whole conversation, and wants the user principal name with every request.
 * Whether it reads it from the message or from the request is not documented, so it goes with both.
 */
const spark: Preset = {
  policy: {
    contextId: "server",
    taskId: "always",
    delivery: ["push"],
    operations: { ...nothing, push: true },
    identity: { required: true, fields: ["userPrincipalName"], level: "both" },
  },
  card: {
    name: "Nexthink Spark",
    protocolVersion: "0.3.0",
    preferredTransport: "HTTP+JSON",
    capabilities: { streaming: false, pushNotifications: true },
  },
};

/**
 * Brightsy (brightsy.ai/docs, "A2A"): a REST API of its own. The task is the conversation, so a second message waits for the answer to
 * the first. The stream is recommended, polling is the fallback.
 */
const brightsy: Preset = {
  policy: {
    contextId: "none",
    taskId: "always",
    delivery: ["stream", "poll"],
    operations: { get: true, cancel: true, resubscribe: true, list: false, push: false },
    whileRunning: "queue",
    // Its card names no input modes.
    files: { types: ["*/*"] },
    limits: { pollSeconds: 2 },
  },
  wire: { dialect: "brightsy" },
  cardUrls: (url) => [`${withoutEnd(url, /\/a2a(\/(card|tasks))?$/)}/a2a/card`, `${withoutEnd(url, /\/(card|tasks)$/)}/card`],
};

/**
 * Inkeep (docs.inkeep.com, "A2A protocol"): 0.3 JSON-RPC. Without a contextId all its users share one conversation; `tasks/get` and
 * `tasks/cancel` answer with made-up successes; streaming loses the message's metadata; a transfer between its sub-agents ends the answer.
 */
const inkeep: Preset = {
  policy: {
    contextId: "client",
    taskId: "never",
    delivery: ["blocking", "stream"],
    operations: nothing,
    identity: { level: "message" },
  },
  wire: { dialect: "a2a-0.3-jsonrpc", transfers: 3 },
  cardUrls: (url) => [`${withoutEnd(url, /\/(a2a|\.well-known\/agent\.json)$/)}/.well-known/agent.json`],
  errors: {
    [-32603]: { kind: "refused", explanation: "Inkeep could not run its agent. Please try again; if it goes on, tell your administrator." },
    [-32604]: {
      kind: "refused",
      explanation: "This Inkeep agent does not stream its answers. An administrator can set `delivery: [blocking]`.",
    },
  },
};

/**
 * Sistava (sistava.com/docs, "A2A"): 0.1 JSON-RPC without a memory. An organisation is one agent, its employees are the skills of the
 * card. -32001 and -32002 mean something else here than in A2A.
 */
const sistava: Preset = {
  policy: { contextId: "none", taskId: "never", delivery: ["stream", "blocking"], operations: nothing, files: { as: "none" } },
  wire: { dialect: "a2a-0.1" },
  employees: true,
  errors: {
    [-32001]: { kind: "unsupported", explanation: "Sistava keeps no answers that could be fetched later." },
    [-32002]: { kind: "unsupported", explanation: "Sistava cannot stop an answer once it was asked for." },
    [-32010]: {
      kind: "unauthorized",
      explanation:
        "The A2A channel of this Sistava organisation is switched off. An administrator can switch it on under Settings, Technical, Communications.",
    },
    [-32011]: {
      kind: "unauthorized",
      explanation: "The e-mail address of the Sistava account is not verified yet. An administrator must verify it.",
    },
    [-32012]: { kind: "rateLimited", explanation: "Sistava takes no more messages for the moment (rate limit)." },
    [-32602]: {
      kind: "refused",
      explanation: "Sistava does not know this employee, or none is set. An administrator must check `employee` in the configuration.",
    },
    [-32700]: { kind: "refused", explanation: "Sistava could not read the message; it may be too long." },
  },
};

/**
 * Agentspace by Benchgen (docs.benchgen.com, "A2A"): `message/stream` of 0.3 and nothing else, its events without an envelope. The end of
 * the stream is the end of the answer. The client makes the contextId; the same one goes on with the conversation.
 */
const agentspace: Preset = {
  policy: { contextId: "client", taskId: "never", delivery: ["stream"], operations: nothing },
  wire: { dialect: "a2a-0.3-jsonrpc", streamEnd: "completed", requestIds: "string", headers: { "Cache-Control": "no-store" } },
  cardUrls: (url) => {
    const { origin, pathname } = new URL(url);
    const [, id] = /\/(?:agent|discovery)\/([^/]+)\/?$/.exec(pathname) ?? [];
    return id === undefined ? [] : [`${origin}/discovery/${id}/.well-known/agent.json`];
  },
};

const presets = { spark, brightsy, inkeep, sistava, agentspace };

/** The preset that a configuration names, or an empty one. */
export function presetOf(config: AgentConfig): Preset {
  return config.preset === undefined ? none : presets[config.preset];
}

function withoutEnd(url: string, end: RegExp): string {
  return url
    .replace(/[?#].*$/, "")
    .replace(/\/+$/, "")
    .replace(end, "");
}
