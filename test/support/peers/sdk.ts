import type { RequestListener } from "node:http";
import type { ScriptedAgent } from "../../contract/agents/script.ts";
import { createApp02 } from "../../contract/agents/sdk02.ts";
import { createApp03 } from "../../contract/agents/sdk03.ts";
import { createApp10 } from "../../contract/agents/sdk10.ts";
import { listen } from "../../contract/agents/support.ts";

/** A server of one release of `@a2a-js/sdk`, around the scripted agent. */
export interface SdkServer {
  readonly name: string;
  readonly deliveries: readonly ("blocking" | "stream" | "push")[];
  create(agent: ScriptedAgent, origin: () => string): RequestListener;
}

const all = ["blocking", "stream", "push"] as const;

export const sdkServers: readonly SdkServer[] = [
  { name: "SDK 1.3.0, JSON-RPC", deliveries: all, create: (agent, origin) => createApp10(agent, origin, "JSONRPC", false) },
  { name: "SDK 1.3.0, HTTP+JSON", deliveries: all, create: (agent, origin) => createApp10(agent, origin, "HTTP+JSON", false) },
  { name: "SDK 1.3.0 as 0.3, JSON-RPC", deliveries: all, create: (agent, origin) => createApp10(agent, origin, "JSONRPC", true) },
  { name: "SDK 1.3.0 as 0.3, HTTP+JSON", deliveries: all, create: (agent, origin) => createApp10(agent, origin, "HTTP+JSON", true) },
  { name: "SDK 0.3.14, JSON-RPC", deliveries: all, create: (agent, origin) => createApp03(agent, origin, "JSONRPC") },
  { name: "SDK 0.3.14, HTTP+JSON", deliveries: all, create: (agent, origin) => createApp03(agent, origin, "HTTP+JSON") },
  { name: "SDK 0.2.5, JSON-RPC", deliveries: ["blocking", "stream"], create: createApp02 },
];

export interface RunningServer {
  readonly url: string;
  /** Starts it anew behind the same address: the tasks it held are gone. */
  forget(): void;
  close(): Promise<void>;
}

export async function startSdkServer({ create }: SdkServer, agent: ScriptedAgent): Promise<RunningServer> {
  let app: RequestListener | undefined;
  const { origin, close } = await listen((own) => (request, response) => {
    app ??= create(agent, own);
    app(request, response);
  });
  return {
    url: origin,
    forget() {
      app = undefined;
    },
    close,
  };
}
