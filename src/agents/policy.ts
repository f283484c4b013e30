import type { AgentPolicy } from "../model/agent.ts";
import type { AgentConfig, PushConfig } from "./config.ts";
import { presetOf, type Wire } from "./presets.ts";

const limits: AgentPolicy["limits"] = { silenceSeconds: 300, answerMinutes: 1440, contextIdleHours: 12, pollSeconds: 5 };
const files: AgentPolicy["files"] = { as: "bytes", inlineMB: 5 };
const operations: AgentPolicy["operations"] = { get: true, cancel: true, resubscribe: true, list: true, push: true };

/** The policy of an agent: defaults, under its preset, under what the configuration says key by key. */
export function toPolicy(config: AgentConfig): AgentPolicy {
  const preset = presetOf(config).policy;
  const identity = toIdentity(config);
  return {
    contextId: config.contextId ?? preset.contextId ?? "server",
    taskId: config.taskId ?? preset.taskId ?? "spec",
    // A blocking call comes last: an agent that works for long would be silent for so long that the call is given up.
    delivery: config.delivery ?? preset.delivery ?? ["stream", "push", "poll", "blocking"],
    operations: { ...operations, ...preset.operations, ...given(config.operations) },
    identity,
    threadIdentity: config.threadIdentity ?? preset.threadIdentity ?? (identity.required ? "owner-only" : "shared"),
    whileRunning: config.whileRunning ?? preset.whileRunning ?? "join",
    onUnknown: config.onUnknown ?? preset.onUnknown ?? "notice",
    transcript: config.transcript ?? preset.transcript ?? 0,
    files: { ...files, ...preset.files, ...given(config.files) },
    limits: toLimits(config),
  };
}

/** How the agent's wire differs from what its card says; headers are laid over each other one by one. */
export function toWire(config: AgentConfig): Wire {
  const preset = presetOf(config).wire;
  return {
    dialect: config.dialect ?? preset?.dialect,
    streamEnd: config.streamEnd ?? preset?.streamEnd ?? "open",
    transfers: config.transfers ?? preset?.transfers ?? 0,
    requestIds: config.requestIds ?? preset?.requestIds ?? "number",
    headers: layHeaders(preset?.headers ?? {}, config.headers ?? {}),
  };
}

/** How pushes of this agent are guarded; the configuration wins key by key. */
export function toPush(config: AgentConfig): PushConfig & { readonly auth: NonNullable<PushConfig["auth"]> } {
  const preset = presetOf(config).push;
  return { ...preset, ...given(config.push), auth: config.push?.auth ?? preset?.auth ?? "token" };
}

function toIdentity(config: AgentConfig): AgentPolicy["identity"] {
  const preset = presetOf(config).policy.identity;
  const required = config.identity?.required ?? preset?.required ?? false;
  return {
    required,
    fields: config.identity?.fields ?? preset?.fields ?? (required ? ["userPrincipalName"] : []),
    level: config.identity?.level ?? preset?.level ?? "both",
  };
}

function toLimits(config: AgentConfig): AgentPolicy["limits"] {
  const { connectSeconds: _, maxAnswerBytes: _bytes, ...own } = given(config.limits);
  return { ...limits, ...presetOf(config).policy.limits, ...own };
}

function layHeaders(under: Readonly<Record<string, string>>, over: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const named = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(under).filter(([name]) => !named.has(name.toLowerCase()))), ...over };
}

/** Without the keys that are present but undefined, which would hide what they are laid over. */
function given<T extends object>(value: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const result: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in value) {
    const entry = value[key];
    if (isGiven(entry)) result[key] = entry;
  }
  return result;
}

function isGiven<T>(value: T): value is Exclude<T, undefined> {
  return value !== undefined;
}
