import { createSimulatedAgent, type SimulatedAgent } from "../agents/agent.ts";
import { createAgentspaceAgent } from "../agents/agentspace.ts";
import { type BrightsyAgent, createBrightsyAgent } from "../agents/brightsy.ts";
import { createDemoScript } from "../agents/demo-script.ts";
import { createInkeepAgent, type InkeepAgent } from "../agents/inkeep.ts";
import type { VendorAgent } from "../agents/kit.ts";
import { createSistavaAgent, type SistavaAgent } from "../agents/sistava.ts";
import { createSparkAgent, type SparkAgent } from "../agents/spark.ts";

/** Those who answer in the demo: two of A2A 1.0, and one like each system that has a preset. */
export interface DemoAgents {
  /** Answers word by word. */
  readonly poet: SimulatedAgent;
  /** Takes its time and answers by push. */
  readonly worker: SimulatedAgent;
  readonly spark: SparkAgent;
  readonly brightsy: BrightsyAgent;
  readonly inkeep: InkeepAgent;
  readonly sistava: SistavaAgent;
  readonly agentspace: VendorAgent;
  stop(): Promise<void>;
}

/** What the Spark-like agent asks of its callers. They are made up; it listens on loopback only. */
const sparkClient = { clientId: "bridge-demo", clientSecret: "only-for-the-demo" } as const;

export async function createDemoAgents(): Promise<DemoAgents> {
  const wire = { protocol: "1.0", binding: "JSONRPC", inputModes: ["text/plain", "*/*"] } as const;
  const poet = { ...wire, name: "Poet", modes: { streaming: true, push: false }, script: createDemoScript("streamed") };
  const worker = { ...wire, name: "Worker", modes: { streaming: false, push: true }, script: createDemoScript("later") };
  const agents = {
    poet: await createSimulatedAgent(poet),
    worker: await createSimulatedAgent(worker),
    spark: await createSparkAgent({ name: "Spark", oauth: sparkClient }),
    brightsy: await createBrightsyAgent(),
    inkeep: await createInkeepAgent(),
    sistava: await createSistavaAgent(),
    agentspace: await createAgentspaceAgent(),
  };
  return {
    ...agents,
    stop: async () => {
      await Promise.all(Object.values(agents).map((agent) => agent.stop()));
    },
  };
}

/** How each is configured: the value of `agents` in a configuration file. */
export function toAgentConfigs({ poet, worker, spark, brightsy, inkeep, sistava, agentspace }: Omit<DemoAgents, "stop">) {
  const bearer = ({ apiKey }: { readonly apiKey: string }) => ({ type: "bearer", token: apiKey });
  const named = { fields: ["displayName"] };
  return {
    poet: { url: poet.url, identity: named },
    worker: { url: worker.url, delivery: ["push", "poll"], identity: named },
    spark: {
      url: spark.url,
      preset: "spark",
      auth: { type: "oauth2ClientCredentials", tokenUrl: spark.tokenUrl, ...sparkClient },
      push: { auth: "none" },
    },
    brightsy: { url: brightsy.endpoint, preset: "brightsy", auth: bearer(brightsy) },
    inkeep: { url: inkeep.endpoint, preset: "inkeep", auth: bearer(inkeep), identity: named },
    sistava: { url: sistava.url, preset: "sistava", auth: bearer(sistava), employee: sistava.employees[0]?.name ?? "" },
    agentspace: { url: agentspace.cardUrl, preset: "agentspace" },
  };
}
