import type { AgentPolicy } from "../model/agent.ts";
import type { Json } from "../model/thread.ts";
import type { AgentConfig, PushConfig } from "./config.ts";

/** What a known system needs that differs from the defaults. */
export interface Preset {
  readonly policy: Partial<Omit<AgentPolicy, "operations" | "identity" | "limits">> & {
    readonly operations?: Partial<AgentPolicy["operations"]>;
    readonly identity?: Partial<AgentPolicy["identity"]>;
    readonly limits?: Partial<AgentPolicy["limits"]>;
  };
  readonly push?: PushConfig;
  /** The card of a system that publishes none; `url` is filled in. */
  readonly card?: { readonly [key: string]: Json };
}

const none: Preset = { policy: {} };

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
    operations: { get: false, cancel: false, resubscribe: false, list: false, push: true },
    identity: { required: true, fields: ["userPrincipalName"], level: "both" },
  },
  card: {
    name: "Nexthink Spark",
    protocolVersion: "0.3.0",
    preferredTransport: "HTTP+JSON",
    capabilities: { streaming: false, pushNotifications: true },
  },
};

/** The preset that a configuration names, or an empty one. */
export function presetOf(config: AgentConfig): Preset {
  return config.preset === "spark" ? spark : none;
}
